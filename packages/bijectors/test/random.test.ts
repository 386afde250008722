// The laws for parameters and shapes drawn at random: of every parametrised bijector, with any batch before its events.
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, test } from 'vitest'
import { key, normal, split } from '@bdl/core'
import {
  affine,
  chain,
  choleskyOuterProduct,
  corrCholesky,
  fillScaleTril,
  householder,
  lambertTail,
  leakyRelu,
  learnableLuLinear,
  luLinear,
  power,
  scaleTril,
  sigmoid,
  sinhArcsinh,
  softmaxCentered,
  softplus,
  stickBreaking,
  vectorise,
  yeoJohnson,
  type Bijector
} from '../src/index'
import {
  bijectorLaws,
  correlationChart,
  lowerTriangleChart,
  simplexChart,
  symmetricChart,
  type LawOptions
} from '../src/testing'

interface Drawn {
  readonly bijector: Bijector
  readonly event: readonly number[]
  readonly options?: LawOptions
  /** From drawn numbers to points of the domain; default as they are. */
  readonly toDomain?: (x: tf.Tensor) => tf.Tensor
}

const positive = (k: tf.Tensor, shape: readonly number[]): tf.Tensor => tf.exp(tf.mul(normal(k, [...shape]), 0.5))
const signed = (k: tf.Tensor, shape: readonly number[]): tf.Tensor => tf.mul(normal(k, [...shape]), 0.7)
/** Near the identity, so that float32 solves it: conditions are tested where matrices are. */
const nearIdentity = (k: tf.Tensor, n: number): tf.Tensor =>
  tf.add(tf.eye(n), tf.mul(normal(k, [n, n]), 0.3 / Math.sqrt(n)))
const loose = { atol: 1e-3, rtol: 1e-3 }

/** Drawn from a key, for events of size n. */
const families: Readonly<Record<string, (k: tf.Tensor, n: number) => Drawn>> = {
  affine: (k, n) => {
    const [a, b] = split(k)
    return { bijector: affine({ shift: signed(a, [n]), logScale: signed(b, [n]) }), event: [n] }
  },
  leakyRelu: (k, n) => ({ bijector: leakyRelu(positive(k, [n])), event: [n] }),
  power: (k, n) => ({ bijector: power(positive(k, [n])), event: [n], toDomain: (x) => tf.add(softplus.forward(x), 0.1) }),
  sinhArcsinh: (k, n) => {
    const [a, b] = split(k)
    const options = { skewness: signed(a, [n]), tailweight: positive(b, [n]) }
    return { bijector: sinhArcsinh(options), event: [n], options: loose }
  },
  yeoJohnson: (k, n) => ({ bijector: yeoJohnson(tf.add(signed(k, [n]), 1)), event: [n], options: loose }),
  lambertTail: (k, n) => ({ bijector: lambertTail(tf.mul(positive(k, [n]), 0.2)), event: [n], options: loose }),
  softmaxCentered: (_, n) => ({ bijector: softmaxCentered, event: [n], options: { image: simplexChart, ...loose } }),
  stickBreaking: (_, n) => ({ bijector: stickBreaking, event: [n], options: { image: simplexChart, ...loose } }),
  scaleTril: (k, n) => {
    const [a, b] = split(k)
    return { bijector: scaleTril({ scaleTril: nearIdentity(a, n), shift: signed(b, [n]) }), event: [n], options: loose }
  },
  householder: (k, n) => ({ bijector: householder({ vectors: normal(k, [3, n]) }), event: [n] }),
  luLinear: (k, n) => {
    const [a, b] = split(k)
    const permutation = Array.from({ length: n }, (_, i) => (i + 1) % n)
    return { bijector: luLinear({ lower: nearIdentity(a, n), upper: nearIdentity(b, n), permutation }), event: [n], options: loose }
  },
  learnableLuLinear: (k, n) => {
    const made = learnableLuLinear({ size: n })
    return { bijector: made.build(made.init(k)), event: [n], options: loose }
  },
  fillScaleTril: (_, n) => ({
    bijector: fillScaleTril(),
    event: [(n * (n + 1)) / 2],
    options: { image: lowerTriangleChart(n) }
  }),
  'chain to positive definite matrices': (_, n) => ({
    bijector: chain(fillScaleTril(), choleskyOuterProduct),
    event: [(n * (n + 1)) / 2],
    options: { image: symmetricChart(n), atol: 5e-3, rtol: 5e-3 }
  }),
  corrCholesky: (_, n) => ({
    bijector: corrCholesky,
    event: [(n * (n + 1)) / 2],
    options: { image: correlationChart(n + 1), atol: 5e-3, rtol: 5e-3 }
  }),
  vectorise: (k, n) => ({
    bijector: vectorise({
      eventNdims: 0,
      bijector: (s: tf.Tensor) => chain(affine({ shift: 0, scale: s }), sigmoid),
      params: positive(k, [n])
    }),
    event: [n],
    options: loose
  })
} // prettier-ignore

const batches = fc.constantFrom<readonly number[]>([1], [3], [2, 2])

describe.each(Object.entries(families))('%s', (_, draw) => {
  test('all laws', async () => {
    const law = fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 31 - 1 }), fc.integer({ min: 1, max: 4 }), batches, async (seed, n, batch) => {
      const [a, b] = split(key(seed))
      const { bijector, event, options = {}, toDomain = (x) => x } = draw(a, n)
      const x = toDomain(tf.clipByValue(normal(b, [...batch, ...event]), -2, 2))
      for (const { name, check } of bijectorLaws(bijector, x, options))
        try {
          await check()
        } catch (error) {
          throw new Error(`${name}, n = ${n}, batch [${batch.join(', ')}], seed ${seed}`, { cause: error })
        }
    }) // prettier-ignore
    await fc.assert(law, { numRuns: 8, seed: 2026, endOnFailure: true })
  })
})
