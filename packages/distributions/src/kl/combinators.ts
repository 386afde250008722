// Divergences between distributions made of others.
import * as tf from '@tensorflow/tfjs-core'
import type { Deterministic } from '../combinators/deterministic.js'
import { sumLast, type Independent } from '../combinators/independent.js'
import type { Joint } from '../combinators/joint.js'
import type { Transformed } from '../combinators/transformed.js'
import type { AnyDistribution, Distribution } from '../distribution.js'
import type { KlRule } from './rule.js'

const isIndependent = (d: Distribution): d is Independent => 'base' in d && 'reinterpreted' in d
const isTransformed = (d: Distribution): d is Transformed => 'base' in d && 'bijector' in d
const isDeterministic = (d: Distribution): d is Deterministic => d.name === 'deterministic' && 'loc' in d

type AnyJoint = Distribution & Pick<Joint<Readonly<Record<string, AnyDistribution>>, tf.Tensor>, 'parts'>

const isJoint = (d: Distribution): d is AnyJoint => d.name === 'joint' && 'parts' in d

/** Divergences of independent variables add. */
const independentIndependent: KlRule = (p, q, recur) =>
  isIndependent(p) && isIndependent(q) && p.reinterpreted === q.reinterpreted
    ? sumLast(recur(p.base, q.base), p.reinterpreted)
    : undefined

/** What one bijector does to both changes nothing; batch axes that it reads as an event are summed. */
const transformedSame: KlRule = (p, q, recur) => {
  if (!isTransformed(p) || !isTransformed(q) || p.bijector !== q.bijector) return undefined
  if (p.base.batchShape.length !== q.base.batchShape.length) return undefined
  return sumLast(recur(p.base, q.base), p.base.batchShape.length - p.batchShape.length)
}

/** Of records with the same names: the sum over the entries. */
const jointJoint: KlRule = (p, q, recur) => {
  if (!isJoint(p) || !isJoint(q)) return undefined
  const names = Object.keys(p.parts).sort()
  if (names.join() !== Object.keys(q.parts).sort().join()) return undefined
  const terms = names.map((name) => recur(p.parts[name]!, q.parts[name]!))
  return terms.reduce((a, b) => tf.add(a, b), tf.scalar(0))
}

/** -log q(loc): one sure value, in a family with masses or another sure one. */
const fromDeterministic: KlRule = (p, q) =>
  isDeterministic(p) && (isDeterministic(q) || q.support.fromReals === undefined)
    ? tf.neg(q.logProb(p.mean?.() ?? tf.tensor(0)))
    : undefined

export const combinatorRules: readonly KlRule[] = [
  independentIndependent,
  transformedSame,
  jointJoint,
  fromDeterministic
]
