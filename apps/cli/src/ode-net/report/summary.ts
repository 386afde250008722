/** Means over trainings. */
import type { NetworkResult, Run } from '../results.js'

export interface Spread {
  readonly mean: number
  /** Of one training, not of the mean; 0 for a single one. */
  readonly sd: number
}

export const spreadOf = (values: readonly number[]): Spread => {
  const n = values.length
  const mean = values.reduce((a, b) => a + b, 0) / n
  const squares = values.reduce((sum, v) => sum + (v - mean) ** 2, 0)
  return { mean, sd: n < 2 ? 0 : Math.sqrt(squares / (n - 1)) }
}

export const testAccuracy = ({ runs }: NetworkResult): Spread => spreadOf(runs.map(({ test }) => test.accuracy))
export const testNll = ({ runs }: NetworkResult): Spread => spreadOf(runs.map(({ test }) => test.nll))

/** A curve over trainings: mean at each check with its standard error. */
export const meanCurve = (runs: readonly Run[], of: (point: Run['curve'][number]) => number) => {
  const steps = runs[0]?.curve.map(({ step }) => step) ?? []
  const at = steps.map((_, i) => spreadOf(runs.flatMap(({ curve }) => (curve[i] ? [of(curve[i])] : []))))
  return { x: steps, y: at.map(({ mean }) => mean), error: at.map(({ sd }) => sd / Math.sqrt(runs.length)) }
}
