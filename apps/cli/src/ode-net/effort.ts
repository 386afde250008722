/** What solving takes: evaluations there and back, and what a tolerance costs and gives. */
import * as tf from '@tensorflow/tfjs-core'
import { jit } from '@bdl/compiler'
import { scoped } from '@bdl/core'
import { applyDense } from '@bdl/nn'
import { dopri8, fixedSteps, gradOfSolve, solve } from '@bdl/ode'
import { fieldOf, inEulerSteps, odeNet, toTolerance } from './networks.js'
import type { How, OdeNetParams, Shape } from './networks.js'
import type { Effort, EulerResult, Scores, ToleranceResult } from './results.js'
import { meanCrossEntropy, readScores, scoresOf } from './rows.js'
import type { Rows } from './rows.js'
import type { Settings } from './settings.js'

/** Evaluations for these rows: of the field on the way there, of the adjoint equation on the way back. */
export type CountEvaluations = (params: OdeNetParams) => Promise<Omit<Effort, 'step'>>

/** Counts for the gradient of the mean cross-entropy of `rows`. */
export const evaluationCounter = (settings: Settings, { x, y }: Rows, tolerance: number) => {
  const field = fieldOf(settings)
  const program = jit(
    ([stem, block, head]: OdeNetParams) => {
      const { forward, backward } = gradOfSolve(
        {
          field: (t, state: tf.Tensor, params: OdeNetParams[1]) => field.build(params)(t, state),
          y0: applyDense(stem, x),
          params: block,
          t0: 0,
          t1: 1,
          ...toTolerance(tolerance),
          adjoint: 'backsolve'
        },
        ({ y: end }) => meanCrossEntropy(applyDense(head, end), y)
      )
      return tf.stack([forward.evaluations, backward.evaluations])
    },
    { name: 'evaluations' }
  )
  const count: CountEvaluations = async (params) => {
    const both = await program(params)
    const [forward = 0, backward = 0] = await both.data()
    both.dispose()
    return { forward, backward }
  }
  return { count, dispose: () => program.dispose() }
}

/** Steps of the eighth-order method that leave nothing but rounding. */
const ACCURATE_STEPS = 32

/** Root mean square distance of the block's output from an accurate one. */
const errorOf = (settings: Settings, { x }: Rows, how: How) =>
  jit(
    ([stem, block]: OdeNetParams) =>
      scoped(() => {
        const problem = {
          field: (t: tf.Tensor, state: tf.Tensor, params: OdeNetParams[1]) => fieldOf(settings).build(params)(t, state),
          y0: applyDense(stem, x),
          params: block,
          t0: 0,
          t1: 1
        }
        const found = solve({ ...problem, ...how }).y
        const accurate = solve({ ...problem, solver: dopri8, control: fixedSteps(ACCURATE_STEPS) }).y
        return tf.sqrt(tf.mean(tf.square(tf.sub(found, accurate))))
      }),
    { name: 'error' }
  )

/** One trained network solved in some way, for all of the rows at once. */
const judged = async (
  { shape, settings, params, rows }: Subject,
  how: How
): Promise<Scores & { readonly error: number }> => {
  const net = odeNet(shape, settings, how)
  const judge = jit((p: OdeNetParams) => scoresOf(net.build(p)(rows.x), rows.y), { name: 'judge' })
  const distance = errorOf(settings, rows, how)
  const scores = await readScores(await judge(params))
  const gap = await distance(params)
  const [error = NaN] = await gap.data()
  gap.dispose()
  await Promise.all([judge.dispose(), distance.dispose()])
  return { error, ...scores }
}

/** A trained network and the rows that it is judged on. */
export interface Subject {
  readonly shape: Shape
  readonly settings: Settings
  readonly params: OdeNetParams
  readonly rows: Rows
}

export const atTolerance = async (subject: Subject, tolerance: number): Promise<ToleranceResult> => {
  const counter = evaluationCounter(subject.settings, subject.rows, tolerance)
  const counts = await counter.count(subject.params)
  await counter.dispose()
  return { tolerance, ...counts, ...(await judged(subject, toTolerance(tolerance))) }
}

export const atEulerSteps = async (subject: Subject, steps: number): Promise<EulerResult> => ({
  steps,
  ...(await judged(subject, inEulerSteps(steps)))
})
