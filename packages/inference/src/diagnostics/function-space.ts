/**
 * Mixing judged where it matters: on what the networks predict, not on weights, whose symmetries let every chain sit in a
 * copy of its own. Host code.
 */
import { BdlError, hostArray } from '@bdl/core'
import type { HostArray } from '@bdl/core'
import { quantileOfSorted } from './draws.js'
import { effectiveSampleSize } from './effective-sample-size.js'
import type { EssMethod } from './effective-sample-size.js'
import { rankNormalisedRhat, splitRhat } from './rhat.js'

export type Summary = {
  readonly median: number
  readonly q95: number
  readonly max: number
  readonly min: number
  /** One value per quantity that varies; the others have none. */
  readonly values: Float64Array
  /** Quantities in all, and how many of them do not vary. */
  readonly count: number
  readonly constant: number
}

/** [chains, draws, ...] as one [chains, draws] per quantity. */
function* quantities(data: Float64Array, chains: number, draws: number): Generator<HostArray> {
  const each = data.length / (chains * draws)
  for (let k = 0; k < each; k++)
    yield hostArray(
      [chains, draws],
      Float64Array.from({ length: chains * draws }, (_, i) => data[i * each + k]!)
    )
}

const isConstant = ({ data }: HostArray): boolean => data.every((x) => x === data[0])

const summarise = (fn: string, predictions: HostArray, statistic: (draws: HostArray) => number): Summary => {
  const [chains = 0, draws = 0] = predictions.shape
  if (predictions.shape.length < 2 || chains < 1 || draws < 1)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn,
      argument: 'predictions',
      expected: 'shape [chains, draws, ...]',
      got: `[${predictions.shape.join(', ')}]`
    })
  const all = Array.from(quantities(predictions.data, chains, draws), (one) =>
    isConstant(one) ? null : statistic(one)
  )
  const values = Float64Array.from(all.filter((v) => v !== null))
  const sorted = values.slice().sort()
  return {
    median: quantileOfSorted(sorted, 0.5),
    q95: quantileOfSorted(sorted, 0.95),
    max: sorted.at(-1) ?? NaN,
    min: sorted[0] ?? NaN,
    values,
    count: all.length,
    constant: all.length - values.length
  }
}

/**
 * R̂ of every prediction.
 *
 * @param predictions [chains, draws, ...]: probabilities or logits at test inputs
 * @param method 'split' (default) or 'rank'
 * @returns median, 95 % quantile and largest R̂ over the predictions that vary
 * @error ShapeMismatch unless the shape is [chains, draws >= 4, ...]
 * @source Izmailov, Vikram, Hoffman & Wilson (2021), What are Bayesian neural network posteriors really like?, ICML
 * @example functionSpaceRhat(hostArray([4, 100, 500, 10], probabilities)).max
 */
export const functionSpaceRhat = (predictions: HostArray, method: 'split' | 'rank' = 'split'): Summary =>
  summarise('functionSpaceRhat', predictions, method === 'rank' ? rankNormalisedRhat : splitRhat)

/**
 * Effective sample size of every prediction.
 *
 * @param predictions [chains, draws, ...]
 * @error ShapeMismatch unless the shape is [chains, draws >= 8, ...]
 */
export const functionSpaceEss = (predictions: HostArray, method: EssMethod = 'mean'): Summary =>
  summarise('functionSpaceEss', predictions, (draws) => effectiveSampleSize(draws, method))
