/** Memory for time: `remat` and the checkpoints of `scan` change what is kept and computed, and nothing else. */
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { customVjp, foriLoop, grad, hvp, jvp, leaves, remat, scan, vjp, vmap } from '../src/index'
import { subgraphsOf, type Graph } from '../src/graph/graph'
import { peakBytes } from '../src/inspect/sizes'
import { optimise } from '../src/passes/optimise'
import { traceGraph } from '../src/trace/trace-graph'
import { expectEagerAndCompiled } from './support/laws'

type Vector = (x: tf.Tensor) => tf.Tensor

const optimised = (f: Vector, shape: readonly number[]): Graph =>
  optimise(traceGraph((x) => [f(x!)], [{ shape, dtype: 'float32' }], 'test').graph).graph

/** How often an op is in a graph, bodies included. */
const count = (graph: Graph, op: string): number =>
  graph.nodes.reduce(
    (n, node) =>
      n + Number(node.primitive.name === op) + subgraphsOf(node).reduce((inner, body) => inner + count(body, op), 0),
    0
  )

const BLOCKS = 16
const LAYERS = 4

const block: Vector = (x) => {
  let y = x
  for (let i = 0; i < LAYERS; i++) y = tf.sin(tf.add(y, i / 10))
  return y
}

/** The sum of a chain of blocks, whose derivative needs all that is on the way. */
const chain =
  (wrap: (f: Vector) => Vector): Vector =>
  (x) => {
    let y = x
    for (let i = 0; i < BLOCKS; i++) y = wrap(block)(y)
    return tf.sum(y)
  }

const kept = chain((f) => f)
const again = chain((f) => remat(f))

describe('remat', () => {
  test('computes again in the backward pass, however the graph is optimised', () => {
    expect(count(optimised(grad(kept), [8]), 'sin')).toBe(BLOCKS * LAYERS - 1) // the sine of the last layer is not needed
    expect(count(optimised(grad(kept), [8]), 'cos')).toBe(BLOCKS * LAYERS)
    const graph = optimised(grad(again), [8])
    expect(count(graph, 'cos')).toBe(BLOCKS * LAYERS)
    // forward but for the last block; backward of each block but for its last layer
    expect(count(graph, 'sin')).toBe((BLOCKS - 1) * LAYERS + BLOCKS * (LAYERS - 1))
    expect(count(graph, 'remat')).toBe(BLOCKS)
  })

  test('costs nothing where nothing is differentiated in reverse', () => {
    const names = (graph: Graph): readonly string[] => graph.nodes.map(({ primitive }) => primitive.name)
    expect(names(optimised(again, [8]))).toEqual(names(optimised(kept, [8])))
    const tangent =
      (f: Vector): Vector =>
      (x) =>
        jvp(f, x, tf.onesLike(x))[1]
    expect(names(optimised(tangent(again), [8]))).toEqual(names(optimised(tangent(kept), [8])))
  })

  test('keeps the inputs of blocks and one block’s inside: peak memory falls', () => {
    const n = 1024
    const peaks = [kept, again].map((f) => peakBytes(optimised(grad(f), [n])) / (4 * n))
    expect(peaks[0]).toBeGreaterThan(BLOCKS * LAYERS)
    expect(peaks[1]).toBeLessThan(BLOCKS + 3 * LAYERS)
  })

  test('and so does what real tensors hold between a pass and its pullback', () => {
    const held = (f: Vector): number =>
      tf.tidy(() => {
        const x = tf.ones([1024])
        const before = tf.memory().numBytes
        vjp(f, x)
        return (tf.memory().numBytes - before) / 4096
      })
    expect(held(kept)).toBeGreaterThan(BLOCKS * LAYERS)
    expect(held(again)).toBeLessThan(BLOCKS + 2)
  })

  test('of every order it computes again what the order before computed', () => {
    const second = (f: Vector): Graph => optimised((x) => tf.sum(grad((y: tf.Tensor) => tf.sum(grad(f)(y)))(x)), [8])
    expect(count(second(again), 'remat')).toBeGreaterThanOrEqual(2 * BLOCKS - 1)
    const n = 1024
    const peaks = [kept, again].map(
      (f) =>
        peakBytes(
          optimised(
            grad((y: tf.Tensor) => tf.sum(grad(f)(y))),
            [n]
          )
        ) /
        (4 * n)
    )
    expect(peaks[1]! / peaks[0]!).toBeLessThan(0.6)
  })

  test('nested in itself, in scan, vmap and jvp, and around them', async () => {
    const x = tf.tensor1d([0.3, -0.7])
    const inner: Vector = (y) => tf.sin(tf.mul(y, tf.exp(y)))
    const plain: Vector = (y) => tf.sum(tf.mul(inner(inner(y)), y))
    const nested: Vector = (y) => tf.sum(tf.mul(remat((z: tf.Tensor) => remat(inner)(remat(inner)(z)))(y), y))
    const v = tf.onesLike(x)
    await expectEagerAndCompiled(
      (at) => [grad(nested)(at!), hvp(nested, at!, v), grad((y: tf.Tensor) => jvp(nested, y, v)[1])(at!)],
      [x],
      [grad(plain)(x), hvp(plain, x, v), hvp(plain, x, v)]
    )
    const xs = tf.tensor2d([0.3, -0.7, 0.1, 0.9, -0.2, 0.5], [3, 2])
    const looped =
      (step: Vector): Vector =>
      (y) =>
        tf.sum(scan((c: tf.Tensor, row: tf.Tensor) => [step(tf.add(c, row)), c] as const, y, xs)[1])
    await expectEagerAndCompiled(
      (at) => [
        grad(looped(remat(inner)))(at!),
        grad(remat(looped(inner)))(at!),
        grad(looped((y) => scan((c: tf.Tensor) => [remat(inner)(c), []] as const, y, [], { length: 2 })[0]))(at!)
      ],
      [x],
      [grad(looped(inner))(x), grad(looped(inner))(x), grad(looped((y) => inner(inner(y))))(x)]
    )
    const all: Vector = (ys) => tf.sum(vmap(remat(plain))(ys))
    await expectEagerAndCompiled(
      (ys) => [
        grad(all)(ys!),
        vmap(grad(remat(plain)))(ys!),
        grad(remat((zs: tf.Tensor) => tf.sum(vmap(plain)(zs))))(ys!)
      ],
      [xs],
      Array.from({ length: 3 }, () => vmap(grad(plain))(xs))
    )
  })

  test('what nobody needs of the derivative is not computed', () => {
    const product = (x: tf.Tensor, w: tf.Tensor): tf.Tensor =>
      tf.sum(remat((a: tf.Tensor) => tf.mul(tf.sin(a), tf.exp(w)))(x))
    const part = (k: 0 | 1): Graph =>
      optimised((x) => grad((p: readonly tf.Tensor[]) => product(p[0]!, p[1]!))([x, tf.cos(x)])[k]!, [8])
    // exp(w) cos(x), and sin(x) exp(w)
    expect([count(part(0), 'remat'), count(part(0), 'sin'), count(part(0), 'exp')]).toEqual([1, 0, 1])
    expect([count(part(1), 'remat'), count(part(1), 'sin'), count(part(1), 'exp')]).toEqual([1, 1, 1])
  })

  test('with a rule of one’s own inside, which closes over a tensor', async () => {
    const f = (x: tf.Tensor, scale: tf.Tensor): tf.Tensor =>
      tf.sum(
        remat((y: tf.Tensor) =>
          customVjp({
            forward: (z: tf.Tensor): readonly [tf.Tensor, tf.Tensor] => [tf.square(z), z],
            backward: (z: tf.Tensor, dy: tf.Tensor): readonly [tf.Tensor] => [tf.mul(dy, tf.mul(z, scale))]
          })(y)
        )(x)
      )
    await expectEagerAndCompiled(
      (x, scale) => grad((y: tf.Tensor) => f(y, scale!))(x!),
      [tf.tensor1d([1, 2]), tf.scalar(10)],
      [tf.tensor1d([10, 20])]
    )
  })

  test('of trees with integers, results of its own', () => {
    const f = remat((p: { readonly x: tf.Tensor; readonly n: tf.Tensor }) => ({ x: p.x, n: p.n }))
    const p = { x: tf.ones([2]), n: tf.scalar(3, 'int32') }
    const result = f(p)
    tf.dispose([result.x, result.n])
    expect([p.x.isDisposed, p.n.isDisposed]).toEqual([false, false])
    const g = grad((own: typeof p) => tf.sum(remat((q: typeof p) => tf.mul(q.x, tf.cast(q.n, 'float32')))(own)))(p)
    expect([[...g.x.dataSync()], g.n.dtype]).toEqual([[3, 3], 'int32'])
  })
})

const TURNS = 100

const recurrent =
  (checkpoint?: 'all' | 'sqrt' | number): Vector =>
  (x) => {
    const step = (c: tf.Tensor): readonly [tf.Tensor, tf.Tensor] => {
      const next = tf.sin(tf.add(c, tf.mul(x, 0.1)))
      return [next, tf.mean(next)]
    }
    return tf.sum(scan(step, x, [], { length: TURNS, ...(checkpoint !== undefined && { checkpoint }) })[1])
  }

describe('checkpoints of scan', () => {
  test.each(['all', 'sqrt', 7, 100, 1000, 1] as const)('%s: the same derivatives', async (checkpoint) => {
    const x = tf.tensor1d([0.3, -0.7])
    await expectEagerAndCompiled(
      (at) => [grad(recurrent(checkpoint))(at!), hvp(recurrent(checkpoint), at!, at!)],
      [x],
      [grad(recurrent())(x), hvp(recurrent(), x, x)]
    )
  })

  test('carries in memory: all, or √n and √n', () => {
    const n = 1024
    const peak = (checkpoint: 'all' | 'sqrt' | number): number =>
      peakBytes(optimised(grad(recurrent(checkpoint)), [n])) / (4 * n)
    const oneTurn = 12 // values of a turn itself, and of the one that runs backward
    expect(peak('all')).toBeGreaterThan(TURNS)
    expect(peak('sqrt')).toBeLessThan(2 * Math.sqrt(TURNS) + oneTurn)
    expect(peak(5)).toBeLessThan(TURNS / 5 + 5 + oneTurn)
    expect(peak(5)).toBeGreaterThan(TURNS / 5)
  })

  test('of foriLoop too', async () => {
    const loop =
      (checkpoint: 'all' | 'sqrt'): Vector =>
      (x) =>
        tf.sum(foriLoop(0, TURNS, (_, c: tf.Tensor) => tf.sin(tf.add(c, tf.mul(x, 0.1))), x, { checkpoint }))
    const [all, some] = (['all', 'sqrt'] as const).map((checkpoint) =>
      peakBytes(optimised(grad(loop(checkpoint)), [64]))
    )
    expect(some! / all!).toBeLessThan(0.4)
    const x = tf.tensor1d([0.3, -0.7])
    await expectEagerAndCompiled((at) => [grad(loop('sqrt'))(at!)], [x], [grad(loop('all'))(x)])
  })

  test('what real tensors hold falls too', () => {
    const held = (f: Vector): number =>
      tf.tidy(() => {
        const x = tf.ones([1024])
        const before = tf.memory().numBytes
        vjp(f, x)
        return (tf.memory().numBytes - before) / 4096
      })
    expect(held(recurrent('all'))).toBeGreaterThan(TURNS)
    expect(held(recurrent('sqrt'))).toBeLessThan(2 * Math.sqrt(TURNS))
  })

  test('ys and trees keep their places, forward and reversed, with turns left over', async () => {
    const xs = { a: tf.range(0, 7), b: tf.reshape(tf.range(0, 14), [7, 2]) }
    const step = (c: tf.Tensor, x: typeof xs) => {
      const next = tf.add(tf.mul(c, 0.5), tf.add(x.b, x.a))
      return [next, { next, first: tf.sum(x.a) }] as const
    }
    for (const reverse of [false, true])
      for (const checkpoint of [2, 3, 4, 6, 'sqrt'] as const)
        await expectEagerAndCompiled(
          (c) => scan(step, c!, xs, { reverse, checkpoint }),
          [tf.tensor1d([1, 2])],
          leaves(scan(step, tf.tensor1d([1, 2]), xs, { reverse }))
        )
  })

  test('a number of turns that is no integer >= 1 is refused', () => {
    for (const checkpoint of [0, 1.5, NaN])
      expect(() => recurrent(checkpoint)(tf.ones([2]))).toThrow(
        expect.objectContaining({ code: 'InvalidArgument', fn: 'scan', argument: 'options.checkpoint' })
      )
  })
})
