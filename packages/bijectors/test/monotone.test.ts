// Splines and sigmoidal maps: accuracy against float64 over hard parameters, knots, tails, and wrong parameters.
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { grad, jit, referenceEngine } from '@bdl/compiler'
import { key, normal, softplus } from '@bdl/core'
import { eagerAndCompiled, expectClose } from '@bdl/testing'
import {
  affineTransformer,
  choosing,
  learnableTransformer,
  rationalQuadraticSpline,
  sigmoidal,
  sigmoidalTransformer,
  splineTransformer,
  type Bijector,
  type Transformer
} from '../src/index'

const numbersOf = (x: tf.Tensor): number[] => Array.from(x.dataSync())
const spline = (bins: number, options: Partial<Parameters<typeof splineTransformer>[0]> = {}): Transformer =>
  splineTransformer({ bins, low: -3, high: 3, ...options })

/** Both pairs in float64, from the same float32 numbers. */
const inFloat64 = async (t: Transformer, parameters: tf.Tensor, x: tf.Tensor): Promise<readonly tf.Tensor[]> => {
  const both = (p: tf.Tensor, v: tf.Tensor) => {
    const b = t.build(p)
    const [y, logDet] = b.forwardAndLogDet(v)
    return [y, logDet, b.inverse(y)]
  }
  const compiled = jit(both, { engine: referenceEngine })
  const result = await compiled(parameters, x)
  compiled.dispose()
  return result
}

describe('accuracy, against float64', () => {
  const families: readonly (readonly [string, Transformer])[] = [
    ['a spline', spline(8)],
    ['a spline with free ends', spline(8, { ends: 'free' })],
    ['sigmoids', sigmoidalTransformer({ units: 8 })]
  ]

  test.each(families)('%s: values and log-dets, as if x were off by 2^-22 of its range', async (_, t) => {
    for (const spread of [0.1, 1, 5]) {
      const parameters = tf.mul(normal(key(1), [200, t.size]), spread)
      const x = tf.mul(normal(key(2), [200]), 2)
      const pair = t.build(parameters).forwardAndLogDet(x)
      const exact = (await inFloat64(t, parameters, x)).slice(0, 2)
      const curves = [0, 1].map((i) => grad((v: tf.Tensor) => tf.sum(t.build(parameters).forwardAndLogDet(v)[i]!))(x))
      exact.forEach((expected, i) => {
        const error = numbersOf(tf.abs(tf.sub(pair[i]!, expected)))
        const allowed = numbersOf(
          tf.add(tf.mul(tf.abs(curves[i]!), 6 * 2 ** -22), tf.add(tf.mul(tf.abs(expected), 1e-6), 1e-6))
        )
        expect(error.findIndex((e, j) => !(e <= allowed[j]!))).toBe(-1)
      })
    }
  })

  test('the round trip of a spline loses what its slope says, and no more', () => {
    const t = spline(8)
    const b = t.build(tf.mul(normal(key(3), [500, t.size]), 4))
    const x = tf.mul(normal(key(4), [500]), 1.5)
    const [y, logDet] = b.forwardAndLogDet(x)
    const error = numbersOf(tf.abs(tf.sub(b.inverse(y), x)))
    const allowed = numbersOf(tf.add(tf.mul(tf.exp(tf.neg(logDet)), 2e-6), 2e-6))
    expect(error.every((e, i) => e <= allowed[i]!)).toBe(true)
  })

  test('sigmoids, by the formula as it is written', () => {
    const draw = fc.double({ min: -3, max: 3, noNaN: true })
    const units = fc.array(fc.tuple(draw, draw, draw), { minLength: 1, maxLength: 5 })
    const logistic = (z: number): number => 1 / (1 + Math.exp(-z))
    const law = fc.property(units, draw, (all, x) => {
      const [a, b, c] = [0, 1, 2].map((i) => tf.tensor1d(all.map((unit) => (i === 0 ? Math.exp(unit[i]) : unit[i]!))))
      const [slopes, shifts, logits] = [a!, b!, c!].map(numbersOf)
      const at = Math.fround(x)
      const total = logits!.reduce((sum, l) => sum + Math.exp(l), 0)
      const parts = logits!.map((l, j) => ({ w: Math.exp(l) / total, s: logistic(slopes![j]! * at + shifts![j]!) }))
      const s = parts.reduce((sum, part) => sum + part.w * part.s, 0)
      const rest = parts.reduce((sum, part, j) => sum + part.w * logistic(-slopes![j]! * at - shifts![j]!), 0)
      const rise = parts.reduce(
        (sum, part, j) => sum + part.w * slopes![j]! * part.s * logistic(-slopes![j]! * at - shifts![j]!),
        0
      )
      const [y, logDet] = sigmoidal({ slopes: a!, shifts: b!, logits: c! }).forwardAndLogDet(tf.scalar(at))
      expectClose(y, Math.log(s / rest), { atol: 1e-5, rtol: 1e-5 })
      expectClose(logDet, Math.log(rise / s / rest), { atol: 1e-4, rtol: 1e-5 })
    })
    fc.assert(law, { numRuns: 100 })
  })
})

describe('tails and knots', () => {
  const far = tf.tensor1d([-1e30, -1e4, -50, 50, 1e4, 1e30])
  const finite = (b: Bijector, x: tf.Tensor): void => {
    const loss = (v: tf.Tensor): tf.Tensor => {
      const [y, logDet] = b.forwardAndLogDet(v)
      return tf.add(tf.sum(tf.tanh(y)), tf.sum(logDet))
    }
    expect(numbersOf(grad(loss)(x)).every(Number.isFinite)).toBe(true)
    expect(numbersOf(grad((v: tf.Tensor) => tf.sum(b.inverse(v)))(x)).every(Number.isFinite)).toBe(true)
  }

  test('a spline is the identity outside of its interval, exactly, and its derivatives are finite there', () => {
    const t = spline(5)
    const b = t.build(normal(key(5), [t.size]))
    for (const pair of [b.forwardAndLogDet, b.inverseAndLogDet]) {
      const [y, logDet] = pair(far)
      expect(numbersOf(y)).toEqual(numbersOf(far))
      expect(numbersOf(logDet)).toEqual(numbersOf(tf.zeros([6])))
    }
    finite(b, far)
  })

  test('free ends go on as straight lines', () => {
    const halves = tf.tensor1d([1, 1])
    const b = rationalQuadraticSpline({
      widths: halves,
      heights: halves,
      slopes: tf.tensor1d([0.5, 1, 4]),
      low: -1,
      high: 1
    })
    const [y, logDet] = b.forwardAndLogDet(tf.tensor1d([-3, 1.5, 1e6]))
    expectClose(y, [-2, 3, 4e6 - 3], { atol: 0, rtol: 1e-6 })
    expectClose(logDet, [Math.log(0.5), Math.log(4), Math.log(4)], { atol: 1e-6, rtol: 0 })
    expectClose(b.inverse(y), [-3, 1.5, 1e6], { atol: 0, rtol: 1e-6 })
  })

  test('slope and curvature at the middle and the knots of equal bins are those of the formula, not of a clipped place', () => {
    const t = spline(4)
    const x = tf.tensor1d([-3, -2.25, -1.5, 0, 0.75, 3])
    for (const f of [t.build(tf.zeros([t.size])).forward, t.build(tf.zeros([t.size])).inverse]) {
      expectClose(grad((v: tf.Tensor) => tf.sum(f(v)))(x), tf.onesLike(x), { atol: 1e-5, rtol: 0 })
      const second = grad((v: tf.Tensor) => tf.sum(grad((u: tf.Tensor) => tf.sum(f(u)))(v)))(x)
      expectClose(second, tf.zerosLike(x), { atol: 1e-4, rtol: 0 })
    }
  })

  test('a sigmoidal map ends in lines of the outermost units', () => {
    const b = sigmoidal({ slopes: tf.tensor1d([2, 0.5]), shifts: tf.tensor1d([1, -1]), logits: tf.zeros([2]) })
    const x = tf.tensor1d([-1e6, 1e6])
    const [y, logDet] = b.forwardAndLogDet(x)
    // S = (s1 + s2) / 2: both tails belong to the flatter unit, whose half log 2 shifts them
    expectClose(y, [-0.5e6 - 1, 0.5e6 - 1], { atol: 1, rtol: 1e-6 })
    expectClose(logDet, [Math.log(0.5), Math.log(0.5)], { atol: 1e-6, rtol: 0 })
    expectClose(b.inverse(y), x, { atol: 0, rtol: 1e-6 })
    finite(b, tf.tensor1d([-1e30, -1e4, 0, 1e4, 1e30]))
  })
})

describe('families', () => {
  const all = [
    affineTransformer(),
    affineTransformer({ bound: 1 }),
    spline(6),
    spline(6, { ends: 'free' }),
    sigmoidalTransformer({ units: 4 })
  ]
  const x = tf.mul(normal(key(6), [40]), 3)

  test.each(all.map((t) => [t.name, t] as const))('%s: zeros give the identity', async (_, t) => {
    for (const [y, logDet] of await eagerAndCompiled(t.build(tf.zeros([t.size])).forwardAndLogDet, [x])) {
      expectClose(y, x, { atol: 2e-6, rtol: 1e-6 })
      expectClose(logDet, tf.zerosLike(x), { atol: 2e-6, rtol: 0 })
    }
  })

  test('bins and slopes keep their least sizes, and log-scales their bound', () => {
    const t = spline(4, { minBin: 0.1, minSlope: 0.5, ends: 'free' })
    const numbers = tf.tensor1d([-100, 0, 0, 0, 0, 0, 0, 0, -100, 0, 0, 0, 0])
    const b = t.build(numbers)
    expectClose(b.inverse(tf.scalar(-1.5)), -2.4, { atol: 1e-5, rtol: 0 }) // the first knot, 0.1 of 6 from the left end
    expectClose(b.forwardAndLogDet(tf.scalar(-3))[1], Math.log(0.5), { atol: 1e-5, rtol: 0 })
    const wild = affineTransformer({ bound: 1.5 }).build(tf.mul(normal(key(9), [50, 2]), 100))
    expect(Math.max(...numbersOf(tf.abs(wild.forwardAndLogDet(tf.zeros([50]))[1])))).toBe(1.5)
  })

  test('learnt ones start near the identity', () => {
    const made = learnableTransformer({ transformer: spline(8), shape: [3], spread: 1e-3 })
    const points = normal(key(10), [20, 3])
    expectClose(made.build(made.init(key(0))).forward(points), points, { atol: 1e-2, rtol: 0 })
  })
})

describe('wrong parameters', () => {
  const two = tf.tensor1d([1, 1])
  const good = { widths: two, heights: two, slopes: tf.tensor1d([1]), low: -1, high: 1 }

  test('of a spline', () => {
    const made = (change: Partial<typeof good>) => () => rationalQuadraticSpline({ ...good, ...change })
    expect(made({})).not.toThrow()
    expect(made({ widths: tf.tensor1d([2]), heights: tf.tensor1d([2]) })).toThrow(/at least 2 bins, got \[1\]/)
    expect(made({ heights: tf.tensor1d([1, 0.5, 0.5]) })).toThrow(/heights: expected a last axis of 2/)
    expect(made({ slopes: two })).toThrow(
      /slopes: expected a last axis of 1 \(inner knots\) or 3 \(all knots\), got \[2\]/
    )
    expect(made({ slopes: tf.tensor1d([-1]) })).toThrow(/slopes: expected finite numbers > 0, got -1/)
    expect(made({ widths: tf.tensor1d([0, 2]) })).toThrow(/widths: expected finite numbers > 0/)
    expect(made({ widths: tf.tensor1d([1, 1.5]) })).toThrow(/widths: expected high - low = 2 as their sum/)
    expect(made({ low: 1 })).toThrow(/low, high: expected finite numbers, low < high, got 1, 1/)
  })

  test('of transformers', () => {
    expect(() => spline(1)).toThrow(/splineTransformer: bins/)
    expect(() => spline(4, { minBin: 0.3 })).toThrow(/minBin: expected a number in \[0, 1 \/ bins = 0.25\), got 0.3/)
    expect(() => spline(4, { minSlope: -1 })).toThrow(/minSlope/)
    expect(() => spline(4, { slopeAtZero: 1e-4 })).toThrow(/slopeAtZero: expected more than minSlope/)
    expect(() => affineTransformer({ bound: 0 })).toThrow(/affineTransformer: bound/)
    expect(() => sigmoidalTransformer({ units: 0 })).toThrow(/units/)
    expect(() => sigmoidalTransformer({ units: 1, minSlope: 1 })).toThrow(/minSlope: expected a number in \[0, 1\)/)
    expect(() => spline(4).build(tf.zeros([3, 5]))).toThrow(
      /splineTransformer: parameters: expected shape \[..., 11\], got \[3, 5\]/
    )
    expect(() => choosing(affineTransformer(), () => tf.zeros([2, 3]))(two)).toThrow(/a multiple of 2/)
  })

  test('of sigmoids', () => {
    const units = { slopes: two, shifts: two, logits: two }
    expect(() => sigmoidal({ ...units, slopes: tf.tensor1d([1, 0]) })).toThrow(
      /slopes: expected finite numbers > 0, got 0/
    )
    expect(() => sigmoidal({ ...units, logits: tf.zeros([3]) })).toThrow(/logits: expected a last axis of 2 units/)
  })

  test('are not read while a function is traced', async () => {
    const compiled = jit((slopes: tf.Tensor) =>
      rationalQuadraticSpline({ ...good, slopes: softplus(slopes) }).forward(two)
    )
    expectClose(await compiled(tf.tensor1d([0.5])), [1, 1], { atol: 1e-6, rtol: 0 })
    compiled.dispose()
  })
})
