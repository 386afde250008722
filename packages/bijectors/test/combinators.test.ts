// Contexts, stacked parameters and parts: each against the plain thing that it stands for.
import * as tf from '@tensorflow/tfjs-core'
import { pipe } from 'fp-ts/lib/function.js'
import { describe, expect, test } from 'vitest'
import { grad, jit, vmap } from '@bdl/compiler'
import { key, learnable, normal, splitStack, type Learnable } from '@bdl/core'
import { eagerAndCompiled, expectClose, expectNoLeak } from '@bdl/testing'
import {
  affine,
  asEvent,
  blockwise,
  chain,
  conditional,
  exp,
  fillScaleTril,
  householder,
  luLinear,
  permute,
  reverse,
  scale,
  scaleTril,
  shift,
  shuffle,
  softmaxCentered,
  softplus,
  stack,
  tanh,
  vectorise,
  type Bijector
} from '../src/index'
import { points } from './rows/row'

const close = { atol: 1e-6, rtol: 1e-5 }
const numbers = (x: tf.Tensor): number[] => Array.from(x.dataSync())

describe('conditional', () => {
  const net = (w: tf.Tensor) => (context: tf.Tensor) => tf.tanh(tf.matMul(context, w))
  const flow = (w: tf.Tensor) =>
    conditional({
      name: 'amortised',
      eventNdims: 1,
      bijector: (context: tf.Tensor) => {
        const [t, s] = tf.split(net(w)(context), 2, -1) as [tf.Tensor, tf.Tensor]
        return asEvent(1)(affine({ shift: t, logScale: s }))
      }
    })
  const w = normal(key(1), [2, 6])
  const contexts = normal(key(2), [2, 2])

  test('each row of the context decides over its row of x', async () => {
    const pair = (c: tf.Tensor, x: tf.Tensor) => flow(w)(c).forwardAndLogDet(x)
    for (const [y, logDet] of await eagerAndCompiled(pair, [contexts, points])) {
      expect([y.shape, logDet.shape]).toEqual([[2, 3], [2]])
      for (const i of [0, 1]) {
        const one = (t: tf.Tensor): tf.Tensor => tf.slice(t, [i, 0], [1, -1])
        const [yOne, logDetOne] = flow(w)(one(contexts)).forwardAndLogDet(one(points))
        expectClose(tf.slice(y, [i, 0], [1, -1]), yOne, close)
        expectClose(tf.slice(logDet, [i], [1]), logDetOne, close)
      }
    }
  })

  test('the network learns through it, and the context has a gradient', () => {
    const loss = (v: tf.Tensor, c: tf.Tensor) => {
      const [x, logDet] = flow(v)(c).inverseAndLogDet(points)
      return tf.add(tf.sum(tf.sin(x)), tf.sum(logDet))
    }
    for (const g of [grad(loss)(w, contexts), grad((c: tf.Tensor) => loss(w, c))(contexts)])
      expect(numbers(g).every((v) => Number.isFinite(v) && v !== 0)).toBe(true)
  })

  test('before there is a context its ranks are known, so a chain of readers is a reader of a chain', () => {
    const chained = (c: tf.Tensor): Bijector => chain(flow(w)(c), reverse, tanh)
    const b = chained(contexts)
    expect([b.name, b.forwardEventNdims]).toEqual(['chain(amortised, reverse, tanh)', 1])
    const y = b.forward(tf.mul(points, 0.25))
    expectClose(b.inverse(y), tf.mul(points, 0.25), close)
  })

  test('what the context decides lives as long as the call', () => {
    const b = flow(w)(contexts)
    expectNoLeak(() => b.forwardAndLogDet(points))
    expectNoLeak(() => b.inverse(points))
  })

  test('a learnable network makes a learnable reader', () => {
    const linear: Learnable<tf.Tensor, (x: tf.Tensor) => tf.Tensor> = {
      init: (k) => normal(k, [2, 3]),
      build: (v) => (x) => tf.matMul(x, v)
    }
    const reader = pipe(
      linear,
      learnable.map((f) => conditional({ eventNdims: 0, bijector: (c: tf.Tensor) => shift(f(c)) }))
    )
    const params = reader.init(key(3))
    const made = reader.build(params)
    expectClose(made(contexts).forward(points), tf.add(points, tf.matMul(contexts, params)), close)
  })
})

describe('vectorise', () => {
  test('is a stack of its members, whatever stands before the axis', async () => {
    const params = {
      lower: normal(key(4), [4, 3, 3]),
      upper: tf.add(tf.eye(3), tf.mul(normal(key(5), [4, 3, 3]), 0.2))
    }
    const many = vectorise({ eventNdims: 1, bijector: luLinear, params })
    const members = Array.from({ length: 4 }, (_, i) =>
      luLinear({ lower: tf.gather(params.lower, i), upper: tf.gather(params.upper, i) })
    )
    for (const lead of [[], [2], [5, 1]]) {
      const x = normal(key(6), [...lead, 4, 3])
      const plain = stack(members).forwardAndLogDet(x)
      for (const [y, logDet] of await eagerAndCompiled(many.forwardAndLogDet, [x])) {
        expectClose(y, plain[0], { atol: 1e-5, rtol: 1e-5 })
        expect(logDet.shape).toEqual([...lead, 4])
        expectClose(tf.sum(logDet, -1), plain[1], { atol: 1e-5, rtol: 1e-5 })
      }
      expectClose(asEvent(1)(many).forwardAndLogDet(x)[1], plain[1], { atol: 1e-5, rtol: 1e-5 })
      expectClose(many.inverse(many.forward(x)), x, { atol: 1e-4, rtol: 1e-4 })
    }
  })

  test('events that change their rank', () => {
    const many = vectorise({
      eventNdims: { forward: 1, inverse: 2 },
      bijector: (s: tf.Tensor) => chain(scale(s), fillScaleTril()),
      params: tf.tensor1d([1, 2])
    })
    const x = normal(key(7), [5, 2, 3])
    const [y, logDet] = many.forwardAndLogDet(x)
    expect([y.shape, logDet.shape]).toEqual([
      [5, 2, 2, 2],
      [5, 2]
    ])
    const own = chain(scale(2), fillScaleTril()).forwardAndLogDet(tf.gather(x, 1, 1))
    expectClose(tf.gather(y, 1, 1), own[0], close)
    expectClose(tf.gather(logDet, 1, 1), own[1], close)
    expectClose(many.inverse(y), x, { atol: 1e-5, rtol: 1e-4 })
  })

  test('gradients reach every parameter', () => {
    const slope = grad((vectors: tf.Tensor) => {
      const b = vectorise({ eventNdims: 1, bijector: (v: tf.Tensor) => householder({ vectors: v }), params: vectors })
      return tf.sum(tf.sin(b.forward(points)))
    })(normal(key(8), [2, 2, 3]))
    expect(numbers(slope).every((v) => Number.isFinite(v) && v !== 0)).toBe(true)
  })
})

describe('parts', () => {
  test('blockwise is concat of what the blocks give', () => {
    const b = blockwise({ sizes: [1, 2], bijectors: [exp, softmaxCentered] })
    const x = tf.tensor1d([0.5, 1, -1])
    expect([b.forwardEventShape([3]), b.inverseEventShape([4])]).toEqual([[4], [3]])
    const [y, logDet] = b.forwardAndLogDet(x)
    const [tail, tailLogDet] = softmaxCentered.forwardAndLogDet(tf.tensor1d([1, -1]))
    expectClose(y, tf.concat([tf.tensor1d([Math.exp(0.5)]), tail]), close)
    expectClose(logDet, tf.add(tailLogDet, 0.5), close)
    expectClose(b.inverse(y), x, close)
  })

  test('stack is one bijector for each index', () => {
    const x = tf.mul(points, 0.5)
    const [y, logDet] = stack([exp, tanh, softplus]).forwardAndLogDet(x)
    const columns = [exp, tanh, softplus].map((b, i) => b.forwardAndLogDet(tf.gather(x, i, 1)))
    expectClose(y, tf.stack(columns.map(([v]) => v), 1), close) // prettier-ignore
    expectClose(logDet, tf.addN(columns.map(([, l]) => l)), close) // prettier-ignore
  })
})

describe('batches of matrices', () => {
  test('scaleTril broadcasts matrices against vectors both ways', () => {
    const matrices = tf.add(tf.eye(3), tf.mul(normal(key(9), [4, 3, 3]), 0.3))
    const many = scaleTril({ scaleTril: matrices, shift: tf.ones([4, 3]) })
    for (const x of [normal(key(10), [4, 3]), normal(key(10), [2, 4, 3]), normal(key(10), [3])]) {
      const [y, logDet] = many.forwardAndLogDet(x)
      const wide = tf.add(x, tf.zeros([4, 3]))
      expect(y.shape).toEqual(wide.shape)
      expect(logDet.shape).toEqual(wide.shape.slice(0, -1))
      expectClose(many.inverse(y), wide, { atol: 1e-4, rtol: 1e-4 })
      const third = scaleTril({ scaleTril: tf.gather(matrices, 2), shift: 1 })
      const [own, ownLogDet] = third.forwardAndLogDet(tf.gather(wide, 2, wide.rank - 2))
      expectClose(tf.gather(y, 2, y.rank - 2), own, close)
      expectClose(tf.gather(logDet, 2, logDet.rank - 1), ownLogDet, close)
    }
  })
})

describe('orders', () => {
  test('shuffle: a permutation of its key, another of another', async () => {
    const x = tf.range(0, 20)
    const [a, b] = [shuffle(key(1), 20).forward(x), shuffle(key(2), 20).forward(x)]
    expect(numbers(a).sort((p, q) => p - q)).toEqual(numbers(x))
    expect(numbers(a)).not.toEqual(numbers(b))
    expect(numbers(shuffle(key(1), 20).forward(x))).toEqual(numbers(a))
    expectClose(permute(numbers(a)).forward(x), a, { atol: 0, rtol: 0 })
    const traced = jit((k: tf.Tensor, v: tf.Tensor) => shuffle(k, 20).inverse(shuffle(k, 20).forward(v)))
    expectClose(await traced(key(3), x), x, { atol: 0, rtol: 0 })
    traced.dispose()
  })

  test('shuffle: under vmap one order for each key, and every order as likely', () => {
    const orders = vmap((k: tf.Tensor) => shuffle(k, 3).forward(tf.tensor1d([0, 1, 2])))(splitStack(key(4), 6000))
    const rows = tf.unstack(orders).map((order) => numbers(order).join())
    const counts = [...new Set(rows)].map((order) => rows.filter((r) => r === order).length)
    expect(counts.length).toBe(6)
    // binomial(6000, 1/6): 5 standard errors
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(5 * Math.sqrt(6000 * (1 / 6) * (5 / 6)))
  })
})
