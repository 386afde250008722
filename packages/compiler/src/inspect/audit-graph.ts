/**
 * The audit of one graph. Three runs tell apart what a node does to the digits by itself and what it was given:
 *
 * - all in float64: the truth;
 * - the engine, with every value kept: the accumulated error of each;
 * - the engine, each node by itself on the true inputs rounded to float32: the local error of each. It holds what the node's
 *   conditioning makes of one rounding of its inputs (1 - cos x is exact in itself, and loses all digits that cos x rounds
 *   away), and the error of the engine's kernel. This is the local error of Panchekha et al., PLDI 2015 (Herbgrind's too).
 *
 * Then each node that loses digits is put into the float64 run with its local error alone: what that does to the outputs is
 * its influence. A node may lose all its digits where nobody needs them.
 */
import type { Engine } from '../engines/engine.js'
import type { Graph, NdArray, Node, Value } from '../graph/graph.js'
import { compare, countNonFinite, rounded, worstOf, type Discrepancy, type Rounded } from './measure.js'
import { engineValues, exactOutputsWith, exactValues, isolatedValues, valueOf, type Values } from './probes.js'

/** The same value in float64 and on the engine. */
export interface Both {
  readonly exact: NdArray
  readonly got: NdArray
}

/** What was found out about one node. */
export interface Finding {
  readonly node: Node
  /** Loops and branches around it, outermost first, such as 'turn 3 of 10 of %4 scan'. */
  readonly within: readonly string[]
  /** Engine against float64, given all that happened before. */
  readonly accumulated: Discrepancy
  /** Engine against float64, when the inputs are right to float32. */
  readonly local: Discrepancy
  /** float64 on inputs rounded to float32 against float64: no float32 op can do better. */
  readonly conditioning: Discrepancy
  /** The engine's op against the same op in float64, both on the same float32 inputs. */
  readonly kernel: Discrepancy
  /** Relative error of the output per relative error of the inputs; undefined where the inputs are exact. */
  readonly amplification: number | undefined
  /** What the local error of this node alone does to the outputs of its graph; undefined if it was not tried. */
  readonly influence: Discrepancy | undefined
  readonly nonFinite: { readonly got: number; readonly exact: number }
}

interface Local {
  readonly local: Discrepancy
  readonly conditioning: Discrepancy
  readonly kernel: Discrepancy
  readonly amplification: number | undefined
}

const worstPair = (got: readonly NdArray[], exact: readonly NdArray[]): Discrepancy =>
  worstOf(exact.map((truth, i) => compare(got[i]!, truth)))

/** @param alone what the engine makes of the node when its inputs are `inputs` in float32 */
const localOf = (node: Node, inputs: readonly Rounded[], exact: Values, alone: readonly NdArray[]): Local => {
  const truth = node.outputs.map((value) => valueOf(exact, value))
  const { primitive, attrs } = node
  const conditioned = primitive.reference(
    inputs.map((input) => input.exact),
    attrs
  )
  const ideal = inputs.every((input) => input.isRepresentable)
    ? conditioned
    : primitive.reference(
        inputs.map(({ float32 }) => widened(float32)),
        attrs
      )
  const [conditioning, kernel] = [worstPair(conditioned, truth), worstPair(alone, ideal)]
  // What underflowed or overflowed before this node is not its fault.
  const local = ideal === conditioned ? worstPair(alone, truth) : worstOf([conditioning, kernel])
  const given = worstOf(inputs.map((input, i) => compare(input.exact, valueOf(exact, node.inputs[i]!)))).relative
  return { local, conditioning, kernel, amplification: given > 0 ? conditioning.relative / given : undefined }
}

/** float32 data in float64, as the reference engine wants them. */
export const widened = (value: NdArray): NdArray =>
  value.dtype === 'float32' ? { ...value, data: new Float64Array(value.data) } : value

/** Below this a node is not suspected. */
const SUSPICIOUS_DIGITS = 0.5

const influenceOf = (graph: Graph, exact: Values, alone: Values, { outputs }: Node): Discrepancy => {
  const changed = new Map(outputs.map((value) => [value.id, widened(valueOf(alone, value))]))
  const results = exactOutputsWith(graph, exact, changed)
  return worstPair(
    results,
    graph.outputs.map((value) => valueOf(exact, value))
  )
}

export interface AuditedGraph {
  readonly findings: readonly Finding[]
  readonly outputs: readonly Both[]
  readonly both: (value: Value) => Both
}

/** @param suspects for how many nodes the influence is found out, those of the largest local errors */
export const auditGraph = async (
  engine: Engine,
  graph: Graph,
  inputs: readonly Both[],
  within: readonly string[],
  suspects: number
): Promise<AuditedGraph> => {
  const exact = exactValues(
    graph,
    inputs.map((input) => input.exact)
  )
  const got = await engineValues(
    engine,
    graph,
    inputs.map((input) => input.got)
  )
  const alone = await isolatedValues(engine, graph, (value) => rounded(valueOf(exact, value)).float32)
  const locals = new Map(
    graph.nodes.map((node) => [
      node,
      localOf(
        node,
        node.inputs.map((value) => rounded(valueOf(exact, value))),
        exact,
        node.outputs.map((value) => valueOf(alone, value))
      )
    ])
  )
  const suspected = new Set(
    [...locals]
      .filter(([, { local }]) => local.digitsLost >= SUSPICIOUS_DIGITS)
      .sort(([, a], [, b]) => b.local.relative - a.local.relative)
      .slice(0, suspects)
      .map(([node]) => node)
  )
  const both = (value: Value): Both => ({ exact: valueOf(exact, value), got: valueOf(got, value) })
  const findings = graph.nodes.map((node): Finding => {
    const results = node.outputs.map(both)
    const count = (side: keyof Both): number => results.reduce((sum, result) => sum + countNonFinite(result[side]), 0)
    return {
      node,
      within,
      ...locals.get(node)!,
      accumulated: worstOf(results.map((result) => compare(result.got, result.exact))),
      influence: suspected.has(node) ? influenceOf(graph, exact, alone, node) : undefined,
      nonFinite: { got: count('got'), exact: count('exact') }
    }
  })
  return { findings, outputs: graph.outputs.map(both), both }
}
