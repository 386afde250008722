/** What the comparison finds out, model by model. All of it but `seconds` is fixed by the seed. */
import type { Agreement } from './agreement.js'

/** A mean over test points, nats, with its standard error. */
export interface Score {
  readonly mean: number
  readonly error: number
}

/** Masses, or shares of draws, in n x n cells of the window, rows from the bottom up; what lies outside is not among them. */
export interface Picture {
  readonly n: number
  readonly values: Float64Array
}

export interface Evaluation {
  readonly score: Score
  /** Integral of the density over the plane; 1 if it is one. */
  readonly mass: number
  readonly agreement: Agreement
  readonly density: Picture
  readonly draws: Picture
  /** Histograms on the way, from noise to data. */
  readonly way: readonly Picture[]
  /** Ways of single draws, [x, y] by time. */
  readonly trajectories: readonly (readonly (readonly [number, number])[])[]
}

export interface SetResult {
  readonly name: string
  readonly title: string
  readonly window: number
  /** The law itself, on the same test points: what a model can reach at best. */
  readonly truth: Evaluation
}

export interface ModelResult {
  readonly name: string
  readonly title: string
  /** By the name of the set. */
  readonly evaluations: ReadonlyMap<string, Evaluation>
  readonly seconds: number
}

export interface Results {
  isComplete: boolean
  readonly sets: SetResult[]
  readonly models: ModelResult[]
}

export const emptyResults = (): Results => ({ isComplete: false, sets: [], models: [] })
