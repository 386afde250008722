// One sure value.
import * as tf from '@tensorflow/tfjs-core'
import { equalTo } from '../constraint.js'
import { distribution, type Distribution } from '../distribution.js'
import { batchShapeOf, expectFiniteParameter, filled, type Parameter } from '../parameters.js'

export interface Deterministic extends Distribution {
  readonly name: 'deterministic'
  readonly loc: Parameter
}

/**
 * P(x = loc) = 1: a parameter that is known, where a distribution is asked for. Its log-probability is 0 at `loc`, and -inf
 * elsewhere: a mass, not a density. Draws are `loc`, with its derivatives.
 *
 * @param loc a number or a tensor [...B] of scalars; with `independent(n)`, of larger events
 * @error InvalidArgument if an entry is not finite
 * @example deterministic(2).logProb(tf.tensor1d([2, 3])) // => [0, -inf]
 */
export const deterministic = (loc: Parameter): Deterministic => {
  expectFiniteParameter('deterministic', 'loc', loc)
  const batchShape = batchShapeOf('deterministic', { loc })
  const value = (): tf.Tensor => filled(loc, batchShape)
  const zeros = (): tf.Tensor => tf.zeros([...batchShape])
  return distribution<tf.Tensor, Pick<Deterministic, 'name' | 'loc'>>({
    name: 'deterministic',
    loc,
    batchShape,
    eventShape: [],
    isReparameterised: true,
    support: equalTo(loc),
    logProb: (x) => tf.where(tf.equal(x, value()), 0, -Infinity),
    sampleAndLogProb: (_, sampleShape) => {
      const shape = [...sampleShape, ...batchShape]
      return [filled(loc, shape), tf.zeros(shape)]
    },
    mean: value,
    variance: zeros,
    mode: value,
    entropy: zeros,
    cdf: (x) => tf.cast(tf.greaterEqual(x, value()), 'float32'),
    icdf: (p) => tf.add(value(), tf.zerosLike(p))
  })
}
