/** Names of ops that compute each number from numbers in the same place, that only move numbers, that reduce axes. */
import { binaries, select } from '../primitives/binary.js'
import { unaries } from '../primitives/unary.js'

/** Ops whose outputs hold the numbers of their inputs, elsewhere. */
export const MOVES: ReadonlySet<string> = new Set(
  'reshape transpose broadcastTo slice concat split reverse cast'.split(' ')
)

/** Ops that make one number of all along some axes. */
export const REDUCTIONS: ReadonlySet<string> = new Set(['sum', 'prod', 'max', 'min', 'any', 'all'])

/** Ops that compute, one number of each input to one of the output. */
export const COMPUTES: ReadonlySet<string> = new Set([
  ...[...Object.values(unaries), ...Object.values(binaries), select].map(({ name }) => name),
  'bitwiseXor',
  'bitsToUnit',
  'erfinvXla',
  'logRemainder',
  'threefry2x32'
])

/** Ops with a polynomial in them: a number costs several times what it does to add two. */
export const FUNCTIONS: ReadonlySet<string> = new Set(
  (
    'exp expm1 log log1p tanh sigmoid softplus sin cos tan asin acos atan sinh cosh asinh acosh atanh pow mod ' +
    'erf erfc erfinv erfinvXla logRemainder lgamma polygamma softmax logSoftmax'
  ).split(' ')
)
