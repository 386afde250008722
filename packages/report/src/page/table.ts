// Tables of a report: numbers aligned, the best of a column marked.
import { escapeHtml, proseLine } from './prose.js'

export type Cell = string | number | null

export interface Column {
  readonly name: string
  /** Digits after the point; numbers are written with three significant digits if not given. */
  readonly digits?: number
  /** Which value of the column is set in bold. */
  readonly best?: 'max' | 'min'
}

export interface Table {
  readonly caption?: string
  readonly columns: readonly Column[]
  /** One cell per column; null is shown as a dash. */
  readonly rows: readonly (readonly Cell[])[]
  /** Index of rows that are set apart, such as references. */
  readonly quiet?: readonly number[]
}

const SIGNIFICANT = 3

const MINUS = '−'

/** A number as a table shows it: a fixed number of digits, a true minus, and thousands set apart. */
export const formatNumber = (value: number, digits?: number): string => {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? '–' : value > 0 ? '∞' : `${MINUS}∞`
  const places =
    digits ?? Math.max(0, SIGNIFICANT - 1 - Math.floor(Math.log10(Math.max(Math.abs(value), Number.MIN_VALUE))))
  const isTiny = digits === undefined && value !== 0 && Math.abs(value) < 1e-3
  const text = isTiny
    ? value.toExponential(SIGNIFICANT - 1)
    : value.toLocaleString('en-US', {
        minimumFractionDigits: digits ?? 0,
        maximumFractionDigits: Math.min(places, 20)
      })
  return text.replace(/-/g, MINUS)
}

/** A cell as text. */
export const formatCell = (cell: Cell, column: Column): string => {
  if (cell === null) return '–'
  return typeof cell === 'number' ? formatNumber(cell, column.digits) : cell
}

// Of values that look alike all are marked: what is compared is what is shown.
const bestText = (table: Table, j: number): string | undefined => {
  const column = table.columns[j]
  if (column?.best === undefined) return undefined
  const numbers = table.rows
    .filter((_, i) => !(table.quiet ?? []).includes(i))
    .map((row) => row[j])
    .filter((cell): cell is number => typeof cell === 'number' && Number.isFinite(cell))
  if (numbers.length < 2) return undefined
  const best = numbers.reduce((a, b) => (column.best === 'max' ? Math.max(a, b) : Math.min(a, b)))
  return formatCell(best, column)
}

const isNumeric = (table: Table, j: number): boolean => table.rows.some((row) => typeof row[j] === 'number')

const bodyRow = (table: Table, row: readonly Cell[], i: number, best: readonly (string | undefined)[]): string => {
  const isQuiet = (table.quiet ?? []).includes(i)
  const cells = table.columns.map((column, j) => {
    const cell = row[j] ?? null
    const text = formatCell(cell, column)
    const isBest = !isQuiet && typeof cell === 'number' && text === best[j]
    const content = isBest
      ? `<strong>${escapeHtml(text)}</strong>`
      : typeof cell === 'string'
        ? proseLine(text)
        : escapeHtml(text)
    const kind = isNumeric(table, j) ? ' class="number"' : ''
    return j === 0 ? `<th scope="row"${kind}>${content}</th>` : `<td${kind}>${content}</td>`
  })
  return `<tr${isQuiet ? ' class="quiet"' : ''}>${cells.join('')}</tr>`
}

/** A table as HTML that scrolls sideways where the page is narrow. */
export const tableHtml = (table: Table): string => {
  const best = table.columns.map((_, j) => bestText(table, j))
  const head = table.columns
    .map((column, j) => `<th scope="col"${isNumeric(table, j) ? ' class="number"' : ''}>${proseLine(column.name)}</th>`)
    .join('')
  const body = table.rows.map((row, i) => bodyRow(table, row, i, best)).join('\n')
  const caption = table.caption === undefined ? '' : `<caption>${proseLine(table.caption)}</caption>`
  return `<div class="table"><table>${caption}<thead><tr>${head}</tr></thead><tbody>\n${body}\n</tbody></table></div>`
}
