/** Nests over large arrays, moved together and cut where parts meet: the numbers stay, the passes over memory go. */
import * as tf from '@tensorflow/tfjs-core'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { lower } from '../src/emit/wasm/lower'
import type { Program, Step } from '../src/emit/wasm/program'
import { residenceOf } from '../src/emit/wasm/residence'
import { sizeOf } from '../src/graph/graph'
import { grad, jit, wasmEngine } from '../src/index'
import { optimise } from '../src/passes/optimise'
import { traceClosed } from '../src/trace/trace-closed'
import { flatten } from '../src/tree'
import { largeOps, largeProgram } from './support/large-programs'

const N = 20_000
const vector = (n: number, seed: number): tf.Tensor => tf.sin(tf.mul(tf.range(1, n + 1), 0.37 + seed))

test('random programs of parts, joins and sums compute what eager execution does', async () => {
  const [x, y] = [vector(N, 0.1), vector(N, 0.7)]
  await fc.assert(
    fc.asyncProperty(largeOps, async (ops) => {
      const program = largeProgram(ops)
      const compiled = jit(program, { engine: wasmEngine({ threads: 1 }) })
      const [want, got] = [program(x, y), await compiled(x, y)]
      want.forEach((expected, k) => {
        const error = tf.tidy(() => tf.max(tf.abs(tf.sub(expected, got[k]!))).dataSync()[0]!)
        expect(error).toBeLessThanOrEqual(1e-5)
      })
      ;[...want, ...got].forEach((tensor) => tensor.dispose())
      await compiled.dispose()
    }),
    { numRuns: 60 }
  )
}, 120_000)

type State = { readonly params: tf.Tensor; readonly mean: tf.Tensor }

/** Parameters of two layers in one vector, a penalty of each, momentum. */
const step = ({ params, mean }: State): State & { readonly loss: tf.Tensor } => {
  const loss = (p: tf.Tensor): tf.Tensor => {
    const [a, b] = tf.split(p, [N, 2 * N])
    return tf.add(tf.sum(tf.square(tf.sin(a!))), tf.sum(tf.exp(tf.neg(tf.square(b!)))))
  }
  const next = tf.add(tf.mul(mean, 0.9), grad(loss)(params))
  return { params: tf.sub(params, tf.mul(next, 0.01)), mean: next, loss: loss(params) }
}

const isLarge = (n: Step): boolean => n.kind === 'nest' && sizeOf(n.shape) >= N

const programOf = (): Program => {
  const state = { params: vector(3 * N, 0.2), mean: tf.zeros([3 * N]) }
  const [leaves, def] = flatten([state], 'test')
  const avals = leaves.map(({ shape }) => ({ shape, dtype: 'float32' as const }))
  return lower(optimise(traceClosed(step, def, avals, 'test').graph).graph, [])
}

describe('a vector of parameters, its gradient by parts, an optimiser', () => {
  test('each part is used in the nest that makes it, and never stored', () => {
    const program = programOf()
    const steps = program.stages.flat().filter(isLarge)
    expect(steps.map((s) => s.kind === 'nest' && sizeOf(s.shape)).sort()).toEqual([N, 2 * N].sort())
    const { isInMemory } = residenceOf(program)
    const stored = new Set(
      steps.flatMap((s) => (s.kind === 'nest' ? s.statements.map(({ target }) => target) : [])).filter(isInMemory)
    )
    expect([...stored].filter(({ size }) => size >= N).map(({ size }) => size)).toEqual([3 * N, 3 * N])
  })

  test('the numbers are those of eager execution', async () => {
    const compiled = jit(step, { engine: 'wasm' })
    const state = { params: vector(3 * N, 0.2), mean: vector(3 * N, 0.5) }
    const [want, got] = [step(state), await compiled(state)]
    for (const name of ['params', 'mean'] as const)
      expect(tf.max(tf.abs(tf.sub(want[name], got[name]))).dataSync()[0]).toBeLessThan(1e-6)
    expect(got.loss.dataSync()[0]! / want.loss.dataSync()[0]!).toBeCloseTo(1, 5)
    await compiled.dispose()
  })
})
