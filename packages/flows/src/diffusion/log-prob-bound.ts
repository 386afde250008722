/** What likelihood weighting bounds: the log density of the reverse stochastic equation, which has no flow to solve for it. */
import * as tf from '@tensorflow/tfjs-core'
import { expectShape, scoped, split, type Key } from '@bdl/core'
import type { Diffusion } from './diffusion.js'
import { noiseLevelTimes } from './noise-level.js'
import { perturb, type Noising } from './noising.js'
import { denoisingErrors, noisedRows } from './score-matching.js'

/** log(std(1) / std(tMin)). */
const growth = ({ std, tMin }: Noising): tf.Tensor => tf.sub(tf.log(std(tf.scalar(1))), tf.log(std(tf.scalar(tMin))))

/**
 * Lower bounds, in expectation, of log p(x(tMin)) under the reverse equation with a learnt score, x(tMin) the noised data:
 *
 * log p >= E log prior(x(1)) - 1/2 int g^2 E |score - grad log p(x(t) | x)|^2 dt + d log(std(1) / std(tMin))
 *
 * Each row [n, d] has one draw of time and noise: an unbiased estimate of its bound, [n]. Average over rows and keys. Where the
 * score is right, the bound is too, up to KL(x(1), prior).
 * @error ShapeMismatch if x is not [n, d] with the model's d
 * @precision the spread of a row is some d log(std(1) / std(tMin)); `diffusionToDistribution` has densities without spread, of
 *   another law where the score is not right
 * @source Song et al. 2021, arXiv:2101.09258, theorem 3 and corollary 1; Huang et al. 2021, arXiv:2106.02808
 * @example tf.mean(logProbBound({ score, noising, dimension: 2 })(key(0), x)) // at most the mean log density
 */
export const logProbBound = ({ score, noising, dimension }: Diffusion) => {
  const rowsOf = noisedRows('logProbBound', {
    noising,
    weighting: 'likelihood',
    times: noiseLevelTimes(noising)
  })
  return (key: Key, x: tf.Tensor): tf.Tensor =>
    scoped(() => {
      expectShape('logProbBound', 'x', x.shape, [-1, dimension])
      const [rowsKey, endKey] = split(key)
      const end = perturb(noising, endKey, tf.scalar(1), x).x
      const errors = denoisingErrors(noising, score, rowsOf(x, rowsKey))
      const gained = tf.sub(growth(noising), tf.mul(errors, 0.5))
      return tf.add(noising.prior(dimension).logProb(end), tf.mul(gained, dimension))
    })
}
