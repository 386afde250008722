// inverse(forward(x)) is x whatever the parameters, so all its derivatives in them are 0, of the first order and the second:
// what roots, loops and closed forms must keep, each in its own way.
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { grad, jit } from '@bdl/compiler'
import { key, leaves, mapTree, normal, zipTrees, type Learnable, type Tree } from '@bdl/core'
import { expectClose } from '@bdl/testing'
import {
  affineTransformer,
  choosing,
  inverseAutoregressive,
  learnableChain,
  learnableConv1x1,
  learnablePlanar,
  learnableRadial,
  learnableSylvester,
  learnableTransformer,
  maskedAutoregressive,
  neuralAutoregressive,
  sigmoidalTransformer,
  splineTransformer,
  type AutoregressiveOptions,
  type Bijector
} from '../src/index'

/** Numbers [..., n size] of entry i from the sum of entries before it, and weights to learn. */
const network =
  (weights: tf.Tensor) =>
  (x: tf.Tensor): tf.Tensor => {
    const before = tf.sub(tf.cumsum(x, x.rank - 1), x)
    const values = tf.sin(tf.mul(tf.expandDims(before, -1), weights))
    return tf.reshape(values, [...x.shape.slice(0, -1), x.shape[x.rank - 1]! * weights.shape[0]!])
  }
const autoregressive = (make: (options: AutoregressiveOptions) => Bijector): Learnable<tf.Tensor, Bijector> => ({
  init: (k) => normal(k, [2]),
  build: (weights) => make({ conditioner: choosing(affineTransformer(), network(weights)) })
})
const neural: Learnable<tf.Tensor, Bijector> = {
  init: (k) => normal(k, [9]),
  build: (weights) => neuralAutoregressive({ units: 3, network: network(weights) })
}
const spline = splineTransformer({ bins: 4, low: -3, high: 3 })
const sigmoids = sigmoidalTransformer({ units: 3 })

const families: Readonly<Record<string, Learnable<readonly tf.Tensor[], Bijector>>> = {
  planar: listed(learnableChain(learnablePlanar({ size: 3 }), learnablePlanar({ size: 3 }))),
  radial: listed(learnableRadial({ size: 3 })),
  sylvester: listed(learnableSylvester({ size: 3, columns: 2 })),
  'sylvester by QR': listed(learnableSylvester({ size: 3, by: 'qr' })),
  spline: listed(learnableTransformer({ transformer: spline, shape: [3], spread: 1 })),
  sigmoids: listed(learnableTransformer({ transformer: sigmoids, shape: [3], spread: 1 })),
  'masked autoregressive': listed(autoregressive(maskedAutoregressive)),
  'inverse autoregressive': listed(autoregressive(inverseAutoregressive)),
  'neural autoregressive': listed(neural),
  'one pixel': listed(learnableConv1x1({ channels: 3 }))
}

/** Parameters as the list of their leaves. */
function listed<P extends Tree>(made: Learnable<P, Bijector>): Learnable<readonly tf.Tensor[], Bijector> {
  const like = made.init(key(0))
  const build = (all: readonly tf.Tensor[]): Bijector => {
    const rest = [...all]
    return made.build(mapTree(() => rest.shift()!)(like))
  }
  return { init: (k) => leaves(made.init(k)), build }
}

describe.each(Object.entries(families))('%s', (_, made) => {
  const x = tf.reshape(tf.mul(normal(key(1), [4, 3]), 0.8), [4, 1, 1, 3])
  const params = made.init(key(2))
  const loss = (p: readonly tf.Tensor[]): tf.Tensor => {
    const b = made.build(p)
    const [y, logDet] = b.forwardAndLogDet(x)
    const [back, minus] = b.inverseAndLogDet(y)
    return tf.add(tf.sum(tf.sin(back)), tf.sum(tf.add(logDet, minus)))
  }
  /** Another function of the parameters, of the same size, that is not constant: the scale of what 0 means. */
  const one = (p: readonly tf.Tensor[]): tf.Tensor => tf.sum(tf.sin(made.build(p).forward(x)))
  const curved =
    (f: typeof loss) =>
    (p: readonly tf.Tensor[]): readonly tf.Tensor[] => {
      const along = p.map((leaf, i) => normal(key(10 + i), leaf.shape))
      const slope = (q: readonly tf.Tensor[]): tf.Tensor =>
        tf.addN(zipTrees((g, a) => tf.sum(tf.mul(g, a)))(grad(f)(q), along) as tf.Tensor[])
      return grad(slope)(p)
    }
  const size = (all: readonly tf.Tensor[]): number =>
    Math.max(...all.map((leaf) => tf.max(tf.abs(leaf)).dataSync()[0]!))

  test('first derivatives vanish, eagerly and compiled', async () => {
    const scale = size(grad(one)(params))
    expect(scale).toBeGreaterThan(1e-2)
    expect(size(grad(loss)(params))).toBeLessThan(3e-4 * Math.max(1, scale))
    const compiled = jit(grad(loss))
    expectClose(size(await compiled(params)), 0, { atol: 3e-4 * Math.max(1, scale), rtol: 0 })
    compiled.dispose()
  })

  test('second derivatives vanish', () => {
    const scale = size(curved(one)(params))
    expect(scale).toBeGreaterThan(1e-2)
    expect(size(curved(loss)(params))).toBeLessThan(2e-3 * Math.max(1, scale))
  })
})
