/** Rounds of measurements summed up: medians with their ranges, and ratios within rounds, so that a slow spell cancels. */
import { median } from './measure'
import type { Measurement } from './peers'

/** Median and range over rounds. */
export interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
}

export interface Row {
  readonly workload: string
  readonly peer: string
  readonly rounds: number
  readonly stepMilliseconds: Spread
  readonly firstSeconds: Spread
  readonly peakMegabytes: Spread
  /** Our step time over this peer's, of the same round; below 1 we are faster. Absent for ours. */
  readonly stepRatio?: Spread
  /** This peer's time to the first result over ours; above 1 we are sooner. */
  readonly firstRatio?: Spread
}

export type Round = readonly Measurement[]

export const spreadOf = (values: readonly number[]): Spread => ({
  median: median(values),
  least: Math.min(...values),
  most: Math.max(...values)
})

const isOurs = ({ peer }: Measurement): boolean => peer === 'ours'

/** Ratios to ours of the rounds that measured both. */
const ratios = (
  rounds: readonly Round[],
  { workload, peer }: Measurement,
  ratio: (ours: Measurement, theirs: Measurement) => number
): Spread | undefined => {
  const values = rounds.flatMap((round) => {
    const ours = round.find((m) => m.workload === workload && isOurs(m))
    const theirs = round.find((m) => m.workload === workload && m.peer === peer)
    return ours === undefined || theirs === undefined ? [] : [ratio(ours, theirs)]
  })
  return values.length === 0 ? undefined : spreadOf(values)
}

const rowOf = (rounds: readonly Round[], first: Measurement): Row => {
  const same = rounds.flat().filter((m) => m.workload === first.workload && m.peer === first.peer)
  const stepRatio = ratios(rounds, first, (a, b) => a.stepMilliseconds / b.stepMilliseconds)
  const firstRatio = ratios(rounds, first, (a, b) => b.firstSeconds / a.firstSeconds)
  return {
    workload: first.workload,
    peer: first.peer,
    rounds: same.length,
    stepMilliseconds: spreadOf(same.map((m) => m.stepMilliseconds)),
    firstSeconds: spreadOf(same.map((m) => m.firstSeconds)),
    peakMegabytes: spreadOf(same.map((m) => m.peakMegabytes)),
    ...(!isOurs(first) && stepRatio && firstRatio && { stepRatio, firstRatio })
  }
}

/** One row per workload and peer, in the order in which they first appear. */
export const summarise = (rounds: readonly Round[]): readonly Row[] => {
  const all = rounds.flat()
  const isFirst = (m: Measurement, i: number): boolean =>
    all.findIndex(({ workload, peer }) => workload === m.workload && peer === m.peer) === i
  return all.filter(isFirst).map((m) => rowOf(rounds, m))
}

const digits = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3))

const text = (spread: Spread | undefined): string => {
  if (spread === undefined) return ''
  const { median: middle, least, most } = spread
  return least === most ? digits(middle) : `${digits(middle)} (${digits(least)}-${digits(most)})`
}

const HEADER = [
  'workload',
  'who',
  'step, ms',
  'first result, s',
  'peak memory, MB',
  'our step / theirs',
  'their first / ours'
]

/** A Markdown table: medians, and in brackets the least and the most of the rounds. */
export const markdownTable = (rows: readonly Row[]): string => {
  const cells = rows.map(({ workload, peer, stepMilliseconds, firstSeconds, peakMegabytes, stepRatio, firstRatio }) => [
    workload,
    peer,
    ...[stepMilliseconds, firstSeconds, peakMegabytes, stepRatio, firstRatio].map(text)
  ])
  const widths = HEADER.map((title, i) => Math.max(title.length, ...cells.map((row) => row[i]!.length)))
  const line = (row: readonly string[]): string => `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`
  return [line(HEADER), line(widths.map((width) => '-'.repeat(width))), ...cells.map(line)].join('\n')
}
