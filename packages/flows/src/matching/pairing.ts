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

/**
 * How many turns are made on scaled kernels between two in the log domain. Where rows sum to one, columns sum to between 1/n
 * and n, and so on by turns: n^(2 turns) bounds what scalings can come to, and 2^100 is far from float32's ends.
 */
const turnsBetween = (n: number): number => Math.max(1, Math.floor(50 / Math.log2(Math.max(2, n))))

/** Turns of products alone, from a kernel whose rows sum to one: the logarithms of what they scale rows by. */
const rowScalings = (kernel: tf.Tensor): tf.Tensor => {
  const n = kernel.shape[0]!
  const columns = (u: tf.Tensor) => tf.reciprocal(tf.sum(tf.mul(kernel, tf.expandDims(u, 1)), 0))
  const rows = (v: tf.Tensor) => tf.reciprocal(tf.sum(tf.mul(kernel, v), 1))
  const turns = Array.from({ length: turnsBetween(n) })
  return tf.log(turns.reduce((u: tf.Tensor) => rows(columns(u)), tf.ones([n])))
}

/**
 * Logarithms of the scalings of rows: Sinkhorn's turns on a kernel [n, n] with uniform marginals. One in several is in the log
 * domain, where nothing is lost, and takes in what those between have found.
 */
const rowPotential = (logKernel: tf.Tensor, tolerance: number, iterations: number): tf.Tensor => {
  const inOne = 1 + turnsBetween(logKernel.shape[0]!)
  const turns = (before: tf.Tensor): Omit<Potential, 'turn'> => {
    const g = tf.neg(logsumexp(tf.add(logKernel, tf.expandDims(before, 1)), 0))
    const toColumns = tf.add(logKernel, g)
    const f = tf.neg(logsumexp(toColumns, 1))
    // With columns scaled to one, rows sum to exp(before - f): how far from one is the error of their marginal.
    const change = tf.max(tf.abs(tf.expm1(tf.sub(before, f))))
    return { f: tf.add(f, rowScalings(tf.exp(tf.add(toColumns, tf.expandDims(f, 1))))), change }
  }
  return whileLoop(
    ({ change, turn }: Potential) =>
      tf.logicalAnd(tf.greater(change, tolerance), tf.less(turn, tf.scalar(iterations, 'int32'))),
    ({ f, turn }: Potential): Potential => ({ ...turns(f), turn: tf.add(turn, tf.scalar(inOne, 'int32')) }),
    { f: tf.zeros([logKernel.shape[0]!]), change: tf.scalar(Infinity), turn: tf.scalar(0, 'int32') }
  ).f
}

/**
 * Pairs drawn from the entropic transport plan of the minibatch, argmin of E |x0 - x1|^2 - epsilon H: every row of the data
 * once, with a source drawn from its column of the plan, so that sources may repeat or be left out but are drawn evenly.
 *
 * @error InvalidArgument unless epsilon and tolerance are > 0 and iterations a positive integer
 * @precision turns grow as cost / epsilon does: below a hundredth of the squared distances `optimalPairing` is cheaper
 * @source Cuturi 2013, arXiv:1306.0895; Schmitzer 2019 (log domain and scalings by turns), arXiv:1610.06519; Pooladian et al.
 *   2023, arXiv:2304.14772; Tong et al. 2023 (SB-CFM), arXiv:2302.00482
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
