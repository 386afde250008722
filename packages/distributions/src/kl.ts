/**
 * Kullback-Leibler divergences in closed form. A table of rules, each of which knows one pair of families: extend it by
 * making your own, `klWith([...klRules, mine])`.
 */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, scoped } from '@bdl/core'
import { expectation, type Categorical } from './categorical.js'
import type { Distribution } from './distribution.js'
import { sumLast, type Independent } from './independent.js'
import type { Normal } from './normal.js'
import { logOf } from './parameters.js'
import type { Uniform } from './uniform.js'

/** KL(p || q) where the rule knows the pair, else undefined. `recur` is the whole table, for rules about combinators. */
export type KlRule = (p: Distribution, q: Distribution, recur: Kl) => tf.Tensor | undefined

/** [...B], in nats; >= 0, infinite where q excludes what p allows. */
export type Kl = (p: Distribution, q: Distribution) => tf.Tensor

const isNormal = (d: Distribution): d is Normal => d.name === 'normal' && 'loc' in d && 'scale' in d
const isUniform = (d: Distribution): d is Uniform => d.name === 'uniform' && 'low' in d && 'high' in d
const isCategorical = (d: Distribution): d is Categorical => d.name === 'categorical' && 'logProbs' in d
const isIndependent = (d: Distribution): d is Independent => 'base' in d && 'reinterpreted' in d

/** log(s_q / s_p) + (s_p^2 + (m_p - m_q)^2) / (2 s_q^2) - 1/2 */
const normalNormal: KlRule = (p, q) => {
  if (!isNormal(p) || !isNormal(q)) return undefined
  const ratio = tf.square(tf.div(p.scale, q.scale))
  const distance = tf.square(tf.div(tf.sub(p.loc, q.loc), q.scale))
  const spread = tf.mul(tf.sub(tf.add(ratio, distance), 1), 0.5)
  return tf.add(spread, tf.sub(logOf(q.scale), logOf(p.scale)))
}

/** log of the ratio of widths; infinite unless q's interval holds p's. */
const uniformUniform: KlRule = (p, q) => {
  if (!isUniform(p) || !isUniform(q)) return undefined
  const isInside = tf.logicalAnd(tf.lessEqual(q.low, p.low), tf.lessEqual(p.high, q.high))
  return tf.where(isInside, tf.log(tf.div(tf.sub(q.high, q.low), tf.sub(p.high, p.low))), Infinity)
}

/** sum_i p_i (log p_i - log q_i) */
const categoricalCategorical: KlRule = (p, q) => {
  if (!isCategorical(p) || !isCategorical(q)) return undefined
  const logP = p.logProbs()
  return expectation(logP, tf.sub(logP, q.logProbs()))
}

/** Divergences of independent variables add. */
const independentIndependent: KlRule = (p, q, recur) =>
  isIndependent(p) && isIndependent(q) && p.reinterpreted === q.reinterpreted
    ? sumLast(recur(p.base, q.base), p.reinterpreted)
    : undefined

export const klRules: readonly KlRule[] = [normalNormal, uniformUniform, categoricalCategorical, independentIndependent]

/** A divergence by the first rule that knows the pair. @error UnsupportedOp if none does */
export const klWith = (rules: readonly KlRule[]): Kl => {
  const find: Kl = (p, q) => {
    for (const rule of rules) {
      const value = rule(p, q, find)
      if (value !== undefined) return value
    }
    throw new BdlError({
      code: 'UnsupportedOp',
      fn: 'kl',
      argument: 'p, q',
      expected: 'a pair with a closed form',
      got: `${p.name}, ${q.name}`,
      hint: 'Add a rule: klWith([...klRules, mine]); or average log p - log q over draws of p'
    })
  }
  return (p, q) => scoped(() => find(p, q))
}

/**
 * KL(p || q) = E_p[log p - log q] in closed form, for pairs of normals, uniforms, categoricals and of `independent` ones.
 *
 * @error UnsupportedOp if the pair has no rule
 * @precision normals: cancels where p and q nearly agree; the absolute error is a few ulp of 1
 * @example kl(normal(0, 1), normal(0, 2)) // => 0.3181
 */
export const kl: Kl = klWith(klRules)
