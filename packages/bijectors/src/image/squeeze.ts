// Pixels read as channels: space to depth.
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, expectInteger, sizeOfShape } from '@bdl/core'
import { bijector, zeroLogDet, type Bijector, type WithLogDet } from '../bijector.js'

type Image = readonly [height: number, width: number, channels: number]

const imageOf = (shape: readonly number[], heightBy: number, channelsBy: number): Image => {
  const [height, width, channels] = shape.slice(-3)
  const isWhole = [height, width].every((n) => n !== undefined && n % heightBy === 0)
  if (height === undefined || width === undefined || channels === undefined || !isWhole || channels % channelsBy !== 0)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn: 'squeeze',
      argument: 'x',
      expected:
        channelsBy === 1
          ? `[..., height, width, channels], height and width multiples of ${heightBy}`
          : `[..., height, width, channels], channels a multiple of ${channelsBy}`,
      got: `[${shape.join(', ')}]`
    })
  return [height, width, channels]
}

/** Reshapes to `from`, exchanges its third and fourth of six axes, and reshapes to `to`, behind the batch. */
const regrouped = (x: tf.Tensor, from: readonly number[], to: Image): WithLogDet => {
  const lead = x.shape.slice(0, -3)
  const batch = sizeOfShape(lead)
  const swapped = tf.transpose(tf.reshape(x, [batch, ...from]), [0, 1, 3, 2, 4, 5])
  return [tf.reshape(swapped, [...lead, ...to]), zeroLogDet(x, 3)]
}

/**
 * Images [height, width, channels] as [height / f, width / f, f² channels]: each channel of the result is one place of the
 * f x f blocks, as TensorFlow's space_to_depth orders them. Volume is kept.
 *
 * @param factor f, default 2
 * @error InvalidArgument if `factor` is not a positive integer; ShapeMismatch if it does not divide height and width
 * @source Dinh, Sohl-Dickstein & Bengio (2017), Real NVP, arXiv:1605.08803, section 3.6
 * @example squeeze().forward(tf.zeros([4, 4, 3])).shape // => [2, 2, 12]
 */
export const squeeze = (factor = 2): Bijector => {
  expectInteger('squeeze', { factor }, 1)
  const area = factor * factor
  const small = (shape: readonly number[]): Image => {
    const [h, w, c] = imageOf(shape, factor, 1)
    return [h / factor, w / factor, c * area]
  }
  const large = (shape: readonly number[]): Image => {
    const [h, w, c] = imageOf(shape, 1, area)
    return [h * factor, w * factor, c / area]
  }
  return bijector({
    name: 'squeeze',
    eventNdims: 3,
    forwardEventShape: small,
    inverseEventShape: large,
    forwardAndLogDet: (x) => {
      const [h, w, c] = small(x.shape)
      return regrouped(x, [h, factor, w, factor, c / area], [h, w, c])
    },
    inverseAndLogDet: (y) => {
      const [h, w, c] = large(y.shape)
      return regrouped(y, [h / factor, w / factor, factor, factor, c], [h, w, c])
    }
  })
}
