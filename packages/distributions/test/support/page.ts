/** docs/distributions.md, from the code: every distribution over tensors, and which of the optional methods it has. */
import { kl, type Distribution } from '../../src/index'
import type { Rows } from '../rows/row'

const YES = 'yes'
const NO = '–'

const METHODS = ['mean', 'variance', 'covariance', 'mode', 'entropy', 'cdf', 'icdf'] as const

/** Whether the table of divergences has a rule for two of a family. */
const hasKl = (d: Distribution): boolean => {
  try {
    kl(d, d).dispose()
    return true
  } catch {
    return false
  }
}

const yes = (so: boolean): string => (so ? YES : NO)

/** One line for each public function: of its rows, the first that has a method shows it. */
const lineOf = (name: string, rows: readonly Distribution[]): readonly string[] => [
  `\`${name}\``,
  yes(rows.some((d) => d.isReparameterised)),
  ...METHODS.map((method) => yes(rows.some((d) => d[method] !== undefined))),
  yes(rows.some((d) => d.support.fromReals !== undefined)),
  yes(rows.some(hasKl))
]

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const widths = head.map((title, k) => Math.max(3, title.length, ...rows.map((row) => row[k]!.length)))
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, k) => cell.padEnd(widths[k]!)).join(' | ')} |`
  return [line(head), line(widths.map((n) => '-'.repeat(n))), ...rows.map(line)].join('\n')
}

const HEAD = ['distribution', 'reparameterised', ...METHODS, 'reals to support', '`kl`']

const section = (title: string, laws: Rows['laws']): string => {
  const names = [...new Set(Object.keys(laws).map((row) => row.split(/[ ,]/)[0]!))].sort()
  const lines = names.map((name) =>
    lineOf(
      name,
      Object.entries(laws).flatMap(([row, d]) => (row.split(/[ ,]/)[0] === name ? [d] : []))
    )
  )
  return `## ${title}\n\n${table(HEAD, lines)}`
}

/** @param rooms title and rows of each room */
export const distributionsPage = (rooms: readonly (readonly [title: string, rows: Rows])[]): string => {
  const sections = rooms.map(([title, { laws }]) => section(title, laws)).join('\n\n')
  return `# Every distribution

Made from the code by \`npm run docs:distributions\`; a test holds it to the code. Every distribution has \`sample\`, \`logProb\`,
\`sampleAndLogProb\` and \`support\`; the columns say what else there is. _Reparameterised_: draws have derivatives in the
parameters, by a transformation of noise or implicitly; elsewhere \`isReparameterised\` is false and they have none. _Reals to
support_: \`support.fromReals\` is a bijector. _\`kl\`_: two of the family have a closed form; for others there is
\`klMonteCarlo\`. Combinators have what their parts have: \`yes\` says that they pass it on. Distributions over trees
(\`joint\`, \`normalTree\`, \`priorTree\`) have moments and entropy where all of their parts do.

${sections}
`
}
