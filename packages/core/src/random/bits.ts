// Random words and uniform numbers, equal to those of `jax.random`.
import * as tf from '@tensorflow/tfjs-core'
import { bitsToUnit, bitwiseXor } from '@bdl/compiler'
import { sizeOfShape } from '../host-array.js'
import { scoped } from '../scope.js'
import { keyedWords, type Key } from './key.js'

/** 32 random bits an entry: int32 tensors of `shape`, holding uint32 words. */
export const bits = (key: Key, shape: readonly number[]): tf.Tensor =>
  scoped(() => tf.reshape(bitwiseXor(...keyedWords('bits', key, sizeOfShape(shape))), [...shape]))

export interface UniformOptions {
  /** Lower end, included; default 0. A tensor must broadcast to the shape asked for. */
  readonly minval?: number | tf.Tensor
  /** Upper end, excluded up to rounding; default 1. */
  readonly maxval?: number | tf.Tensor
}

const width = (minval: number | tf.Tensor, maxval: number | tf.Tensor): number | tf.Tensor =>
  typeof minval === 'number' && typeof maxval === 'number'
    ? Math.fround(Math.fround(maxval) - Math.fround(minval))
    : tf.sub(maxval, minval)

/**
 * Uniform floats on [minval, maxval), float32 of `shape`.
 * @precision a grid of 2^23 points, scaled; the unit draw is exact in float32
 * @example uniform(key, [3], { minval: -1 })
 */
export const uniform = (key: Key, shape: readonly number[], options: UniformOptions = {}): tf.Tensor => {
  const { minval = 0, maxval = 1 } = options
  return scoped(() => {
    const unit = bitsToUnit(bits(key, shape))
    if (minval === 0 && maxval === 1) return unit
    return tf.maximum(tf.add(tf.mul(unit, width(minval, maxval)), minval), minval)
  })
}
