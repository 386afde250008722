/**
 * Kullback-Leibler divergences in closed form. A table of rules, each of which knows one pair of families: extend it by
 * making your own, `klWith([...klRules, mine])`.
 */
import { BdlError, scoped } from '@bdl/core'
import type { Distribution } from '../distribution.js'
import { combinatorRules } from './combinators.js'
import { continuousRules } from './continuous.js'
import { discreteRules } from './discrete.js'
import { multivariateRules } from './multivariate.js'
import type { Kl, KlRule } from './rule.js'

export const klRules: readonly KlRule[] = [
  ...continuousRules,
  ...discreteRules,
  ...multivariateRules,
  ...combinatorRules
]

/** A divergence by the first rule that knows the pair. @error UnsupportedOp if none does */
export const klWith = (rules: readonly KlRule[]): Kl => {
  const find: Kl = (p, q) => {
    for (const rule of rules) {
      // rules tell families by their fields, and score no value: what kind of values there are does not matter to them
      const value = rule(p as Distribution, q as Distribution, find)
      if (value !== undefined) return value
    }
    throw new BdlError({
      code: 'UnsupportedOp',
      fn: 'kl',
      argument: 'p, q',
      expected: 'a pair with a closed form',
      got: `${p.name}, ${q.name}`,
      hint: 'Add a rule: klWith([...klRules, mine]); or estimate it from draws: klMonteCarlo(key, 1000)(p, q)'
    })
  }
  return (p, q) => scoped(() => find(p, q))
}

/**
 * KL(p || q) = E_p[log p - log q] in closed form: for two of most families, and for independent, transformed (by one
 * bijector) and joint ones of them. docs/distributions.md lists the pairs.
 *
 * @error UnsupportedOp if the pair has no rule
 * @precision normals: cancels where p and q nearly agree; the absolute error is a few ulp of 1
 * @example kl(normal(0, 1), normal(0, 2)) // => 0.3181
 */
export const kl: Kl = klWith(klRules)
