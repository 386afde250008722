/** Results in the place of inputs that a call uses up: the numbers of every tensor that somebody holds stay what they are. */
import * as tf from '@tensorflow/tfjs-core'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { aroundEngine } from '../src/engines/around'
import { eagerEngine } from '../src/engines/eager'
import { jit, onnxEngine, wasmEngine } from '../src/index'
import { largeOps, largePool } from './support/large-programs'

const N = 20_000
const wave = (seed: number): tf.Tensor => tf.sin(tf.mul(tf.range(1, N + 1), 0.37 + seed))
const numbers = (x: tf.Tensor): readonly number[] => Array.from(x.dataSync())
const differ = (a: tf.Tensor, b: tf.Tensor): number => tf.tidy(() => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!)

type State = { readonly x: tf.Tensor; readonly v: tf.Tensor }
const start = (seed = 0): State => ({ x: wave(seed), v: wave(seed + 0.5) })
const step = ({ x, v }: State): State => {
  const next = tf.add(tf.mul(v, 0.9), tf.sin(x))
  return { x: tf.sub(x, tf.mul(next, 0.1)), v: next }
}

const after = (turns: number, state: State): State => (turns === 0 ? state : after(turns - 1, step(state)))

describe.each([
  ['wasm', wasmEngine()],
  ['wasm, one thread', wasmEngine({ threads: 1 })]
] as const)('%s', (_name, engine) => {
  const giving = () => jit(step, { engine, donate: [0] })
  const expectState = (got: State, want: State): void => {
    expect(differ(got.x, want.x)).toBeLessThan(1e-5)
    expect(differ(got.v, want.v)).toBeLessThan(1e-5)
  }

  test('a state that comes back is neither copied in nor out', async () => {
    const run = giving()
    const first = await run(start())
    const arrays = [first.x.dataSync(), first.v.dataSync()]
    const second = await run(first)
    const places = [second.x.dataSync(), second.v.dataSync()]
    places.forEach((data, i) => {
      expect(data.buffer).toBe(arrays[i]!.buffer)
      expect(data.byteOffset).toBe(arrays[i]!.byteOffset)
    })
    expectState(second, after(2, start()))
    await run.dispose()
    expectState(second, after(2, start()))
  })

  test('what is held while another state is given keeps its numbers', async () => {
    const run = giving()
    const held = await run(start())
    const other = await run(start(1))
    expectState(held, after(1, start()))
    expectState(other, after(1, start(1)))
    const [later, laterOther] = [await run(held), await run(other)]
    expectState(later, after(2, start()))
    expectState(laterOther, after(2, start(1)))
    await run.dispose()
  })

  test('places exchanged, and half of a state', async () => {
    const run = giving()
    const { x, v } = await run(start())
    const exchanged = await run({ x: v, v: x })
    const want = after(1, start())
    expectState(exchanged, step({ x: want.v, v: want.x }))
    const [one, kept] = [await run(exchanged), wave(0.3)]
    expectState(await run({ x: kept, v: one.v }), step({ x: wave(0.3), v: after(1, step({ x: want.v, v: want.x })).v }))
    await run.dispose()
  })

  test('a clone, and another function of the same tensor', async () => {
    const run = giving()
    const state = await run(start())
    const clone = tf.clone(state.x)
    const double = jit((x: tf.Tensor) => tf.mul(x, 2), { engine: onnxEngine() })
    const [before, doubled] = [numbers(clone), numbers(await double(state.x))]
    const next = await run(state)
    expect(numbers(clone)).toEqual(before)
    expect(doubled).toEqual(before.map((y) => 2 * y))
    expectState(next, after(2, start()))
    await Promise.all([run.dispose(), double.dispose()])
  })

  test('an input that is read after what could take its place is written, or elsewhere', async () => {
    const program = ({ x, v }: State): State => ({ x: tf.add(v, tf.reverse(x, 0)), v: tf.mul(x, tf.mean(x)) })
    const run = jit(program, { engine, donate: [0] })
    const [once, twice] = [program(start()), program(program(start()))]
    const first = await run(start())
    expectState(first, once)
    expectState(await run(first), twice)
    await run.dispose()
  })

  test('the same product of what was there, and of what takes its place', async () => {
    const program = ({ x }: State): State => {
      const next = tf.sub(tf.mul(x, 0.6), tf.mul(x, 0.4))
      return { x: next, v: tf.sub(tf.mul(next, 0.6), tf.mul(x, 0.4)) }
    }
    const run = jit(program, { engine, donate: [0] })
    expectState(await run(start()), program(start()))
    await run.dispose()
  })

  test('random programs, call after call', async () => {
    await fc.assert(
      fc.asyncProperty(largeOps, async (ops) => {
        const program = ({ x, v }: State): State => {
          const made = largePool(ops)(x, v).filter(({ size }) => size === N)
          return { x: made[made.length - 1]!, v: tf.mul(made[made.length - 2]!, 0.9) }
        }
        const run = jit(program, { engine, donate: [0] })
        let [got, want] = [start(), start()]
        for (let turn = 0; turn < 3; turn++) {
          ;[got, want] = [await run(got), program(want)]
          expectState(got, want)
        }
        await run.dispose()
      }),
      { numRuns: 25 }
    )
  }, 120_000)
})

test('another backend than the one in JavaScript gets memory of its own', async () => {
  const cpu = tf.findBackendFactory('cpu')
  tf.registerBackend('elsewhere', cpu)
  const run = jit(step, { engine: wasmEngine({ threads: 2 }), donate: [0] })
  const [begun, want] = [start(), after(3, start()).x.dataSync()]
  const data = { x: begun.x.dataSync(), v: begun.v.dataSync() }
  expect((await run(start())).x.dataSync().buffer).toBeInstanceOf(SharedArrayBuffer)
  try {
    await tf.setBackend('elsewhere')
    let state: State = { x: tf.tensor1d(data.x), v: tf.tensor1d(data.v) }
    for (let turn = 0; turn < 3; turn++) {
      state = await run(state)
      expect(state.x.dataSync().buffer).toBeInstanceOf(ArrayBuffer)
    }
    state.x.dataSync().forEach((y, i) => expect(y).toBeCloseTo(want[i]!, 5))
  } finally {
    await tf.setBackend('cpu')
    tf.removeBackend('elsewhere')
    await run.dispose()
  }
})

test('around products: the products get what they read, the state stays where it is', async () => {
  const size = 400
  type Weights = { readonly w: tf.Tensor; readonly m: tf.Tensor }
  const program = ({ w, m }: Weights, x: tf.Tensor): Weights => {
    const noisy = tf.tanh(tf.mul(tf.exp(tf.sin(w)), tf.softplus(tf.cos(w))))
    const pull = tf.matMul(x, tf.matMul(x, tf.reshape(noisy, [size, size])), true)
    const next = tf.add(tf.mul(m, 0.9), tf.mul(tf.reshape(pull, [-1]), tf.sigmoid(tf.exp(tf.sin(w)))))
    const rate = tf.div(next, tf.add(tf.sqrt(tf.abs(next)), tf.exp(tf.cos(w))))
    return { w: tf.sub(w, tf.mul(rate, 0.01)), m: next }
  }
  const many = (w: Weights, x: tf.Tensor): Weights => {
    const once = program(w, x)
    return { w: tf.tanh(tf.sinh(tf.tanh(tf.sinh(once.w)))), m: once.m }
  }
  const n = size * size
  const begin = (): Weights => ({ w: tf.sin(tf.range(0, n)), m: tf.zeros([n]) })
  const x = tf.reshape(tf.sin(tf.range(0, 3 * size)), [3, size])
  const run = jit(many, { engine: aroundEngine(onnxEngine()), donate: [0] })
  const eager = jit(many, { engine: eagerEngine })
  let [got, want] = [begin(), begin()]
  const places: ArrayBufferLike[] = []
  for (let turn = 0; turn < 4; turn++) {
    ;[got, want] = [await run(got, x), await eager(want, x)]
    places.push(got.w.dataSync().buffer, got.m.dataSync().buffer)
    expect(differ(got.w, want.w)).toBeLessThan(1e-4)
    expect(differ(got.m, want.m)).toBeLessThan(1e-3)
  }
  expect(new Set(places).size).toBe(1)
  await Promise.all([run.dispose(), eager.dispose()])
})
