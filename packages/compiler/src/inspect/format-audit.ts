/** An audit as text for a terminal. */
import type { AuditReport, NodeAudit, OutputAudit } from './audit.js'
import type { Cause } from './diagnose.js'
import { brief, clipped, textTable } from './columns.js'
import { typeText } from './graph-text.js'
import { shortPlace } from './labels.js'
import type { Discrepancy } from './measure.js'

export interface FormatAuditOptions {
  /** How many nodes are shown, and how many outputs: those that lose most. Default 12. */
  readonly top?: number
}

const EXPLANATION: Readonly<Record<Cause, string>> = {
  none: '',
  inherited: 'what came in was wrong',
  cancellation: 'cancellation: nearly equal numbers are subtracted',
  'ill-conditioned': 'ill-conditioned: the rounding of its input shows',
  overflow: 'overflow: beyond 3.4e38',
  underflow: 'underflow: below 1.2e-38',
  invalid: 'NaN or infinity',
  decision: 'the decision comes out the other way',
  loop: 'roundings of all turns',
  kernel: "the engine's own formula or order of summation"
}

/** Digits lost as a bar of seven. */
const bar = (digits: number): string => '█'.repeat(Math.round(digits)).padEnd(7, '·')

const digits = ({ digitsLost }: Discrepancy): string => digitsLost.toFixed(1)

/** As many as tell every float32 from the next. */
const nineDigits = (x: number): string => String(Number(x.toPrecision(9)))

const worstText = ({ worst }: Discrepancy): string =>
  worst === undefined ? '' : `${nineDigits(worst.got)} for ${nineDigits(worst.exact)}`

const outputRow = (output: OutputAudit): readonly string[] => [
  output.path === '' ? 'result' : output.path,
  output.id,
  typeText(output),
  bar(output.digitsLost),
  digits(output),
  brief(output.relative),
  brief(output.maxAbsolute),
  worstText(output)
]

const nodeRow = (node: NodeAudit): readonly string[] => [
  `${'  '.repeat(node.within.length)}${node.id}`,
  clipped(node.call, 34),
  clipped(typeText(node), 18),
  bar(node.local.digitsLost),
  digits(node.local),
  digits(node.accumulated),
  node.influence === undefined ? '' : digits(node.influence),
  node.amplification === undefined ? '' : `×${brief(node.amplification)}`,
  node.cause === 'none' ? '' : node.cause,
  [node.at === undefined ? '' : shortPlace(node.at), node.rule ?? ''].filter((part) => part !== '').join(', ')
]

/** Nodes that lose most come first: those that the outputs feel before others. */
export const rankedNodes = (report: AuditReport): readonly NodeAudit[] => {
  const rest = report.nodes
    .filter((node) => !report.culprits.includes(node))
    .sort((a, b) => b.local.digitsLost - a.local.digitsLost || b.accumulated.digitsLost - a.accumulated.digitsLost)
  return [...report.culprits, ...rest]
}

/** What the table would show as 0.0 is not shown. */
const SHOWN_DIGITS = 0.05

const place = ({ at, rule }: NodeAudit): string =>
  at === undefined ? '' : `, ${rule === undefined ? '' : `${rule}, `}${at}`

const verdict = (report: AuditReport): readonly string[] => {
  const lost = Math.max(0, ...report.outputs.map(({ digitsLost }) => digitsLost))
  const { firstNonFinite: first } = report
  const lines = report.culprits
    .slice(0, 3)
    .map(
      (node) =>
        `${node.id} ${node.op} loses ${digits(node.local)} digits by itself (${EXPLANATION[node.cause]})` +
        `${node.within.length === 0 ? '' : `, in ${node.within.join(', in ')}`}${place(node)}`
    )
  if (first !== undefined)
    lines.push(
      `NaN or infinity first appears at ${first.id} ${first.op}: ${worstText(first.accumulated)}${place(first)}`
    )
  if (lines.length > 0) return lines
  return [lost < 1 ? 'No output loses a digit.' : 'No node by itself costs the outputs two digits: roundings add up.']
}

/**
 * The report as text: outputs, what is to blame, and a table of the nodes that lose most.
 *
 * `here` is what a node loses by itself, `so far` what is lost up to it, `outputs` what its own loss costs the outputs of its
 * graph; all in decimal digits, of which float32 has 7.2.
 */
export const formatAudit = (report: AuditReport, { top = 12 }: FormatAuditOptions = {}): string => {
  const shown = rankedNodes(report)
    .slice(0, top)
    .filter(({ local, accumulated }) => Math.max(local.digitsLost, accumulated.digitsLost) >= SHOWN_DIGITS)
  const hidden = report.nodes.length - shown.length
  const shownOutputs = [...report.outputs].sort((a, b) => b.digitsLost - a.digitsLost).slice(0, Math.max(1, top))
  const hiddenOutputs = report.outputs.length - shownOutputs.length
  const outputs = textTable(
    [
      { title: 'output' },
      { title: '' },
      { title: 'type' },
      { title: 'lost' },
      { title: '', align: 'right' },
      { title: 'relative', align: 'right' },
      { title: 'absolute', align: 'right' },
      { title: 'worst element' }
    ],
    shownOutputs.map(outputRow)
  )
  const nodes = textTable(
    [
      { title: 'node' },
      { title: 'op' },
      { title: 'type' },
      { title: 'lost' },
      { title: 'here', align: 'right' },
      { title: 'so far', align: 'right' },
      { title: 'outputs', align: 'right' },
      { title: 'amplifies', align: 'right' },
      { title: 'cause' },
      { title: 'line' }
    ],
    shown.map(nodeRow)
  )
  return [
    `${report.name}: ${report.engine} against float64, digits lost of the 7.2 of float32`,
    outputs,
    ...(hiddenOutputs > 0 ? [`and ${hiddenOutputs} more, which lose less`] : []),
    '',
    ...verdict(report),
    ...(shown.length === 0 ? [] : ['', nodes]),
    ...(hidden > 0 ? [`and ${hidden} ${shown.length === 0 ? '' : 'more '}node${hidden === 1 ? '' : 's'}`] : [])
  ].join('\n')
}
