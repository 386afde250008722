/** Initial value problems over trees: dy/dt = field(t, y, params), y(t0) = y0. */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, expectPositive, leaves, ravel, scoped, type Tree } from '@bdl/core'
import { adaptive, fixedSteps, type Control } from './control.js'
import { integrateBacksolve, integrateDirect, type Method, type Path } from './integrate.js'
import type { ButcherTableau } from './tableau.js'
import { dopri5 } from './tableaus.js'

export type Field<Y extends Tree, Q extends Tree> = (t: tf.Tensor, y: Y, params: Q) => Y

export interface SolveOptions<Y extends Tree, Q extends Tree> {
  /** dy/dt: scalar t, state, parameters -> a tree like the state. */
  readonly field: Field<Y, Q>
  readonly y0: Y
  /** A number, or a scalar tensor. */
  readonly t0: number | tf.Tensor
  /** May lie before t0: then time runs backwards. */
  readonly t1: number | tf.Tensor
  /** Handed to the field, and reached by gradients; float32 leaves. */
  readonly params?: Q
  /** Default `dopri5`. */
  readonly solver?: ButcherTableau
  /** Default `adaptive()`, or `stepSize` if that is given. */
  readonly control?: Control
  /** Fixed steps of at most this size, in units of time; needs t0, t1 and save times that are numbers. */
  readonly stepSize?: number
  /** Times to report, in the order of integration between t0 and t1, [m]. Steps land on them unless `interpolate`. */
  readonly saveAt?: readonly number[] | tf.Tensor
  /**
   * Adaptive steps go their own way and states at save times are interpolated: order 4 with `dopri5`, else 3. Cheaper for
   * many save times, less accurate than landing on them. Gradients by `backsolve`.
   */
  readonly interpolate?: boolean
  /**
   * `direct` differentiates the steps that were taken; `backsolve` solves the continuous adjoint equation backwards, in
   * memory that does not grow with the steps, and reaches y0, t0, t1, save times and `params` only, not what the field
   * closes over. The state is solved backwards too, from one save time to the one before: where the flow contracts much
   * between them that loses digits, and more save times keep them. Default: `direct` with fixed steps, `backsolve` with adaptive ones.
   */
  readonly adjoint?: 'direct' | 'backsolve'
}

/** Why a solve ended: an entry of `Solution.status`. */
export const SolveStatus = { done: 0, stepLimit: 1, notFinite: 2 } as const

export type Solution<Y extends Tree> = {
  /** The state at t1; NaN unless `status` is `SolveStatus.done`. */
  readonly y: Y
  /** States at `saveAt`, leaves [m, ...]; without `saveAt`, the state at t1 as [1, ...]. NaN from where the solve failed. */
  readonly ys: Y
  /** Int32 scalars: a `SolveStatus`, steps accepted, steps rejected, evaluations of the field. */
  readonly status: tf.Tensor
  readonly steps: tf.Tensor
  readonly rejected: tf.Tensor
  readonly evaluations: tf.Tensor
}

const refuse = (argument: string, expected: string, got: string, hint?: string): never => {
  throw new BdlError({
    code: 'InvalidArgument',
    fn: 'solve',
    argument,
    expected,
    got,
    ...(hint !== undefined && { hint })
  })
}

/** Times that the host knows are checked here; traced ones cannot be. */
const checkTimes = (
  t0: number | tf.Tensor,
  t1: number | tf.Tensor,
  saves: readonly number[] | tf.Tensor | undefined
) => {
  for (const [name, t] of Object.entries({ t0, t1 }))
    if (typeof t === 'number' ? !Number.isFinite(t) : t.rank !== 0)
      refuse(name, 'a finite number or a scalar tensor', typeof t === 'number' ? String(t) : `rank ${t.rank}`)
  if (typeof t0 !== 'number' || typeof t1 !== 'number') return
  if (t0 === t1) refuse('t1', `a time other than t0 = ${t0}`, String(t1), 'The solution there is y0')
  if (saves === undefined || !Array.isArray(saves)) return
  const direction = Math.sign(t1 - t0)
  const path = [t0, ...(saves as readonly number[]), t1]
  const ordered = path.every((t, i) => i === 0 || (t - path[i - 1]!) * direction >= 0)
  if (!ordered) refuse('saveAt', `times in the order of integration from ${t0} to ${t1}`, `[${saves.join(', ')}]`)
}

const isTensorTimes = (saves: readonly number[] | tf.Tensor): saves is tf.Tensor => !Array.isArray(saves)

interface Plan {
  /** [m + 1], the first of them t0. */
  readonly times: tf.Tensor
  /** Rows of the states at `times` that `saveAt` asks for, and whether t0 itself is one of them. */
  readonly saved: number
  readonly withStart: boolean
  /** Longest interval, if the host knows it. */
  readonly longest: number | null
}

/** Save times that are t0 or t1 themselves cost no interval of their own. */
const planTimes = ({ t0, t1, saveAt }: Pick<SolveOptions<Tree, Tree>, 't0' | 't1' | 'saveAt'>): Plan => {
  checkTimes(t0, t1, saveAt)
  if (saveAt !== undefined && isTensorTimes(saveAt)) {
    const ends = [t0, t1].map((t) => (typeof t === 'number' ? tf.tensor1d([t]) : tf.reshape(t, [1])))
    return { times: tf.concat([ends[0]!, saveAt, ends[1]!]), saved: saveAt.shape[0]!, withStart: false, longest: null }
  }
  const saves = saveAt ?? [t1]
  const inner = saves.filter((t, i) => !(i === 0 && t === t0) && !(i === saves.length - 1 && t === t1))
  const path = [t0, ...(inner as readonly number[]), t1]
  const numbers = path.filter((t): t is number => typeof t === 'number')
  const longest =
    numbers.length === path.length ? Math.max(...numbers.slice(1).map((t, i) => Math.abs(t - numbers[i]!))) : null
  const times =
    longest !== null ? tf.tensor1d(numbers) : tf.stack(path.map((t) => (typeof t === 'number' ? tf.scalar(t) : t)))
  const withStart = saveAt !== undefined && saves[0] === t0
  return { times, saved: saves.length - (withStart ? 1 : 0), withStart, longest }
}

const chooseControl = <Y extends Tree, Q extends Tree>(
  options: SolveOptions<Y, Q>,
  longest: number | null
): Control => {
  const { control, stepSize, solver = dopri5 } = options
  if (stepSize === undefined) {
    const chosen = control ?? adaptive()
    if (chosen.kind === 'adaptive' && solver.bError === null)
      refuse(
        'solver',
        'a method with an error estimate for adaptive steps',
        solver.name,
        'Give fixedSteps(n), or dopri5'
      )
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

const expectInterpolable = (control: Control, adjoint: 'direct' | 'backsolve' | undefined): void => {
  if (control.kind === 'fixed') refuse('interpolate', 'adaptive steps', 'fixed steps', 'Fixed steps land on save times')
  if (adjoint === 'direct') refuse('adjoint', 'backsolve beside interpolate', 'direct')
}

const checkState = (y0: Tree): void => {
  if (leaves(y0).length === 0 || leaves(y0).every((leaf) => leaf.size === 0))
    refuse('y0', 'at least one number', 'an empty tree')
}

/** The tree problem as one of vectors: one raveled state is faster than many leaves, and its field is checked for shape. */
const integratePlan = <Y extends Tree, Q extends Tree>(
  options: SolveOptions<Y, Q>,
  method: Method,
  times: tf.Tensor
): Path => {
  const { field, y0, params } = options
  const state = ravel(y0)
  const onVectors = (t: tf.Tensor, y: tf.Tensor, q: Q): tf.Tensor => {
    const slope = ravel(field(t, state.unravel(y), q)).vector
    if (slope.shape[0] !== state.vector.shape[0])
      refuse('field', `a tree like the state, ${state.vector.shape[0]} numbers`, `${slope.shape[0]} numbers`)
    return slope
  }
  const adjoint = options.adjoint ?? (method.control.kind === 'fixed' ? 'direct' : 'backsolve')
  // A field without parameters ignores its third argument: any tree will do.
  const given: Tree = params ?? []
  if (adjoint === 'direct') return integrateDirect(method, (t, y) => onVectors(t, y, given as Q), state.vector, times)
  const q = ravel(given)
  return integrateBacksolve(method, (t, y, p) => onVectors(t, y, q.unravel(p) as Q), state.vector, times, q.vector)
}

/**
 * Solves an initial value problem: the state at t1, at the save times, and what it took.
 *
 * @error InvalidArgument for t0 = t1, save times out of order, an empty state, a field that changes the shape, a method
 *   without error estimate under adaptive steps
 * @precision float32: relative tolerances below 1e-6 reject steps for rounding; numerical trouble is `status`, not an error
 * @source Hairer, Norsett & Wanner 1993; the separation of method, control and adjoint is Diffrax's (Kidger 2021, arXiv:2202.02435)
 * @example
 * const decay = solve({ field: (_t, y) => tf.neg(y), y0: tf.tensor1d([1]), t0: 0, t1: 1 })
 * decay.y // [0.36788]
 */
export const solve = <Y extends Tree, Q extends Tree = readonly []>(options: SolveOptions<Y, Q>): Solution<Y> =>
  scoped(() => {
    checkState(options.y0)
    const { times, saved, withStart, longest } = planTimes(options)
    const control = chooseControl(options, longest)
    const interpolate = options.interpolate ?? false
    if (interpolate) expectInterpolable(control, options.adjoint)
    const method: Method = { solver: options.solver ?? dopri5, control, interpolate }
    const { ys, statistics } = integratePlan(options, method, times)
    const [m, n] = ys.shape as [number, number]
    const { vector, unravel } = ravel(options.y0)
    const rows = saved === m ? ys : tf.slice(ys, [0, 0], [saved, n])
    const reported = withStart ? tf.concat([tf.reshape(vector, [1, n]), rows], 0) : rows
    const [status, steps, rejected, evaluations] = tf.unstack(statistics) as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.Tensor
    ]
    const y = unravel(tf.reshape(tf.slice(ys, [m - 1, 0], [1, n]), [n]))
    return { y, ys: unravel(reported), status, steps, rejected, evaluations }
  })
