/** Errors that leave a traced function: those of TensorFlow.js and of our rules are told as what the user did, and where. */
import { BdlError, isBdlError } from '../errors.js'
import { callTraced, originOf, withLongStacks, type Origin } from './user-line.js'

const ABOUT_SHAPES = /shape|rank|broadcast|dimension|size|axis|axes|overflow/i

const explained = (error: Error, fn: string, { at, op }: Origin): BdlError =>
  new BdlError({
    code: ABOUT_SHAPES.test(error.message) ? 'ShapeMismatch' : 'InvalidArgument',
    fn,
    argument: op === undefined ? 'op' : `op ${op}`,
    expected: 'arguments that it takes',
    got: `'${error.message.replace(/\s+/g, ' ').replace(/\.$/, '')}'`,
    ...(at !== undefined && { at }),
    cause: error
  })

/** The same error with the user's line, and with the op that the user called if it was another that failed within it. */
const located = (error: BdlError, { at, op }: Origin): BdlError => {
  const { code, fn, argument, expected, got } = error
  const isWithin = op !== undefined && op !== fn && !argument.startsWith('op ')
  if (error.at !== undefined && !isWithin) return error
  const hint = [error.hint, isWithin ? `This is part of tf.${op}` : undefined].filter(Boolean).join('. ')
  const line = error.at ?? at
  return new BdlError({
    code,
    fn,
    argument,
    expected,
    got,
    ...(hint !== '' && { hint }),
    ...(line !== undefined && { at: line }),
    cause: error
  })
}

/** What to throw instead of `error`: itself, if it is the user's own. */
const explain = (error: unknown, fn: string): unknown => {
  if (!(error instanceof Error)) return error
  const origin = originOf(error)
  if (isBdlError(error)) return located(error, origin)
  const isPlain = error.name === 'Error' || error.name === 'TypeError'
  return isPlain && origin.isOurs ? explained(error, fn, origin) : error
}

/**
 * Calls a function that is being traced on behalf of `fn`.
 *
 * @error BdlError instead of what TensorFlow.js or a rule throws, with the op, the complaint and the user's line; what the
 *   function itself throws passes through
 */
export const callUser = <A extends readonly unknown[], R>(f: (...args: A) => R, args: A, fn: string): R => {
  try {
    return withLongStacks(() => callTraced(f, args))
  } catch (error) {
    throw explain(error, fn)
  }
}
