// Affine maps of every entry: y = scale x + shift, with parameters that broadcast.
import * as tf from '@tensorflow/tfjs-core'
import type { Learnable } from '@bdl/core'
import { bijector, zeroLogDet, type Bijector } from '../bijector.js'
import { expectFinite, expectNonzero, filled, logMagnitude, type Parameter } from '../parameters.js'

/** log|s| as a tensor of the shape of y. */
const logDetOf = (s: Parameter, y: tf.Tensor): tf.Tensor => filled(logMagnitude(s), y.shape)

/**
 * y = s x, s != 0.
 *
 * @error InvalidArgument if an entry of `s` is 0 or not finite
 * @example scale(-2).forward(tf.scalar(3)) // => -6
 */
export const scale = (s: Parameter): Bijector => {
  expectNonzero('scale', 's', s)
  return bijector({
    name: 'scale',
    eventNdims: 0,
    forwardAndLogDet: (x) => {
      const y = tf.mul(x, s)
      return [y, logDetOf(s, y)]
    },
    inverseAndLogDet: (y) => {
      const x = tf.div(y, s)
      return [x, tf.neg(logDetOf(s, x))]
    }
  })
}

/** y = x + t; volume is kept. @error InvalidArgument if an entry of `t` is not finite */
export const shift = (t: Parameter): Bijector => {
  expectFinite('shift', 't', t)
  return bijector({
    name: 'shift',
    eventNdims: 0,
    forwardAndLogDet: (x) => {
      const y = tf.add(x, t)
      return [y, zeroLogDet(y, 0)]
    },
    inverseAndLogDet: (y) => {
      const x = tf.sub(y, t)
      return [x, zeroLogDet(x, 0)]
    }
  })
}

export type AffineOptions =
  { readonly shift: Parameter; readonly scale: Parameter } | { readonly shift: Parameter; readonly logScale: tf.Tensor }

/** With the log of the scale given, no logarithm is taken and no scale is 0: what networks parametrise, so no value is checked. */
const affineByLog = (t: Parameter, logScale: tf.Tensor): Bijector =>
  bijector({
    name: 'affine',
    eventNdims: 0,
    forwardAndLogDet: (x) => {
      const y = tf.add(tf.mul(x, tf.exp(logScale)), t)
      return [y, filled(logScale, y.shape)]
    },
    inverseAndLogDet: (y) => {
      const minusLog = tf.neg(logScale)
      const x = tf.mul(tf.sub(y, t), tf.exp(minusLog))
      return [x, filled(minusLog, x.shape)]
    }
  })

/**
 * y = scale x + shift, elementwise; the scale itself (not 0, of either sign) or its logarithm.
 *
 * @error InvalidArgument if an entry of the scale is 0, or one of either not finite; by `logScale` nothing is checked, since
 *   networks give it
 * @example affine({ shift: -1.5, scale: 2 }).forward(tf.scalar(1)) // => 0.5
 */
export const affine = (options: AffineOptions): Bijector => {
  if ('logScale' in options) return affineByLog(options.shift, options.logScale)
  const { shift: t, scale: s } = options
  expectNonzero('affine', 'scale', s)
  expectFinite('affine', 'shift', t)
  return bijector({
    name: 'affine',
    eventNdims: 0,
    forwardAndLogDet: (x) => {
      const y = tf.add(tf.mul(x, s), t)
      return [y, logDetOf(s, y)]
    },
    inverseAndLogDet: (y) => {
      const x = tf.div(tf.sub(y, t), s)
      return [x, tf.neg(logDetOf(s, x))]
    }
  })
}

export type AffineParams = { readonly shift: tf.Tensor; readonly logScale: tf.Tensor }

/**
 * An affine map to learn, one shift and one positive scale per entry of `shape`; the identity to begin with.
 *
 * @param options shape: what broadcasts against x, [n] for vectors
 * @example learnableAffine({ shape: [3] }).init(key(0)).logScale // => [0, 0, 0]
 */
export const learnableAffine = ({
  shape
}: {
  readonly shape: readonly number[]
}): Learnable<AffineParams, Bijector> => ({
  init: () => ({ shift: tf.zeros([...shape]), logScale: tf.zeros([...shape]) }),
  build: affine
})
