// The direction that is found: to rounding, over all magnitudes, with exact derivatives, compiled and batched.
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { grad, jit, jvp, vmap } from '@bdl/compiler'
import { key, normal } from '@bdl/core'
import { eagerAndCompiled, expectClose, expectNoLeak } from '@bdl/testing'
import { bijectorLaws } from '../src/testing'
import {
  affine,
  bijector,
  exp,
  lambertTail,
  log,
  numericalInverse,
  power,
  scale,
  sigmoid,
  softplus,
  tanh,
  type Bijector,
  type WithLogDet
} from '../src/index'

const numbers = (x: tf.Tensor): number[] => Array.from(x.dataSync())
const magnitudes = [1e-30, 1e-12, 1e-3, 0.3, 1, 7, 1e3, 1e12, 1e30]

/** logit: (0, 1) onto all numbers. */
const bijectorOn01: Bijector = bijector({
  name: 'logit',
  eventNdims: 0,
  forwardAndLogDet: (x) => sigmoid.inverseAndLogDet(x),
  inverseAndLogDet: (y) => sigmoid.forwardAndLogDet(y)
})

describe('against closed forms', () => {
  const signed = [0, ...magnitudes, ...magnitudes.map((m) => -m)]
  const cases: readonly (readonly [string, Bijector, readonly number[], readonly [number, number] | undefined])[] = [
    ['exp', exp, magnitudes, undefined],
    ['log, of positive numbers', log, [-60, -3, -0.1, 0, 0.1, 3, 60], [0, Infinity]],
    ['increasing, tiny', scale(1e-20), signed.filter((y) => Math.abs(y) < 1e15), undefined],
    ['decreasing, huge', scale(-1e7), signed, undefined],
    ['softplus', softplus, [1e-30, 1e-3, 0.5, 3, 1e5], undefined],
    ['tanh', tanh, [-0.99, -0.5, -1e-20, 0, 0.1, 0.9], undefined],
    ['sigmoid, over all numbers', sigmoid, [1e-20, 0.1, 0.5, 0.9], undefined],
    ['power, decreasing on positive numbers', power(-3), magnitudes.slice(1, -1), [0, Infinity]],
    ['an interval', bijectorOn01, [-9, -1, 0, 0.5, 4], [0, 1]]
  ]

  test.each(cases)('%s', async (_, b, ys, domain) => {
    const inverse = numericalInverse(b.forwardAndLogDet, domain === undefined ? {} : { domain })
    const y = tf.tensor1d([...ys])
    const [x, logDet] = b.inverseAndLogDet(y)
    // where f saturates, x is as uncertain as y over the slope
    for (const [found, stated] of await eagerAndCompiled(inverse, [y])) {
      expectClose(found, x, { atol: 1e-37, rtol: 8e-6 })
      expectClose(stated, logDet, { atol: 1e-5, rtol: 1e-5 })
    }
  })

  test('few evaluations, at whatever magnitude', () => {
    const counts = magnitudes.map((y) => {
      let calls = 0
      const pair = (x: tf.Tensor): WithLogDet => {
        calls++
        return softplus.forwardAndLogDet(x)
      }
      numericalInverse(pair)(tf.scalar(y))
      return calls
    })
    expect(Math.max(...counts)).toBeLessThan(50)
  })

  test('parameters wider than y', async () => {
    const b = affine({ shift: tf.tensor2d([[1], [2]]), logScale: tf.tensor1d([0, 1, -1]) })
    for (const [x, logDet] of await eagerAndCompiled(numericalInverse(b.forwardAndLogDet), [tf.scalar(0.5)])) {
      expectClose(x, b.inverse(tf.scalar(0.5)), { atol: 1e-6, rtol: 1e-6 })
      expectClose(logDet, b.inverseAndLogDet(tf.scalar(0.5))[1], { atol: 1e-6, rtol: 1e-6 })
    }
  })

  test('out of reach: the end of the domain; NaN stays NaN and spoils no other', () => {
    expect(numbers(numericalInverse(tanh.forwardAndLogDet)(tf.tensor1d([2, -2, NaN, 0]))[0])).toEqual([
      Infinity,
      -Infinity,
      NaN,
      0
    ])
    const [x] = numericalInverse(exp.forwardAndLogDet, { domain: [-1, 1] })(tf.tensor1d([100, 1]))
    expect(numbers(x)).toEqual([1, 0])
    // the root, 1e41, is no float32
    expect(numbers(numericalInverse(scale(1e-20).forwardAndLogDet)(tf.scalar(1e21))[0])).toEqual([
      3.4028234663852886e38
    ])
  })
})

describe('derivatives of the implicit function', () => {
  /** softplus(e^s x + s), by root finding and in closed form: sum of sin x and the log-det. */
  const loss = (isFound: boolean) => (s: tf.Tensor, y: tf.Tensor) => {
    const b = affine({ shift: s, logScale: s })
    const pair = (x: tf.Tensor): WithLogDet => {
      const [u, first] = b.forwardAndLogDet(x)
      const [v, second] = softplus.forwardAndLogDet(u)
      return [v, tf.add(first, second)]
    }
    const closed = (v: tf.Tensor): WithLogDet => {
      const [u, second] = softplus.inverseAndLogDet(v)
      const [x, first] = b.inverseAndLogDet(u)
      return [x, tf.add(first, second)]
    }
    const [x, logDet] = (isFound ? numericalInverse(pair) : closed)(y)
    return tf.sum(tf.add(tf.sin(x), logDet))
  }
  type Loss = ReturnType<typeof loss>
  const orders: Readonly<Record<string, (f: Loss) => (s: tf.Tensor, y: tf.Tensor) => tf.Tensor>> = {
    'in a parameter that is closed over': (f) => grad(f),
    'twice': (f) => grad(grad(f)),
    'three times': (f) => grad(grad(grad(f))),
    'in y': (f) => (s, y) => grad((v: tf.Tensor) => f(s, v))(y),
    'in y, three times': (f) => (s, y) => grad(grad(grad((v: tf.Tensor) => f(s, v))))(y),
    'mixed': (f) => (s, y) => grad((p: tf.Tensor) => grad((v: tf.Tensor) => f(p, v))(y))(s),
    'forward mode': (f) => (s, y) => jvp((p: tf.Tensor) => f(p, y), s, tf.scalar(1))[1],
    'forward over reverse': (f) => (s, y) => jvp((p: tf.Tensor) => grad(f)(p, y), s, tf.scalar(1))[1],
    'under vmap': (f) => (s, y) => vmap(grad(f), [0, null])(tf.stack([s, tf.add(s, 0.1)]), y)
  } // prettier-ignore

  test.each(Object.entries(orders))('%s', async (_, derivative) => {
    const [s, y] = [tf.scalar(0.3), tf.scalar(1.7)]
    const expected = derivative(loss(false))(s, y)
    for (const found of await eagerAndCompiled(derivative(loss(true)), [s, y]))
      expectClose(found, expected, { atol: 2e-5, rtol: 2e-5 })
  })

  test('on every engine', async () => {
    const expected = grad(grad(loss(false)))(tf.scalar(0.3), tf.scalar(1.7))
    for (const engine of ['wasm', 'onnx', 'reference'] as const) {
      const compiled = jit(grad(grad(loss(true))), { engine })
      expectClose(await compiled(tf.scalar(0.3), tf.scalar(1.7)), expected, { atol: 2e-5, rtol: 2e-5 })
      compiled.dispose()
    }
  })
})

describe('one pair of a bijector', () => {
  const points = tf.tensor2d([
    [-1.5, 0.25, 2],
    [0.75, -0.5, 1.25]
  ])

  const inverseOnly = bijector({
    name: 'sum of exponentials, inverted',
    eventNdims: 0,
    inverseAndLogDet: (y) => [tf.add(y, tf.exp(y)), tf.log1p(tf.exp(y))]
  })

  test.each(bijectorLaws(inverseOnly, points).map(({ name, check }) => [name, check] as const))(
    'the inverse is given: %s',
    (_, check) => check()
  )

  const weights = tf.add(tf.mul(normal(key(5), [3, 3]), 0.5), tf.mul(tf.eye(3), 1.5))
  /** z = L x, y = z + sinh z: entry i sees entries 1, ..., i, and decreases or increases in its own. */
  const triangular = (w: tf.Tensor): Bijector =>
    bijector({
      name: 'triangular',
      eventNdims: 1,
      inversion: { isAutoregressive: true },
      forwardAndLogDet: (x) => {
        const lower = tf.mul(w, tf.tensor2d([[1, 0, 0], [1, -1, 0], [1, 1, 1]])) // prettier-ignore
        const z = tf.sum(tf.mul(lower, tf.expandDims(x, -2)), -1)
        const slopes = tf.mul(tf.add(tf.cosh(z), 1), tf.sum(tf.mul(lower, tf.eye(3)), -1))
        return [tf.add(z, tf.sinh(z)), tf.sum(tf.log(tf.abs(slopes)), -1)]
      }
    })

  test.each(bijectorLaws(triangular(weights), points).map(({ name, check }) => [name, check] as const))(
    'autoregressive: %s',
    (_, check) => check()
  )

  test('autoregressive: derivatives in what is closed over', async () => {
    const y = triangular(weights).forward(points)
    const slope = grad((w: tf.Tensor) => {
      const [x, logDet] = triangular(w).inverseAndLogDet(y)
      return tf.add(tf.sum(tf.sin(x)), tf.sum(logDet))
    })
    // implicit: dL/dw = -(df/dw)ᵀ (df/dx)⁻ᵀ dL/dx, with everything in closed form at the known x
    const implicit = (w: tf.Tensor): tf.Tensor => {
      const lossAt = (x: tf.Tensor, v: tf.Tensor): tf.Tensor =>
        tf.sub(tf.sum(tf.sin(x)), tf.sum(triangular(v).forwardAndLogDet(x)[1]))
      const solved = tf.unstack(points).map((x) => {
        const dx = grad((u: tf.Tensor) => lossAt(u, w))(x)
        const rows = vmap((e: tf.Tensor) => jvp((u: tf.Tensor) => triangular(w).forward(u), x, e)[1])(tf.eye(3))
        return solve3(rows, dx)
      })
      const total = (v: tf.Tensor): tf.Tensor =>
        tf.addN(
          tf.unstack(points).map((x, i) => tf.sub(lossAt(x, v), tf.sum(tf.mul(triangular(v).forward(x), solved[i]!))))
        )
      return grad(total)(w)
    }
    const expected = implicit(weights)
    for (const found of await eagerAndCompiled(slope, [weights]))
      expectClose(found, expected, { atol: 1e-4, rtol: 1e-4 })
  })

  test('nothing leaks', () => {
    const b = lambertTail(0.5)
    const y = tf.tensor1d([1, 2])
    expectNoLeak(() => b.inverseAndLogDet(y))
  })

  test('one pair of a map of vectors that is not said to be autoregressive is an error', () => {
    expect(() =>
      bijector({ name: 'half', eventNdims: 1, forwardAndLogDet: (x) => [tf.clone(x), tf.sum(tf.zerosLike(x), -1)] })
    ).toThrow(/bijector: inverseAndLogDet: expected both pairs, or one of an elementwise map .* got one, of half/)
  })
})

/** Solution of A x = b for a 3 x 3 matrix, by Cramer's rule on the host: columns replaced one at a time. */
const solve3 = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => {
  const [m, v] = [numbers(a), numbers(b)]
  const det = (r: readonly number[]): number =>
    r[0]! * (r[4]! * r[8]! - r[5]! * r[7]!) -
    r[1]! * (r[3]! * r[8]! - r[5]! * r[6]!) +
    r[2]! * (r[3]! * r[7]! - r[4]! * r[6]!)
  const replaced = (column: number): number[] => m.map((entry, i) => (i % 3 === column ? v[Math.floor(i / 3)]! : entry))
  return tf.tensor1d([0, 1, 2].map((column) => det(replaced(column)) / det(m)))
}
