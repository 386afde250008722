/** Numbers as running text has them. */

const MINUS = '−'

/** A fixed number of digits, a true minus, thousands set apart. */
export const decimal = (value: number, digits: number): string =>
  value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits }).replace('-', MINUS)

export const percent = (share: number): string => `${decimal(100 * share, 1)} %`

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹'

/** 8.6 × 10⁻⁶. */
export const scientific = (value: number): string => {
  const [digits = '0', exponent = '0'] = value.toExponential(1).split('e')
  const raised = Array.from(String(Math.abs(Number(exponent))), (digit) => SUPERSCRIPTS[Number(digit)]).join('')
  return `${digits} × 10${Number(exponent) < 0 ? '⁻' : ''}${raised}`
}

export const plural = (count: number, noun: string): string =>
  `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`

/** a, b and c. */
export const listed = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`
