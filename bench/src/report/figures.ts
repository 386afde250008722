/**
 * Figures: numbers that a round gives for a workload, and what can be made of them. A ratio is taken within a round, where all
 * contenders met the same machine, and then summed up over rounds; never a ratio of medians.
 */
import { median } from '../measure'
import { isFailure, type Measurement, type Round } from '../measurement'

/** Undefined where a contender did not run, or failed. */
export type Figure = (round: Round, workload: string) => number | undefined

/** Median and range over rounds. */
export interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
}

export const spreadOf = (values: readonly number[]): Spread => ({
  median: median(values),
  least: Math.min(...values),
  most: Math.max(...values)
})

export const measurementOf = (round: Round, workload: string, contender: string): Measurement | undefined =>
  round.find(
    (outcome): outcome is Measurement =>
      outcome.workload === workload && outcome.contender === contender && !isFailure(outcome)
  )

const field =
  (read: (measurement: Measurement) => number) =>
  (contender: string): Figure =>
  (round, workload) => {
    const measurement = measurementOf(round, workload, contender)
    return measurement === undefined ? undefined : read(measurement)
  }

/** Milliseconds of a step. */
export const step = field(({ stepMilliseconds }) => stepMilliseconds)
/** Seconds to the first result. */
export const first = field(({ firstSeconds }) => firstSeconds)
/** Megabytes. */
export const memory = field(({ peakMegabytes }) => peakMegabytes)

/** The lesser of those that there are; undefined unless all are there. */
export const least =
  (...figures: readonly Figure[]): Figure =>
  (round, workload) => {
    const values = figures.map((figure) => figure(round, workload))
    return values.every((value) => value !== undefined) ? Math.min(...values) : undefined
  }

export const quotient =
  (over: Figure, under: Figure): Figure =>
  (round, workload) => {
    const [a, b] = [over(round, workload), under(round, workload)]
    return a === undefined || b === undefined ? undefined : a / b
  }

const present = (values: readonly (number | undefined)[]): readonly number[] =>
  values.filter((value): value is number => value !== undefined)

/** A figure of one workload over the rounds that have it. */
export const overRounds = (rounds: readonly Round[], workload: string, figure: Figure): Spread | undefined => {
  const values = present(rounds.map((round) => figure(round, workload)))
  return values.length === 0 ? undefined : spreadOf(values)
}

/** Those of the workloads that have the figure in some round. */
export const workloadsWith = (
  rounds: readonly Round[],
  workloads: readonly string[],
  figure: Figure
): readonly string[] => workloads.filter((workload) => overRounds(rounds, workload, figure) !== undefined)

/** Geometric mean over the workloads that have the figure, within rounds that have it for all of these. */
export const geometricMean = (
  rounds: readonly Round[],
  workloads: readonly string[],
  figure: Figure
): Spread | undefined => {
  const counted = workloadsWith(rounds, workloads, figure)
  const means = rounds.flatMap((round) => {
    const values = present(counted.map((workload) => figure(round, workload)))
    return values.length === 0 || values.length < counted.length
      ? []
      : [Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length)]
  })
  return means.length === 0 ? undefined : spreadOf(means)
}
