// Parts of a data set, drawn by a key.
import * as E from 'fp-ts/lib/Either.js'
import { permutation, scoped, toHostSync } from '@bdl/core'
import type { Key } from '@bdl/core'
import { rowCount, takeRows } from './dataset.js'
import type { Dataset } from './dataset.js'

/** Sizes of the parts: rows of each, or shares of the whole that sum to at most 1. */
export type Parts<C extends readonly number[] = readonly number[]> = { readonly counts: C } | { readonly fractions: C }

/** One data set for each part asked for. */
export type PartsOf<C extends readonly number[]> = { readonly [K in keyof C]: Dataset }

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)

// Shares become rows by rounding their running sum, so that shares of 1 in all use every row exactly once.
const countsOf = (fractions: readonly number[], n: number): readonly number[] => {
  const ends = fractions.map((_, i) => Math.round(sum(fractions.slice(0, i + 1)) * n))
  return ends.map((end, i) => end - (ends[i - 1] ?? 0))
}

const checkParts = (dataset: Dataset, parts: Parts): E.Either<string, readonly number[]> => {
  const n = rowCount(dataset)
  if ('fractions' in parts) {
    const bad = parts.fractions.find((f) => !(f > 0 && f <= 1))
    if (bad !== undefined) return E.left(`${dataset.name}: cannot split: a share of ${bad} is not in (0, 1]`)
    // The slack covers the rounding of sums such as 0.7 + 0.2 + 0.1.
    if (sum(parts.fractions) > 1 + 1e-9)
      return E.left(`${dataset.name}: cannot split: shares of ${parts.fractions.join(', ')} are more than the whole`)
  }
  const counts = 'counts' in parts ? parts.counts : countsOf(parts.fractions, n)
  const bad = counts.find((count) => !(Number.isInteger(count) && count > 0))
  if (counts.length === 0) return E.left(`${dataset.name}: cannot split: no parts were asked for`)
  if (bad !== undefined)
    return E.left(`${dataset.name}: cannot split: a part of ${bad} rows; every part needs at least one`)
  return sum(counts) <= n
    ? E.right(counts)
    : E.left(`${dataset.name}: cannot split: parts of ${counts.join(', ')} rows, but there are ${n}`)
}

/** The numbers 0..n-1 in the order that `key` gives, on the host. Reads a tensor's values: not traceable. */
export const hostPermutation = (key: Key, n: number): Int32Array =>
  Int32Array.from(scoped(() => toHostSync(permutation(key, n))).data)

/**
 * Splits a data set into disjoint parts by one permutation of its rows; rows beyond the last part are left out.
 *
 * The same key gives the same parts on every engine. Left: one line if the parts do not fit the rows.
 *
 * @example pipe(digits, splitDataset(key(0), { counts: [1000, 297, 500] })) // => right([train, validation, test])
 */
export const splitDataset =
  <const C extends readonly number[]>(key: Key, parts: Parts<C>) =>
  (dataset: Dataset): E.Either<string, PartsOf<C>> => {
    const counts = checkParts(dataset, parts)
    if (E.isLeft(counts)) return counts
    const order = hostPermutation(key, rowCount(dataset))
    const drawn = counts.right.map((count, i) => {
      const start = sum(counts.right.slice(0, i))
      return takeRows(order.subarray(start, start + count))(dataset)
    })
    // There is one count for each part that was asked for; the type of `map` forgets how many.
    return E.right(drawn as readonly Dataset[] as PartsOf<C>)
  }
