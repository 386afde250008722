/** What solving takes: evaluations there and back, and what a tolerance costs and gives. */
import * as tf from '@tensorflow/tfjs-core'
import { jit } from '@bdl/compiler'
import { scoped } from '@bdl/core'
import { applyDense } from '@bdl/nn'
import { adaptive, dopri8, fixedSteps, gradOfSolve, solve } from '@bdl/ode'
import { fieldOf, MAX_STEPS, odeNet } from './networks.js'
import type { OdeNetParams, Shape } from './networks.js'
import type { Effort, ToleranceResult } from './results.js'
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
          control: adaptive({ rtol: tolerance, atol: tolerance, maxSteps: MAX_STEPS }),
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

/** The block's output for rows, and at a tolerance its root mean square distance from an accurate one. */
const errorAt = (settings: Settings, { x }: Rows, tolerance: number) =>
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
        const found = solve({ ...problem, control: adaptive({ rtol: tolerance, atol: tolerance }) }).y
        const accurate = solve({ ...problem, solver: dopri8, control: fixedSteps(ACCURATE_STEPS) }).y
        return tf.sqrt(tf.mean(tf.square(tf.sub(found, accurate))))
      }),
    { name: 'error' }
  )

/** One trained network solved to a tolerance, for all of the rows at once. */
export const atTolerance = async (
  shape: Shape,
  settings: Settings,
  params: OdeNetParams,
  rows: Rows,
  tolerance: number
): Promise<ToleranceResult> => {
  const net = odeNet(shape, settings, tolerance)
  const judge = jit((p: OdeNetParams) => scoresOf(net.build(p)(rows.x), rows.y), { name: 'judge' })
  const distance = errorAt(settings, rows, tolerance)
  const counter = evaluationCounter(settings, rows, tolerance)
  const scores = await readScores(await judge(params))
  const gap = await distance(params)
  const [error = NaN] = await gap.data()
  gap.dispose()
  const counts = await counter.count(params)
  await Promise.all([judge.dispose(), distance.dispose(), counter.dispose()])
  return { tolerance, ...counts, error, ...scores }
}
