/** Tables for terminals. */

export interface TextColumn {
  readonly title: string
  /** Numbers stand at the right. */
  readonly align?: 'left' | 'right'
}

/** Columns as wide as their longest cell, two spaces apart. */
export const textTable = (columns: readonly TextColumn[], rows: readonly (readonly string[])[]): string => {
  const widths = columns.map(({ title }, k) => Math.max(title.length, ...rows.map((row) => row[k]!.length)))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, k) => (columns[k]!.align === 'right' ? cell.padStart(widths[k]!) : cell.padEnd(widths[k]!)))
      .join('  ')
      .trimEnd()
  return [line(columns.map(({ title }) => title)), ...rows.map(line)].join('\n')
}

/** At most `width` characters, the rest left out in the middle. */
export const clipped = (text: string, width: number): string => {
  if (text.length <= width) return text
  const head = Math.ceil((width - 1) / 2)
  return `${text.slice(0, head)}…${text.slice(text.length - (width - 1 - head))}`
}

/** Two significant digits, with an exponent where that is shorter. */
export const brief = (x: number): string => {
  if (x === 0 || !Number.isFinite(x)) return String(x)
  const size = Math.abs(x)
  return size >= 0.01 && size < 1e4 ? String(Number(x.toPrecision(3))) : x.toExponential(1)
}
