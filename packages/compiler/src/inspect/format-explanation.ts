/** An explanation as text for a terminal. */
import { brief, clipped, textTable } from './columns.js'
import type { Explanation, ExplainedPass } from './explain.js'
import { shortPlace } from './labels.js'
import type { NodeTime } from './node-times.js'

export interface FormatExplanationOptions {
  /** How many nodes are shown in the table of times. Default 15. */
  readonly top?: number
  /** Whether the graph is printed. Default true. */
  readonly graph?: boolean
}

const UNITS = ['B', 'kB', 'MB', 'GB'] as const

/** Bytes with a unit: 1.95 MB. */
export const bytesText = (bytes: number): string => {
  const power = bytes < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3))
  return `${brief(bytes / 1000 ** power)} ${UNITS[power]}`
}

const ms = (time: number): string => `${brief(time)} ms`

const microseconds = (time: number): string => (time * 1000).toFixed(1)

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

const passRow = (pass: ExplainedPass): readonly string[] => [
  pass.name,
  String(pass.before),
  String(pass.after),
  bytesText(pass.bytesBefore),
  bytesText(pass.bytesAfter),
  ms(pass.ms)
]

/** A kernel of so many nodes is told by each of them; one of more, a whole part of the graph, by its name. */
const MOST_NAMED = 4

const isPart = ({ ids }: NodeTime): boolean => ids.length > MOST_NAMED

const idText = (time: NodeTime): string => {
  const { ids, within } = time
  if (ids.length === 0) return '(engine)'
  const names = isPart(time) ? `${ids[0]} and ${ids.length - 1} more` : ids.join('+')
  return `${'  '.repeat(within.length)}${names}`
}

const opText = (time: NodeTime): string =>
  isPart(time) ? time.kernels.join(', ') : time.ops.length === 0 ? time.call : time.ops.join('+')

const timeRow = (time: NodeTime): readonly string[] => [
  idText(time),
  clipped(isPart(time) ? opText(time) : time.call, 36),
  clipped(time.type, 24),
  microseconds(time.ms),
  percent(time.share),
  brief(time.calls),
  clipped(time.kernels.join(', '), 30),
  [time.at === undefined ? '' : shortPlace(time.at), time.rule ?? ''].filter((part) => part !== '').join(', ')
]

const passTable = ({ passes }: Explanation): string =>
  textTable(
    [
      { title: 'pass' },
      { title: 'nodes', align: 'right' },
      { title: 'after', align: 'right' },
      { title: 'bytes', align: 'right' },
      { title: 'after', align: 'right' },
      { title: 'time', align: 'right' }
    ],
    passes.map(passRow)
  )

const timeTable = ({ times }: Explanation, top: number): string =>
  textTable(
    [
      { title: 'node' },
      { title: 'op' },
      { title: 'type' },
      { title: 'µs a run', align: 'right' },
      { title: 'share', align: 'right' },
      { title: 'calls', align: 'right' },
      { title: 'kernels' },
      { title: 'line' }
    ],
    times.slice(0, top).map(timeRow)
  )

const MOST_SUMMED = 6

/** Shares of all nodes that have something in common, the largest first. */
const summed = (times: readonly NodeTime[], of: (time: NodeTime) => string | undefined): string => {
  const shares = new Map<string, { share: number; count: number }>()
  for (const time of times) {
    const name = of(time)
    if (name === undefined) continue
    const entry = shares.get(name) ?? { share: 0, count: 0 }
    shares.set(name, { share: entry.share + time.share, count: entry.count + 1 })
  }
  return [...shares]
    .sort(([, a], [, b]) => b.share - a.share)
    .slice(0, MOST_SUMMED)
    .map(([name, { share, count }]) => `${name} ${percent(share)}${count === 1 ? '' : ` (${count})`}`)
    .join(', ')
}

const profileLines = (explanation: Explanation, top: number): readonly string[] => {
  const { profile, times, absorbed, engine } = explanation
  if (profile === undefined) return [`no times per node: ${engine} keeps no profile here`]
  const rest = times.slice(top)
  const hidden = rest.reduce((sum, { share }) => sum + share, 0)
  return [
    `by op: ${summed(times, opText)}`,
    `by line: ${summed(times, ({ at }) => (at === undefined ? undefined : shortPlace(at)))}`,
    '',
    timeTable(explanation, top),
    ...(rest.length > 0 ? [`and ${rest.length} more, ${percent(hidden)}`] : []),
    `between kernels ${ms(profile.betweenMs)}; ${profile.runs} profiled run${profile.runs === 1 ? '' : 's'} of ${ms(profile.runMs)}` +
      (profile.costMs > 0 ? `, of which the profile itself takes about ${ms(profile.costMs)}` : ''),
    ...(absorbed.length > 0 ? [`without a kernel of their own (fused or removed): ${absorbed.join(' ')}`] : [])
  ]
}

/** Stages, passes, times per node, and the graph. */
export const formatExplanation = (
  explanation: Explanation,
  { top = 15, graph = true }: FormatExplanationOptions = {}
): string => {
  const { name, engine, tracedNodes, tracedBytes, nodes, bytes, profile } = explanation
  const arena = profile?.arenaBytes === undefined ? '' : `; the engine held ${bytesText(profile.arenaBytes)}`
  return [
    `${name} on ${engine}: ${ms(explanation.runMs)} a run`,
    `trace ${ms(explanation.traceMs)}: ${tracedNodes} nodes, values of ${bytesText(tracedBytes)}`,
    `passes ${ms(explanation.passes.reduce((sum, pass) => sum + pass.ms, 0))}: ${nodes} nodes, values of ${bytesText(bytes)}` +
      `, at most ${bytesText(explanation.peakBytes)} alive${arena}`,
    `emission ${ms(explanation.emitMs)}: ${explanation.engineNodes} nodes for the engine`,
    `session ${ms(explanation.sessionMs)}`,
    '',
    passTable(explanation),
    '',
    ...profileLines(explanation, top),
    ...(graph ? ['', explanation.graph] : [])
  ].join('\n')
}
