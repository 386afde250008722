/**
 * Random programs over a large vocabulary, at ordinary numbers and where floating point ends: eagerly, without passes, with
 * each pass alone and with all of them they have the same values and gradients, NaN and infinities in the same places.
 */
import * as fc from 'fast-check'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { grad, jit } from '../src/index'
import { evaluateReference } from '../src/graph/evaluate'
import type { Graph, NdArray } from '../src/graph/graph'
import { defaultPasses, optimise } from '../src/passes/optimise'
import type { Pass } from '../src/passes/pass'
import { graphFor, hostOf, real, tensorOf, type Argument } from './support/laws'
import { ENDS, instructions, programOf, textOf, type Instruction } from './support/vocabulary'

const SEED = 20261121

/** Passes compute constants in float32. */
const ROUNDING = 2e-6

const ARGS = [real([2, 3], -1, 1), real([3], -1, 1), real([3, 3], -1, 1), real([], -1, 1)]

/** Inputs with ends of floating point at some places. */
const withEnds = fc
  .array(fc.record({ at: fc.nat(17), end: fc.constantFrom(...ENDS) }), { maxLength: 3 })
  .map((ends): readonly NdArray[] => {
    const inputs = ARGS.map((arg) => hostOf(arg))
    let first = 0
    return inputs.map(({ data, ...form }) => {
      const changed = data.slice()
      for (const { at, end } of ends) if (at >= first && at < first + data.length) changed[at - first] = end
      first += data.length
      return { ...form, data: changed }
    })
  })

type Many = (...xs: tf.Tensor[]) => readonly tf.Tensor[]

/** Values of a program and the gradient of their sum. */
const derived =
  (list: readonly Instruction[]): Many =>
  (...xs) => [
    ...programOf(list)(...xs),
    ...grad((all: readonly tf.Tensor[]) =>
      programOf(list)(...all)
        .map((t) => tf.sum(t))
        .reduce((a, b) => tf.add(a, b))
    )(xs)
  ]

/** NaN and infinities in the same places, numbers close; a difference is an error that shows the program. */
const differences = (
  what: string,
  got: readonly { readonly data: ArrayLike<number> }[],
  want: readonly { readonly data: ArrayLike<number> }[],
  tolerance: number
): readonly string[] =>
  want.flatMap(({ data }, k) =>
    Array.from(data).flatMap((b, i) => {
      const a = got[k]!.data[i]!
      const agree = Object.is(a, b) || a === b || Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b))
      return agree ? [] : [`${what}, result ${k}[${i}]: ${a}, expected ${b}`]
    })
  )

const onHost = (tensors: readonly tf.Tensor[]): readonly { readonly data: ArrayLike<number> }[] =>
  tensors.map((t) => ({ data: t.dataSync() }))

const check = (list: readonly Instruction[], inputs: readonly NdArray[], found: readonly string[]): void => {
  if (found.length === 0) return
  const numbers = inputs.map(({ data }) => `[${Array.from(data).join(', ')}]`).join(' ')
  throw new Error(`${textOf(list, inputs.map(tensorOf))}\nfor ${numbers}\n${found.slice(0, 3).join('\n')}`)
}

const graphs = (list: readonly Instruction[]): Graph => graphFor(derived(list), ARGS as readonly Argument[])

const passes = [...new Map(defaultPasses.map((pass) => [pass.name, pass])).values()]

const keeps = (pass: Pass): fc.IProperty<[readonly Instruction[], readonly NdArray[]]> =>
  fc.property(instructions, withEnds, (list, inputs) => {
    const graph = graphs(list)
    const want = evaluateReference(graph, inputs)
    check(list, inputs, differences(pass.name, evaluateReference(pass.run(graph), inputs), want, ROUNDING))
  })

test.each(passes.map((pass) => [pass.name, pass] as const))('pass %s alone keeps values and gradients', (_, pass) => {
  fc.assert(keeps(pass), { numRuns: 100, seed: SEED })
})

test('all passes together keep values and gradients', () => {
  const all: Pass = { name: 'all', run: (graph) => optimise(graph).graph }
  fc.assert(keeps(all), { numRuns: 200, seed: SEED })
})

test('eagerly, compiled without passes and with them', async () => {
  await fc.assert(
    fc.asyncProperty(instructions, withEnds, async (list, inputs) => {
      const f = derived(list)
      const args = inputs.map(tensorOf)
      const eager = onHost(f(...args))
      const [plain, optimised] = [jit(f, { passes: [] }), jit(f)]
      const found = [
        ...differences('without passes', onHost(await plain(...args)), eager, 2e-4),
        ...differences('with passes', onHost(await optimised(...args)), eager, 2e-4)
      ]
      await Promise.all([plain.dispose(), optimised.dispose()])
      check(list, inputs, found)
    }),
    { numRuns: 60, seed: SEED }
  )
})

test('a wrong pass is caught, by a program of an op or two', () => {
  const wrong: Pass = {
    name: 'wrong',
    run: (graph) => ({
      ...graph,
      nodes: graph.nodes.map((node) =>
        node.primitive.name === 'relu' ? { ...node, primitive: { ...node.primitive, reference: ([x]) => [x!] } } : node
      )
    })
  }
  const { counterexample, failed } = fc.check(keeps(wrong), { numRuns: 500, seed: SEED })
  expect(failed).toBe(true)
  expect(counterexample![0].length).toBeLessThanOrEqual(2)
})
