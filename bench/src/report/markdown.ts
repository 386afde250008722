/** Tables that are as easily read in a terminal as on a page. */
import type { Spread } from './figures'

export interface Section {
  readonly title: string
  readonly note?: string
  /** How many of the first columns hold words, which stand to the left; 1 if absent. */
  readonly words?: number
  readonly header: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

const digits = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3))

/** The median, and in brackets the least and the most; nothing for nothing. */
export const spreadText = (spread: Spread | undefined): string => {
  if (spread === undefined) return ''
  const [middle, least, most] = [spread.median, spread.least, spread.most].map(digits)
  return least === most ? middle! : `${middle} (${least}-${most})`
}

/** The first `words` columns to the left, the others, which hold numbers, to the right. */
export const markdownTable = (header: readonly string[], rows: readonly (readonly string[])[], words = 1): string => {
  const widths = header.map((title, i) => Math.max(3, title.length, ...rows.map((row) => row[i]!.length)))
  const pad = (cell: string, i: number): string => (i < words ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))
  const line = (row: readonly string[]): string => `| ${row.map(pad).join(' | ')} |`
  const rule = `| ${widths.map((width, i) => (i < words ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`
  return [line(header), rule, ...rows.map(line)].join('\n')
}

export const markdownSection = ({ title, note, words, header, rows }: Section): string =>
  [`## ${title}`, ...(note === undefined ? [] : [note]), markdownTable(header, rows, words)].join('\n\n')
