/** A problem over trees as one of vectors: one raveled state is faster than many leaves, and its field is checked for shape. */
import type * as tf from '@tensorflow/tfjs-core'
import { stopGradient } from '@bdl/compiler'
import { expectPositive, ravel, type Tree } from '@bdl/core'
import { adjointOf, expectContinuous, type Adjoint } from './adjoint/adjoint.js'
import type { ParametricField, Scheme } from './adjoint/continuous.js'
import { checkGiven, checkState, expectSolver, positionsOf, refuse } from './checks.js'
import { adaptive, fixedSteps, type Control } from './control.js'
import type { Method } from './driver/method.js'
import type { SolveOptions } from './options.js'
import { isEveryStep } from './plan.js'
import type { Solver } from './solver.js'
import { vectorTolerance, type VectorTolerance } from './tolerance.js'
import { dopri5 } from './methods/dopri5.js'
import { concat } from '@tensorflow/tfjs-core'

export interface VectorProblem<Y extends Tree, Q extends Tree> {
  readonly y0: tf.Tensor
  readonly params: tf.Tensor
  readonly unravel: (y: tf.Tensor) => Y
  readonly unravelParams: (p: tf.Tensor) => Q
  readonly field: ParametricField
  readonly constants: readonly tf.Tensor[]
  /** The field with other tensors in the place of `constants`. */
  readonly fieldWith: (constants: readonly tf.Tensor[]) => ParametricField
  readonly method: Method
  readonly adjoint: Adjoint
}

const chooseControl = <Y extends Tree, Q extends Tree>(
  { control, stepSize, solver = dopri5 }: SolveOptions<Y, Q>,
  longest: number | null
): Control => {
  if (stepSize === undefined) {
    const chosen = control ?? adaptive()
    expectSolver(solver, chosen)
    return chosen
  }
  expectPositive('solve', { stepSize })
  if (control !== undefined) refuse('stepSize', 'either stepSize or control', 'both')
  if (longest === null)
    return refuse(
      'stepSize',
      'times that are numbers',
      'a tensor among t0, t1 and saveAt',
      'Give control: fixedSteps(n)'
    )
  // 1e-9: a span that is a multiple of the step but for rounding needs no further step.
  return fixedSteps(Math.max(1, Math.ceil(longest / stepSize - 1e-9)))
}

/** Through the steps where their number is known or all are asked for, else by the way back. */
const chooseAdjoint = <Y extends Tree, Q extends Tree>(
  { adjoint, saveAt }: SolveOptions<Y, Q>,
  solver: Solver,
  control: Control
): Adjoint => {
  const isDirect = control.kind !== 'adaptive' || isEveryStep(saveAt) || solver.isImplicit
  const chosen = adjointOf(adjoint ?? (isDirect ? 'direct' : 'backsolve'))
  if (chosen.kind === 'direct') return chosen
  if (isEveryStep(saveAt)) refuse('adjoint', "'direct' where every step is reported", chosen.kind)
  expectContinuous(chosen, solver, control)
  return chosen
}

const toleranceOf = (control: Control, y0: Tree): VectorTolerance =>
  control.kind === 'adaptive'
    ? { rtol: vectorTolerance(control.rtol, y0), atol: vectorTolerance(control.atol, y0) }
    : { rtol: 0, atol: 1 }

const methodOf = <Y extends Tree, Q extends Tree>(
  options: SolveOptions<Y, Q>,
  longest: number | null
): readonly [Method, Adjoint] => {
  const { solver = dopri5, y0, interpolate = false } = options
  const control = chooseControl(options, longest)
  checkGiven(options.t0, options.t1, control)
  if (interpolate && control.kind === 'fixed')
    refuse('interpolate', 'adaptive or given steps', 'fixed steps', 'Fixed steps land on save times')
  const adjoint = chooseAdjoint(options, solver, control)
  const method: Method = {
    solver,
    control,
    interpolate,
    tolerance: toleranceOf(control, y0),
    // Adaptive steps fill a buffer as long as the limit: most of it would be kept for nothing.
    checkpoint:
      adjoint.kind === 'direct' ? (adjoint.checkpoint ?? (control.kind === 'adaptive' ? 'sqrt' : 'all')) : 'all',
    ...(solver.isSymplectic && { positions: ravel(positionsOf(y0)).vector })
  }
  return [method, adjoint]
}

/** @error as `solve` */
export const vectorProblem = <Y extends Tree, Q extends Tree>(
  options: SolveOptions<Y, Q>,
  longest: number | null
): VectorProblem<Y, Q> => {
  checkState(options.y0)
  const state = ravel(options.y0)
  const n = state.vector.shape[0]!
  // A field without parameters ignores its third argument: any tree will do.
  const q = ravel((options.params ?? []) as Q)
  const fieldWith =
    (given: readonly tf.Tensor[]): ParametricField =>
    (t, y, p) => {
      const slope = ravel(options.field(t, state.unravel(y), q.unravel(p), given)).vector
      if (slope.shape[0] !== n) refuse('field', `a tree like the state, ${n} numbers`, `${slope.shape[0]} numbers`)
      return slope
    }
  const constants = stopGradient(options.constants ?? [])
  const [method, adjoint] = methodOf(options, longest)
  return {
    y0: state.vector,
    params: q.vector,
    unravel: state.unravel,
    unravelParams: q.unravel,
    field: fieldWith(constants),
    constants,
    fieldWith,
    method,
    adjoint
  }
}

/** Tolerances of [y, a], or of a alone: those of y for both. */
const widened = (t: number | tf.Tensor, copies: number): number | tf.Tensor =>
  typeof t === 'number' || copies === 1 ? t : concat([t, t])

/** Both ways of a continuous adjoint. Parameter gradients are integrals that steer nothing: the error norm leaves them out. */
export const schemeOf = <Y extends Tree, Q extends Tree>(
  { method, adjoint, field, constants, fieldWith, y0 }: VectorProblem<Y, Q>,
  state: Y
): Scheme | null => {
  if (adjoint.kind === 'direct') return null
  const control = adjoint.control ?? method.control
  const copies = adjoint.kind === 'backsolve' ? 2 : 1
  const { rtol, atol } = adjoint.control === undefined ? method.tolerance : toleranceOf(control, state)
  const back: Method = {
    solver: adjoint.solver ?? method.solver,
    control,
    interpolate: false,
    checkpoint: 'all',
    judged: copies * y0.shape[0]!,
    tolerance: { rtol: widened(rtol, copies), atol: widened(atol, copies) }
  }
  return { kind: adjoint.kind, there: method, back, field, constants, fieldWith }
}
