/** What the job finds out, stage by stage. All of it but `timings` is fixed by the seed. */
import type { CanonicalFacts, Projection } from './canonical.js'
import type { Convergence } from './convergence.js'
import type { Evaluation } from './evaluate.js'
import type { ImportanceFacts, RepairRow } from './importance.js'
import type { ToyFacts } from './toy.js'

export interface ArmFacts {
  readonly name: string
  readonly form: 'raw' | 'aligned' | 'canonical'
  readonly seesData: boolean
  /** One network, and the average of all generated ones, on the test set. */
  readonly one: { readonly accuracy: number; readonly nll: number }
  readonly average: { readonly accuracy: number; readonly nll: number }
  readonly logJoint: number
  readonly dispersion: number
  readonly nearestRatio: number
  /** Held-out flow-matching loss while training; empty for an arm without training. */
  readonly curve: readonly { readonly step: number; readonly loss: number }[]
  readonly bestStep: number | null
}

export interface Method {
  readonly name: string
  readonly evaluation: Evaluation
}

export interface Timing {
  readonly name: string
  readonly seconds: number
  /** Networks made in that time. */
  readonly networks: number
}

/** Filled as stages end; what is absent was not reached. */
export interface Results {
  isComplete: boolean
  readonly methods: Method[]
  readonly convergence: { name: string; facts: Convergence; trace: readonly (readonly number[])[] }[]
  sampler?: { readonly stepSize: number; readonly acceptance: number; readonly divergences: number }
  elbo?: { readonly mean: number; readonly error: number }
  canonical?: CanonicalFacts
  projections?: readonly Projection[]
  readonly arms: ArmFacts[]
  generated?: {
    readonly arm: string
    readonly logDensity: readonly number[]
    readonly standardError: readonly number[]
    readonly logJoint: readonly number[]
  }
  importance: { name: string; facts: ImportanceFacts }[]
  readonly repairs: { name: string; rows: readonly RepairRow[] }[]
  toy?: ToyFacts
  readonly timings: Timing[]
}

export const emptyResults = (): Results => ({
  isComplete: false,
  methods: [],
  convergence: [],
  arms: [],
  importance: [],
  repairs: [],
  timings: []
})
