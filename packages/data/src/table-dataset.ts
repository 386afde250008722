// From a table of numbers to a labelled data set.
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Source } from './bytes.js'
import { cellAt, loadCsv } from './csv.js'
import type { Table } from './csv.js'
import type { Dataset } from './dataset.js'

export interface DatasetOptions {
  /** The label's column; the last one if not given. */
  readonly label?: string
  /** Number of classes; the number of different labels if not given. */
  readonly classes?: number
  /** Shape of a row that is an image. */
  readonly imageShape?: readonly number[]
}

const labelColumn = (table: Table, label: string | undefined): E.Either<string, number> => {
  const column = label === undefined ? table.columns.length - 1 : table.columns.indexOf(label)
  if (column < 0) return E.left(`${table.name}: no column is named '${label}'`)
  return table.columns.length < 2
    ? E.left(`${table.name}: one column only; expected features and a label`)
    : E.right(column)
}

const readLabels = (table: Table, column: number, given: number | undefined): E.Either<string, Dataset['labels']> => {
  const width = table.columns.length
  const values = table.values.data.filter((_, i) => i % width === column)
  const classes = given ?? new Set(values).size
  const bad = values.findIndex((v) => !(Number.isInteger(v) && v >= 0 && v < classes))
  if (bad < 0) return E.right(Int32Array.from(values))
  const allowed =
    given === undefined
      ? `expected integers from 0 to ${classes - 1}, as the column holds ${classes} different labels`
      : `expected integers from 0 to ${classes - 1}`
  return E.left(
    `${cellAt(table, table.rowNumbers[bad] ?? 0, column)}: label ${values[bad]} is out of range: ${allowed}`
  )
}

const checkImage = (table: Table, shape: readonly number[] | undefined): E.Either<string, void> => {
  const size = shape?.reduce((a, b) => a * b, 1)
  return size === undefined || size === table.columns.length - 1
    ? E.right(undefined)
    : E.left(`${table.name}: ${table.columns.length - 1} features do not make an image of ${shape?.join('x')}`)
}

const assemble = (table: Table, column: number, labels: Int32Array, options: DatasetOptions): Dataset => {
  const [n, width] = [labels.length, table.columns.length]
  return {
    name: table.name,
    features: { shape: [n, width - 1], data: table.values.data.filter((_, i) => i % width !== column) },
    labels,
    classes: options.classes ?? new Set(labels).size,
    featureNames: table.columns.filter((_, j) => j !== column),
    ...(options.imageShape === undefined ? {} : { imageShape: options.imageShape })
  }
}

/**
 * Reads a table as a data set: one column is the label, the others are features.
 *
 * Labels are the integers 0..classes-1; if `classes` is not given it is the number of different labels, of which there
 * must be two. Left: one line with the file, row and column at fault.
 */
export const tableToDataset =
  (options: DatasetOptions = {}) =>
  (table: Table): E.Either<string, Dataset> =>
    pipe(
      checkImage(table, options.imageShape),
      E.chain(() => labelColumn(table, options.label)),
      E.chain((column) =>
        pipe(
          readLabels(table, column, options.classes),
          E.map((labels) => assemble(table, column, labels, options))
        )
      ),
      E.filterOrElse(
        (dataset) => dataset.classes > 1,
        () => `${table.name}: every label is 0; expected at least two classes`
      )
    )

/** Loads a labelled CSV file: `loadCsv`, then `tableToDataset`. */
export const loadCsvDataset =
  (options: DatasetOptions = {}) =>
  (source: Source): TE.TaskEither<string, Dataset> =>
    pipe(loadCsv(source), TE.chainEitherK(tableToDataset(options)))
