/**
 * Dense linear algebra on the host in float64: the few factorisations that a Gaussian needs, on row-major typed arrays.
 */
import { BdlError } from '@bdl/core'
import type { HostArray } from '@bdl/core'

const expectSquare = (fn: string, { shape }: HostArray): number => {
  const [rows, columns] = shape
  if (shape.length !== 2 || rows === undefined || rows !== columns)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn,
      argument: 'matrix',
      expected: 'shape [n, n]',
      got: `[${shape.join(', ')}]`
    })
  return rows
}

/**
 * Lower factor L of A = L Lᵀ; reads the lower triangle alone.
 *
 * @param matrix [n, n], symmetric positive definite
 * @returns [n, n], zeros above the diagonal
 * @error InvalidArgument if a pivot is not positive; ShapeMismatch if the matrix is not square
 * @example cholesky({ shape: [1, 1], data: Float64Array.of(4) }).data[0] // => 2
 */
export const cholesky = (matrix: HostArray): HostArray => {
  const n = expectSquare('cholesky', matrix)
  const a = matrix.data
  const l = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      // both rows are contiguous: the inner product runs at memory speed
      let sum = a[i * n + j]!
      for (let k = 0, p = i * n, q = j * n; k < j; k++, p++, q++) sum -= l[p]! * l[q]!
      if (i !== j) l[i * n + j] = sum / l[j * n + j]!
      else if (sum > 0) l[i * n + i] = Math.sqrt(sum)
      else
        throw new BdlError({
          code: 'InvalidArgument',
          fn: 'cholesky',
          argument: 'matrix',
          expected: 'a positive definite matrix',
          got: `pivot ${sum} in row ${i}`
        })
    }
  }
  return { shape: [n, n], data: l }
}

/**
 * Inverse of a lower triangular matrix.
 *
 * @param lower [n, n]; what is above the diagonal is not read
 * @returns [n, n], lower triangular
 */
export const invertLower = (lower: HostArray): HostArray => {
  const n = expectSquare('invertLower', lower)
  const l = lower.data
  const x = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    // row i of the inverse is (e_i - Σ_k L_ik x_k) / L_ii, over the rows already found
    for (let k = 0; k < i; k++) {
      const factor = l[i * n + k]!
      if (factor === 0) continue
      for (let j = 0, p = i * n, q = k * n; j <= k; j++, p++, q++) x[p] = x[p]! - factor * x[q]!
    }
    const pivot = l[i * n + i]!
    for (let j = 0; j < i; j++) x[i * n + j] = x[i * n + j]! / pivot
    x[i * n + i] = 1 / pivot
  }
  return { shape: [n, n], data: x }
}

/** log det A = 2 Σ log L_ii from the Cholesky factor of A. */
export const logDetOfCholesky = (lower: HostArray): number => {
  const n = expectSquare('logDetOfCholesky', lower)
  let sum = 0
  for (let i = 0; i < n; i++) sum += Math.log(lower.data[i * n + i]!)
  return 2 * sum
}

/** Transpose of a matrix [m, n]. */
export const transposed = ({ shape, data }: HostArray): HostArray => {
  const [m, n] = [shape[0] ?? 0, shape[1] ?? 0]
  const out = new Float64Array(m * n)
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) out[j * m + i] = data[i * n + j]!
  return { shape: [n, m], data: out }
}
