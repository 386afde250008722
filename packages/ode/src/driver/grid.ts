/** Steps whose times are known beforehand: a loop of known length, which both modes of differentiation go through. */
import * as tf from '@tensorflow/tfjs-core'
import { cond, foriLoop, scan, vmap } from '@bdl/compiler'
import { polynomialAt } from '../dense.js'
import type { Memory, Stepper, VectorField } from '../solver.js'
import { at, countOf, int, knownStatistics, rowAt, stepperOf, type Method, type Path } from './method.js'

type Walk = { readonly y: tf.Tensor; readonly memory: Memory }

const startWalk = (stepper: Stepper, field: VectorField, t0: tf.Tensor, y: tf.Tensor): Walk => ({
  y,
  memory: stepper.start(() => field(t0, y))
})

/** `count` equal steps from one time to the next. */
export const fixedPath = (method: Method, count: number, field: VectorField, y0: tf.Tensor, times: tf.Tensor): Path => {
  const m = times.shape[0]! - 1
  const stepper = stepperOf(method, field, false)
  const over = (walk: Walk, { start, end }: { readonly start: tf.Tensor; readonly end: tf.Tensor }): Walk => {
    const span = tf.sub(end, start)
    const h = tf.div(span, count)
    const one = (i: tf.Tensor, { y, memory }: Walk): Walk => {
      const next = stepper.step(tf.add(start, tf.mul(span, tf.div(tf.cast(i, 'float32'), count))), y, h, memory)
      return { y: next.y, memory: next.memory }
    }
    return foriLoop(0, count, one, walk, { checkpoint: method.checkpoint })
  }
  const init = startWalk(stepper, field, at(times, 0), y0)
  const statistics = knownStatistics(stepper, m * count)
  if (m === 1) return { ys: tf.expandDims(over(init, { start: at(times, 0), end: at(times, 1) }).y, 0), statistics }
  const visit = (walk: Walk, x: { readonly start: tf.Tensor; readonly end: tf.Tensor }): readonly [Walk, tf.Tensor] => {
    const next = over(walk, x)
    return [next, tf.clone(next.y)]
  }
  const [, ys] = scan(visit, init, { start: tf.slice(times, [0], [m]), end: tf.slice(times, [1], [m]) })
  return { ys, statistics }
}

/** Steps of sizes h [k] from times t [k]. */
export type Grid = { readonly t: tf.Tensor; readonly h: tf.Tensor }

/** Steps from each of `times` [k + 1] to the next. */
export const gridOf = (times: tf.Tensor): Grid => {
  const k = times.shape[0]! - 1
  const t = tf.slice(times, [0], [k])
  return { t, h: tf.sub(tf.slice(times, [1], [k]), t) }
}

/** `count` equal steps in every interval of `times`, as a grid of all. */
export const equalGrid = (times: tf.Tensor, count: number): Grid => {
  const m = times.shape[0]! - 1
  const shares = tf.div(tf.range(0, count), count)
  const starts = tf.reshape(tf.slice(times, [0], [m]), [m, 1])
  const spans = tf.sub(tf.reshape(tf.slice(times, [1], [m]), [m, 1]), starts)
  const h = tf.add(tf.div(spans, count), tf.zeros([m, count]))
  return { t: tf.reshape(tf.add(starts, tf.mul(spans, shares)), [m * count]), h: tf.reshape(h, [m * count]) }
}

/** States after each step of a grid, [k, n]. `sparse`: steps of size 0, which only fill it up, are passed over. */
export const walkGrid = (
  method: Method,
  field: VectorField,
  y0: tf.Tensor,
  grid: Grid,
  { sparse }: { readonly sparse: boolean }
): tf.Tensor => {
  const stepper = stepperOf(method, field, false)
  const take = (walk: Walk, { t, h }: Grid): Walk => {
    const { y, memory } = stepper.step(t, walk.y, h, walk.memory)
    return { y, memory }
  }
  const stay = ({ y, memory }: Walk): Walk => ({ y: tf.clone(y), memory: memory.map((m) => tf.clone(m)) })
  const visit = (walk: Walk, x: Grid): readonly [Walk, tf.Tensor] => {
    const next = sparse ? cond(tf.notEqual(x.h, 0), (w: Walk) => take(w, x), stay, walk) : take(walk, x)
    return [next, tf.clone(next.y)]
  }
  return scan(visit, startWalk(stepper, field, at(grid.t, 0), y0), grid, { checkpoint: method.checkpoint })[1]
}

/** Rows of steps with their polynomials, [k, degree + 1, n]: what the interpolated adjoint reads. */
export const walkDense = (method: Method, field: VectorField, y0: tf.Tensor, grid: Grid) => {
  const stepper = stepperOf(method, field, true)
  const visit = (walk: Walk, { t, h }: Grid) => {
    const next = stepper.step(t, walk.y, h, walk.memory)
    const out = { ys: tf.clone(next.y), dense: tf.stack([...next.dense()]) }
    return [{ y: next.y, memory: next.memory }, out] as const
  }
  return scan(visit, startWalk(stepper, field, at(grid.t, 0), y0), grid)[1]
}

/**
 * The state at each of `times` [m] between the steps of a grid with states `rows` [k, n] after them: the step around it is
 * taken again, from its start, for its polynomial.
 */
export const interpolateGrid = (
  method: Method,
  field: VectorField,
  y0: tf.Tensor,
  grid: Grid,
  rows: tf.Tensor,
  times: tf.Tensor
): tf.Tensor => {
  const k = rows.shape[0]!
  const stepper = stepperOf(method, field, true)
  const befores = tf.concat([tf.expandDims(y0, 0), tf.slice(rows, [0, 0], [k - 1, y0.shape[0]!])])
  const forward = tf.sign(tf.sum(grid.h))
  const one = (time: tf.Tensor): tf.Tensor => {
    // Steps of size 0 begin where the last real one ends: a time on a seam belongs to the step before.
    const begun = countOf(tf.less(tf.mul(grid.t, forward), tf.mul(time, forward)))
    const index = tf.maximum(tf.sub(begun, int(1)), int(0))
    const [t, h, y] = [rowAt(grid.t, index), rowAt(grid.h, index), rowAt(befores, index)]
    const step = stepper.step(
      t,
      y,
      h,
      stepper.start(() => field(t, y))
    )
    return polynomialAt(step.dense(), tf.div(tf.sub(time, t), tf.where(tf.equal(h, 0), 1, h)))
  }
  return vmap(one)(times)
}

/** Steps between given times [k + 1], states at `times` [m + 1] interpolated. */
export const givenPath = (
  method: Method,
  steps: tf.Tensor,
  field: VectorField,
  y0: tf.Tensor,
  times: tf.Tensor
): Path => {
  const grid = gridOf(steps)
  const rows = walkGrid(method, field, y0, grid, { sparse: false })
  const [k, n] = rows.shape as [number, number]
  const m = times.shape[0]! - 1
  const statistics = knownStatistics(stepperOf(method, field, false), k)
  const last = tf.slice(rows, [k - 1, 0], [1, n])
  if (m === 1) return { ys: last, statistics }
  const inside = interpolateGrid(method, field, y0, grid, rows, tf.slice(times, [1], [m - 1]))
  return { ys: tf.concat([inside, last]), statistics }
}
