import * as E from 'fp-ts/lib/Either.js'
import type { Dataset } from '../src/index.js'

/** The right of an Either; a left is a failure with its message. */
export const right = <A>(either: E.Either<string, A>): A => {
  if (E.isLeft(either)) throw new Error(either.left)
  return either.right
}

/** The left of an Either; a right is a failure. */
export const left = <A>(either: E.Either<string, A>): string => {
  if (E.isRight(either)) throw new Error('expected a left')
  return either.left
}

/** A data set with n rows whose feature j of row i is i + j / 100, and label i mod 3. */
export const counted = (n: number, d: number, imageShape?: readonly number[]): Dataset => ({
  name: 'counted',
  features: { shape: [n, d], data: Float64Array.from({ length: n * d }, (_, i) => Math.floor(i / d) + (i % d) / 100) },
  labels: Int32Array.from({ length: n }, (_, i) => i % 3),
  classes: 3,
  featureNames: Array.from({ length: d }, (_, j) => `f${j}`),
  ...(imageShape === undefined ? {} : { imageShape })
})
