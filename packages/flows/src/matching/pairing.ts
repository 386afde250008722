/**
 * Which draw of the source goes with which row of the data, inside a minibatch: pairs of a transport plan between the two
 * make paths cross less, so that flows are straighter and targets vary less, while the ends keep their laws.
 */
import * as tf from '@tensorflow/tfjs-core'
import { stopGradient, whileLoop } from '@bdl/compiler'
import { categorical, expectInteger, expectPositive, logsumexp, scoped, type Key } from '@bdl/core'
import { optimalAssignment } from './assignment.js'

/** For each row of x1 [n, d] the row of x0 [n, d] that goes with it, int32 [n]. */
export type Pairing = (x0: tf.Tensor, x1: tf.Tensor, key: Key) => tf.Tensor

/**
 * Half squared distances |x0 - x1|^2 / 2 without what depends on one end alone, [n, n]: no plan depends on that, and the
 * product keeps its digits because both ends are centred.
 */
const transportCost = (x0: tf.Tensor, x1: tf.Tensor): tf.Tensor => {
  const centred = (x: tf.Tensor): tf.Tensor => tf.sub(stopGradient(x), tf.mean(stopGradient(x), 0))
  return tf.neg(tf.matMul(centred(x0), centred(x1), false, true))
}

/**
 * The optimal transport plan of the minibatch for squared distances: one to one, the least sum of |x0 - x1|^2.
 *
 * Exact up to float32, in the graph, at about the cube of the batch in the worst case; the larger the batch, the straighter
 * the flow, and the lesser the bias of a plan between samples.
 *
 * @source Tong et al. 2023 (OT-CFM), arXiv:2302.00482; Pooladian et al. 2023 (BatchOT), arXiv:2304.14772
 * @example flowMatching({ field, source, pair: optimalPairing })
 */
export const optimalPairing: Pairing = (x0, x1) => scoped(() => optimalAssignment(transportCost(x0, x1)))

export interface SinkhornOptions {
  /** Weight of the entropy against |x0 - x1|^2, in squared units of the data: least is nearest to `optimalPairing`. */
  readonly epsilon: number
  /** At which relative error of the sources' marginal to stop; default 1e-2. */
  readonly tolerance?: number
  /** At most; default 1000. Where it ends the loop, sources are drawn unevenly. */
  readonly iterations?: number
}

type Potential = { readonly f: tf.Tensor; readonly change: tf.Tensor; readonly turn: tf.Tensor }

/** Logarithms of the scalings of rows: Sinkhorn's turns on a kernel [n, n] with uniform marginals, in the log domain. */
const rowPotential = (logKernel: tf.Tensor, tolerance: number, iterations: number): tf.Tensor => {
  const turn = (f: tf.Tensor): tf.Tensor => {
    const g = tf.neg(logsumexp(tf.add(logKernel, tf.expandDims(f, 1)), 0))
    return tf.neg(logsumexp(tf.add(logKernel, g), 1))
  }
  // With columns scaled to one, rows have sums exp(f - next f): how far these are from one is the error of their marginal.
  const { f } = whileLoop(
    ({ change, turn: done }: Potential) =>
      tf.logicalAnd(tf.greater(change, tolerance), tf.less(done, tf.scalar(iterations, 'int32'))),
    ({ f: before, turn: done }: Potential): Potential => {
      const next = turn(before)
      const change = tf.max(tf.abs(tf.expm1(tf.sub(before, next))))
      return { f: next, change, turn: tf.add(done, tf.scalar(1, 'int32')) }
    },
    { f: tf.zeros([logKernel.shape[0]!]), change: tf.scalar(Infinity), turn: tf.scalar(0, 'int32') }
  )
  return f
}

/**
 * Pairs drawn from the entropic transport plan of the minibatch, argmin of E |x0 - x1|^2 - epsilon H: every row of the data
 * once, with a source drawn from its column of the plan, so that sources may repeat or be left out but are drawn evenly.
 *
 * @error InvalidArgument unless epsilon and tolerance are > 0 and iterations a positive integer
 * @precision each turn reads the [n, n] kernel twice, and turns grow as cost / epsilon does: prefer `optimalPairing` below a
 *   hundredth of the squared distances
 * @source Cuturi 2013, arXiv:1306.0895; Pooladian et al. 2023, arXiv:2304.14772; Tong et al. 2023 (SB-CFM), arXiv:2302.00482
 * @example flowMatching({ field, source, pair: sinkhornPairing({ epsilon: 0.1 }) })
 */
export const sinkhornPairing = ({ epsilon, tolerance = 1e-2, iterations = 1000 }: SinkhornOptions): Pairing => {
  expectPositive('sinkhornPairing', { epsilon, tolerance })
  expectInteger('sinkhornPairing', { iterations }, 1)
  return (x0, x1, key) =>
    scoped(() => {
      const logKernel = tf.mul(transportCost(x0, x1), -2 / epsilon)
      const f = rowPotential(logKernel, tolerance, iterations)
      return categorical(key, tf.transpose(tf.add(logKernel, tf.expandDims(f, 1))))
    })
}
