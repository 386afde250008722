/**
 * Checks of parameters' values. Eagerly they are on: a wrong scale throws where it was given, not as NaN ten calls later.
 * While a function is traced there is nothing to read, so compiled they are free.
 */
import type * as tf from '@tensorflow/tfjs-core'
import { BdlError, isTracing } from '@bdl/compiler'
import { toHostSync } from './host-array.js'

let depth = 0

/** Whether values of parameters are checked here and now. */
export const isValidating = (): boolean => depth === 0 && !isTracing()

/**
 * Runs `body` without reading parameters: for eager loops that make many distributions, or tensors on a device that is slow
 * to read.
 *
 * @example withoutValidation(() => normal(0, tf.scalar(-1))) // no error; its densities are NaN
 */
export const withoutValidation = <A>(body: () => A): A => {
  depth++
  try {
    return body()
  } finally {
    depth--
  }
}

/**
 * Every entry of a parameter satisfies `test`; numbers are checked always, tensors in validation mode.
 *
 * @param expected what the test asks for, as the error says it: 'finite numbers > 0'
 * @error InvalidArgument naming the first entry that does not
 */
export const expectEvery = (
  fn: string,
  argument: string,
  parameter: number | tf.Tensor,
  expected: string,
  test: (entry: number) => boolean
): void => {
  if (typeof parameter !== 'number' && !isValidating()) return
  const entries = typeof parameter === 'number' ? [parameter] : toHostSync(parameter).data
  const at = entries.findIndex((entry) => !test(entry))
  if (at < 0) return
  const where =
    typeof parameter === 'number' || parameter.rank === 0 ? '' : ` at entry ${at} of [${parameter.shape.join(', ')}]`
  throw new BdlError({ code: 'InvalidArgument', fn, argument, expected, got: `${entries[at]}${where}` })
}
