// The axes along which a cloud of points spreads most.
import { Matrix, QrDecomposition, SingularValueDecomposition } from 'ml-matrix'
import { expectInteger } from '@bdl/core'
import type { HostArray } from '@bdl/core'
import { matrixShape } from './rows.js'

export interface PrincipalComponents {
  /** Mean of the rows, [d]. */
  readonly mean: Float64Array
  /** Unit axes, [k, d]; the entry of largest absolute value in each is positive. */
  readonly axes: HostArray
  /** Coordinates of the rows, [n, k]. */
  readonly scores: HostArray
  /** Share of the total variance along each axis, [k]. */
  readonly explained: Float64Array
}

/** More directions than asked for are iterated, so that the wanted ones converge in few rounds. */
const OVERSAMPLING = 8

const ROUNDS = 4

const columnMeans = (rows: HostArray): Float64Array => {
  const [n, d] = matrixShape('principalComponents', 'rows', rows)
  const total = new Float64Array(d)
  rows.data.forEach((v, i) => (total[i % d] = (total[i % d] ?? 0) + v))
  return total.map((t) => t / n)
}

const centred = (rows: HostArray, mean: Float64Array): HostArray => {
  const d = mean.length
  return { shape: rows.shape, data: rows.data.map((v, i) => v - (mean[i % d] ?? 0)) }
}

// X q and X^T y over flat arrays: the matrix library copies and transposes large operands, which takes ten times as long.
const times = (x: HostArray, q: Matrix): Matrix => {
  const [n = 0, d = 0] = x.shape
  const [k, flat] = [q.columns, Float64Array.from(q.to1DArray())]
  const out = new Float64Array(n * k)
  for (let i = 0; i < n; i++)
    for (let j = 0; j < d; j++) {
      const v = x.data[i * d + j] ?? 0
      for (let c = 0; c < k; c++) out[i * k + c]! += v * flat[j * k + c]!
    }
  return Matrix.from1DArray(n, k, out)
}

const transposedTimes = (x: HostArray, y: Matrix): Matrix => {
  const [n = 0, d = 0] = x.shape
  const [k, flat] = [y.columns, Float64Array.from(y.to1DArray())]
  const out = new Float64Array(d * k)
  for (let i = 0; i < n; i++)
    for (let j = 0; j < d; j++) {
      const v = x.data[i * d + j] ?? 0
      for (let c = 0; c < k; c++) out[j * k + c]! += v * flat[i * k + c]!
    }
  return Matrix.from1DArray(d, k, out)
}

const orthonormal = (m: Matrix): Matrix => new QrDecomposition(m).orthogonalMatrix

// Rows spread over the sample start the iteration: they lie in the row space, and nothing random is needed.
const startBlock = (x: HostArray, size: number): Matrix => {
  const [n = 0, d = 0] = x.shape
  const rows = Array.from({ length: size }, (_, i) => {
    const row = Math.floor((i * n) / size)
    return x.data.subarray(row * d, (row + 1) * d)
  })
  return new Matrix(rows).transpose()
}

// Orthogonal iteration on X^T X, then the exact decomposition inside the small space that it finds.
const leadingAxes = (x: HostArray, k: number): { readonly axes: Matrix; readonly variances: readonly number[] } => {
  const [n = 0, d = 0] = x.shape
  const size = Math.min(k + OVERSAMPLING, n, d)
  const basis = Array.from({ length: ROUNDS }).reduce<Matrix>(
    (q) => orthonormal(transposedTimes(x, times(x, q))),
    orthonormal(startBlock(x, size))
  )
  const small = new SingularValueDecomposition(times(x, basis), {
    computeLeftSingularVectors: false,
    autoTranspose: true
  })
  const axes = basis.mmul(small.rightSingularVectors).transpose()
  return { axes: axes.subMatrix(0, k - 1, 0, d - 1), variances: small.diagonal.map((s) => s * s) }
}

const signed = (axis: readonly number[]): readonly number[] => {
  const largest = axis.reduce((best, v) => (Math.abs(v) > Math.abs(best) ? v : best), 0)
  return largest < 0 ? axis.map((v) => -v) : axis
}

const hostOf = (m: Matrix): HostArray => ({
  shape: [m.rows, m.columns],
  data: Float64Array.from(m.to1DArray())
})

/**
 * The first k principal components of the rows: [n, d] -> axes, scores, shares of the variance.
 *
 * Block iteration: a few products with the data, so 3,000 rows of 1,200 dimensions take a second or two.
 *
 * @error InvalidArgument if k is not an integer from 1 to min(n, d)
 * @precision axes whose variances agree to a few percent beyond the k-th may mix; the plane's variance is right to far less
 * @source Halko, Martinsson & Tropp (2011), SIAM Review 53(2), 217-288, algorithm 4.4, doi:10.1137/090771806
 */
export const principalComponents = (rows: HostArray, k = 2): PrincipalComponents => {
  const [n, d] = matrixShape('principalComponents', 'rows', rows)
  expectInteger('principalComponents', { k, 'min(n, d) - k': Math.min(n, d) - k }, 0)
  expectInteger('principalComponents', { k }, 1)
  const mean = columnMeans(rows)
  const x = centred(rows, mean)
  const { axes, variances } = leadingAxes(x, k)
  const oriented = new Matrix(axes.to2DArray().map((axis) => [...signed(axis)]))
  const total = x.data.reduce((sum, v) => sum + v * v, 0)
  return {
    mean,
    axes: hostOf(oriented),
    scores: hostOf(times(x, oriented.transpose())),
    explained: Float64Array.from({ length: k }, (_, i) => (variances[i] ?? 0) / total)
  }
}

/** Column j of a matrix, [n, k] -> [n]. */
export const columnOf = (matrix: HostArray, j: number): Float64Array => {
  const [, k] = matrixShape('columnOf', 'matrix', matrix)
  return matrix.data.filter((_, i) => i % k === j)
}
