/**
 * Masks that make a multilayer perceptron autoregressive: each unit has a degree, the number of entries that it may look
 * at, and weights to units of a smaller degree are 0.
 */
import { BdlError, expectInteger, hostArray, type HostArray } from '@bdl/core'

export interface MadeMasksOptions {
  /** Entries of the vector, n >= 1. */
  readonly dimension: number
  /** Widths of the hidden layers. */
  readonly hidden: readonly number[]
  /** Values for each entry, those of one entry side by side. */
  readonly size: number
  /** Further inputs, after the entries, that everything may look at; default 0. */
  readonly context?: number
}

/** 1 where an input of the row's degree may reach a unit of the column's degree. */
const maskOf = (rows: readonly number[], columns: readonly number[], isStrict: boolean): HostArray =>
  hostArray(
    [rows.length, columns.length],
    rows.flatMap((row) => columns.map((column) => Number(isStrict ? column > row : column >= row)))
  )

const range = (n: number, at: (i: number) => number): readonly number[] => Array.from({ length: n }, (_, i) => at(i))

/**
 * Masks of the weights of every layer, [in, out], in order: multiply them in before each product. Entry i of the output
 * then depends on entries 1, ..., i - 1 and on the context.
 *
 * Degrees of hidden units go round: 1, ..., n - 1 (from 0 with a context, or the first entry would not see it), so that
 * every width has units of all of them, or of the smallest.
 *
 * @error InvalidArgument if a number is not a positive integer (context: non-negative), or there is no hidden layer
 * @source Germain, Gregor, Murray & Larochelle (2015), MADE, arXiv:1502.03509, equations 12-13
 * @example madeMasks({ dimension: 2, hidden: [1], size: 1 })[0] // => [[1], [0]]: the hidden unit sees entry 1
 */
export const madeMasks = ({ dimension, hidden, size, context = 0 }: MadeMasksOptions): readonly HostArray[] => {
  expectInteger('madeMasks', { dimension, size }, 1)
  expectInteger('madeMasks', { context })
  if (hidden.length === 0)
    throw new BdlError({
      code: 'InvalidArgument',
      fn: 'madeMasks',
      argument: 'hidden',
      expected: 'at least one hidden layer',
      got: '[]'
    })
  hidden.forEach((width, i) => expectInteger('madeMasks', { [`hidden[${i}]`]: width }, 1))
  const least = context > 0 ? 0 : 1
  const kinds = Math.max(dimension - least, 1)
  const inputs = [...range(dimension, (i) => i + 1), ...range(context, () => 0)]
  const outputs = range(dimension * size, (i) => Math.floor(i / size) + 1)
  const layers = [inputs, ...hidden.map((width) => range(width, (i) => least + (i % kinds)))]
  return layers.map((degrees, i) => {
    const next = layers[i + 1]
    return next === undefined ? maskOf(degrees, outputs, true) : maskOf(degrees, next, false)
  })
}
