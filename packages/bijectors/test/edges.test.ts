// Ends of domains and images, saturation, and wrong parameters: typed errors eagerly, nothing while tracing.
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { grad, jit } from '@bdl/compiler'
import { isBdlError, key, withoutValidation } from '@bdl/core'
import { expectClose } from '@bdl/testing'
import {
  affine,
  asEvent,
  blockwise,
  choleskyOuterProduct,
  conditional,
  corrCholesky,
  exp,
  fillScaleTril,
  flatten,
  householder,
  lambertTail,
  leakyRelu,
  learnableHouseholder,
  learnableLuLinear,
  learnableScaleTril,
  log,
  luLinear,
  permute,
  power,
  reshape,
  reverse,
  scale,
  scaleTril,
  shift,
  shuffle,
  sigmoid,
  sinhArcsinh,
  softmaxCentered,
  softplus,
  stack,
  stickBreaking,
  tanh,
  vectorise,
  yeoJohnson,
  type Bijector
} from '../src/index'
import { points } from './rows/row'

const numbers = (x: tf.Tensor): number[] => Array.from(x.dataSync())
const at = (pair: Bijector['forwardAndLogDet'], ...x: number[]): readonly [number[], number[]] => {
  const [y, l] = pair(tf.tensor1d(x))
  return [numbers(y), numbers(l)]
}
const close = { atol: 1e-6, rtol: 1e-6 }

describe('saturation and ends', () => {
  test('saturated maps keep a finite log-det', () => {
    expect(at(tanh.forwardAndLogDet, 1e3, -1e3)[0]).toEqual([1, -1])
    expectClose(at(tanh.forwardAndLogDet, 1e3, -1e3)[1], [2 * (Math.LN2 - 1e3), 2 * (Math.LN2 - 1e3)], close)
    expectClose(at(sigmoid.forwardAndLogDet, 1e3, -1e3)[1], [-1e3, -1e3], close)
    expect(at(softplus.forwardAndLogDet, 1e4, -1e4)).toEqual([
      [1e4, 0],
      [-0, -1e4]
    ])
  })

  test('infinite, not NaN, where the domain or the image ends', () => {
    expect(at(exp.inverseAndLogDet, 0)).toEqual([[-Infinity], [Infinity]])
    expect(at(log.forwardAndLogDet, 0)).toEqual([[-Infinity], [Infinity]])
    expect(at(softplus.inverseAndLogDet, 0)).toEqual([[-Infinity], [Infinity]])
    expect(at(sigmoid.inverseAndLogDet, 0, 1)).toEqual([
      [-Infinity, Infinity],
      [Infinity, Infinity]
    ])
    expect(at(tanh.inverseAndLogDet, -1, 1)).toEqual([
      [-Infinity, Infinity],
      [Infinity, Infinity]
    ])
    expect(at(power(2).forwardAndLogDet, 0)).toEqual([[0], [-Infinity]])
    expect(at(exp.forwardAndLogDet, -Infinity, Infinity)[0]).toEqual([0, Infinity])
    expect(at(sigmoid.forwardAndLogDet, -Infinity, Infinity)).toEqual([
      [0, 1],
      [-Infinity, -Infinity]
    ])
  })

  test('corners and sides of the simplex', () => {
    for (const b of [softmaxCentered, stickBreaking]) {
      const sides = tf.tensor2d([
        [0, 0.5, 0.5],
        [1, 0, 0],
        [0, 0, 1]
      ])
      const [x, logDet] = b.inverseAndLogDet(sides)
      expect(numbers(x).some(Number.isNaN)).toBe(false)
      expect(numbers(logDet)).toEqual([Infinity, Infinity, Infinity])
      const [y, l] = b.forwardAndLogDet(
        tf.tensor2d([
          [200, -200],
          [-200, -200]
        ])
      )
      expect(numbers(tf.sum(y, -1))).toEqual([1, 1])
      expect(numbers(l).every(Number.isFinite)).toBe(true)
    }
    expectClose(stickBreaking.forward(tf.zeros([4])), tf.fill([5], 0.2), close)
    expectClose(softmaxCentered.forward(tf.zeros([4])), tf.fill([5], 0.2), close)
  })

  test('log-dets on the simplex where entries underflow: sums of logits', () => {
    const x = tf.tensor1d([300, -300])
    expectClose(softmaxCentered.forwardAndLogDet(x)[1], -300 - 600, close)
    // shares: all, then e^-600 of the rest, which is e^-300 / 2
    expectClose(stickBreaking.forwardAndLogDet(x)[1], -2 * (300 - Math.log(2)) - 300, close)
  })

  test('derivatives at kinks and where forms meet', () => {
    const second = (b: Bijector, x: number): number[] =>
      numbers(grad((v: tf.Tensor) => b.forwardAndLogDet(v)[1])(tf.scalar(x)))
    expect(second(tanh, 0)).toEqual([0])
    const curvature = grad(grad((v: tf.Tensor) => tanh.forwardAndLogDet(v)[1]))
    expectClose(curvature(tf.scalar(0)), -2, close) // -2 sech^2
    expectClose(curvature(tf.scalar(1)), -2 / Math.cosh(1) ** 2, close)
    expectClose(grad(leakyRelu(0.25).forward)(tf.scalar(0)), 1, close)
    expectClose(grad(leakyRelu(0.25).forward)(tf.scalar(-1e-30)), 0.25, close)
    expectClose(grad(yeoJohnson(0.5).forward)(tf.scalar(0)), 1, close)
  })

  test('yeoJohnson: logarithms at 0 and 2, and derivatives in the power through them', () => {
    expectClose(yeoJohnson(0).forward(tf.tensor1d([3, -3])), [Math.log(4), -7.5], close)
    expectClose(yeoJohnson(2).forward(tf.tensor1d([3, -3])), [7.5, -Math.log(4)], close)
    // d/dp ((1 + x)^p - 1) / p = u^2 / 2 at p = 0, u = log(1 + x)
    const slope = grad((p: tf.Tensor) => yeoJohnson(p).forward(tf.scalar(3)))
    expectClose(slope(tf.scalar(0)), Math.log(4) ** 2 / 2, close)
    expect(numbers(yeoJohnson(-0.5).inverse(tf.tensor1d([1.5, 2, 2.5])))).toEqual([15, Infinity, NaN])
  })

  test('a matrix that is not positive definite has no factor: NaN, and only its own', () => {
    const two = tf.tensor3d([
      [
        [4, 2],
        [2, 5]
      ],
      [
        [1, 2],
        [2, 1]
      ]
    ])
    const [l, logDet] = choleskyOuterProduct.inverseAndLogDet(two)
    expectClose(numbers(l).slice(0, 4), [2, 0, 1, 2], close)
    expect(numbers(l).slice(4).some(Number.isNaN)).toBe(true)
    expect(numbers(logDet).map(Number.isNaN)).toEqual([false, true])
  })

  test('tiny and huge vectors reflect as any others', () => {
    for (const size of [1e-30, 1, 1e30]) {
      const b = householder({ vectors: tf.tensor2d([[size, -2 * size]]) })
      expectClose(b.forward(tf.tensor1d([1, 1])), [1.4, 0.2], close)
    }
  })

  test('rows of correlation factors have length 1, saturated or not', () => {
    const l = corrCholesky.forward(tf.tensor2d([[0, 1, -2], [30, 30, -30]])) // prettier-ignore
    expectClose(tf.sum(tf.square(l), -1), tf.ones([2, 3]), close)
    expect(numbers(corrCholesky.forwardAndLogDet(tf.tensor1d([30, 30, -30]))[1]).every(Number.isFinite)).toBe(true)
  })
})

describe('errors', () => {
  const eye = tf.eye(2)
  const zero = tf.tensor2d([[1, 0], [2, 0]]) // prettier-ignore
  const bad: readonly (readonly [string, () => unknown, RegExp])[] = [
    ['scale', () => scale(0), /scale: s: expected finite numbers other than 0, got 0/],
    ['scale, tensor', () => scale(tf.tensor1d([1, 0])), /scale: s: .* got 0 at entry 1 of \[2\]/],
    ['shift', () => shift(tf.tensor1d([NaN])), /shift: t: expected finite numbers, got NaN/],
    ['affine', () => affine({ shift: 0, scale: 0 }), /affine: scale/],
    ['affine, shift', () => affine({ shift: Infinity, scale: 1 }), /affine: shift/],
    ['leakyRelu', () => leakyRelu(-1), /leakyRelu: slope: expected finite numbers > 0, got -1/],
    ['power', () => power(0), /power: p/],
    ['sinhArcsinh', () => sinhArcsinh({ tailweight: 0 }), /sinhArcsinh: tailweight/],
    ['sinhArcsinh, skewness', () => sinhArcsinh({ skewness: NaN }), /sinhArcsinh: skewness/],
    ['yeoJohnson', () => yeoJohnson(NaN), /yeoJohnson: power/],
    ['lambertTail', () => lambertTail(tf.scalar(0)), /lambertTail: tail/],
    ['permute', () => permute([0, 0, 1]), /permute: order: expected a permutation of 0, ..., 2, got \[0, 0, 1\]/],
    ['shuffle', () => shuffle(key(0), 0), /shuffle: size/],
    ['reshape', () => reshape([4], [3]), /reshape: to: expected 4 entries, as \[4\] has, got \[3\]/],
    ['reshape, in use', () => flatten([2, 2]).forward(points), /reshape: x: expected \[..., 2, 2\], got \[2, 3\]/],
    ['asEvent', () => asEvent(-1), /asEvent: n/],
    ['scaleTril', () => scaleTril({ scaleTril: zero }), /scaleTril: diagonal of scaleTril: .* got 0 at entry 1/],
    ['scaleTril, form', () => scaleTril({ scaleTril: points }), /scaleTril: scaleTril: expected shape \[..., n, n\], got \[2, 3\]/],
    ['scaleTril, in use', () => scaleTril({ scaleTril: eye }).forward(points), /scaleTril: x: expected \[..., 2\], got \[2, 3\]/],
    ['scaleTril, shift', () => scaleTril({ scaleTril: eye, shift: NaN }), /scaleTril: shift/],
    ['householder', () => householder({ vectors: tf.tensor2d([[0, 0]]) }), /householder: vectors/],
    ['householder, form', () => householder({ vectors: tf.zeros([3]) }), /householder: vectors: expected \[count, n\], got \[3\]/],
    ['luLinear', () => luLinear({ lower: eye, upper: zero }), /luLinear: diagonal of upper/],
    ['luLinear, sizes', () => luLinear({ lower: eye, upper: tf.eye(3) }), /luLinear: lower, upper, permutation/],
    ['luLinear, permutation', () => luLinear({ lower: eye, upper: eye, permutation: [1, 1] }), /permute: order/],
    ['learnableLuLinear', () => learnableLuLinear({ size: 0 }), /learnableLuLinear: size/],
    ['learnableHouseholder', () => learnableHouseholder({ size: 2, count: 0 }), /learnableHouseholder: count/],
    ['learnableScaleTril', () => learnableScaleTril({ size: 1.5 }), /learnableScaleTril: size/],
    ['fillScaleTril', () => fillScaleTril().forward(tf.zeros([4])), /fillScaleTril: x: expected a last axis of n \(n \+ 1\) \/ 2/],
    ['corrCholesky', () => corrCholesky.forward(tf.zeros([2])), /corrCholesky: x/],
    ['choleskyOuterProduct', () => choleskyOuterProduct.forward(points), /choleskyOuterProduct: x: expected shape \[..., n, n\]/],
    ['softmaxCentered', () => softmaxCentered.inverseEventShape([0]), /softmaxCentered: y/],
    ['blockwise', () => blockwise({ sizes: [1], bijectors: [exp, exp] }), /blockwise: sizes: expected 2, one for each bijector, got 1/],
    ['blockwise, ranks', () => blockwise({ sizes: [4], bijectors: [fillScaleTril()] }), /blockwise: bijectors: .* got fillScaleTril/],
    ['blockwise, in use', () => blockwise({ sizes: [1, 1], bijectors: [exp, exp] }).forward(points), /blockwise: x: expected \[..., 2\]/],
    ['stack', () => stack([]), /stack: bijectors/],
    ['stack, ranks', () => stack([exp, reverse]), /stack: bijectors: expected event ranks 0 -> 0, as exp has, got reverse/],
    ['stack, in use', () => stack([exp]).forward(points), /stack: x/],
    ['vectorise', () => vectorise({ eventNdims: 0, bijector: scale, params: tf.scalar(1) }), /vectorise: params: .* got leading sizes none/],
    ['vectorise, in use', () => vectorise({ eventNdims: 0, bijector: scale, params: tf.ones([2]) }).forward(points), /vectorise: x: expected \[..., 2\]/],
    ['conditional, in use', () => conditional({ eventNdims: 1, bijector: scale })(tf.scalar(1)).forward(points), /conditional: eventNdims: expected event ranks 1 -> 1, got scale, 0 -> 0/]
  ] // prettier-ignore

  test.each(bad)('%s', (_, call, message) => {
    expect(call).toThrow(message)
    try {
      call()
    } catch (error) {
      expect(isBdlError(error)).toBe(true)
    }
  })

  test('values are not looked at while tracing, nor without validation', async () => {
    const half = jit((s: tf.Tensor, x: tf.Tensor) => scale(s).inverse(x))
    expect(numbers(await half(tf.tensor1d([2, 0]), tf.tensor1d([1, 1])))).toEqual([0.5, Infinity])
    half.dispose()
    expect(withoutValidation(() => scale(tf.scalar(0)).name)).toBe('scale')
    const triangular = jit((s: tf.Tensor, x: tf.Tensor) => scaleTril({ scaleTril: s }).forwardAndLogDet(x))
    expect(numbers((await triangular(zero, tf.ones([2])))[1])).toEqual([-Infinity])
    triangular.dispose()
  })
})
