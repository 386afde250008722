/**
 * Importance sampling: weights, their effective number, and the evidence they estimate. Host code, float64.
 */
import { paretoSmooth } from './pareto.js'

/**
 * log Σ exp(x) without overflow; −Infinity for no numbers.
 *
 * @param xs in nats
 */
export const logSumExp = (xs: Float64Array): number => {
  const largest = xs.reduce((a, b) => Math.max(a, b), -Infinity)
  if (!Number.isFinite(largest)) return largest
  return largest + Math.log(xs.reduce((sum, x) => sum + Math.exp(x - largest), 0))
}

/** log of the mean of exp(x): the log evidence, where x are log weights of draws from a normalised density. */
export const logMeanExp = (xs: Float64Array): number => logSumExp(xs) - Math.log(xs.length)

/** Weights exp(x) / Σ exp(x), which sum to 1. */
export const normalisedWeights = (logWeights: Float64Array): Float64Array => {
  const total = logSumExp(logWeights)
  return logWeights.map((x) => Math.exp(x - total))
}

/**
 * Kish's effective sample size of importance weights, (Σ ω)² / Σ ω².
 *
 * @param logWeights log p − log q, nats, up to a constant
 * @returns between 1 and the number of draws. Gotcha: it is blind to modes that q never visits
 * @source Kish (1965), Survey Sampling; Kong (1992)
 */
export const importanceEss = (logWeights: Float64Array): number =>
  1 / normalisedWeights(logWeights).reduce((sum, w) => sum + w * w, 0)

export type ImportanceReport = {
  /** Log of the mean raw weight, nats: unbiased for the evidence itself, not for its log. */
  readonly logEvidence: number
  /** Standard error of `logEvidence` by the delta method, √((1/ESS − 1/S) S/(S − 1)). */
  readonly logEvidenceError: number
  readonly ess: number
  /** Pareto k̂: over 0.7 the other numbers are not to be trusted. */
  readonly k: number
  /** Pareto-smoothed weights, summing to 1. */
  readonly weights: Float64Array
}

/**
 * All that log weights say.
 *
 * @param logWeights log p(D, w) − log q(w) of draws from q, nats; −Infinity for a draw outside the target's region
 * @error InvalidArgument if a weight is NaN or +Infinity, or there is none
 * @source Vehtari et al. (2024), JMLR 25(72)
 * @example importanceReport(Float64Array.from([0, 0, 0])).ess // => 3
 */
export const importanceReport = (logWeights: Float64Array): ImportanceReport => {
  const smoothed = paretoSmooth(logWeights)
  const ess = importanceEss(logWeights)
  const size = logWeights.length
  return {
    logEvidence: logMeanExp(logWeights),
    logEvidenceError: Math.sqrt(Math.max(0, ((1 / ess - 1 / size) * size) / (size - 1))),
    ess,
    k: smoothed.k,
    weights: normalisedWeights(smoothed.logWeights)
  }
}
