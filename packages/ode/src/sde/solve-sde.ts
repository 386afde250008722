/** Stochastic differential equations over trees: dy = drift dt + diffusion dW, along one path of Brownian motion. */
import * as tf from '@tensorflow/tfjs-core'
import { scan, stopGradient, vmap, type ScanOptions } from '@bdl/compiler'
import { leaves, ravel, scoped, sizeOfShape, type Key, type Tree } from '@bdl/core'
import { checkGiven, checkState, refuse } from '../checks.js'
import type { FixedControl, GivenControl } from '../control.js'
import { equalGrid, gridOf, type Grid } from '../driver/grid.js'
import { int } from '../driver/method.js'
import type { Field } from '../options.js'
import { isEveryStep, planTimes, type EveryStep, type Plan } from '../plan.js'
import { SolveStatus } from '../status.js'
import { brownianMotion, type BrownianMotion } from './brownian.js'
import { eulerMaruyama, type SdeSolver, type SdeTerms } from './methods.js'

export interface SdeOptions<Y extends Tree, Q extends Tree> {
  /** f: scalar t, state, parameters -> a tree like the state. */
  readonly drift: Field<Y, Q>
  /** g: a tree like the state (diagonal noise), or with a last axis of size `noise` more in every leaf. */
  readonly diffusion: Field<Y, Q>
  readonly y0: Y
  readonly t0: number | tf.Tensor
  readonly t1: number | tf.Tensor
  readonly params?: Q
  /** Of the path; or give a `path`. */
  readonly key?: Key
  /** A path made before: [size of the state], or [noise]. */
  readonly path?: BrownianMotion
  /** 'diagonal', a motion for each number of the state, or how many motions all of them share. */
  readonly noise?: 'diagonal' | number
  /** Default `eulerMaruyama`. */
  readonly solver?: SdeSolver
  readonly control: FixedControl | GivenControl
  /** Times to report, where fixed steps land, or `everyStep()`; default t1. */
  readonly saveAt?: readonly number[] | tf.Tensor | EveryStep
  /** Which states are kept for gradients, as in `scan`. */
  readonly checkpoint?: NonNullable<ScanOptions['checkpoint']>
}

export type SdeSolution<Y extends Tree> = {
  /** The state at t1. */
  readonly y: Y
  /** States at `ts`, leaves [m, ...]. */
  readonly ys: Y
  readonly ts: tf.Tensor
  /** Int32 scalars: `SolveStatus.done` or `notFinite`, steps. */
  readonly status: tf.Tensor
  readonly steps: tf.Tensor
}

const pathOf = <Y extends Tree, Q extends Tree>(options: SdeOptions<Y, Q>, size: number): BrownianMotion => {
  const { key, path, t0, t1 } = options
  if (path !== undefined) return path
  if (key === undefined) return refuse('key', 'a key, or a path', 'neither')
  return brownianMotion({ key, t0, t1, size })
}

/** The equation of vectors. General noise: leaves [..., m] are rows of a matrix [n, m]. */
const termsOf = <Y extends Tree, Q extends Tree>(options: SdeOptions<Y, Q>, n: number): SdeTerms => {
  const { drift, diffusion, y0, noise = 'diagonal' } = options
  const { unravel } = ravel(y0)
  const params = (options.params ?? []) as Q
  const expectSize = (argument: string, x: tf.Tensor, size: number): tf.Tensor =>
    x.size === size ? x : refuse(argument, `${size} numbers for a state of ${n}`, String(x.size))
  const matrixOf = (tree: Tree, m: number): tf.Tensor =>
    tf.concat(leaves(tree).map((leaf) => tf.reshape(leaf, [sizeOfShape(leaf.shape) / m, m])))
  return {
    drift: (t, y) => expectSize('drift', ravel(drift(t, unravel(y), params)).vector, n),
    noise: (t, y, dW) => {
      const g = diffusion(t, unravel(y), params)
      if (noise === 'diagonal') return tf.mul(expectSize('diffusion', ravel(g).vector, n), dW)
      const matrix = matrixOf(g, noise)
      expectSize('diffusion', matrix, n * noise)
      return tf.reshape(tf.matMul(matrix, tf.reshape(dW, [noise, 1])), [n])
    }
  }
}

/** States after each step of a grid, [k, n]. */
const walk = (
  solver: SdeSolver,
  terms: SdeTerms,
  path: BrownianMotion,
  y0: tf.Tensor,
  grid: Grid,
  checkpoint: NonNullable<ScanOptions['checkpoint']>
): tf.Tensor => {
  const k = grid.t.shape[0]!
  const edges = stopGradient(tf.concat([tf.slice(grid.t, [0], [1]), tf.add(grid.t, grid.h)]))
  const motion = vmap((t: tf.Tensor) => path(t))(edges)
  const size = motion.shape[1]!
  const dW = tf.sub(tf.slice(motion, [1, 0], [k, size]), tf.slice(motion, [0, 0], [k, size]))
  type Turn = Grid & { readonly dW: tf.Tensor }
  const visit = (y: tf.Tensor, x: Turn): readonly [tf.Tensor, tf.Tensor] => {
    const next = solver.step(terms, { y, ...x })
    return [next, tf.clone(next)]
  }
  return scan(visit, y0, { ...grid, dW }, { checkpoint })[1]
}

const gridFor = (control: FixedControl | GivenControl, times: tf.Tensor): Grid => {
  if (control.kind === 'fixed') return equalGrid(times, control.steps)
  return gridOf('shape' in control.times ? control.times : tf.tensor1d([...control.times]))
}

/** Rows at the save times, which are ends of steps. */
const savedRows = (rows: tf.Tensor, grid: Grid, plan: Plan, isAll: boolean, y0: tf.Tensor) => {
  const n = y0.shape[0]!
  const first = tf.expandDims(y0, 0)
  const start = tf.slice(plan.times, [0], [1])
  if (isAll) return { ys: tf.concat([first, rows]), ts: tf.concat([start, tf.add(grid.t, grid.h)]) }
  const m = plan.times.shape[0]! - 1
  const each = rows.shape[0]! / m
  const ends = tf.reshape(tf.slice(tf.reshape(rows, [m, each, n]), [0, each - 1, 0], [m, 1, n]), [m, n])
  const ys = tf.slice(ends, [0, 0], [plan.saved, n])
  const ts = tf.slice(plan.times, [1], [plan.saved])
  return plan.withStart ? { ys: tf.concat([first, ys]), ts: tf.concat([start, ts]) } : { ys, ts }
}

/**
 * Solves dy = f(t, y) dt + g(t, y) dW along one path: the same key gives the same path whatever the steps are. Gradients
 * go through the steps, to y0 and `params` and what the terms close over; `vmap` over keys makes many paths.
 *
 * @error InvalidArgument as `solve`; without key and path; for terms of another size; for save times beside given steps
 * @precision strong order 0.5 in the step, 1 where g does not depend on y (Euler-Heun: where its noise commutes)
 * @source Kloeden & Platen 1992, Numerical Solution of Stochastic Differential Equations
 * @example
 * const drift = (_t, y) => tf.neg(y)
 * const diffusion = (_t, y) => tf.onesLike(y)
 * solveSde({ drift, diffusion, y0: tf.zeros([1]), t0: 0, t1: 1, key: key(0), control: fixedSteps(100) }).y // Ornstein-Uhlenbeck
 */
export const solveSde = <Y extends Tree, Q extends Tree = readonly []>(options: SdeOptions<Y, Q>): SdeSolution<Y> =>
  scoped(() => {
    const { control, saveAt, noise = 'diagonal', solver = eulerMaruyama, checkpoint = 'all' } = options
    checkState(options.y0)
    const isAll = isEveryStep(saveAt)
    const plan = planTimes(options, isAll ? undefined : saveAt)
    checkGiven(options.t0, options.t1, control)
    if (control.kind === 'given' && saveAt !== undefined && !isAll)
      refuse('saveAt', 'everyStep() beside given steps', 'times', 'Fixed steps land on save times')
    const { vector, unravel } = ravel(options.y0)
    const n = vector.shape[0]!
    const path = pathOf(options, noise === 'diagonal' ? n : noise)
    const grid = gridFor(control, plan.times)
    const rows = walk(solver, termsOf(options, n), path, vector, grid, checkpoint)
    const k = rows.shape[0]!
    const { ys, ts } = savedRows(rows, grid, plan, isAll, vector)
    const last = tf.reshape(tf.slice(rows, [k - 1, 0], [1, n]), [n])
    const isFinite = tf.all(tf.isFinite(last))
    return {
      y: unravel(last),
      ys: unravel(ys),
      ts,
      status: tf.where(isFinite, int(SolveStatus.done), int(SolveStatus.notFinite)),
      steps: int(k)
    }
  })
