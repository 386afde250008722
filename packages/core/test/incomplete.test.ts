// Incomplete gamma and beta functions and their kin: values and first derivatives from SciPy in float64 (derivatives by
// differences of fourth order), second derivatives against differences on the float64 reference, ends, laws.
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { grad, jit, vmap } from '@bdl/compiler'
import { eagerAndCompiled, expectClose, expectNoLeak } from '@bdl/testing'
import {
  betainc,
  betaincinv,
  circularVariance,
  expm1mx,
  gammainc,
  gammaincc,
  gammainccinv,
  gammaincinv,
  i0e,
  i1e,
  lbeta,
  lgammaCorrection,
  log1pmx,
  logI0,
  stdtr,
  stdtrit,
  truncatedMoments,
  truncatedQuantile,
  vonMisesCdf
} from '../src/index'

type Fn = (...args: tf.Tensor[]) => tf.Tensor
type Row = readonly [args: readonly number[], value: number, slopes: readonly number[]]

const functions: Readonly<Record<string, Fn>> = {
  betainc: (a, b, x) => betainc(a!, b!, x!),
  betaincinv: (a, b, p) => betaincinv(a!, b!, p!),
  gammainc: (a, x) => gammainc(a!, x!),
  gammaincc: (a, x) => gammaincc(a!, x!),
  gammainccinv: (a, q) => gammainccinv(a!, q!),
  gammaincinv: (a, p) => gammaincinv(a!, p!),
  stdtr: (df, t) => stdtr(df!, t!),
  stdtrit: (df, p) => stdtrit(df!, p!),
  vonMisesCdf: (x, k) => vonMisesCdf(x!, k!)
}

const table: Readonly<Record<string, readonly Row[]>> = {
  gammainc: [
    [[0.0500000007, 9.99999975e-5], 0.648126934, [-5.646862, 324.0326]],
    [[0.5, 0.300000012], 0.561421983, [-0.7705703, 0.7630906]],
    [[1, 2], 0.864664717, [-0.2208254, 0.1353353]],
    [[2.5, 1.20000005], 0.208525894, [-0.2151703, 0.2978395]],
    [[2.5, 9], 0.997053595, [-0.00474168, 0.002506555]],
    [[30, 20], 0.0218182175, [-0.01020526, 0.0125153]],
    [[30, 45], 0.992662801, [-0.003474157, 0.002840353]],
    [[1000, 960], 0.10175682, [-0.005659692, 0.005775837]],
    [[100000, 100300], 0.828636311, [-0.0008039282, 0.000802724]]
  ],
  gammaincc: [
    [[0.0500000007, 0.5], 0.0286826292, [0.5867472, -0.06018156]],
    [[2.5, 30], 1.21545698e-11, [3.320468e-11, -1.156675e-11]],
    [[30, 60], 6.87626497e-6, [5.086422e-6, -3.649039e-6]],
    [[1000, 1100], 0.00105932325, [0.0001104899, -0.0001053703]]
  ],
  betainc: [
    [[0.100000001, 0.200000003, 0.300000012], 0.622843357, [-2.524765, 1.091757, 0.269264]],
    [[0.5, 0.5, 0.999000013], 0.979865088, [-0.0279062, 0.1514397, 10.07094]],
    [[2, 3, 0.5], 0.6875, [-0.1952887, 0.1541085, 1.5]],
    [[2, 3, 0.00999999978], 0.000592029974, [-0.002382374, 0.0003413957, 0.117612]],
    [[40, 3, 0.899999976], 0.19510752, [-0.01309229, 0.1502892, 5.656148]],
    [[5, 300, 0.0299999993], 0.951372893, [-0.04121809, 0.0009194768, 9.397953]],
    [[1000, 1200, 0.460000008], 0.69662647, [-0.008119529, 0.006840858, 32.87255]],
    [[0.00999999978, 5, 0.00100000005], 0.952795881, [-4.613876, 0.002097018, 9.490279]]
  ],
  stdtr: [
    [[0.5, -3], 0.183654078, [-0.2587277, 0.02963313]],
    [[1, 0.5], 0.647583618, [0.03322897, 0.2546479]],
    [[3, -20], 0.000136601625, [-0.0002859111, 2.036817e-5]],
    [[30, 1.5], 0.927967035, [0.0001729641, 0.1289616]],
    [[1000, -4], 3.40049596e-5, [-2.39286e-9, 0.0001414167]]
  ],
  gammaincinv: [
    [[0.0500000007, 0.899999976], 0.076317073, [3.517958, 1.823906]],
    [[0.5, 0.00999999978], 7.85439254e-5, [0.001490587, 0.01570961]],
    [[3, 9.99999997e-7], 0.0182542829, [0.03215621, 6112.631]],
    [[3, 0.5], 2.67406031, [0.9972684, 4.055246]],
    [[50, 0.99000001], 67.9033647, [1.164691, 324.7043]],
    [[10000, 0.200000003], 9915.74213, [0.9957918, 355.1825]]
  ],
  gammainccinv: [
    [[0.5, 0.00999999978], 3.31744832, [3.014831, -89.06899]],
    [[3, 9.99999996e-13], 34.0523742, [2.794618, -1.060458e12]],
    [[50, 9.99999997e-7], 91.0633886, [1.333932, -2111473]]
  ],
  betaincinv: [
    [[0.300000012, 0.400000006, 0.200000003], 0.019287297, [0.3180823, -0.08517893, 0.3185764]],
    [[2, 3, 0.5], 0.385727568, [0.1400256, -0.08831807, 0.5725534]],
    [[2, 3, 9.99999994e-9], 4.08259401e-5, [0.0001943953, -1.190733e-5, 2041.353]],
    [[50, 4, 0.899999976], 0.966678027, [0.0006365315, -0.01223528, 0.1214309]],
    [[1000, 1500, 0.300000012], 0.394842303, [0.0002405678, -0.0001586526, 0.02809964]]
  ],
  stdtrit: [
    [[1, 0.00999999978], -31.8205167, [104.0476, 3184.146]],
    [[3, 0.975000024], 3.18244755, [-0.6001262, 52.09947]],
    [[30, 9.99999997e-7], -5.87111712, [0.04418416, 356758.7]],
    [[200, 0.600000024], 0.253684441, [-1.687704e-6, 2.592239]]
  ],
  vonMisesCdf: [
    [[-1, 0.5], 0.271522659, [0.1960716, -0.1390045]],
    [[2.5, 0.00999999978], 0.898837938, [0.157881, 0.09486532]],
    [[-0.300000012, 4], 0.282411129, [0.6430686, -0.02659877]],
    [[0.5, 40], 0.99909338, [0.0187913, 0.0001207756]],
    [[-0.100000001, 400], 0.0228290419, [1.081281, -0.0001353579]]
  ]
}

const tolerance = { atol: 1e-12, rtol: 2e-5 }
/** Of derivatives: those of SciPy are differences, and some of ours are small differences of what is large. */
const slopeTolerance = { atol: 2e-9, rtol: 1e-4 }

const columnsOf = (rows: readonly Row[]): tf.Tensor[] =>
  rows[0]![0].map((_, i) => tf.tensor1d(rows.map(([args]) => args[i]!)))
const total =
  (f: Fn) =>
  (args: tf.Tensor[]): tf.Tensor =>
    tf.sum(f(...args))

describe.each(Object.entries(table))('%s', (name, rows) => {
  const f = functions[name]!

  test('values, eagerly and compiled', async () => {
    for (const y of await eagerAndCompiled(f, columnsOf(rows)))
      expectClose(
        y,
        rows.map(([, value]) => value),
        tolerance,
        name
      )
  })

  test('derivatives in every argument, eagerly and compiled', async () => {
    const slopes = (...args: tf.Tensor[]): tf.Tensor => tf.stack(grad(total(f))(args), 1)
    for (const y of await eagerAndCompiled(slopes, columnsOf(rows)))
      expectClose(
        y,
        rows.map(([, , expected]) => expected),
        slopeTolerance,
        name
      )
  })

  test('under vmap, and nothing leaks', () => {
    const columns = columnsOf(rows)
    expectClose(vmap((...args: tf.Tensor[]) => f(...args))(...columns), f(...columns), { atol: 1e-12, rtol: 1e-5 })
    expectNoLeak(() => f(...columns))
  })
})

describe('second derivatives', () => {
  // in the middle, where differences in float64 of the float64 reference are right to five digits
  const points: Readonly<Record<string, readonly number[]>> = {
    betainc: [2.5, 3.5, 0.4],
    gammainc: [2.5, 1.7],
    gammaincc: [0.4, 0.6],
    gammaincinv: [2.5, 0.3],
    stdtr: [4, -1.3],
    vonMisesCdf: [0.7, 2]
  }

  test.each(Object.entries(points))('%s', async (name, point) => {
    const slopes = (x: tf.Tensor): tf.Tensor => grad((at: tf.Tensor) => functions[name]!(...tf.unstack(at)))(x)
    const exact = jit(slopes, { engine: 'reference' })
    for (const [i, x] of point.entries()) {
      const h = 2 ** -7 * x
      const at = async (by: number): Promise<readonly number[]> => {
        const moved = tf.tensor1d(point.map((v, j) => (j === i ? v + by * h : v)))
        return Array.from((await exact(moved)).dataSync())
      }
      const [a, b, c, d] = [await at(-2), await at(-1), await at(1), await at(2)]
      const expected = a.map((v, j) => (v - 8 * b[j]! + 8 * c[j]! - d[j]!) / (12 * h))
      const row = grad((at: tf.Tensor) => tf.sum(tf.slice(slopes(at), i, 1)))(tf.tensor1d([...point]))
      expectClose(row, expected, { atol: 2e-4, rtol: 1e-3 }, `${name}, second derivative ${i}`)
    }
    exact.dispose()
  })
})

describe('ends', () => {
  const { POSITIVE_INFINITY: inf } = Number
  const at = (f: Fn, ...args: readonly number[][]): number[] =>
    Array.from(f(...args.map((a) => tf.tensor1d(a))).dataSync())

  test('distribution functions reach 0 and 1, and are NaN for what is no argument', () => {
    expect(at(functions['gammainc']!, [2, 2, 2, -1], [0, inf, -1, 1])).toEqual([0, 1, NaN, NaN])
    expect(at(functions['gammaincc']!, [2, 2], [0, inf])).toEqual([1, 0])
    expect(at(functions['betainc']!, [2, 2, 2, 2], [3, 3, 3, -3], [0, 1, 1.5, 0.5])).toEqual([0, 1, NaN, NaN])
    expectClose(at(functions['vonMisesCdf']!, [-Math.PI, 0, Math.PI], [3, 3, 3]), [0, 0.5, 1], { atol: 1e-7, rtol: 0 })
    expect(at(functions['stdtr']!, [3, 3, 3], [-inf, 0, inf])).toEqual([0, 0.5, 1])
  })

  test('quantiles at 0 and 1', () => {
    expect(at(functions['gammaincinv']!, [2, 2, 2], [0, 1, 2])).toEqual([0, inf, NaN])
    expect(at(functions['gammainccinv']!, [2, 2], [0, 1])).toEqual([inf, 0])
    expect(at(functions['betaincinv']!, [2, 2, 2], [3, 3, 3], [0, 1, -1])).toEqual([0, 1, NaN])
    expect(at(functions['stdtrit']!, [3, 3, 3, 3], [0, 0.5, 1, 2])).toEqual([-inf, 0, inf, NaN])
  })

  test('derivatives at the ends are those of the density', () => {
    const slope = (f: Fn, i: number, ...args: readonly number[][]): number[] =>
      Array.from(grad(total(f))(args.map((a) => tf.tensor1d(a)))[i]!.dataSync())
    expect(slope(functions['gammainc']!, 1, [0.5, 1, 2], [0, 0, 0])).toEqual([inf, 1, 0])
    expect(slope(functions['gammainc']!, 0, [0.5, 2], [0, inf])).toEqual([0, 0])
    expectClose(slope(functions['betainc']!, 2, [1, 2, 2], [3, 3, 1], [0, 0, 1]), [3, 0, 2], { atol: 0, rtol: 1e-6 })
    expectClose(slope(functions['stdtr']!, 1, [3], [0]), [0.36755259694786135], { atol: 0, rtol: 1e-6 })
    expect(slope(functions['stdtr']!, 0, [3], [0])).toEqual([0])
  })
})

describe('over the whole range', () => {
  const values = (f: (x: tf.Tensor) => tf.Tensor, ...x: number[]): tf.Tensor => f(tf.tensor1d(x))
  const relative = { atol: 0, rtol: 1e-6 }

  test('remainders', () => {
    expectClose(values(log1pmx, -0.9, 1e-4, 3, 1e10), [-1.402584878, -4.999666439e-9, -1.613705639, -9999999977], {
      atol: 0,
      rtol: 2e-6
    })
    expectClose(values(expm1mx, -30, -1e-4, 2), [29, 4.999833085e-9, 4.389056099], relative)
    expectClose(
      values(lgammaCorrection, 0.01, 1, 10, 1e6),
      [1.434007964, 0.0810614668, 0.008330563433, 8.333333333e-8],
      {
        atol: 0,
        rtol: 1e-5
      }
    )
  })

  test('log B, where three log Γ would cancel', () => {
    const [a, b] = [tf.tensor1d([1e-3, 1e6, 0.5, 300]), tf.tensor1d([2e-3, 1e6, 1e6, 1e-2])]
    expectClose(lbeta(a, b), [7.313217057, -1386300.003, -6.335390211, 4.542458586], relative)
  })

  test('Bessel functions, their logarithm and ratio', () => {
    expectClose(values(logI0, 1e-3, 2, 1e4), [2.500000081e-7, 0.8239935415, 9994.475904], relative)
    expectClose(values(circularVariance, 0, 1e-3, 4, 1e6), [1, 0.9995, 0.136477389, 5.00000125e-7], relative)
    expectClose(grad((x: tf.Tensor) => tf.sum(i0e(x)))(tf.tensor1d([0.5, -8])), [-0.48861447, 0.0092892886], {
      atol: 0,
      rtol: 2e-5
    })
    expectClose(grad((x: tf.Tensor) => tf.sum(i1e(x)))(tf.tensor1d([0])), [0.5], relative)
  })

  test('the normal law between two ends, far out and close together', () => {
    const [a, b] = [tf.tensor1d([5, 100, 1, -Infinity]), tf.tensor1d([8, Infinity, 1.0009765625, -20])]
    const { mean, variance } = truncatedMoments(a, b)
    expectClose(mean, [5.186503961, 100.009998, 1.000488202, -20.04975307], relative)
    expectClose(variance, [0.032696416, 9.994005e-5, 7.9472853e-8, 0.0024632616], { atol: 0, rtol: 2e-5 })
    const quantile = truncatedQuantile(tf.tensor1d([0.5, 0.5, 0.5, 0.5]), a, b)
    expectClose(quantile, [5.132018332, 100.0069305, 1.000488162, -20.03454168], { atol: 0, rtol: 2e-6 })
  })
})
