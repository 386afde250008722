// Invertible matrices by their triangular factors.
import * as tf from '@tensorflow/tfjs-core'
import { qr, triangularSolve, tril, triu } from '@bdl/compiler'
import {
  BdlError,
  diagonal,
  diagPart,
  expectInteger,
  expectSquareMatrix,
  matrixVector,
  normal,
  scoped,
  triangularSolveVector,
  type Learnable
} from '@bdl/core'
import { bijector, type Bijector } from '../bijector.js'
import { deferred } from '../combinators/deferred.js'
import { expectFinite, filled, type Parameter } from '../parameters.js'
import { permute } from '../vectors/permute.js'
import { expectVectors } from '../expect-event.js'
import { expectNonzeroDiagonal, logAbsDetOfTriangle } from './triangle.js'

export interface LuLinearOptions {
  /** [n, n], read below the diagonal; ones stand on it. */
  readonly lower: tf.Tensor
  /** [n, n], read on and above the diagonal; no zero on it. */
  readonly upper: tf.Tensor
  /** (P v)[i] = v[permutation[i]]; default the identity. */
  readonly permutation?: readonly number[]
  /** [n] or a number; default 0. */
  readonly bias?: Parameter
}

const expectOneSize = ({ lower, upper, permutation }: LuLinearOptions): number => {
  const n = expectSquareMatrix('luLinear', 'lower', lower)
  const sizes = [expectSquareMatrix('luLinear', 'upper', upper), permutation?.length ?? n]
  if (lower.rank === 2 && upper.rank === 2 && sizes.every((size) => size === n)) return n
  throw new BdlError({
    code: 'ShapeMismatch',
    fn: 'luLinear',
    argument: 'lower, upper, permutation',
    expected: 'two [n, n] and a permutation of n',
    got: `[${lower.shape.join(', ')}], [${upper.shape.join(', ')}] and ${permutation?.length ?? 'none'}`
  })
}

/**
 * y = P L U x + bias, L unit lower and U upper triangular: log-det = sum_i log|U_ii|, and both directions cost n^2.
 *
 * @error ShapeMismatch if sizes differ or x does not end in n; InvalidArgument if the diagonal of `upper` has a 0, `bias` an
 *   entry that is not finite, or `permutation` is none
 * @precision the inverse is by two substitutions: an error of a few ulp times the condition numbers of L and U
 * @source Kingma & Dhariwal (2018), Glow, arXiv:1807.03039, section 3.2
 * @example luLinear({ lower: tf.eye(2), upper: tf.tensor2d([[2, 1], [0, 3]]) }).forward(tf.tensor1d([1, 1])) // => [3, 3]
 */
export const luLinear = (options: LuLinearOptions): Bijector => {
  const { lower, upper, permutation, bias = 0 } = options
  const n = expectOneSize(options)
  expectNonzeroDiagonal('luLinear', 'upper', upper)
  expectFinite('luLinear', 'bias', bias)
  const order = permute(permutation ?? Array.from({ length: n }, (_, i) => i))
  const unitLower = (): tf.Tensor => tf.add(tril(lower, -1), tf.eye(n))
  const logDet = (y: tf.Tensor): tf.Tensor => filled(logAbsDetOfTriangle(upper), y.shape.slice(0, -1))
  return bijector({
    name: 'luLinear',
    eventNdims: 1,
    forwardAndLogDet: (x) => {
      expectVectors('luLinear', x, n)
      const y = tf.add(order.forward(matrixVector(unitLower(), matrixVector(triu(upper), x))), bias)
      return [y, logDet(y)]
    },
    inverseAndLogDet: (y) => {
      expectVectors('luLinear', y, n)
      const z = triangularSolveVector(unitLower(), order.inverse(tf.sub(y, bias)), { lower: true })
      const x = triangularSolveVector(upper, z, { lower: false })
      return [x, tf.neg(logDet(x))]
    }
  })
}

export type LuLinearParams = {
  /** [n, n], read below the diagonal. */
  readonly lower: tf.Tensor
  /** [n, n], read above the diagonal. */
  readonly upper: tf.Tensor
  /** [n], logarithms of the diagonal of U. */
  readonly logDiagonal: tf.Tensor
  readonly bias: tf.Tensor
}

/**
 * A random rotation in factors: of a random unit lower L = Q R the upper factor R^-1 makes L R^-1 = Q, without pivots and
 * whatever L is.
 */
const rotation = (key: tf.Tensor, n: number): LuLinearParams =>
  scoped(() => {
    const lower = tril(tf.mul(normal(key, [n, n]), Math.sqrt(1 / n)), -1)
    const u = triangularSolve(qr(tf.add(lower, tf.eye(n))).r, tf.eye(n), { lower: false })
    return { lower, upper: triu(u, 1), logDiagonal: tf.log(diagPart(u)), bias: tf.zeros([n]) }
  })

export interface LearnableLuLinearOptions {
  readonly size: number
  /** As in `luLinear`; it is not learnt. */
  readonly permutation?: readonly number[]
}

/**
 * An invertible matrix and a bias to learn; a random rotation to begin with, so that volume is kept. The diagonal of U stays
 * positive.
 *
 * @error InvalidArgument if `size` is not a positive integer
 * @source Kingma & Dhariwal (2018), Glow, arXiv:1807.03039, section 3.2
 * @example learnableLuLinear({ size: 3 }).init(key(0)).lower.shape // => [3, 3]
 */
export const learnableLuLinear = ({
  size,
  permutation
}: LearnableLuLinearOptions): Learnable<LuLinearParams, Bijector> => {
  expectInteger('learnableLuLinear', { size }, 1)
  return {
    init: (key) => rotation(key, size),
    build: ({ lower, upper, logDiagonal, bias }) => {
      const made = (): Bijector => {
        const u = tf.add(triu(upper, 1), diagonal(tf.exp(logDiagonal)))
        return luLinear({ lower, upper: u, bias, ...(permutation && { permutation }) })
      }
      return deferred({ name: 'luLinear', eventNdims: 1 }, made)
    }
  }
}
