/**
 * Effective sample size: how many independent draws would estimate as well. Multi-chain autocorrelations, cut off by Geyer's
 * initial monotone sequence.
 */
import type { HostArray } from '@bdl/core'
import { chainsOf, mapChains, mean, pooled, quantile, splitChains, variance } from './draws.js'
import type { Chains } from './draws.js'
import { normalScores } from './normal-scores.js'

/** Biased autocovariance at one lag, (1/n) Σ (x_i − x̄)(x_{i+lag} − x̄). */
const autocovariance = (xs: Float64Array, centre: number, lag: number): number => {
  let sum = 0
  for (let i = 0; i + lag < xs.length; i++) sum += (xs[i]! - centre) * (xs[i + lag]! - centre)
  return sum / xs.length
}

/**
 * Autocorrelations of one chain at lags 0 to `lags`, biased (divided by n at every lag).
 *
 * @param chain [draws]
 */
export const autocorrelation = (chain: Float64Array, lags: number): Float64Array => {
  const centre = mean(chain)
  const first = autocovariance(chain, centre, 0)
  return Float64Array.from({ length: lags + 1 }, (_, lag) => autocovariance(chain, centre, lag) / first)
}

/** ρ̂ at a lag, from all chains: 1 − (W − mean autocovariance) / var⁺. Lags are computed when asked for. */
const correlationOf = (chains: Chains): ((lag: number) => number) => {
  const draws = chains[0]?.length ?? 0
  const centres = Float64Array.from(chains, mean)
  const covarianceAt = (lag: number) => mean(Float64Array.from(chains, (c, i) => autocovariance(c, centres[i]!, lag)))
  const biased = covarianceAt(0)
  const within = (biased * draws) / (draws - 1)
  const total = biased + variance(centres)
  return (lag) => 1 - (within - covarianceAt(lag)) / total
}

/** Geyer: correlations as long as sums of neighbouring pairs stay positive; `last` is the index of the last whole pair. */
const initialPositive = (correlation: (lag: number) => number, draws: number) => {
  const rho = [1, correlation(1)]
  let [even, odd, t] = [1, rho[1]!, 1]
  while (t < draws - 3 && even + odd > 0) {
    even = correlation(t + 1)
    odd = correlation(t + 2)
    const isPositive = even + odd >= 0
    rho.push(isPositive ? even : 0, isPositive ? odd : 0)
    t += 2
  }
  const last = t - 2
  if (even > 0) rho[last + 1] = even // the first term after the cut lowers the bias for antithetic chains
  return { rho, last }
}

/** Makes the sums of pairs not increase. */
const initialMonotone = (rho: number[], last: number): void => {
  for (let t = 1; t <= last - 2; t += 2) {
    const before = rho[t - 1]! + rho[t]!
    if (rho[t + 1]! + rho[t + 2]! <= before) continue
    rho[t + 1] = before / 2
    rho[t + 2] = before / 2
  }
}

/** Ranges below this are taken as constant, as in ArviZ. */
const RESOLUTION = 1e-15

const range = (xs: Float64Array): number => {
  let [low, high] = [Infinity, -Infinity]
  for (const x of xs) {
    if (x < low) low = x
    if (x > high) high = x
  }
  return high - low
}

/** ESS of chains as they are. All draws where nothing varies. */
const essOf = (chains: Chains): number => {
  const draws = chains[0]?.length ?? 0
  const size = chains.length * draws
  const everything = pooled(chains)
  if (range(everything) < RESOLUTION) return size
  const { rho, last } = initialPositive(correlationOf(chains), draws)
  initialMonotone(rho, last)
  const summed = rho.slice(0, last + 1).reduce((sum, r) => sum + r, 0)
  const time = -1 + 2 * summed + (rho[last + 1] ?? 0)
  // super-efficient chains are believed up to a factor of log10 of their size
  return size / Math.max(time, 1 / Math.log10(size))
}

const indicator = (chains: Chains, probability: number): Chains => {
  const limit = quantile(pooled(chains), probability)
  return mapChains((x) => (x <= limit ? 1 : 0), chains)
}

const squaredDeviations = (chains: Chains): Chains => {
  const centre = mean(pooled(chains))
  return mapChains((x) => (x - centre) ** 2, chains)
}

export type EssMethod = 'bulk' | 'tail' | 'mean' | 'sd' | 'median' | 'identity' | { readonly quantile: number }

/**
 * Effective sample size of [chains, draws] for what is to be estimated.
 *
 * 'bulk' (default): rank-normalised half chains, right for any location estimate. 'tail': the worse of the 5 % and 95 %
 * quantiles. 'mean', 'sd', 'median', { quantile }: of that estimate. 'identity': whole chains, no ranks.
 *
 * @returns in draws; may exceed their number for antithetic chains. All draws where nothing varies, NaN if one is not finite
 * @error ShapeMismatch unless the shape is [chains, draws >= 8]
 * @source Vehtari et al. (2021), Bayesian Analysis 16(2); Geyer (1992), Statistical Science 7(4); Stan, ArviZ
 */
export const effectiveSampleSize = (draws: HostArray, method: EssMethod = 'bulk'): number => {
  const chains = chainsOf('effectiveSampleSize', draws, 8)
  if (!draws.data.every(Number.isFinite)) return NaN // ranks would hide it
  const atQuantile = (p: number) => essOf(splitChains(indicator(chains, p)))
  if (typeof method === 'object') return atQuantile(method.quantile)
  switch (method) {
    case 'bulk':
      return essOf(normalScores(splitChains(chains)))
    case 'tail':
      return Math.min(atQuantile(0.05), atQuantile(0.95))
    case 'mean':
      return essOf(splitChains(chains))
    case 'sd':
      return essOf(splitChains(squaredDeviations(chains)))
    case 'median':
      return atQuantile(0.5)
    case 'identity':
      return essOf(chains)
  }
}

/**
 * Monte Carlo standard error of the mean, sd / √ESS, or of the standard deviation, in the unit of the draws.
 *
 * @error ShapeMismatch unless the shape is [chains, draws >= 8]
 * @source Vehtari et al. (2021); Kenney & Keeping (1951), p. 141, for the standard deviation
 */
export const monteCarloError = (draws: HostArray, of: 'mean' | 'sd' = 'mean'): number => {
  const chains = chainsOf('monteCarloError', draws, 8)
  if (of === 'mean') return Math.sqrt(variance(pooled(chains)) / effectiveSampleSize(draws, 'mean'))
  const squares = squaredDeviations(chains)
  const [second, fourth] = [mean(pooled(squares)), mean(pooled(mapChains((x) => x * x, squares)))]
  const varianceOfVariance = (fourth - second ** 2) / effectiveSampleSize(draws, 'sd')
  return Math.sqrt(varianceOfVariance / second / 4)
}
