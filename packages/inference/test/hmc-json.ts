// Cases of hmc.json that this package's tests read.
import type { CaseTolerance } from '@bdl/testing'

type Matrix = readonly (readonly number[])[]

export type LeapfrogCase = CaseTolerance & {
  readonly kind: 'leapfrog'
  readonly potential: string
  readonly potentialParams: Readonly<Record<string, number | readonly number[] | Matrix>>
  readonly inverseMass: readonly number[] | Matrix
  readonly inverseMassKind: string
  readonly stepSize: number
  readonly numSteps: number
  readonly q0: readonly number[]
  readonly p0: readonly number[]
  readonly q: Matrix
  readonly p: Matrix
  readonly potentialEnergy: readonly number[]
  readonly gradPotential0: readonly number[]
  readonly energy: readonly number[]
  readonly energyError: number
  readonly acceptProbability: number
}

export type DualAveragingCase = CaseTolerance & {
  readonly kind: 'dualAveraging'
  readonly targetAccept: number
  readonly initialStepSize: number
  readonly t0: number
  readonly gamma: number
  readonly kappa: number
  readonly mu: number
  readonly acceptProbability: readonly number[]
  readonly stepSize: readonly number[]
  readonly stepSizeAveraged: readonly number[]
}

export type WarmupScheduleCase = CaseTolerance & {
  readonly kind: 'warmupSchedule'
  readonly numSteps: number
  readonly stage: readonly number[]
  readonly windowEnd: readonly number[]
}

export type WelfordCase = CaseTolerance & {
  readonly kind: 'welford'
  readonly x: Matrix
  readonly mean: readonly number[]
  readonly variance: readonly number[]
  readonly covariance: Matrix
  readonly stanRegularized: { readonly variance: readonly number[]; readonly covariance: Matrix }
}

export type DiagnosticsCase = CaseTolerance & {
  readonly kind: 'diagnostics'
  readonly name: string
  readonly chains: Matrix
  readonly ess?: Readonly<Record<string, number>>
  readonly rhat?: Readonly<Record<string, number>>
  readonly mcse?: Readonly<Record<string, number>>
  readonly hdi90?: readonly number[]
  readonly autocorrelationChain0?: readonly number[]
}

export type HmcCase = LeapfrogCase | DualAveragingCase | WarmupScheduleCase | WelfordCase | DiagnosticsCase

/** Cases of one kind, with their static type. */
export const ofKind = <K extends HmcCase['kind']>(cases: readonly HmcCase[], kind: K) =>
  cases.filter((c): c is Extract<HmcCase, { kind: K }> => c.kind === kind)
