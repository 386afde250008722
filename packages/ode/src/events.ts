/**
 * Events: where a function of the state passes through zero. They are found on the dense output of a solve that nothing is
 * differentiated through; then one Newton step from the state there gives the time and the state their derivatives.
 */
import * as tf from '@tensorflow/tfjs-core'
import { foriLoop, jvp, scan, stopGradient, vmap, whileLoop } from '@bdl/compiler'
import { expectInteger, type Tree } from '@bdl/core'
import type { AdaptiveControl } from './control.js'
import { polynomialAt } from './dense.js'
import { attempt, driveOf, isGoing, startRunning, type Running } from './driver/attempt.js'
import { equalGrid, gridOf, walkDense, type Grid } from './driver/grid.js'
import { at, countOf, int, rowAt, sharesOf, type Method } from './driver/method.js'
import type { VectorField } from './solver.js'

export interface Event<Y extends Tree, Q extends Tree> {
  /** The event is where this passes through zero: scalar t, state, parameters -> scalar. */
  readonly when: (t: tf.Tensor, y: Y, params: Q) => tf.Tensor
  /** Which way it passes, as integration goes; default 'any'. */
  readonly direction?: 'up' | 'down' | 'any'
  /** Ends the solve at the first time; default true. */
  readonly terminal?: boolean
  /** How many times are reported; default 1, which is all that a terminal event has. */
  readonly limit?: number
}

export type Found<Y extends Tree> = {
  /** How often it happened, at most `limit`; int32 scalar. */
  readonly count: tf.Tensor
  /** When [limit] and in which states, leaves [limit, ...]; NaN after the last. */
  readonly times: tf.Tensor
  readonly ys: Y
}

/** Of vectors: scalar t, y [n] -> scalar. */
export type Signal = (t: tf.Tensor, y: tf.Tensor) => tf.Tensor

export interface Watch {
  readonly signal: Signal
  readonly direction: 'up' | 'down' | 'any'
  readonly limit: number
}

/** Shares of the way [limit], 1 where `found` [limit] does not hold. */
export type Crossings = { readonly shares: tf.Tensor; readonly found: tf.Tensor }

export const expectEvent = (limit: number): void => expectInteger('solve', { 'events.limit': limit }, 1)

/** A value that is zero already has not passed through it. */
const crosses = (direction: Watch['direction'], before: tf.Tensor, after: tf.Tensor): tf.Tensor => {
  const up = tf.logicalAnd(tf.less(before, 0), tf.greaterEqual(after, 0))
  const down = tf.logicalAnd(tf.greater(before, 0), tf.lessEqual(after, 0))
  return direction === 'up' ? up : direction === 'down' ? down : tf.logicalOr(up, down)
}

/** Halvings of a step: to the last bit of float32. */
const HALVINGS = 26

/** Where within a step the signal leaves the sign that it begins with. */
const bisect = (signal: (theta: tf.Tensor) => tf.Tensor, begins: tf.Tensor): tf.Tensor => {
  const halve = (_: tf.Tensor, { low, high }: { readonly low: tf.Tensor; readonly high: tf.Tensor }) => {
    const middle = tf.mul(tf.add(low, high), 0.5)
    const isBefore = tf.greater(tf.mul(tf.sign(signal(middle)), tf.sign(begins)), 0)
    return { low: tf.where(isBefore, middle, low), high: tf.where(isBefore, high, middle) }
  }
  return foriLoop(0, HALVINGS, halve, { low: tf.scalar(0), high: tf.scalar(1) }).high
}

type Search = {
  readonly run: Running
  readonly value: tf.Tensor
  readonly previous: tf.Tensor
  readonly hit: tf.Tensor
}

const adaptiveCrossings = (
  method: Method,
  control: AdaptiveControl,
  field: VectorField,
  y0: tf.Tensor,
  times: tf.Tensor,
  { signal, direction, limit }: Watch
): Crossings => {
  const drive = driveOf({ ...method, interpolate: true }, control, field, times, true)
  const { start, span } = drive
  const timeOf = (share: tf.Tensor): tf.Tensor => tf.add(start, tf.mul(share, span))
  const one = ({ run, value }: Search): Search => {
    const next = attempt(drive, tf.scalar(1))(run)
    const after = signal(timeOf(next.s), next.y)
    return { run: next, value: after, previous: value, hit: crosses(direction, value, after) }
  }
  const turn = (search: Search): readonly [Search, Crossings] => {
    const open = { ...search, hit: tf.zeros([], 'bool') }
    const done = whileLoop((c: Search) => tf.logicalAnd(isGoing(c.run), tf.logicalNot(c.hit)), one, open)
    const { before, s, dense } = done.run
    const width = tf.sub(s, before)
    const within = (theta: tf.Tensor) =>
      signal(timeOf(tf.add(before, tf.mul(theta, width))), polynomialAt(dense, theta))
    const share = tf.add(before, tf.mul(bisect(within, done.previous), width))
    return [done, { shares: tf.where(done.hit, share, 1), found: tf.clone(done.hit) }]
  }
  const value = signal(start, y0)
  const init: Search = { run: startRunning(drive, y0), value, previous: value, hit: tf.zeros([], 'bool') }
  return scan((c: Search) => turn(c), init, [], { length: limit })[1]
}

/** On steps that are known beforehand: all of them, then the first crossings among them. */
const gridCrossings = (
  method: Method,
  grid: Grid,
  field: VectorField,
  y0: tf.Tensor,
  times: tf.Tensor,
  { signal, direction, limit }: Watch
): Crossings => {
  const { ys, dense } = walkDense(method, field, y0, grid)
  const k = ys.shape[0]!
  const ends = tf.add(grid.t, grid.h)
  const values = tf.concat([tf.expandDims(signal(at(times, 0), y0), 0), vmap(signal)(ends, ys)])
  const hits = crosses(direction, tf.slice(values, [0], [k]), tf.slice(values, [1], [k]))
  const ranks = tf.mul(tf.cumsum(tf.cast(hits, 'int32')), tf.cast(hits, 'int32'))
  const start = at(times, 0)
  const span = tf.sub(at(times, times.shape[0]! - 1), start)
  const one = (wanted: tf.Tensor): Crossings => {
    const here = tf.equal(ranks, wanted)
    const index = tf.sum(tf.mul(tf.cast(here, 'int32'), tf.range(0, k, 1, 'int32')))
    const [t, h] = [rowAt(grid.t, index), rowAt(grid.h, index)]
    const step = tf.unstack(rowAt(dense, index))
    const timeAt = (theta: tf.Tensor): tf.Tensor => tf.add(t, tf.mul(theta, h))
    const theta = bisect((share) => signal(timeAt(share), polynomialAt(step, share)), rowAt(values, index))
    const found = tf.greater(countOf(here), int(0))
    return { shares: tf.where(found, sharesOf(timeAt(theta), start, span), 1), found }
  }
  return vmap(one)(tf.range(1, limit + 1, 1, 'int32'))
}

/** When the signal crosses zero, found without derivatives. */
export const findCrossings = (
  method: Method,
  field: VectorField,
  y0: tf.Tensor,
  times: tf.Tensor,
  watch: Watch
): Crossings => {
  const { control } = method
  const [from, path] = [stopGradient(y0), stopGradient(times)]
  const search = (): Crossings => {
    if (control.kind === 'adaptive') return adaptiveCrossings(method, control, field, from, path, watch)
    if (control.kind === 'fixed') return gridCrossings(method, equalGrid(path, control.steps), field, from, path, watch)
    const steps = 'shape' in control.times ? stopGradient(control.times) : tf.tensor1d([...control.times])
    return gridCrossings(method, gridOf(steps), field, from, path, watch)
  }
  const { shares, found } = search()
  return { shares: stopGradient(shares), found }
}

/** An event's time and state from a solve to where it was found: one Newton step, which carries first derivatives. */
export const polish = (
  signal: Signal,
  field: VectorField,
  t: tf.Tensor,
  y: tf.Tensor
): { readonly t: tf.Tensor; readonly y: tf.Tensor } => {
  const slope = field(t, y)
  const [value, rate] = jvp(
    (x: readonly [tf.Tensor, tf.Tensor]) => signal(x[0], x[1]),
    [t, y] as const,
    [tf.onesLike(t), slope] as const
  )
  const isSteep = tf.greater(tf.abs(rate), 0)
  const shift = tf.where(isSteep, tf.div(tf.neg(value), tf.where(isSteep, rate, 1)), 0)
  return { t: tf.add(t, shift), y: tf.add(y, tf.mul(slope, shift)) }
}
