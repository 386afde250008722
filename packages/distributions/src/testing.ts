/**
 * The laws of a distribution over tensors, as checks that any test runner can run. Statistics use the key given, with
 * bounds of 5 standard errors. Reads tensors; not traceable.
 *
 * @example for (const { name, check } of distributionLaws(mine, key(0))) test(name, check)
 */
import { scoped, split, type Key } from '@bdl/core'
import type { Distribution } from './distribution.js'
import { batchLaw, derivativesLaw, leakLaw, pairLaw, shapesLaw } from './laws/calls.js'
import type { Law } from './laws/check.js'
import { reparameterisedLaw, type ParametricFamily } from './laws/reparameterised.js'
import { cdfLaw, drawsOf, momentsLaw, type Draws } from './laws/statistics.js'
import { fromRealsLaw, massLaw, modeLaw, quantileLaw, supportLaw } from './laws/values.js'

export { drawsOf }
export type { Draws, Law, ParametricFamily }

export interface DistributionLawOptions {
  /** Draws for the statistics; default 4000. */
  readonly draws?: number
  /** Of values and log-probabilities, absolute and relative; default 1e-4. */
  readonly tolerance?: number
  /** The distribution as a function of a parameter: then the law of reparameterised draws is checked too. */
  readonly family?: ParametricFamily
}

const lawOf = (name: string, check: () => void): Law => ({ name, check: () => scoped(() => check()) })

/**
 * The laws of draws that were made elsewhere: compiled, say, where a hundred thousand cost nothing.
 *
 * @example const draws = await jit((k) => drawsOf(mine, k, 100_000))(key(0))
 */
export const drawsLaws = (d: Distribution, draws: Draws): readonly Law[] => [
  lawOf('draws have the stated moments and entropy', () => momentsLaw(d, draws)),
  lawOf('draws follow the distribution function', () => cdfLaw(d, draws))
]

/** The laws of `d`, a distribution over tensors, by draws from `key`. */
export const distributionLaws = (d: Distribution, key: Key, options: DistributionLawOptions = {}): readonly Law[] => {
  const { draws = 4000, tolerance = 1e-4, family } = options
  const [keyPair, keyMoments, keyCdf, keySupport] = split(key, 4)
  const law = lawOf
  return [
    law('shapes, and the pair agrees with logProb', () => pairLaw(d, keyPair, tolerance)),
    law('many values are the single ones, and none are none', () => batchLaw(d, keyPair, tolerance)),
    law('moments, mode, entropy and quantiles have their shapes', () => shapesLaw(d, keyPair)),
    law('draws have the stated moments and entropy', () => momentsLaw(d, drawsOf(d, keyMoments, draws))),
    law('draws follow the distribution function', () => cdfLaw(d, drawsOf(d, keyCdf, draws))),
    law('quantiles are the inverse of the distribution function', () => quantileLaw(d, keyCdf, tolerance)),
    law('draws lie in the support, and the rest is impossible', () => supportLaw(d, keySupport, draws)),
    law('probabilities of a finite support sum to one', () => massLaw(d)),
    law('nothing is likelier than the mode', () => modeLaw(d, keyPair, tolerance)),
    law('the reals are carried onto the support', () => fromRealsLaw(d, keyPair, tolerance)),
    law('derivatives of logProb are finite, twice', () => derivativesLaw(d, keyPair)),
    law('nothing leaks', () => leakLaw(d, keyPair)),
    ...(family === undefined
      ? []
      : [
          law('draws are differentiable, or say that they are not', () => reparameterisedLaw(family, keyMoments, draws))
        ])
  ]
}
