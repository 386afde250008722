// Deep sigmoidal maps whose slopes, places and weights a network chooses.
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, expectInteger, softplus } from '@bdl/core'
import { sliceLast } from '../numerics/last-axis.js'
import { sigmoidal } from '../monotone/sigmoidal.js'
import { elementwiseOf, type Transformer } from './transformer.js'

export interface SigmoidalTransformerOptions {
  /** Sigmoids of a map. */
  readonly units: number
  /** Least slope of a sigmoid, in [0, 1); default 1e-3. */
  readonly minSlope?: number
}

/**
 * Sigmoidal maps: of an entry, as many numbers for slopes (through softplus), for shifts, and for weights (through softmax)
 * as there are units.
 *
 * @returns a family of 3 units numbers an entry
 * @error InvalidArgument unless `units` is a positive integer and 0 <= minSlope < 1
 * @source Huang, Krueger, Lacoste & Courville (2018), Neural Autoregressive Flows, arXiv:1804.00779, section 3.1 (DSF)
 */
export const sigmoidalTransformer = ({ units, minSlope = 1e-3 }: SigmoidalTransformerOptions): Transformer => {
  expectInteger('sigmoidalTransformer', { units }, 1)
  if (!(minSlope >= 0 && minSlope < 1))
    throw new BdlError({
      code: 'InvalidArgument',
      fn: 'sigmoidalTransformer',
      argument: 'minSlope',
      expected: 'a number in [0, 1)',
      got: `${minSlope}`
    })
  const offset = Math.log(Math.expm1(1 - minSlope))
  return elementwiseOf('sigmoidalTransformer', 3 * units, (parameters) =>
    sigmoidal({
      slopes: tf.add(softplus(tf.add(sliceLast(parameters, 0, units), offset)), minSlope),
      shifts: sliceLast(parameters, units, units),
      logits: sliceLast(parameters, 2 * units, units)
    })
  )
}
