// Values and log-dets of elementwise maps over the whole range of float32, against float64, eagerly and on both engines.
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { grad, jit, vmap } from '@bdl/compiler'
import {
  affine,
  exp,
  lambertTail,
  leakyRelu,
  power,
  sigmoid,
  sinhArcsinh,
  softplus,
  tanh,
  yeoJohnson,
  type Bijector
} from '../src/index'

interface Truth {
  readonly b: Bijector
  readonly forward: (x: number) => number
  readonly logDet: (x: number) => number
  /** Second derivative of the map over its first: the derivative of the log-det. */
  readonly slope: (x: number) => number
  readonly inverse: (y: number) => number
  /** Points of the domain and of the image. */
  readonly xs: readonly number[]
  readonly ys: readonly number[]
  /** Absolute error of what passes through 0 away from x = 0; default none but that of the smallest numbers. */
  readonly near0?: number
}

const magnitudes = [1e-30, 1e-10, 1e-5, 1e-3, 0.03, 0.1, 0.3, 0.45, 0.7, 0.95, 1, 1.05, 1.5, 2, 3, 5, 8, 15, 40, 80]
const bothSigns = [0, ...magnitudes, ...magnitudes.map((m) => -m)]
const positives = [1e-30, 1e-20, ...magnitudes, 1e4, 1e10, 1e20]
const fractions = [1e-30, 1e-10, 1e-3, 0.1, 0.3, 0.5, 0.7, 0.9]
const logistic = (x: number): number => 1 / (1 + Math.exp(-x))
const logCosh = (x: number): number =>
  Math.abs(x) < 0.5
    ? Math.log1p(2 * Math.sinh(x / 2) ** 2)
    : Math.abs(x) + Math.log1p(Math.exp(-2 * Math.abs(x))) - Math.LN2
const log1pExp = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))

const [skewness, tailweight, tail, p, slope] = [0.25, 1.5, 0.125, 1.5, 0.125]
const warped = (x: number): number => tailweight * (Math.asinh(x) + skewness)

const truths: Readonly<Record<string, Truth>> = {
  exp: { b: exp, forward: Math.exp, logDet: (x) => x, slope: () => 1, inverse: Math.log, xs: bothSigns, ys: positives },
  sigmoid: {
    b: sigmoid,
    forward: logistic,
    logDet: (x) => -log1pExp(x) - log1pExp(-x),
    slope: (x) => -Math.tanh(x / 2),
    inverse: (y) => Math.log(y) - Math.log1p(-y),
    xs: bothSigns,
    ys: fractions
  },
  tanh: {
    b: tanh,
    forward: Math.tanh,
    logDet: (x) => -2 * logCosh(x),
    slope: (x) => -2 * Math.tanh(x),
    inverse: Math.atanh,
    xs: bothSigns,
    ys: [0, ...fractions, ...fractions.map((y) => -y)]
  },
  softplus: {
    near0: 1e-7,
    b: softplus,
    forward: log1pExp,
    logDet: (x) => -log1pExp(-x),
    slope: (x) => logistic(-x),
    inverse: (y) => y + Math.log(-Math.expm1(-y)),
    xs: bothSigns,
    ys: positives
  },
  leakyRelu: {
    b: leakyRelu(slope),
    forward: (x) => (x < 0 ? slope * x : x),
    logDet: (x) => (x < 0 ? Math.log(slope) : 0),
    slope: () => 0,
    inverse: (y) => (y < 0 ? y / slope : y),
    xs: bothSigns,
    ys: bothSigns
  },
  affine: {
    b: affine({ shift: 0, scale: -3 }),
    forward: (x) => -3 * x,
    logDet: () => Math.log(3),
    slope: () => 0,
    inverse: (y) => y / -3,
    xs: bothSigns,
    ys: bothSigns
  },
  power: {
    near0: 1e-7,
    b: power(p),
    forward: (x) => x ** p,
    logDet: (x) => Math.log(p) + (p - 1) * Math.log(x),
    slope: (x) => (p - 1) / x,
    inverse: (y) => y ** (1 / p),
    xs: positives.filter((x) => x > 1e-21),
    ys: positives
  },
  sinhArcsinh: {
    near0: 1e-7,
    b: sinhArcsinh({ skewness, tailweight }),
    forward: (x) => Math.sinh(warped(x)),
    logDet: (x) => Math.log(tailweight) + logCosh(warped(x)) - logCosh(Math.asinh(x)),
    slope: (x) => (tailweight * Math.tanh(warped(x)) - Math.tanh(Math.asinh(x))) / Math.cosh(Math.asinh(x)),
    inverse: (y) => Math.sinh(Math.asinh(y) / tailweight - skewness),
    xs: bothSigns,
    ys: bothSigns
  },
  yeoJohnson: {
    b: yeoJohnson(p),
    forward: (x) => (x < 0 ? -Math.expm1((2 - p) * Math.log1p(-x)) / (2 - p) : Math.expm1(p * Math.log1p(x)) / p),
    logDet: (x) => (p - 1) * Math.sign(x) * Math.log1p(Math.abs(x)),
    slope: (x) => (p - 1) / (1 + Math.abs(x)),
    inverse: (y) => (y < 0 ? -Math.expm1(Math.log1p(-y * (2 - p)) / (2 - p)) : Math.expm1(Math.log1p(y * p) / p)),
    xs: bothSigns,
    ys: bothSigns
  },
  lambertTail: {
    b: lambertTail(tail),
    forward: (x) => x * Math.exp((tail * x * x) / 2),
    logDet: (x) => (tail * x * x) / 2 + Math.log1p(tail * x * x),
    slope: (x) => tail * x + (2 * tail * x) / (1 + tail * x * x),
    inverse: (y) => {
      // Newton's method on log y = log x + tail x^2 / 2, which is concave in log x, from the right
      let u = Math.log(Math.abs(y))
      for (let i = 0; i < 100; i++)
        u -= (u + (tail / 2) * Math.exp(2 * u) - Math.log(Math.abs(y))) / (1 + tail * Math.exp(2 * u))
      return y === 0 ? 0 : Math.sign(y) * Math.exp(u)
    },
    xs: bothSigns.filter((x) => Math.abs(x) < 30),
    ys: bothSigns
  }
}

/** Smallest number that all engines keep to full precision. */
const TINY = 1e-37

/** |actual - expected| <= atol + rtol |expected|, entry by entry, and the entry that fails named by its argument. */
const expectNear = (
  what: string,
  actual: tf.Tensor,
  expected: readonly number[],
  at: readonly number[],
  [atol, rtol]: readonly [number, number]
): void => {
  const failing = Array.from(actual.dataSync()).flatMap((v, i) =>
    Math.abs(v - expected[i]!) <= atol + rtol * Math.abs(expected[i]!) ? [] : [`at ${at[i]}: ${v}, not ${expected[i]}`]
  )
  expect(failing, what).toEqual([])
}

describe.each(Object.entries(truths))('%s', (_, truth) => {
  const { b, forward, logDet, slope: curvature, inverse } = truth
  const [xs, ys] = [truth.xs.map(Math.fround), truth.ys.map(Math.fround)]
  const [x, y] = [tf.tensor1d(xs), tf.tensor1d(ys)]
  const derivative = vmap(grad((v: tf.Tensor) => b.forwardAndLogDet(v)[1]))
  const all = (at: tf.Tensor, image: tf.Tensor) =>
    [...b.forwardAndLogDet(at), ...b.inverseAndLogDet(image), derivative(at)] as const
  const resultsOf = async (engine: 'eager' | 'wasm' | 'onnx') => {
    if (engine === 'eager') return all(x, y)
    const compiled = jit(all, { engine })
    const values = await compiled(x, y)
    compiled.dispose()
    return values
  }

  test.each(['eager', 'wasm', 'onnx'] as const)('%s', async (engine) => {
    const [value, stated, back, statedBack, slopes] = await resultsOf(engine)
    expectNear('forward', value, xs.map(forward), xs, [TINY, 1e-6])
    expectNear('log-det', stated, xs.map(logDet), xs, [truth.near0 ?? TINY, 1e-6])
    expectNear('inverse', back, ys.map(inverse), ys, [truth.near0 ?? TINY, 2e-6])
    expectNear('log-det of the inverse', statedBack, ys.map((v) => -logDet(inverse(v))), ys, [truth.near0 ?? TINY, 1e-6]) // prettier-ignore
    expectNear('derivative of the log-det', slopes, xs.map(curvature), xs, [2e-7, 1e-6])
  })
})
