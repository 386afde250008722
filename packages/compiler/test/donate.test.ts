/** Arguments that a call uses up. */
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { jit, leaves, onnxEngine, wasmEngine } from '../src/index'

type State = { readonly x: tf.Tensor; readonly v: tf.Tensor }

const step = ({ x, v }: State, force: tf.Tensor): State => {
  const next = tf.add(tf.mul(v, 0.9), tf.sin(tf.add(x, force)))
  return { x: tf.sub(x, next), v: next }
}

const start = (): State => ({ x: tf.linspace(-1, 1, 500), v: tf.zeros([500]) })
const numbersOf = (state: State) => leaves(state).map((leaf) => Array.from(leaf.dataSync()))

describe.each([
  ['wasm', wasmEngine()],
  ['onnx', onnxEngine()],
  ['eager', 'eager']
] as const)('%s', (_name, engine) => {
  test('the numbers are those of a function that uses nothing up; what is used up is disposed', async () => {
    const [lending, giving] = [jit(step, { engine }), jit(step, { engine, donate: [0] })]
    const force = tf.scalar(0.3)
    let [lent, given] = [start(), start()]
    for (let i = 0; i < 10; i++) {
      const [nextLent, nextGiven] = [await lending(lent, force), await giving(given, force)]
      expect(leaves(given).map(({ isDisposed }) => isDisposed)).toEqual([true, true])
      leaves(lent).forEach((leaf) => leaf.dispose())
      ;[lent, given] = [nextLent, nextGiven]
      expect(numbersOf(given)).toEqual(numbersOf(lent))
    }
    expect(force.isDisposed).toBe(false)
    await Promise.all([lending.dispose(), giving.dispose()])
  })

  test('a clone keeps its numbers', async () => {
    const giving = jit(step, { engine, donate: [0] })
    const state = start()
    const kept = tf.clone(state.x)
    const before = Array.from(kept.dataSync())
    await giving(state, tf.scalar(0.3))
    expect(Array.from(kept.dataSync())).toEqual(before)
    await giving.dispose()
  })
})

test('a tensor that is there twice lends its memory once', async () => {
  const giving = jit(step, { engine: wasmEngine(), donate: [0] })
  const x = tf.linspace(-1, 1, 500)
  const want = numbersOf(step({ x, v: x }, tf.scalar(0.3)))
  const got = numbersOf(await giving({ x, v: x }, tf.scalar(0.3)))
  expect(got[0]).not.toEqual(got[1])
  got.forEach((numbers, k) => numbers.forEach((y, i) => expect(y).toBeCloseTo(want[k]![i]!, 5)))
  await giving.dispose()
})

test('results take the memory of what was used up', async () => {
  const giving = jit(step, { engine: wasmEngine(), donate: [0] })
  const state = start()
  const own = leaves(state).map((leaf) => leaf.dataSync())
  const next = leaves(await giving(state, tf.scalar(0.3))).map((leaf) => leaf.dataSync())
  expect(new Set(next)).toEqual(new Set(own))
  await giving.dispose()
})

test('a call that fails uses nothing up, and positions are checked', async () => {
  const failing = jit((x: tf.Tensor, i: tf.Tensor) => tf.gather(x, i), { engine: wasmEngine(), donate: [0] })
  const x = tf.tensor1d([1, 2])
  await expect(failing(x, tf.tensor1d([5], 'int32'))).rejects.toThrow('one outside')
  expect(Array.from(x.dataSync())).toEqual([1, 2])
  expect(() => jit(step, { donate: [-1] })).toThrow(/donate/)
  await failing.dispose()
})
