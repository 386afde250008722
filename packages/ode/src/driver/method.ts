/** What drivers integrate: a vector problem with a method, a control and tolerances. */
import * as tf from '@tensorflow/tfjs-core'
import type { Control } from '../control.js'
import type { Solver, Stepper, VectorField } from '../solver.js'
import type { VectorTolerance } from '../tolerance.js'

export interface Method {
  readonly solver: Solver
  readonly control: Control
  /** Of adaptive control; the entries that are judged. */
  readonly tolerance: VectorTolerance
  /** Entries, from the first, that the error norm looks at; default all. */
  readonly judged?: number
  /** Read states at times inside off the steps rather than land on them; adaptive steps only. */
  readonly interpolate: boolean
  /** Which carries of a loop of known length reverse mode keeps. */
  readonly checkpoint: 'all' | 'sqrt' | number
  /** Mask of positions, for symplectic methods. */
  readonly positions?: tf.Tensor
}

export interface Path {
  /** States at times[1..m], [m, n]; NaN from the first interval that could not be finished. */
  readonly ys: tf.Tensor
  /** Int32 [4]: status, steps, rejected steps, field evaluations. */
  readonly statistics: tf.Tensor
}

export const stepperOf = ({ solver, positions }: Method, field: VectorField, full: boolean): Stepper =>
  solver.stepper({ field, full, ...(positions && { positions }) })

export const judgedOf =
  ({ judged }: Method) =>
  (x: tf.Tensor): tf.Tensor =>
    judged === undefined ? x : tf.slice(x, [0], [judged])

/** Entry i of a vector, a scalar. */
export const at = (vector: tf.Tensor, i: number): tf.Tensor => tf.reshape(tf.slice(vector, [i], [1]), [])

/** Row `index` (an int32 scalar) of a tensor. */
export const rowAt = (rows: tf.Tensor, index: tf.Tensor): tf.Tensor =>
  tf.reshape(tf.gather(rows, tf.reshape(index, [1])), rows.shape.slice(1))

export const int = (value: number): tf.Tensor => tf.scalar(value, 'int32')

/** How many entries hold, an int32 scalar. */
export const countOf = (flags: tf.Tensor): tf.Tensor => tf.sum(tf.cast(flags, 'int32'))

/** Statistics of a solve whose number of steps is known beforehand. */
export const knownStatistics = (stepper: Stepper, steps: number): tf.Tensor =>
  tf.tensor1d([0, steps, 0, stepper.startEvaluations + steps * stepper.evaluations], 'int32')

/** Times [m] as shares of the way from `start` over `span`; 1 for all if there is no way to go. */
export const sharesOf = (times: tf.Tensor, start: tf.Tensor, span: tf.Tensor): tf.Tensor => {
  const nowhere = tf.equal(span, 0)
  const share = tf.div(tf.sub(times, start), tf.where(nowhere, 1, span))
  return tf.where(nowhere, tf.onesLike(share), tf.clipByValue(share, 0, 1))
}
