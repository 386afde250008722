// Reading host arrays as rows: the checks and loops that the metrics share.
import { BdlError } from '@bdl/core'
import type { HostArray } from '@bdl/core'

/** Sum of numbers. */
export const sum = (values: ArrayLike<number>): number => {
  let total = 0
  for (let i = 0; i < values.length; i++) total += values[i] ?? 0
  return total
}

/** Mean of numbers; NaN if there are none. */
export const mean = (values: ArrayLike<number>): number => sum(values) / values.length

/** [n, c]; throws unless the array is a matrix with at least one row and one column. */
export const matrixShape = (fn: string, argument: string, array: HostArray): readonly [number, number] => {
  const [n, c] = array.shape
  if (array.shape.length !== 2 || n === undefined || c === undefined || n === 0 || c === 0)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn,
      argument,
      expected: 'a matrix with rows and columns',
      got: `shape [${array.shape.join(', ')}]`
    })
  return [n, c]
}

/** [s, n, c]; throws unless the array has rank 3 and none of its sizes is 0. */
export const memberShape = (fn: string, argument: string, array: HostArray): readonly [number, number, number] => {
  const [s, n, c] = array.shape
  if (array.shape.length !== 3 || !s || !n || !c)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn,
      argument,
      expected: '[members, examples, classes], none of them 0',
      got: `shape [${array.shape.join(', ')}]`
    })
  return [s, n, c]
}

/** Throws unless both have the same length, which is not 0. */
export const expectSameLength = (
  fn: string,
  named: Readonly<Record<string, ArrayLike<unknown>>>,
  least = 1
): number => {
  const [first, ...others] = Object.entries(named)
  const length = first?.[1].length ?? 0
  const bad = [...others, ...(length < least && first !== undefined ? [first] : [])].find(
    ([, values]) => values.length !== length || length < least
  )
  if (bad !== undefined)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn,
      argument: bad[0],
      expected: length < least ? `at least ${least} entries` : `${length} entries`,
      got: String(bad[1].length)
    })
  return length
}

/** Throws unless every label is an integer in 0..classes-1 and there are n of them. */
export const expectLabels = (fn: string, labels: ArrayLike<number>, n: number, classes: number): void => {
  const fault = (got: string, expected: string, argument: string): never => {
    throw new BdlError({ code: 'InvalidArgument', fn, argument, expected, got })
  }
  if (labels.length !== n) fault(`${labels.length} labels`, `${n} labels`, 'labels')
  for (let i = 0; i < n; i++) {
    const label = labels[i] ?? -1
    if (!(Number.isInteger(label) && label >= 0 && label < classes))
      fault(String(label), `an integer from 0 to ${classes - 1}`, `labels[${i}]`)
  }
}

/** f of every row of a matrix, as Float64Array [n]. The row is a view: not to be kept. */
export const mapRows = (
  fn: string,
  argument: string,
  array: HostArray,
  f: (row: Float64Array, i: number) => number
): Float64Array => {
  const [n, c] = matrixShape(fn, argument, array)
  return Float64Array.from({ length: n }, (_, i) => f(array.data.subarray(i * c, (i + 1) * c), i))
}

/** Index of the largest entry; the first of equals. */
export const argMax = (row: ArrayLike<number>): number => {
  let best = 0
  for (let j = 1; j < row.length; j++) if ((row[j] ?? -Infinity) > (row[best] ?? -Infinity)) best = j
  return best
}

/** Order that sorts values ascending; equal values keep their order. */
export const sortOrder = (values: ArrayLike<number>): Int32Array =>
  Int32Array.from({ length: values.length }, (_, i) => i).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0) || a - b)
