// Normal vectors whose entries are independent.
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, diagonal, normal as standardNormal } from '@bdl/core'
import { batchShapeOf, expectFiniteParameter, expectPositiveParameter, filled, type Parameter } from '../parameters.js'
import { gaussian, type MultivariateNormal } from './gaussian.js'

export interface MultivariateNormalDiag extends MultivariateNormal {
  readonly name: 'multivariateNormalDiag'
  /** Standard deviations, a number or [...B, n]. */
  readonly scale: Parameter
}

/**
 * N(loc, diag(scale^2)) over vectors: log p(x) = sum_i log N(x_i; loc_i, scale_i^2).
 *
 * @param loc mean, a number or [...B, n]
 * @param scale standard deviations > 0, a number or [...B, n]; the two broadcast, and one of them is a tensor
 * @error InvalidArgument if `loc` is not finite or `scale` not finite and positive; ShapeMismatch if shapes do not broadcast, or
 *   neither has an axis for the event
 * @precision float32: as `normal`
 * @example multivariateNormalDiag(tf.zeros([2]), 1).logProb(tf.zeros([2])) // => -1.8379
 */
export const multivariateNormalDiag = (loc: Parameter, scale: Parameter): MultivariateNormalDiag => {
  const fn = 'multivariateNormalDiag'
  const shape = batchShapeOf(fn, { loc, scale })
  const size = shape[shape.length - 1]
  if (size === undefined)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn,
      argument: 'loc, scale',
      expected: 'a last axis, that of the event',
      got: '[], []',
      hint: 'Of numbers there is normal(loc, scale)'
    })
  expectFiniteParameter(fn, 'loc', loc)
  expectPositiveParameter(fn, 'scale', scale)
  const whole = (): tf.Tensor => filled(scale, shape)
  const variance = (): tf.Tensor => tf.square(whole())
  const made = gaussian({
    name: fn,
    loc,
    batchShape: shape.slice(0, -1),
    size,
    quadratic: (delta) => tf.sum(tf.square(tf.div(delta, whole())), -1),
    halfLogDet: () => tf.sum(tf.log(whole()), -1),
    factor: () => diagonal(whole()),
    variance,
    covariance: () => diagonal(variance()),
    draw: (key, lead) => {
      const z = standardNormal(key, [...lead, size])
      return [tf.mul(z, whole()), tf.sum(tf.square(z), -1)]
    }
  })
  return Object.freeze({ ...made, name: fn, scale })
}
