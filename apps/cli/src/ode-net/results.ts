/** What the comparison finds out. All of it but `seconds` is fixed by the seed. */

/** Of rows that were not trained on; the negative log-likelihood in nats per row. */
export interface Scores {
  readonly accuracy: number
  readonly nll: number
}

/** One training. */
export interface Run {
  /** On validation rows, after so many steps. */
  readonly curve: readonly (Scores & { readonly step: number })[]
  /** Where the validation likelihood was best; what is judged from there on. */
  readonly bestStep: number
  readonly test: Scores
}

export interface NetworkResult {
  readonly name: string
  readonly weights: number
  readonly runs: readonly Run[]
  readonly seconds: number
}

/** Evaluations of the field and of the adjoint equation for one batch, after so many steps of the first training. */
export interface Effort {
  readonly step: number
  readonly forward: number
  readonly backward: number
}

/** The first trained network, solved to a tolerance. */
export interface ToleranceResult extends Scores {
  readonly tolerance: number
  /** For all test rows at once. */
  readonly forward: number
  readonly backward: number
  /** Root mean square difference of the block's output to an accurate one. */
  readonly error: number
}

/** The same by so many steps of Euler's method. */
export interface EulerResult extends Scores {
  readonly steps: number
  readonly error: number
}

export interface Results {
  isComplete: boolean
  readonly networks: NetworkResult[]
  readonly efforts: Effort[]
  readonly tolerances: ToleranceResult[]
  readonly eulers: EulerResult[]
}

export const emptyResults = (): Results => ({
  isComplete: false,
  networks: [],
  efforts: [],
  tolerances: [],
  eulers: []
})
