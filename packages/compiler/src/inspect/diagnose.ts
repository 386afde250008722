/** Why a node loses digits, in a word. */
import type { Finding } from './audit-graph.js'
import { LARGEST_FLOAT32, SMALLEST_NORMAL, type Discrepancy } from './measure.js'

export type Cause =
  /** Less than one digit is lost here, and what comes out is right to a digit or so. */
  | 'none'
  /** Wrong, but by what came in. */
  | 'inherited'
  /** Nearly equal numbers are subtracted: digits that were rounded away before are all that is left. */
  | 'cancellation'
  /** The result depends so much on the inputs that their rounding shows. */
  | 'ill-conditioned'
  /** Beyond the largest float32. */
  | 'overflow'
  /** Below the smallest normal float32. */
  | 'underflow'
  /** NaN or infinity, for another reason. */
  | 'invalid'
  /** A comparison, an argmax or a rounding that comes out the other way. */
  | 'decision'
  /** Roundings of many turns. */
  | 'loop'
  /** The engine's own formula or order of summation. */
  | 'kernel'

const LOSS = 1

/** Ops whose result is a sum of products or of inputs with signs. */
const SUMS = [
  'add',
  'sub',
  'sum',
  'matMul',
  'gemm',
  'cumsum',
  'convolution',
  'biasedConvolution',
  'scatterAdd',
  'addAlong'
]

const isUnderflow = ({ worst }: Discrepancy): boolean =>
  worst !== undefined && worst.exact !== 0 && Math.abs(worst.exact) < SMALLEST_NORMAL

const isOverflow = ({ worst }: Discrepancy): boolean =>
  worst !== undefined && Number.isFinite(worst.exact) && Math.abs(worst.exact) > LARGEST_FLOAT32

export const diagnose = ({ node, local, accumulated, conditioning, kernel }: Finding): Cause => {
  if (local.digitsLost < LOSS) return accumulated.digitsLost < LOSS ? 'none' : 'inherited'
  if (isOverflow(local)) return 'overflow'
  if (local.nonFinite > 0) return 'invalid'
  if (isUnderflow(local)) return 'underflow'
  if (node.outputs.every(({ dtype }) => dtype !== 'float32')) return 'decision'
  if (node.primitive.subgraphs !== undefined) return 'loop'
  if (conditioning.relative < kernel.relative) return 'kernel'
  return SUMS.includes(node.primitive.name) ? 'cancellation' : 'ill-conditioned'
}
