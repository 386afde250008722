// Checks of matrices and vectors that parametrise families: shapes always, values in validation mode.
import type * as tf from '@tensorflow/tfjs-core'
import { BdlError, isValidating, toHostSync } from '@bdl/core'
import type { Parameter } from '../parameters.js'

const shapeOf = (p: Parameter): readonly number[] => (typeof p === 'number' ? [] : p.shape)

const wrongShape = (fn: string, argument: string, expected: string, shape: readonly number[]): BdlError =>
  new BdlError({ code: 'ShapeMismatch', fn, argument, expected, got: `[${shape.join(', ')}]` })

/** Shape [..., n, n]; returns n. @error ShapeMismatch */
export const expectSquare = (fn: string, argument: string, x: tf.Tensor): number => {
  const [m, n] = x.shape.slice(-2)
  if (n === undefined || m !== n) throw wrongShape(fn, argument, 'shape [..., n, n]', x.shape)
  return n
}

/** Shape [..., n], where a number or a scalar stands for n of them. @error ShapeMismatch */
export const expectVectorOf = (fn: string, argument: string, p: Parameter, n: number): void => {
  const shape = shapeOf(p)
  if (shape.length > 0 && shape[shape.length - 1] !== n)
    throw wrongShape(fn, argument, `a number, or shape [..., ${n}]`, shape)
}

/** Shape [..., m, n], where a number or a scalar stands for all of them. @error ShapeMismatch */
export const expectMatrixOf = (fn: string, argument: string, p: Parameter, m: number, n: number): void => {
  const shape = shapeOf(p)
  if (shape.length > 0 && shape.slice(-2).join() !== [m, n].join())
    throw wrongShape(fn, argument, `a number, or shape [..., ${m}, ${n}]`, shape)
}

/** Leading axes of a parameter whose events have `ndims` axes. */
export const leadOf = (p: Parameter, ndims: number): readonly number[] => shapeOf(p).slice(0, -ndims)

/** What is wrong with entry [i, j] of a matrix, or nothing. */
type Fault = (at: (i: number, j: number) => number, i: number, j: number) => boolean

const expectMatrices = (
  fn: string,
  argument: string,
  x: tf.Tensor,
  expected: string,
  isWrong: Fault,
  hint?: string
): void => {
  if (!isValidating()) return
  const n = expectSquare(fn, argument, x)
  const { data } = toHostSync(x)
  const at = data.findIndex((_, k) => {
    const start = k - (k % (n * n))
    return isWrong((i, j) => data[start + i * n + j]!, Math.floor((k - start) / n), k % n)
  })
  if (at < 0) return
  throw new BdlError({
    code: 'InvalidArgument',
    fn,
    argument,
    expected,
    got: `${data[at]} in row ${Math.floor(at / n) % n}, column ${at % n}${x.rank > 2 ? ` of matrix ${Math.floor(at / (n * n))}` : ''}`,
    ...(hint !== undefined && { hint })
  })
}

/** Lower triangular, its diagonal > 0, every entry finite. @error InvalidArgument */
export const expectScaleTril = (fn: string, argument: string, l: tf.Tensor): void =>
  expectMatrices(
    fn,
    argument,
    l,
    'a lower triangle with a positive diagonal and zeros above',
    (at, i, j) => !Number.isFinite(at(i, j)) || (i === j && !(at(i, j) > 0)) || (j > i && at(i, j) !== 0),
    'A covariance C has the factor cholesky(C)'
  )

/** Rounding that a matrix made in float32 is forgiven, relative to its diagonal. */
const ASYMMETRY = 1e-5

/** Symmetric up to rounding. @error InvalidArgument */
const expectSymmetric = (fn: string, argument: string, a: tf.Tensor): void =>
  expectMatrices(fn, argument, a, 'a symmetric matrix', (at, i, j) => {
    const scale = Math.sqrt(Math.abs(at(i, i) * at(j, j)))
    return !(Math.abs(at(i, j) - at(j, i)) <= ASYMMETRY * Math.max(scale, Math.abs(at(i, j))))
  })

/** Symmetric, with positive pivots in float64. @error InvalidArgument */
export const expectPositiveDefinite = (fn: string, argument: string, a: tf.Tensor): void => {
  if (!isValidating()) return
  expectSymmetric(fn, argument, a)
  const n = expectSquare(fn, argument, a)
  const { data } = toHostSync(a)
  for (let g = 0; g * n * n < data.length; g++) {
    const pivot = firstBadPivot(data.subarray(g * n * n, (g + 1) * n * n), n)
    if (pivot === undefined) continue
    throw new BdlError({
      code: 'InvalidArgument',
      fn,
      argument,
      expected: 'a positive definite matrix',
      got: `pivot ${pivot}${a.rank > 2 ? ` in matrix ${g}` : ''}`,
      hint: 'Rounding makes small eigenvalues negative: add a small multiple of the identity'
    })
  }
}

/** Cholesky factorisation in float64, as far as it goes: the first pivot that is not finite and positive. */
const firstBadPivot = (a: Float64Array, n: number): number | undefined => {
  const l = new Float64Array(n * n)
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      let rest = a[i * n + j]!
      for (let k = 0; k < j; k++) rest -= l[i * n + k]! * l[j * n + k]!
      if (i === j && !(rest > 0 && rest < Infinity)) return rest
      l[i * n + j] = i === j ? Math.sqrt(rest) : rest / l[j * n + j]!
    }
  return undefined
}
