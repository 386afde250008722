// Float64 factorisations on the host: their defining equations.
import { hostArray } from '@bdl/core'
import { expectClose } from '@bdl/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cholesky, invertLower, logDetOfCholesky } from '../src/index'
import { transposed } from '../src/linear-algebra'

const multiply = (a: Float64Array, b: Float64Array, n: number): number[] =>
  Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n]
    return Array.from({ length: n }, (_, k) => a[i * n + k]! * b[k * n + j]!).reduce((s, x) => s + x, 0)
  })

/** B Bᵀ + I of random entries: symmetric, positive definite. */
const positiveDefinite = fc.integer({ min: 1, max: 7 }).chain((n) =>
  fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: n * n, maxLength: n * n }).map((entries) => {
    const b = hostArray([n, n], entries)
    const product = multiply(b.data, transposed(b).data, n)
    return hostArray(
      [n, n],
      product.map((x, at) => (at % (n + 1) === 0 ? x + 1 : x))
    )
  })
)

test('L Lᵀ = A, L⁻¹ L = I, and the log determinant', () => {
  fc.assert(
    fc.property(positiveDefinite, (a) => {
      const n = a.shape[0]!
      const l = cholesky(a)
      expectClose(multiply(l.data, transposed(l).data, n), [...a.data], { atol: 1e-9, rtol: 1e-9 })
      const identity = Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 ? 1 : 0))
      expectClose(multiply(invertLower(l).data, l.data, n), identity, { atol: 1e-9, rtol: 0 })
    })
  )
  expectClose(logDetOfCholesky(cholesky(hostArray([2, 2], [2, 1, 1, 3]))), Math.log(5), { atol: 1e-14, rtol: 0 })
})

test('what has no factor is an error that says where', () => {
  expect(() => cholesky(hostArray([2, 2], [1, 2, 2, 1]))).toThrowError(
    /positive definite matrix, got pivot -3 in row 1/
  )
  expect(() => cholesky(hostArray([2, 3], new Float64Array(6)))).toThrowError(/shape \[n, n\]/)
})
