import * as tf from '@tensorflow/tfjs-core'
import { grad } from '@bdl/compiler'
import { isBdlError, key, type Tree } from '@bdl/core'
import { expectClose, expectNoLeak } from '@bdl/testing'
import { describe, expect, test } from 'vitest'
import {
  applyDense,
  applyMlp,
  dense,
  elu,
  fourierFeatures,
  gelu,
  glorotUniform,
  heNormal,
  layerNorm,
  leakyRelu,
  linear,
  mlp,
  normal,
  randomFourierFeatures,
  randomFourierMatrix,
  relu,
  sigmoid,
  silu,
  sine,
  tanh,
  varianceScaling,
  zeros
} from '../src/index'

/** f(x), failing if it leaves a tensor behind: inputs are made before the count. */
const clean = <X, T extends Tree>(f: (x: X) => T, x: X): T => expectNoLeak(() => f(x))

const close = { atol: 1e-6, rtol: 1e-5 }
const points = [-50, -3, -0.5, 0, 0.5, 3, 50]
const logistic = (x: number) => 1 / (1 + Math.exp(-x))
const geluOf = (x: number) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))

describe('activations', () => {
  const table = [
    ['linear', linear, (x: number) => x],
    ['relu', relu, (x: number) => Math.max(x, 0)],
    ['tanh', tanh, Math.tanh],
    ['sigmoid', sigmoid, logistic],
    ['sine', sine, Math.sin],
    ['silu', silu, (x: number) => x * logistic(x)],
    ['gelu', gelu, geluOf],
    ['leakyRelu', leakyRelu(0.1), (x: number) => (x > 0 ? x : 0.1 * x)],
    ['elu', elu, (x: number) => (x > 0 ? x : Math.expm1(x))]
  ] as const
  test.each(table)('%s agrees with its formula, and its derivatives are finite far out', (_name, f, truth) => {
    expectClose(clean(f, tf.tensor1d(points)), points.map(truth), close)
    const slope = grad((x: tf.Tensor) => tf.sum(f(x)))
    expect(Array.from(slope(tf.tensor1d([-1000, -100, 0, 100, 1000])).dataSync()).every(Number.isFinite)).toBe(true)
  })
})

describe('initialisers', () => {
  // Variance of the sample variance of n draws with excess kurtosis k: v^2 (2 + k) / n; uniform -1.2, cut normal about -0.6.
  const table = [
    ['glorotUniform', glorotUniform, 2 / 300, 0.8],
    ['heNormal', heNormal, 2 / 100, 1.4],
    ['normal', normal(0.3), 0.09, 2],
    ['fanOut', varianceScaling({ scale: 1, mode: 'fanOut', distribution: 'normal' }), 1 / 200, 2]
  ] as const
  test.each(table)(
    '%s has the variance that it promises, within 5 standard errors',
    (_name, initialiser, variance, spread) => {
      const draws = Array.from(clean((k) => initialiser(k, [100, 200]), key(1)).dataSync())
      const mean = draws.reduce((s, x) => s + x, 0) / draws.length
      const seen = draws.reduce((s, x) => s + (x - mean) ** 2, 0) / draws.length
      expect(Math.abs(mean)).toBeLessThan(5 * Math.sqrt(variance / draws.length))
      expect(Math.abs(seen - variance)).toBeLessThan(5 * variance * Math.sqrt(spread / draws.length))
    }
  )

  test('a bias shape has no fan', () => {
    expect(() => glorotUniform(key(0), [3])).toThrow(/at least two axes/)
  })
})

describe('dense and mlp', () => {
  const layer = { w: tf.tensor2d([[1, 2, 3], [4, 5, 6]]), b: tf.tensor1d([0.5, 0, -0.5]) } // prettier-ignore

  test('x w + b for one row, many rows and stacked rows', () => {
    expectClose(
      clean((x) => applyDense(layer, x), tf.tensor1d([1, -1])),
      [-2.5, -3, -3.5],
      close
    )
    expectClose(applyDense(layer, tf.tensor2d([[1, -1]])), [[-2.5, -3, -3.5]], close)
    expectClose(applyDense(layer, tf.tensor3d([[[1, -1]], [[0, 0]]])), [[[-2.5, -3, -3.5]], [[0.5, 0, -0.5]]], close)
  })

  test('a wrong width names the function and both shapes', () => {
    const attempt = () => applyDense(layer, tf.zeros([4, 3]))
    expect(attempt).toThrow(/applyDense: x: expected shape \[\.\.\., 2\], got \[4, 3\]/)
    try {
      attempt()
    } catch (e) {
      expect(isBdlError(e) && e.code).toBe('ShapeMismatch')
    }
  })

  test('an MLP is dense, activation, dense', () => {
    const params = [layer, { w: tf.tensor2d([[1], [-1], [2]]), b: tf.tensor1d([0.25]) }]
    const hidden = [-2.5, -3, -3.5].map(Math.tanh)
    expectClose(
      clean((x) => applyMlp(tanh)(params, x), tf.tensor2d([[1, -1]])),
      [[hidden[0]! - hidden[1]! + 2 * hidden[2]! + 0.25]],
      close
    )
  })

  test('init gives every layer its shape and its own draw; a zero last layer makes the output zero', () => {
    const net = mlp({ sizes: [5, 5, 5, 2], activation: relu, lastInitialiser: zeros })
    const params = clean(net.init, key(3))
    expect(params.map(({ w, b }) => [w.shape, b.shape])).toEqual([[[5, 5], [5]], [[5, 5], [5]], [[5, 2], [2]]]) // prettier-ignore
    expect(Array.from(params[0]!.w.dataSync())).not.toEqual(Array.from(params[1]!.w.dataSync()))
    expectClose(net.build(params)(tf.ones([3, 5])), [[0, 0], [0, 0], [0, 0]], close) // prettier-ignore
  })

  test('sizes are checked', () => {
    expect(() => mlp({ sizes: [3] })).toThrow(/sizes/)
    expect(() => dense({ inputs: 0, outputs: 2 })).toThrow(/inputs/)
  })
})

describe('layer norm and Fourier features', () => {
  test('moments are 0 and 1 even far from the origin', () => {
    const norm = layerNorm({ size: 4 })
    const out = clean(norm.build(norm.init(key(0))), tf.tensor2d([[1001, 1002, 1003, 1004], [1, 2, 3, 4]])) // prettier-ignore
    const row = [-1.5, -0.5, 0.5, 1.5].map((x) => x / Math.sqrt(1.25 + 1e-5))
    expectClose(out, [row, row], { atol: 1e-4, rtol: 1e-4 })
  })

  test('sines and cosines at geometric frequencies', () => {
    const t = 0.3
    const frequencies = [0.5, 2, 8].map((f) => 2 * Math.PI * f * t)
    const expected = [...frequencies.map(Math.sin), ...frequencies.map(Math.cos)]
    expectClose(clean(fourierFeatures(3), tf.scalar(t)), expected, { atol: 1e-5, rtol: 1e-5 })
    expect(fourierFeatures(3)(tf.zeros([2, 4])).shape).toEqual([2, 4, 6])
  })

  test('random features have unit norm per pair, and the kernel of a Gaussian in expectation', () => {
    const matrix = randomFourierMatrix(key(0), 2, 20000, 0.1)
    const f = randomFourierFeatures(matrix)
    const [x, y] = [tf.tensor2d([[0.3, -0.2]]), tf.tensor2d([[1.1, 0.7]])]
    const kernel = tf.sum(tf.mul(f(x), f(y))).dataSync()[0]! / 20000
    const distance2 = 0.8 ** 2 + 0.9 ** 2
    // E cos(2 pi b.d) for b ~ N(0, 0.01 I); a cosine has variance at most 1/2 + ..., so 5 standard errors are below 0.036.
    expect(Math.abs(kernel - Math.exp(-0.5 * (2 * Math.PI * 0.1) ** 2 * distance2))).toBeLessThan(0.036)
  })
})
