// Divergences between continuous families of one variable.
import * as tf from '@tensorflow/tfjs-core'
import type { Normal } from '../continuous/normal.js'
import type { Uniform } from '../continuous/uniform.js'
import type { Distribution } from '../distribution.js'
import { logOf } from '../parameters.js'
import type { KlRule } from './rule.js'

const isNormal = (d: Distribution): d is Normal => d.name === 'normal' && 'loc' in d && 'scale' in d
const isUniform = (d: Distribution): d is Uniform => d.name === 'uniform' && 'low' in d && 'high' in d

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

export const continuousRules: readonly KlRule[] = [normalNormal, uniformUniform]
