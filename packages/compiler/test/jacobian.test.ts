/** Derivatives along every direction: known numbers, both modes, trees, hvp = Hessian · v, per-example gradients. */
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { grad, hessian, hvp, jacobian, jit, leaves, vmap, whileLoop } from '../src/index'
import { evaluateReference } from '../src/graph/evaluate'
import { sizeOf } from '../src/graph/graph'
import { expectEagerAndCompiled, expectNear, finiteDifferences, graphFor, hostOf, real } from './support/laws'

type Vector = (x: tf.Tensor) => tf.Tensor

const X = [0.3, -0.7, 1.1]

/** Of cumsum(x tanh x), log softmax, prod, max and logsumexp at X: JAX, float64. */
const JACOBIAN = [
  [0.5658537009995797, 0, 0],
  [0.5658537009995797, -1.0486854901048845, 0],
  [0.5658537009995797, -1.0486854901048845, 1.1956204695369321],
  [0.7217136051094604, -0.10237584343794706, -0.6193377616715132],
  [-0.2782863948905397, 0.897624156562053, -0.6193377616715132],
  [-0.2782863948905397, -0.10237584343794706, 0.3806622383284868],
  [-0.77, 0.33, -0.21],
  [0, 0, 1],
  [0.2782863948905397, 0.10237584343794706, 0.6193377616715132]
]

const program: Vector = (x) =>
  tf.concat([tf.cumsum(tf.mul(tf.tanh(x), x)), tf.logSoftmax(x), tf.stack([tf.prod(x), tf.max(x), tf.logSumExp(x)])])

describe('jacobian', () => {
  test.each(['forward', 'reverse', undefined] as const)('equals that of JAX, mode %s', async (mode) => {
    await expectEagerAndCompiled(
      (x) => jacobian(program, mode && { mode })(x!),
      [tf.tensor1d(X)],
      [tf.tensor2d(JACOBIAN)]
    )
  })

  test('of a function of trees: a tensor for each pair of leaves, zeros where they have nothing to do with each other', async () => {
    const p = { w: tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]), b: tf.tensor1d([1, -1]), n: tf.scalar(2, 'int32') }
    const f = (own: typeof p, x: tf.Tensor) => ({
      y: tf.add(tf.reshape(tf.matMul(own.w, tf.reshape(x, [3, 1])), [2]), own.b),
      k: own.n,
      total: tf.sum(tf.mul(own.b, own.b))
    })
    const x = tf.tensor1d([1, 10, 100])
    for (const mode of ['forward', 'reverse'] as const) {
      const j = jacobian(f, { mode })(p, x)
      expect([j.y.w.shape, j.y.b.shape, j.y.n.shape, j.total.w.shape, j.k.b.shape]).toEqual([
        [2, 2, 3],
        [2, 2],
        [2],
        [2, 3],
        [2]
      ])
      expect([j.y.n.dtype, j.k.b.dtype, j.k.n.dtype]).toEqual(['int32', 'float32', 'int32'])
      const compiled = jit(jacobian(f, { mode }))
      for (const own of [j, await compiled(p, x)]) {
        expect([...own.y.w.dataSync()]).toEqual([1, 10, 100, 0, 0, 0, 0, 0, 0, 1, 10, 100])
        expect([...own.y.b.dataSync()]).toEqual([1, 0, 0, 1])
        expect([...own.total.b.dataSync()]).toEqual([2, -2])
        for (const zero of [own.total.w, own.k.w, own.k.b, own.k.n, own.y.n, own.total.n])
          expect(zero.dataSync().every((v) => v === 0)).toBe(true)
      }
      await compiled.dispose()
    }
  })

  test('by rows or by columns, whichever are fewer; whileLoop by columns alone', async () => {
    // the unit vectors of 50 numbers are 2500
    const largest = (f: Vector, shape: readonly number[]): number =>
      Math.max(
        ...graphFor((x) => [f(x!)], [real(shape, 0, 1)]).nodes.flatMap(({ outputs }) =>
          outputs.map((output) => sizeOf(output.shape))
        )
      )
    const wide: Vector = (x) => tf.sum(tf.sin(x))
    expect([largest(jacobian(wide), [50]), largest(jacobian(wide, { mode: 'forward' }), [50])]).toEqual([50, 2500])
    const tall: Vector = (x) => tf.sin(tf.mul(x, tf.range(0, 50)))
    expect([largest(jacobian(tall), []), largest(jacobian(tall, { mode: 'reverse' }), [])]).toEqual([50, 2500])
    const loop: Vector = (x) =>
      whileLoop(
        (c: tf.Tensor) => tf.less(tf.sum(c), 9),
        (c) => tf.mul(c, tf.add(x, 1)),
        x
      )
    // x = (1, 2): c -> (1, 2) (2, 3) = (2, 6) -> (4, 18): c = x (x + 1)²
    await expectEagerAndCompiled((x) => jacobian(loop)(x!), [tf.tensor1d([1, 2])], [tf.tensor2d([8, 0, 0, 21], [2, 2])])
    expect(() => jacobian(loop, { mode: 'reverse' })(tf.tensor1d([1, 2]))).toThrow(/whileLoop/)
  })

  test('of jacobian, under vmap, in vmap’s batch, of nothing', async () => {
    const cube: Vector = (x) => tf.mul(x, tf.square(x))
    const x = tf.tensor1d([1, -2])
    const third = tf.tensor3d([6, 0, 0, 0, 0, 0, 0, -12], [2, 2, 2])
    for (const outer of ['forward', 'reverse'] as const)
      for (const inner of ['forward', 'reverse'] as const)
        await expectEagerAndCompiled(
          (at) => jacobian(jacobian(cube, { mode: inner }), { mode: outer })(at!),
          [x],
          [third]
        )
    const xs = tf.tensor2d([
      [1, -2],
      [3, 0]
    ])
    await expectEagerAndCompiled(
      (all) => vmap(jacobian(cube))(all!),
      [xs],
      [tf.tensor3d([3, 0, 0, 12, 27, 0, 0, 0], [2, 2, 2])]
    )
    await expectEagerAndCompiled(
      (all) => jacobian(vmap((own: tf.Tensor) => tf.sum(own)))(all!),
      [xs],
      [tf.tensor3d([1, 1, 0, 0, 0, 0, 1, 1], [2, 2, 2])]
    )
    await expectEagerAndCompiled((at) => jacobian(cube)(at!), [tf.zeros([0])], [tf.zeros([0, 0])])
    await expectEagerAndCompiled(
      (at) => jacobian((own: tf.Tensor) => tf.concat([own, tf.ones([2])]))(at!),
      [tf.zeros([0])],
      [tf.zeros([2, 0])]
    )
  })
})

const logistic = () => {
  const x = tf.tensor2d([
    [0.5, -1.2],
    [1.5, 0.3],
    [-0.7, 2],
    [0.1, 0.4]
  ])
  const y = tf.tensor1d([1, 0, 1, 0])
  const loss = (p: { readonly w: tf.Tensor; readonly b: tf.Tensor }): tf.Tensor => {
    const z = tf.add(tf.dot(x, p.w), p.b)
    return tf.mean(tf.sub(tf.softplus(z), tf.mul(z, y)))
  }
  return { x, y, loss, at: { w: tf.tensor1d([0.4, -0.2]), b: tf.scalar(0.1) } }
}

describe('hessian', () => {
  test('of a logistic loss in a tree of parameters: JAX, float64', async () => {
    const { loss, at } = logistic()
    const h = hessian(loss)(at)
    expect([h.w.w.shape, h.w.b.shape, h.b.w.shape, h.b.b.shape]).toEqual([[2, 2], [2], [2], []])
    await expectEagerAndCompiled(
      () => hessian(loss)(at),
      [],
      [
        tf.scalar(0.23463799369052044),
        tf.tensor1d([0.07982432889874382, 0.08719371345121062]),
        tf.tensor1d([0.07982432889874382, 0.08719371345121062]),
        tf.tensor2d([0.17050467275414144, -0.08750028831134492, -0.0875002883113449, 0.32892232316290104], [2, 2])
      ]
    )
  })

  test('of x tanh x at 0.7 is 0.7324, where TensorFlow.js has 1.2695', async () => {
    const h = hessian((x: tf.Tensor) => tf.mul(x, tf.tanh(x)))
    await expectEagerAndCompiled((x) => h(x!), [tf.scalar(0.7)], [tf.scalar(0.7324165629005756)])
  })

  test('times a vector is hvp; a scalar function says so', async () => {
    const { loss, at } = logistic()
    const v = { w: tf.tensor1d([1, -2]), b: tf.scalar(3) }
    const h = hessian(loss)(at)
    const dot = (m: tf.Tensor): tf.Tensor => tf.reshape(tf.matMul(m, tf.tensor2d([1, -2], [2, 1])), [-1])
    await expectEagerAndCompiled(
      () => hvp(loss, at, v),
      [],
      [tf.reshape(tf.add(dot(tf.reshape(h.b.w, [1, 2])), tf.mul(h.b.b, 3)), []), tf.add(dot(h.w.w), tf.mul(h.w.b, 3))]
    )
    expect(() => hessian((x: tf.Tensor) => x)(tf.ones([2]))).toThrow(/scalar/)
  })

  test('of a network equals finite differences of its gradient in float64', () => {
    const arg = real([6], -1, 1)
    const net: Vector = (p) => {
      const hidden = tf.tanh(tf.mul(tf.slice(p, 0, 3), tf.tensor1d([0.5, -1, 2])))
      return tf.sum(tf.square(tf.sub(tf.dot(hidden, tf.slice(p, 3, 3)), 0.3)))
    }
    const inputs = [hostOf(arg)]
    const [h] = evaluateReference(
      graphFor((x) => [hessian(net)(x!)], [arg]),
      inputs
    )
    for (let i = 0; i < 6; i++) {
      const row = finiteDifferences(
        graphFor((x) => [tf.sum(tf.slice(grad(net)(x!), i, 1))], [arg]),
        inputs
      )[0]!
      expectNear(`row ${i}`, h!.data.slice(6 * i, 6 * i + 6), row, 1e-8)
    }
  })
})

test('per-example gradients: JAX, float64', async () => {
  const { x, y, at } = logistic()
  const one = (w: tf.Tensor, xi: tf.Tensor, yi: tf.Tensor): tf.Tensor => {
    const z = tf.sum(tf.mul(xi, w))
    return tf.sub(tf.softplus(z), tf.mul(z, yi))
  }
  await expectEagerAndCompiled(
    (w, xs, ys) => vmap(grad(one), [null, 0, 0])(w!, xs!, ys!),
    [at.w, x, y],
    [
      tf.tensor2d([
        [-0.19587048462674278, 0.4700891631041827],
        [0.9477186266041523, 0.18954372532083044],
        [0.4646170881830468, -1.3274773948087053],
        [0.04900013331200345, 0.1960005332480138]
      ])
    ]
  )
})

test('nothing is left behind, and arguments stay', () => {
  const { loss, at } = logistic()
  hessian(loss)(at)
  const before = tf.memory().numTensors
  tf.dispose([...leaves(hessian(loss)(at)), ...leaves(jacobian((p: typeof at) => p)(at))])
  expect(tf.memory().numTensors).toBe(before)
  expect(leaves(at).some((t) => t.isDisposed)).toBe(false)
})
