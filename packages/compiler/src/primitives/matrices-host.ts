/** Factorisations of one small matrix in float64, row-major: what the reference engine does, and TensorFlow.js has not. */

/** Rows of L with L Lᵀ = (A + Aᵀ) / 2; all NaN unless every pivot is positive and finite. */
export const choleskyOf = (a: ArrayLike<number>, n: number): Float64Array => {
  const l = new Float64Array(n * n)
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      let rest = (a[i * n + j]! + a[j * n + i]!) / 2
      for (let k = 0; k < j; k++) rest -= l[i * n + k]! * l[j * n + k]!
      if (i === j && !(rest > 0 && rest < Infinity)) return l.fill(NaN)
      l[i * n + j] = i === j ? Math.sqrt(rest) : rest / l[j * n + j]!
    }
  return l
}

/** Which triangle is read, and whether it is transposed: the system op(A) X = B. */
export type TriangularForm = { readonly lower: boolean; readonly transpose: boolean }

/** X [n, m] with op(A) X = B, by substitution. */
export const solveTriangular = (
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  n: number,
  m: number,
  { lower, transpose }: TriangularForm
): Float64Array => {
  const x = Float64Array.from(b)
  const [row, column] = transpose ? [1, n] : [n, 1]
  const isForward = lower !== transpose
  for (let turn = 0; turn < n; turn++) {
    const i = isForward ? turn : n - 1 - turn
    for (let done = 0; done < turn; done++) {
      const k = isForward ? done : n - 1 - done
      const factor = a[i * row + k * column]!
      for (let c = 0; c < m; c++) x[i * m + c]! -= factor * x[k * m + c]!
    }
    const pivot = a[i * row + i * column]!
    for (let c = 0; c < m; c++) x[i * m + c]! /= pivot
  }
  return x
}

export interface HostQr {
  readonly q: Float64Array
  readonly r: Float64Array
  /** det Q of a square matrix. */
  readonly sign: number
}

/**
 * The reflection I - u uᵀ that takes entries j, j + 1, ... of column j to a multiple of the first of them (u is 0 where they
 * are 0), and the sign that the first one had.
 */
const reflectionOf = (w: Float64Array, m: number, n: number, j: number): readonly [u: Float64Array, sign: number] => {
  const u = new Float64Array(m)
  let most = 0
  for (let i = j; i < m; i++) most = Math.max(most, Math.abs(w[i * n + j]!))
  if (most === 0) return [u, 1]
  let squares = 0
  for (let i = j; i < m; i++) {
    u[i] = w[i * n + j]! / most
    squares += u[i]! ** 2
  }
  const sign = u[j]! < 0 ? -1 : 1
  const first = u[j]! + sign * Math.sqrt(squares)
  const length = Math.sqrt((squares - u[j]! ** 2 + first ** 2) / 2)
  u[j] = first
  for (let i = j; i < m; i++) u[i]! /= length
  return [u, sign]
}

/** W - u uᵀ W, in place; u is zero before entry `from`. */
const reflect = (w: Float64Array, u: Float64Array, n: number, from: number): void => {
  const along = new Float64Array(n)
  for (let i = from; i < u.length; i++) for (let c = 0; c < n; c++) along[c]! += u[i]! * w[i * n + c]!
  for (let i = from; i < u.length; i++) for (let c = 0; c < n; c++) w[i * n + c]! -= u[i]! * along[c]!
}

/** A [m, n], m >= n, as Q [m, n] with orthonormal columns times R [n, n], upper triangular with a diagonal >= 0. */
export const qrOf = (a: ArrayLike<number>, m: number, n: number): HostQr => {
  const w = Float64Array.from(a)
  const reflections = Array.from({ length: n }, (_, j) => {
    const reflection = reflectionOf(w, m, n, j)
    reflect(w, reflection[0], n, j)
    return reflection
  })
  const q = Float64Array.from({ length: m * n }, (_, i) => (Math.floor(i / n) === i % n ? 1 : 0))
  for (let j = n - 1; j >= 0; j--) reflect(q, reflections[j]![0], n, j)
  const flips = reflections.map((_, j) => (w[j * n + j]! < 0 ? -1 : 1))
  const r = w.slice(0, n * n).map((x, i) => (i % n < Math.floor(i / n) ? 0 : x * flips[Math.floor(i / n)]!))
  return {
    q: q.map((x, i) => x * flips[i % n]!),
    r,
    sign: reflections.reduce((product, [, sign]) => product * sign, 1)
  }
}
