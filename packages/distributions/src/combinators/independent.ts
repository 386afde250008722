// Batch axes read as part of the event: a vector of independent variables.
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, expectInteger } from '@bdl/core'
import { everyOf } from '../constraint.js'
import { distribution, type Distribution } from '../distribution.js'

/** Sums the last n axes. */
export const sumLast = (x: tf.Tensor, n: number): tf.Tensor =>
  n === 0
    ? x
    : tf.sum(
        x,
        Array.from({ length: n }, (_, i) => x.rank - n + i)
      )

/** Multiplies over the last n axes. */
const productLast = (x: tf.Tensor, n: number): tf.Tensor =>
  n === 0
    ? x
    : tf.prod(
        x,
        Array.from({ length: n }, (_, i) => x.rank - n + i)
      )

export interface Independent extends Distribution {
  readonly base: Distribution
  /** How many batch axes of the base are event axes here. */
  readonly reinterpreted: number
}

/**
 * The last n batch axes of `base` become event axes: log-probabilities and entropies are summed over them.
 *
 * @error InvalidArgument if `n` is not a non-negative integer; ShapeMismatch if the base has fewer batch axes
 * @example independent(1)(normal(tf.zeros([3]), 1)).eventShape // => [3]
 */
export const independent = (n: number) => {
  expectInteger('independent', { n })
  return (base: Distribution): Independent => {
    const split = base.batchShape.length - n
    if (split < 0)
      throw new BdlError({
        code: 'ShapeMismatch',
        fn: 'independent',
        argument: 'base',
        expected: `a batch of at least ${n} axes`,
        got: `[${base.batchShape.join(', ')}]`
      })
    const { sample, mean, variance, mode, entropy, cdf, icdf } = base
    return distribution<tf.Tensor, Pick<Independent, 'base' | 'reinterpreted'>>({
      name: `independent(${n})(${base.name})`,
      base,
      reinterpreted: n,
      batchShape: base.batchShape.slice(0, split),
      eventShape: [...base.batchShape.slice(split), ...base.eventShape],
      isReparameterised: base.isReparameterised,
      support: everyOf(n)(base.support),
      logProb: (x) => sumLast(base.logProb(x), n),
      sample,
      sampleAndLogProb: (key, sampleShape) => {
        const [x, logProb] = base.sampleAndLogProb(key, sampleShape)
        return [x, sumLast(logProb, n)]
      },
      ...(mean && { mean }),
      ...(variance && { variance }),
      ...(mode && { mode }),
      ...(entropy && { entropy: () => sumLast(entropy(), n) }),
      // of a vector, the probability that no entry exceeds its own bound
      ...(cdf && { cdf: (x: tf.Tensor) => productLast(cdf(x), n) }),
      ...(icdf && n === 0 && { icdf })
    })
  }
}
