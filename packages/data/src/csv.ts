// Tables of numbers from delimited text, checked cell by cell.
import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import Papa from 'papaparse'
import type { HostArray } from '@bdl/core'
import { decodeText, load } from './bytes.js'
import type { Source } from './bytes.js'

/** Named columns of finite numbers. */
export interface Table {
  /** The file or address, for messages. */
  readonly name: string
  readonly columns: readonly string[]
  /** [rows, columns]. */
  readonly values: HostArray
  /** [rows]: where each row stands in the file, from 1 and counting the header and blank lines, as spreadsheets do. */
  readonly rowNumbers: Int32Array
}

interface Row {
  readonly number: number
  readonly cells: readonly string[]
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/

const isBlank = (cells: readonly string[]): boolean => cells.length === 1 && cells[0]?.trim() === ''

const isHeader = (cells: readonly string[]): boolean => !cells.every((cell) => NUMBER.test(cell.trim()))

const SHOWN = 40

/** A cell as a message shows it: quoted, on one line, cut to a readable length. */
const shown = (cell: string): string => {
  const flat = cell.replace(/\s+/g, ' ').trim()
  return `'${flat.length > SHOWN ? `${flat.slice(0, SHOWN)}...` : flat}'`
}

/** Where a cell stands, as every message begins. */
export const cellAt = (table: Pick<Table, 'name' | 'columns'>, rowNumber: number, column: number): string =>
  `${table.name}: row ${rowNumber}, column '${table.columns[column] ?? column + 1}'`

const DELIMITERS = [',', ';', '\t', '|']

/** The delimiter that the first line with anything on it uses most, outside quotes; a comma if it uses none. */
const delimiterOf = (text: string): string => {
  const line = (/[^\r\n]+/.exec(text)?.[0] ?? '').replace(/"[^"]*"/g, '')
  const uses = (delimiter: string): number => line.split(delimiter).length
  return DELIMITERS.reduce((best, delimiter) => (uses(delimiter) > uses(best) ? delimiter : best))
}

const splitRows =
  (name: string) =>
  (text: string): E.Either<string, readonly Row[]> => {
    const content = text.replace(/^\uFEFF/, '')
    const { data, errors } = Papa.parse<string[]>(content, { delimiter: delimiterOf(content) })
    const fault = errors.find((error) => error.type === 'Quotes')
    if (fault !== undefined) return E.left(`${name}: row ${(fault.row ?? 0) + 1}: a quoted cell is not closed properly`)
    const rows = data.map((cells, i) => ({ number: i + 1, cells })).filter(({ cells }) => !isBlank(cells))
    return rows.length === 0 ? E.left(`${name}: the file has no rows`) : E.right(rows)
  }

const headerOf = (name: string, first: Row): E.Either<string, readonly string[]> => {
  if (!isHeader(first.cells)) return E.right(first.cells.map((_, i) => `column ${i + 1}`))
  const columns = first.cells.map((cell) => cell.trim())
  const twice = columns.find((column, i) => columns.indexOf(column) !== i)
  if (columns.includes('')) return E.left(`${name}: row ${first.number}: column ${columns.indexOf('') + 1} has no name`)
  return twice === undefined
    ? E.right(columns)
    : E.left(`${name}: row ${first.number}: two columns are named '${twice}'`)
}

/** Why a cell is not a finite number, or undefined if it is one. */
const cellFault = (cell: string): string | undefined => {
  const trimmed = cell.trim()
  if (trimmed === '') return 'the cell is empty'
  if (!NUMBER.test(trimmed)) return `${shown(cell)} is not a number`
  return Number.isFinite(Number(trimmed)) ? undefined : `${shown(cell)} is too large`
}

const fill = (name: string, columns: readonly string[], rows: readonly Row[]): E.Either<string, Table> => {
  const data = new Float64Array(rows.length * columns.length)
  for (const [i, { number, cells }] of rows.entries()) {
    if (cells.length !== columns.length)
      return E.left(`${name}: row ${number} has ${cells.length} cells, expected ${columns.length}`)
    for (const [j, cell] of cells.entries()) {
      const fault = cellFault(cell)
      if (fault !== undefined) return E.left(`${cellAt({ name, columns }, number, j)}: ${fault}`)
      data[i * columns.length + j] = Number(cell)
    }
  }
  const rowNumbers = Int32Array.from(rows, (row) => row.number)
  return E.right({ name, columns, values: { shape: [rows.length, columns.length], data }, rowNumbers })
}

/**
 * Parses delimited text (comma, semicolon, tab or bar, recognised) into a table of finite numbers.
 *
 * A first row with anything but numbers is the header; without one the columns are `column 1`, `column 2`, ... Blank
 * lines are passed over but counted. Left: one line with the name, the row and the column at fault.
 *
 * @source RFC 4180; parsed by Papa Parse
 * @example parseCsv('toy')('a,b\n1,2\n3,x') // => left("toy: row 3, column 'b': 'x' is not a number")
 */
export const parseCsv =
  (name: string) =>
  (text: string): E.Either<string, Table> =>
    pipe(
      splitRows(name)(text),
      E.chain(([first, ...rest]) => {
        if (first === undefined) return E.left(`${name}: the file has no rows`)
        const rows = isHeader(first.cells) ? rest : [first, ...rest]
        if (rows.length === 0) return E.left(`${name}: a header but no rows`)
        return pipe(
          headerOf(name, first),
          E.chain((columns) => fill(name, columns, rows))
        )
      })
    )

/**
 * Loads a table of numbers from a CSV file or address, gzip or not.
 *
 * Left: one line: what is wrong, in which file, row and column.
 *
 * @example await loadCsv('measurements.csv')() // => left('measurements.csv: no such file')
 */
export const loadCsv: (source: Source) => TaskEither<string, Table> = load(
  (name) => (bytes) => pipe(decodeText(name)(bytes), E.chain(parseCsv(name)))
)
