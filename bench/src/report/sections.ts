/** The tables of a report, from rounds of measurements. */
import type { Contender } from '../contenders/contender'
import { median } from '../measure'
import { isFailure, type FirstResult, type Round } from '../measurement'
import { first, geometricMean, least, measurementOf, memory, overRounds, quotient, step, type Figure } from './figures'
import { spreadText, type Section } from './markdown'

/** What took part, in the order of columns. */
export interface Found {
  readonly rounds: readonly Round[]
  readonly contenders: readonly Pick<Contender, 'name' | 'title' | 'kind' | 'workloads'>[]
  readonly workloads: readonly string[]
}

type Column = { readonly title: string; readonly figure: Figure; readonly contender?: string }

const NOT_YET = 'with its own issue'

/** What stands in a cell without a number. */
const absence = ({ rounds, contenders }: Found, workload: string, contender: string | undefined): string => {
  const isFailed = rounds.flat().some((o) => o.workload === workload && o.contender === contender && isFailure(o))
  if (isFailed) return 'failed'
  const has = contenders.find(({ name }) => name === contender)?.workloads.includes(workload)
  return contender === 'ours' && has === false ? NOT_YET : ''
}

const bodyOf = (found: Found, workloads: readonly string[], columns: readonly Column[]): string[][] =>
  workloads.map((workload) => [
    workload,
    ...columns.map(
      ({ figure, contender }) =>
        spreadText(overRounds(found.rounds, workload, figure)) || absence(found, workload, contender)
    )
  ])

const headerOf = (columns: readonly Column[]): string[] => ['workload', ...columns.map(({ title }) => title)]

const plain = (found: Found, title: string, columns: readonly Column[], note?: string): Section => ({
  title,
  ...(note !== undefined && { note }),
  header: headerOf(columns),
  rows: bodyOf(found, found.workloads, columns)
})

/** Ratios, with their geometric mean below; only the workloads that have any. */
const ratios = (found: Found, title: string, columns: readonly Column[], note?: string): Section => {
  const { rounds } = found
  const workloads = found.workloads.filter((workload) =>
    columns.some(({ figure }) => overRounds(rounds, workload, figure) !== undefined)
  )
  const means = columns.map(({ figure }) => spreadText(geometricMean(rounds, workloads, figure)))
  const mean = workloads.length > 1 ? [['geometric mean', ...means]] : []
  return {
    title,
    ...(note !== undefined && { note }),
    header: headerOf(columns),
    rows: [...bodyOf(found, workloads, columns), ...mean]
  }
}

const ours = { name: 'ours', title: 'ours' }

const columnsOf = (
  contenders: readonly { readonly name: string; readonly title: string }[],
  figure: (contender: string) => Figure,
  unit: string
): readonly Column[] =>
  contenders.map(({ name, title }) => ({ title: `${title}, ${unit}`, figure: figure(name), contender: name }))

const besidePeers = (found: Found): readonly Section[] => {
  const peers = found.contenders.filter(({ kind }) => kind === 'peer')
  const all = [ours, ...peers]
  const over = (figure: (contender: string) => Figure): readonly Column[] =>
    peers.map(({ name, title }) => ({ title, figure: quotient(figure(name), figure('ours')), contender: name }))
  const fastest = quotient(least(...peers.map(({ name }) => step(name))), step('ours'))
  const stepRatios = [...over(step), ...(peers.length > 1 ? [{ title: 'the faster of them', figure: fastest }] : [])]
  const beside = peers.length > 0
  return [
    plain(found, 'A step', columnsOf(all, step, 'ms'), 'Of hmc_bnn one transition, of nuts_eight_schools a whole run.'),
    ...(beside ? [ratios(found, 'Our step is so many times faster than that of', stepRatios)] : []),
    plain(found, 'First result', columnsOf(all, first, 's'), 'Tracing and compilation included, imports excluded.'),
    ...(beside ? [ratios(found, 'Our first result comes so many times sooner than that of', over(first))] : []),
    plain(found, 'Most memory held', columnsOf(all, memory, 'MB')),
    ...(beside ? [ratios(found, 'So many times our memory is held by', over(memory))] : [])
  ]
}

const PARTS = ['trace', 'passes', 'emission', 'session', 'run'] as const

/** Where the time of our first result goes: medians, and the nodes of the graph before and after the passes. */
const firstResult = ({ rounds, workloads }: Found): readonly Section[] => {
  const rows = workloads.flatMap((workload) => {
    const parts = rounds.flatMap((round): readonly FirstResult[] => {
      const { firstResult: part } = measurementOf(round, workload, 'ours') ?? {}
      return part === undefined ? [] : [part]
    })
    const [one] = parts
    if (one === undefined) return []
    const times = PARTS.map((part) => median(parts.map((all) => all[part])).toFixed(1))
    return [[workload, ...times, String(one.tracedNodes), String(one.optimisedNodes)]]
  })
  const header = ['workload', ...PARTS.map((part) => `${part}, ms`), 'nodes', 'after passes']
  return rows.length === 0 ? [] : [{ title: 'Where our first result goes', header, rows }]
}

const engines = (found: Found): readonly Section[] => {
  const others = found.contenders.filter(({ kind }) => kind === 'engine')
  if (others.length === 0) return []
  const timesOurs = others.map(({ name, title }) => ({
    title,
    figure: quotient(step(name), step('ours')),
    contender: name
  }))
  return [
    plain(
      { ...found, workloads: found.workloads.filter((workload) => others.some((o) => o.workloads.includes(workload))) },
      'A step on our other engines',
      columnsOf(others, step, 'ms')
    ),
    ratios(found, 'So many times as long as on the default engine', timesOurs)
  ]
}

/** One row per contender: what TypeScript offers without us, and ours beside it. */
const typescript = ({ rounds, contenders, workloads }: Found): readonly Section[] => {
  const others = contenders.filter(({ kind }) => kind === 'typescript')
  const shown = workloads.filter((workload) => others.some((other) => other.workloads.includes(workload)))
  if (shown.length === 0) return []
  const engine = contenders.find(({ kind }) => kind === 'engine')
  const rows = shown.flatMap((workload) =>
    [ours, ...(engine === undefined ? [] : [engine]), ...others].map(({ name, title }) => {
      const isOther = others.some((other) => other.name === name)
      const cell = (figure: Figure): string => spreadText(overRounds(rounds, workload, figure))
      const beside = (mine: string): string => (isOther ? cell(quotient(step(name), step(mine))) : '')
      const numbers = [cell(step(name)) || 'failed', cell(first(name)), cell(memory(name)), beside('ours')]
      return [workload, title, ...numbers, ...(engine === undefined ? [] : [beside(engine.name)])]
    })
  )
  const header = ['workload', 'who', 'step, ms', 'first result, s', 'memory, MB', 'ours is faster by']
  const last = engine === undefined ? [] : [`${engine.title}, by`]
  return [{ title: 'What a TypeScript user has today', words: 2, header: [...header, ...last], rows }]
}

const failures = ({ rounds }: Found): readonly Section[] => {
  const rows = rounds.flatMap((round, i) =>
    round.filter(isFailure).map(({ workload, contender, failed }) => [workload, contender, String(i + 1), failed])
  )
  return rows.length === 0
    ? []
    : [{ title: 'What failed', words: 4, header: ['workload', 'who', 'round', 'last words'], rows }]
}

export const sectionsOf = (found: Found): readonly Section[] => [
  ...besidePeers(found),
  ...firstResult(found),
  ...engines(found),
  ...typescript(found),
  ...failures(found)
]
