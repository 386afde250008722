/** An engine for what another one cannot do. */
import type { Graph, NdArray } from '../graph/graph.js'
import type { Engine, Executable } from './engine.js'

/**
 * Compiles and runs on `first`. A graph that it cannot compile, or cannot run after all, goes to `second` and stays there.
 * Where both fail, the error is that of `second`, and nothing changes.
 *
 * @param warn hears why, the first time that something moves
 */
export const withSecondChoice = (first: Engine, second: Engine, warn: (error: unknown) => void): Engine => {
  let hasWarned = false
  const moved = (error: unknown): void => {
    if (!hasWarned) warn(error)
    hasWarned = true
  }
  const openSecond = async (graph: Graph, bound: readonly NdArray[], error: unknown): Promise<Executable> => {
    const executable = await second.compile(graph, bound)
    moved(error)
    return executable
  }
  const retrying = (graph: Graph, bound: readonly NdArray[], begun: Executable): Executable => {
    let current = begun
    const runAgain = async (inputs: readonly NdArray[], error: unknown): Promise<readonly NdArray[]> => {
      const other = await second.compile(graph, bound)
      try {
        const results = await other.run(inputs)
        moved(error)
        const spare = current === begun ? begun : other // of calls that fail at a time, the first moves the graph
        if (current === begun) current = other
        await spare.dispose()
        return results
      } catch (failure) {
        await other.dispose()
        throw failure
      }
    }
    return {
      report: begun.report,
      dispose: () => current.dispose(),
      run: (inputs, spare) => {
        const used = current
        return used.run(inputs, spare).catch((error: unknown) => {
          if (used !== begun) throw error
          return current === begun ? runAgain(inputs, error) : current.run(inputs)
        })
      }
    }
  }
  return {
    ...first,
    compile: (graph, bound) =>
      first.compile(graph, bound).then(
        (executable) => retrying(graph, bound, executable),
        (error: unknown) => openSecond(graph, bound, error)
      )
  }
}
