// What linear maps ask of their arguments.
import type * as tf from '@tensorflow/tfjs-core'
import { BdlError, diagPart, isValidating, scoped } from '@bdl/core'
import { expectNonzero } from '../parameters.js'

/** @error ShapeMismatch unless x is [..., n] */
export const expectVectors = (fn: string, x: tf.Tensor, n: number): void => {
  if (x.rank >= 1 && x.shape[x.rank - 1] === n) return
  throw new BdlError({
    code: 'ShapeMismatch',
    fn,
    argument: 'x',
    expected: `[..., ${n}]`,
    got: `[${x.shape.join(', ')}]`
  })
}

/** No entry of the diagonal is 0, so that the triangle is invertible. @error InvalidArgument */
export const expectNonzeroDiagonal = (fn: string, argument: string, a: tf.Tensor): void => {
  if (isValidating()) scoped(() => expectNonzero(fn, `diagonal of ${argument}`, diagPart(a)))
}
