// Divergences between discrete families.
import * as tf from '@tensorflow/tfjs-core'
import { expectation, type Categorical } from '../discrete/categorical.js'
import type { Distribution } from '../distribution.js'
import type { KlRule } from './rule.js'

const isCategorical = (d: Distribution): d is Categorical => d.name === 'categorical' && 'logProbs' in d

/** sum_i p_i (log p_i - log q_i) */
const categoricalCategorical: KlRule = (p, q) => {
  if (!isCategorical(p) || !isCategorical(q)) return undefined
  const logP = p.logProbs()
  return expectation(logP, tf.sub(logP, q.logProbs()))
}

export const discreteRules: readonly KlRule[] = [categoricalCategorical]
