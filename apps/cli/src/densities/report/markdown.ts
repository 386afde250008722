/** The table as Markdown, for a page of documentation. */
import type { Cell } from '@bdl/report'
import type { Results } from '../results.js'
import { likelihoodTable } from './table.js'

const line = (cells: readonly Cell[]): string => `| ${cells.map((cell) => cell ?? '').join(' | ')} |`

export const markdownTable = (results: Results): string => {
  const { columns, rows } = likelihoodTable(results)
  const names = columns.map(({ name }) => name)
  return `${[line(names), line(names.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n')}\n`
}
