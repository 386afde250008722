import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { onnxEngine } from '../src/engines/onnx-runtime'
import { wasmEngine } from '../src/engines/wasm'
import { evaluateReference } from '../src/graph/evaluate'
import type { Graph, NdArray } from '../src/graph/graph'
import { defaultPasses, optimise } from '../src/passes/optimise'
import { names } from './support/graphs'
import { instructions, programInputs, programOf } from './support/random-programs'
import { runtimes } from './support/where'

const expectClose = (got: readonly NdArray[], want: readonly NdArray[], tolerance: number): void => {
  expect(got.map(({ shape }) => shape)).toEqual(want.map(({ shape }) => shape))
  got.forEach(({ data }, k) => {
    data.forEach((x, i) => expect(Math.abs(x - want[k]!.data[i]!)).toBeLessThanOrEqual(tolerance))
  })
}

test('passes keep what any program computes, one by one and together', () => {
  fc.assert(
    fc.property(instructions, (list) => {
      const graph = programOf(list)
      const want = evaluateReference(graph, programInputs)
      for (const pass of defaultPasses) expectClose(evaluateReference(pass.run(graph), programInputs), want, 1e-5)
      expectClose(evaluateReference(optimise(graph).graph, programInputs), want, 1e-5)
    }),
    { numRuns: 300 }
  )
})

/** Nodes that compute: a smaller operand may cost another broadcast, but never another sine. */
const countComputing = (graph: Graph): number =>
  names(graph).filter((name) => !['constant', 'reshape', 'broadcastTo'].includes(name)).length

test('passes never make a program compute more', () => {
  fc.assert(
    fc.property(instructions, (list) => {
      const graph = programOf(list)
      expect(countComputing(optimise(graph).graph)).toBeLessThanOrEqual(countComputing(graph))
    }),
    { numRuns: 300 }
  )
})

const compilers = [
  ...runtimes.map((runtime) => ({ title: `ONNX Runtime (${runtime})`, engine: onnxEngine({ runtime }) })),
  { title: 'WebAssembly of our own', engine: wasmEngine() },
  { title: 'WebAssembly of our own, in memory', engine: wasmEngine({ unrolled: 0 }) }
]

test.each(compilers)('$title computes what the float64 reference computes', async ({ engine }) => {
  await fc.assert(
    fc.asyncProperty(instructions, async (list) => {
      const graph = programOf(list)
      const executable = await engine.compile(optimise(graph).graph, [])
      const got = await executable.run(programInputs)
      await executable.dispose()
      expectClose(got, evaluateReference(graph, programInputs), 2e-3)
    }),
    { numRuns: 150 }
  )
})
