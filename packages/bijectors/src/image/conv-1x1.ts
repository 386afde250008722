// Invertible convolutions of one pixel: every pixel's channels through one matrix.
import { learnable, type Learnable } from '@bdl/core'
import type { Bijector } from '../bijector.js'
import { asEvent } from '../combinators/as-event.js'
import { linear, type LinearOptions } from '../linear/linear.js'
import { learnableLuLinear, luLinear, type LuLinearOptions, type LuLinearParams } from '../linear/lu-linear.js'

/** Pixels are batch axes of a map of vectors: their log-dets add. */
const onPixels = (channels: Bijector): Bijector => Object.freeze({ ...asEvent(2)(channels), name: 'conv1x1' })

/**
 * y[h, w, :] = W x[h, w, :] + bias of images [height, width, channels]; log-det = height width log|det W|. W itself, or by
 * its factors P L U.
 *
 * @param options those of `linear`, or those of `luLinear`
 * @error as of `linear` or `luLinear`
 * @source Kingma & Dhariwal (2018), Glow, arXiv:1807.03039, section 3.2
 * @example conv1x1({ weight: tf.tensor2d([[0, 1], [1, 0]]) }) // swaps two channels
 */
export const conv1x1 = (options: LinearOptions | LuLinearOptions): Bijector =>
  onPixels('weight' in options ? linear(options) : luLinear(options))

export interface LearnableConv1x1Options {
  readonly channels: number
  /** Of the channels, fixed; default the identity. */
  readonly permutation?: readonly number[]
}

/**
 * A convolution of one pixel to learn, by its factors: at first a random rotation of the channels, which mixes them and
 * keeps volume.
 *
 * @error InvalidArgument if `channels` is not a positive integer
 * @source Kingma & Dhariwal (2018), Glow, arXiv:1807.03039, section 3.2
 */
export const learnableConv1x1 = ({
  channels,
  permutation
}: LearnableConv1x1Options): Learnable<LuLinearParams, Bijector> =>
  learnable.map(onPixels)(learnableLuLinear({ size: channels, ...(permutation && { permutation }) }))
