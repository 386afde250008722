/**
 * Potential scale reduction: the spread between chains against the spread within them. 1 if they agree; over 1.01 they have
 * not mixed. It sees no bias that all chains share.
 */
import type { HostArray } from '@bdl/core'
import { chainsOf, mapChains, mean, pooled, quantile, splitChains, variance } from './draws.js'
import type { Chains } from './draws.js'
import { normalScores } from './normal-scores.js'

/** √((B/W + n − 1)/n); NaN where the chains have no variance. */
const potentialScaleReduction = (chains: Chains): number => {
  const draws = chains[0]?.length ?? 0
  const between = draws * variance(Float64Array.from(chains, mean))
  const within = mean(Float64Array.from(chains, variance))
  return Math.sqrt((between / within + draws - 1) / draws)
}

/** |x − median|, by which differences in scale become differences in level. */
const folded = (chains: Chains): Chains => {
  const centre = quantile(pooled(chains), 0.5)
  return mapChains((x) => Math.abs(x - centre), chains)
}

/**
 * R̂ of whole chains, without splitting: the original form.
 *
 * @param draws [chains, draws]
 * @error ShapeMismatch unless the shape is [chains, draws >= 4]
 * @source Gelman & Rubin (1992), Statistical Science 7(4), 457-472
 */
export const rhat = (draws: HostArray): number => potentialScaleReduction(chainsOf('rhat', draws))

/**
 * R̂ of half chains, which also sees a drift within a chain.
 *
 * @param draws [chains, draws]
 * @returns NaN where nothing varies
 * @error ShapeMismatch unless the shape is [chains, draws >= 4]
 * @source Gelman et al. (2013), Bayesian Data Analysis, 3rd ed., section 11.4
 */
export const splitRhat = (draws: HostArray): number =>
  potentialScaleReduction(splitChains(chainsOf('splitRhat', draws)))

/**
 * R̂ of the normal scores of |x − median| of half chains: differences in scale and in the tails.
 *
 * @error ShapeMismatch unless the shape is [chains, draws >= 4]
 */
export const foldedRhat = (draws: HostArray): number =>
  potentialScaleReduction(normalScores(folded(splitChains(chainsOf('foldedRhat', draws)))))

/**
 * The larger of R̂ on normal scores (level) and on folded normal scores (scale): right for heavy tails as well.
 *
 * @param draws [chains, draws]
 * @returns NaN where nothing varies; below 1.01 is good
 * @error ShapeMismatch unless the shape is [chains, draws >= 4]
 * @source Vehtari et al. (2021), Rank-normalization, folding, and localization, Bayesian Analysis 16(2)
 */
export const rankNormalisedRhat = (draws: HostArray): number => {
  const halves = splitChains(chainsOf('rankNormalisedRhat', draws))
  const [bulk, tail] = [normalScores(halves), normalScores(folded(halves))].map(potentialScaleReduction)
  return Math.max(bulk ?? NaN, tail ?? NaN)
}
