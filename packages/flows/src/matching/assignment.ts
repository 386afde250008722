/**
 * The linear sum assignment problem in the graph: shortest augmenting paths with dual prices, each vector of the host
 * algorithm one tensor, so that training steps pair minibatches without leaving compiled code.
 */
import * as tf from '@tensorflow/tfjs-core'
import { foriLoop, stopGradient, whileLoop } from '@bdl/compiler'
import { BdlError, scoped } from '@bdl/core'

/** Prices of columns; the row of each column, the column of each row: -1 for none. */
type Matching = { readonly prices: tf.Tensor; readonly rowOf: tf.Tensor; readonly columnOf: tf.Tensor }

/** Dijkstra's algorithm from one row: `distance` and `before` (the row that one comes from) of columns, and where it is. */
type Search = {
  readonly distance: tf.Tensor
  readonly before: tf.Tensor
  readonly isSettled: tf.Tensor
  readonly row: tf.Tensor
  readonly offset: tf.Tensor
  readonly column: tf.Tensor
}

const int = (value: number): tf.Tensor => tf.scalar(value, 'int32')

/** One entry of a vector, or row of a matrix. Members of a batch that are done look where no row is, and what is there is dropped. */
const pick = (from: tf.Tensor, at: tf.Tensor): tf.Tensor => tf.gather(from, tf.maximum(at, int(0)))

/** A vector with one entry replaced. */
const put = (vector: tf.Tensor, at: tf.Tensor, value: tf.Tensor, places: tf.Tensor): tf.Tensor =>
  tf.where(tf.equal(places, at), value, vector)

/** Each column's price is its least cost, and a row takes the first of the columns that it is cheapest for. */
const start = (cost: tf.Tensor, places: tf.Tensor): Matching => {
  const prices = tf.min(cost, 0)
  const cheapest = tf.argMin(cost, 0)
  const wants = tf.equal(tf.expandDims(places, 1), tf.expandDims(cheapest, 0))
  const columnOf = tf.where(tf.any(wants, 1), tf.argMax(tf.cast(wants, 'int32'), 1), int(-1))
  const rowOf = tf.where(tf.equal(tf.gather(columnOf, cheapest), places), cheapest, int(-1))
  return { prices, rowOf, columnOf }
}

/** Settles the nearest column and goes on from its row, until a column has none. */
const search = (cost: tf.Tensor, { prices, rowOf }: Matching, from: tf.Tensor, places: tf.Tensor): Search => {
  const n = cost.shape[0]!
  const flat = tf.reshape(cost, [n * n])
  const first: Search = {
    distance: tf.fill([n], Infinity),
    before: tf.fill([n], -1, 'int32'),
    isSettled: tf.fill([n], 0, 'bool'),
    row: from,
    offset: tf.scalar(0),
    column: int(-1)
  }
  return whileLoop(
    ({ row }: Search) => tf.greaterEqual(row, 0),
    ({ distance, before, isSettled, row, offset }: Search): Search => {
      const through = tf.add(tf.sub(pick(cost, row), prices), offset)
      const isNearer = tf.logicalAnd(tf.logicalNot(isSettled), tf.less(through, distance))
      const nearest = tf.where(isNearer, through, distance)
      const column = tf.argMin(tf.where(isSettled, Infinity, nearest))
      const next = pick(rowOf, column)
      const entry = tf.add(tf.mul(tf.maximum(next, int(0)), int(n)), column)
      return {
        distance: nearest,
        before: tf.where(isNearer, row, before),
        isSettled: tf.logicalOr(isSettled, tf.equal(places, column)),
        row: next,
        offset: tf.sub(pick(nearest, column), tf.sub(pick(flat, entry), pick(prices, column))),
        column
      }
    },
    first
  )
}

type Walk = Omit<Matching, 'prices'> & { readonly column: tf.Tensor }

/** Gives each column of the path the row before it, back to the row that had none. */
const augment = ({ rowOf, columnOf }: Matching, { before, column }: Search, places: tf.Tensor): Omit<Walk, 'column'> =>
  whileLoop(
    (walk: Walk) => tf.greaterEqual(walk.column, 0),
    (walk: Walk): Walk => {
      const row = pick(before, walk.column)
      return {
        rowOf: put(walk.rowOf, walk.column, row, places),
        columnOf: put(walk.columnOf, row, walk.column, places),
        column: pick(walk.columnOf, row)
      }
    },
    { rowOf, columnOf, column }
  )

/**
 * Costs from 0 to 1, and n + 1 for what is not finite: such pairs are chosen as seldom as can be, and every search ends,
 * since all that it compares is finite.
 */
const normalised = (cost: tf.Tensor, n: number): tf.Tensor => {
  const isFinite = tf.isFinite(cost)
  const least = tf.min(tf.where(isFinite, cost, Infinity))
  const range = tf.sub(tf.max(tf.where(isFinite, cost, -Infinity)), least)
  const scaled = tf.div(tf.sub(cost, least), tf.where(tf.greater(range, 0), range, 1))
  return tf.where(tf.isFinite(scaled), scaled, n + 1)
}

const expectSquare = (cost: tf.Tensor): number => {
  const [rows, columns] = cost.shape
  if (cost.rank === 2 && rows !== undefined && rows === columns && rows > 0) return rows
  throw new BdlError({
    code: 'ShapeMismatch',
    fn: 'optimalAssignment',
    argument: 'cost',
    expected: 'shape [n, n]',
    got: `[${cost.shape.join(', ')}]`
  })
}

/**
 * The row that goes with each column of a square matrix, int32 [n], each row once, so that the sum of the chosen costs is
 * least. An entry that is not finite forbids the pair, unless nothing else is left. No derivative flows through the choice.
 *
 * @error ShapeMismatch unless `cost` is [n, n] with n >= 1
 * @precision optimal for costs rounded to float32 of their range: the sum may exceed the least by about n ulp of that
 * @source Jonker & Volgenant (1987), Computing 38, 325-340; Crouse (2016), doi:10.1109/TAES.2016.140952
 * @example optimalAssignment(tf.tensor2d([[4, 1], [2, 3]])) // [1, 0]
 */
export const optimalAssignment = (cost: tf.Tensor): tf.Tensor =>
  scoped(() => {
    const n = expectSquare(cost)
    const fixed = normalised(stopGradient(cost), n)
    const places = tf.range(0, n, 1, 'int32')
    const addRow = (row: tf.Tensor, matching: Matching): Matching => {
      // A row that has its column does not search: its search would start where no row is.
      const hasNone = tf.less(pick(matching.columnOf, row), 0)
      const found = search(fixed, matching, tf.where(hasNone, row, int(-1)), places)
      const length = pick(found.distance, found.column)
      const lower = tf.minimum(tf.sub(found.distance, length), 0)
      const prices = tf.where(found.isSettled, tf.add(matching.prices, lower), matching.prices)
      const { rowOf, columnOf } = augment(matching, found, places)
      return { prices, rowOf, columnOf }
    }
    return foriLoop(0, n, addRow, start(fixed, places)).rowOf
  })
