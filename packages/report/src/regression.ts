// How good predicted numbers, and predicted distributions of numbers, are.
import { BdlError, expectPositive } from '@bdl/core'
import type { HostArray } from '@bdl/core'
import { normalCdf, normalPdf, normalQuantile } from './normal.js'
import { expectSameLength, matrixShape, mean, sum } from './rows.js'

type Numbers = ArrayLike<number>

const meanOf = (n: number, f: (i: number) => number): number => mean(Float64Array.from({ length: n }, (_, i) => f(i)))

const at = (values: Numbers, i: number): number => values[i] ?? NaN

/** Square root of the mean of (y - m)^2, in the units of y. */
export const rootMeanSquaredError = (y: Numbers, predicted: Numbers): number =>
  Math.sqrt(
    meanOf(expectSameLength('rootMeanSquaredError', { y, predicted }), (i) => (at(y, i) - at(predicted, i)) ** 2)
  )

/** Mean of |y - m|, in the units of y. */
export const meanAbsoluteError = (y: Numbers, predicted: Numbers): number =>
  meanOf(expectSameLength('meanAbsoluteError', { y, predicted }), (i) => Math.abs(at(y, i) - at(predicted, i)))

/** 1 - sum (y - m)^2 / sum (y - mean y)^2: 1 is perfect, 0 the mean's own, negative worse than that. */
export const rSquared = (y: Numbers, predicted: Numbers): number => {
  const n = expectSameLength('rSquared', { y, predicted })
  const centre = mean(y)
  const spread = meanOf(n, (i) => (at(y, i) - centre) ** 2)
  return 1 - rootMeanSquaredError(y, predicted) ** 2 / spread
}

const checkGaussian = (fn: string, y: Numbers, loc: Numbers, sd: Numbers): number => {
  const n = expectSameLength(fn, { y, loc, sd })
  for (let i = 0; i < n; i++) expectPositive(fn, { [`sd[${i}]`]: at(sd, i) })
  return n
}

/** Mean of -log N(y; m, sd^2), in nats. @error InvalidArgument if a standard deviation is not positive */
export const gaussianNll = (y: Numbers, loc: Numbers, sd: Numbers): number =>
  meanOf(
    checkGaussian('gaussianNll', y, loc, sd),
    (i) => ((at(y, i) - at(loc, i)) / at(sd, i)) ** 2 / 2 + Math.log(at(sd, i)) + Math.log(2 * Math.PI) / 2
  )

/**
 * Mean continuous ranked probability score of normal predictions, in the units of y:
 * sd (z (2 Phi(z) - 1) + 2 phi(z) - 1/sqrt(pi)) with z = (y - m) / sd.
 *
 * @error InvalidArgument if a standard deviation is not positive
 * @source Gneiting & Raftery (2007), JASA 102(477), 359-378, eq. 21, doi:10.1198/016214506000001437
 */
export const gaussianCrps = (y: Numbers, loc: Numbers, sd: Numbers): number =>
  meanOf(checkGaussian('gaussianCrps', y, loc, sd), (i) => {
    const z = (at(y, i) - at(loc, i)) / at(sd, i)
    return at(sd, i) * (z * (2 * normalCdf(z) - 1) + 2 * normalPdf(z) - 1 / Math.sqrt(Math.PI))
  })

/**
 * Share of y inside the central interval of the given probability of normal predictions.
 *
 * @error InvalidArgument if a standard deviation is not positive or `level` is not in (0, 1)
 */
export const gaussianCoverage = (level: number, y: Numbers, loc: Numbers, sd: Numbers): number => {
  if (!(level > 0 && level < 1))
    throw new BdlError({
      code: 'InvalidArgument',
      fn: 'gaussianCoverage',
      argument: 'level',
      expected: 'a number in (0, 1)',
      got: String(level)
    })
  const half = normalQuantile((1 + level) / 2)
  const n = checkGaussian('gaussianCoverage', y, loc, sd)
  return meanOf(n, (i) => (Math.abs(at(y, i) - at(loc, i)) <= half * at(sd, i) ? 1 : 0))
}

/**
 * Continuous ranked probability score of a sample, per target, in the units of y: E|X - y| - E|X - X'| / 2 over all M^2
 * pairs. [m, n] samples, [n] -> [n].
 *
 * The pairs are summed through order statistics, sum_ij |x_i - x_j| = 2 sum_k (2k - M - 1) x_(k): M log M, not M^2.
 *
 * @source Gneiting & Raftery (2007), JASA 102(477), 359-378, doi:10.1198/016214506000001437
 */
export const ensembleCrps = (y: Numbers, samples: HostArray): Float64Array => {
  const [m, n] = matrixShape('ensembleCrps', 'samples', samples)
  expectSameLength('ensembleCrps', { samples: { length: n }, y })
  return Float64Array.from({ length: n }, (_, i) => {
    const sorted = Float64Array.from({ length: m }, (_, k) => at(samples.data, k * n + i)).sort()
    const distance = mean(sorted.map((x) => Math.abs(x - at(y, i))))
    return distance - sum(sorted.map((x, k) => (2 * k + 1 - m) * x)) / (m * m)
  })
}
