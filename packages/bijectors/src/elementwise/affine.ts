// Affine maps of every entry: y = scale x + shift, with parameters that broadcast.
import * as tf from '@tensorflow/tfjs-core'
import { BdlError } from '@bdl/core'
import { bijector, zeroLogDet, type Bijector } from '../bijector.js'

/** A number, or a tensor that broadcasts against x. */
export type Parameter = number | tf.Tensor

const broadcastTo = (x: tf.Tensor, shape: readonly number[]): tf.Tensor =>
  x.shape.join() === shape.join() ? x : tf.add(x, tf.zeros([...shape]))

/** log|s| as a tensor of the shape of y. */
const logMagnitude = (s: Parameter, y: tf.Tensor): tf.Tensor =>
  typeof s === 'number' ? tf.fill(y.shape, Math.log(Math.abs(s))) : broadcastTo(tf.log(tf.abs(s)), y.shape)

const expectNonzero = (fn: string, s: Parameter): void => {
  if (s === 0 || Number.isNaN(s))
    throw new BdlError({
      code: 'InvalidArgument',
      fn,
      argument: 'scale',
      expected: 'a number other than 0',
      got: String(s)
    })
}

/** y = s x, s != 0. @error InvalidArgument if `s` is the number 0 */
export const scale = (s: Parameter): Bijector => {
  expectNonzero('scale', s)
  return bijector({
    name: 'scale',
    eventNdims: 0,
    forwardAndLogDet: (x) => {
      const y = tf.mul(x, s)
      return [y, logMagnitude(s, y)]
    },
    inverseAndLogDet: (y) => {
      const x = tf.div(y, s)
      return [x, tf.neg(logMagnitude(s, x))]
    }
  })
}

/** y = x + t; volume is kept. */
export const shift = (t: Parameter): Bijector =>
  bijector({
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

export type AffineOptions =
  { readonly shift: Parameter; readonly scale: Parameter } | { readonly shift: Parameter; readonly logScale: tf.Tensor }

/** With the log of the scale given, no logarithm is taken and no scale is 0: what networks parametrise. */
const affineByLog = (t: Parameter, logScale: tf.Tensor): Bijector =>
  bijector({
    name: 'affine',
    eventNdims: 0,
    forwardAndLogDet: (x) => {
      const y = tf.add(tf.mul(x, tf.exp(logScale)), t)
      return [y, broadcastTo(logScale, y.shape)]
    },
    inverseAndLogDet: (y) => {
      const minusLog = tf.neg(logScale)
      const x = tf.mul(tf.sub(y, t), tf.exp(minusLog))
      return [x, broadcastTo(minusLog, x.shape)]
    }
  })

/**
 * y = scale x + shift, elementwise; the scale itself (not 0, of either sign) or its logarithm.
 *
 * @error InvalidArgument if the scale is the number 0
 * @example affine({ shift: -1.5, scale: 2 }).forward(tf.scalar(1)) // => 0.5
 */
export const affine = (options: AffineOptions): Bijector => {
  if ('logScale' in options) return affineByLog(options.shift, options.logScale)
  const { shift: t, scale: s } = options
  expectNonzero('affine', s)
  return bijector({
    name: 'affine',
    eventNdims: 0,
    forwardAndLogDet: (x) => {
      const y = tf.add(tf.mul(x, s), t)
      return [y, logMagnitude(s, y)]
    },
    inverseAndLogDet: (y) => {
      const x = tf.div(tf.sub(y, t), s)
      return [x, tf.neg(logMagnitude(s, x))]
    }
  })
}
