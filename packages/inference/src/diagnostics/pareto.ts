/**
 * Generalised Pareto fits to the tail of importance weights: how far the weights may be trusted, and a smoothing of them.
 * Host code, float64.
 */
import { BdlError } from '@bdl/core'

export type ParetoFit = {
  /** Tail index: the weights have moments of order below 1/k. */
  readonly shape: number
  readonly scale: number
}

/** Shape k(θ) = −(1/n) Σ log(1 − θ x) in the sign convention where k > 0 is a heavy tail. */
const shapeAt = (theta: number, xs: Float64Array): number => {
  let sum = 0
  for (const x of xs) sum += Math.log1p(-theta * x)
  return sum / xs.length
}

/** Grid of θ with its profile log likelihood, after Zhang & Stephens' prior quantiles. */
const thetaGrid = (xs: Float64Array): { readonly theta: Float64Array; readonly logLikelihood: Float64Array } => {
  const n = xs.length
  const size = 30 + Math.floor(Math.sqrt(n))
  const quartile = xs[Math.floor(n / 4 + 0.5) - 1] ?? xs[0]!
  const largest = xs[n - 1]!
  const theta = Float64Array.from({ length: size }, (_, j) => {
    const stretch = 1 - Math.sqrt(size / (j + 0.5))
    return stretch / (3 * quartile) + 1 / largest
  })
  const logLikelihood = theta.map((t) => {
    const k = shapeAt(t, xs)
    return n * (Math.log(-t / k) - k - 1)
  })
  return { theta, logLikelihood }
}

/** Weight of ten observations at shape 1/2, which steadies short tails. */
const PRIOR_SIZE = 10
const PRIOR_SHAPE = 0.5

/**
 * Fits a generalised Pareto distribution to exceedances.
 *
 * @param exceedances sorted ascending, positive
 * @returns shape k and scale σ of 1 − F(x) = (1 + k x/σ)^(−1/k), k drawn towards 1/2 as in PSIS
 * @error InvalidArgument if there are fewer than 5, or the largest is not finite and positive
 * @source Zhang & Stephens (2009), Technometrics 51(3), 316-325; prior of Vehtari et al. (2024), appendix G
 */
export const fitGeneralisedPareto = (exceedances: Float64Array): ParetoFit => {
  const n = exceedances.length
  const largest = exceedances[n - 1] ?? NaN
  if (n < 5 || !(largest > 0 && Number.isFinite(largest)))
    throw new BdlError({
      code: 'InvalidArgument',
      fn: 'fitGeneralisedPareto',
      argument: 'exceedances',
      expected: 'at least 5 numbers, sorted, the largest positive and finite',
      got: `${n} with largest ${largest}`
    })
  const { theta, logLikelihood } = thetaGrid(exceedances)
  const best = logLikelihood.reduce((a, b) => Math.max(a, b), -Infinity)
  const weights = logLikelihood.map((l) => Math.exp(l - best))
  const total = weights.reduce((a, b) => a + b, 0)
  const posterior = theta.reduce((sum, t, i) => sum + t * (weights[i]! / total), 0)
  const k = shapeAt(posterior, exceedances)
  const scale = -k / posterior
  return { shape: (n * k + PRIOR_SIZE * PRIOR_SHAPE) / (n + PRIOR_SIZE), scale }
}

/** log of the smallest normal float64. */
const LOG_SMALLEST = Math.log(2.2250738585072014e-308)

/** Number of largest weights that make the tail: min(S/5, 3 √S). */
const tailLength = (size: number): number => Math.ceil(Math.min(0.2 * size, 3 * Math.sqrt(size)))

export type ParetoSmoothed = {
  /** Log weights with the tail replaced by expected order statistics, none above the largest raw one; not normalised. */
  readonly logWeights: Float64Array
  /** k̂: below 0.5 good, below 0.7 usable, above not. Infinity where there is no tail to fit. */
  readonly k: number
}

/** Quantile of the generalised Pareto distribution; the limit at k = 0 is exponential. */
const paretoQuantile = ({ shape, scale }: ParetoFit, p: number): number =>
  Math.abs(shape) < 1e-12 ? -scale * Math.log1p(-p) : (scale * Math.expm1(-shape * Math.log1p(-p))) / shape

/**
 * Pareto-smoothed importance sampling.
 *
 * @param logWeights log p − log q of each draw, nats, up to a constant; −Infinity is a weight of 0
 * @returns smoothed log weights and k̂. Fewer than 5 tail weights give k = Infinity and the weights as they were
 * @error InvalidArgument if a weight is NaN or +Infinity, or there is none
 * @source Vehtari, Simpson, Gelman, Yao & Gabry (2024), Pareto smoothed importance sampling, JMLR 25(72)
 * @example paretoSmooth(Float64Array.from(logWeights)).k
 */
export const paretoSmooth = (logWeights: Float64Array): ParetoSmoothed => {
  const order = Array.from(logWeights.keys()).sort((i, j) => logWeights[i]! - logWeights[j]!)
  const largest = logWeights[order.at(-1) ?? 0] ?? NaN
  if (!(largest < Infinity) || logWeights.some(Number.isNaN))
    throw new BdlError({
      code: 'InvalidArgument',
      fn: 'paretoSmooth',
      argument: 'logWeights',
      expected: 'at least one number, none NaN or +Infinity',
      got: logWeights.length === 0 ? 'none' : `largest ${largest}`
    })
  const length = tailLength(logWeights.length)
  // weights relative to the largest, so that none overflows; those under the smallest float64 are no tail
  const before = logWeights[order[order.length - length - 1] ?? -1] ?? -Infinity
  const cutoff = Math.max(before - largest, LOG_SMALLEST)
  const tail = order.filter((i) => logWeights[i]! - largest > cutoff)
  const threshold = Math.exp(cutoff)
  const exceedances = Float64Array.from(tail, (i) => Math.exp(logWeights[i]! - largest) - threshold)
  const raw = logWeights.slice()
  if (tail.length < 5 || !(exceedances[0]! > 0)) return { logWeights: raw, k: Infinity }
  const fit = fitGeneralisedPareto(exceedances)
  tail.forEach((at, rank) => {
    const smoothed = Math.log(threshold + paretoQuantile(fit, (rank + 0.5) / tail.length))
    raw[at] = largest + Math.min(0, smoothed)
  })
  return { logWeights: raw, k: fit.shape }
}

/** k̂ of the raw log weights alone; see `paretoSmooth`. */
export const paretoK = (logWeights: Float64Array): number => paretoSmooth(logWeights).k
