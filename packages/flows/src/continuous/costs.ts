/** Training by likelihood with a price on the way: straight paths and smooth fields, which take a solver fewer steps. */
import * as tf from '@tensorflow/tfjs-core'
import { expectEvery, scoped, type Key, type Tree } from '@bdl/core'
import type { CnfOptions } from './cnf.js'
import { hutchinsonTrace, type Trace } from './trace.js'
import { closedFlow, transportWithCosts, transportWithTraces } from './transport.js'
import type { FlowOptions, ParametricFlow, TransportCosts } from './transport.js'
import type { Velocity } from './velocity.js'

/**
 * Kinetic energy and Jacobian norm along the paths that end in x [..., d], solved from data to base; the norm exactly, or by
 * the probes of `trace`.
 * @source Finlay et al. 2020 (RNODE), arXiv:2002.02798
 */
export const transportCosts =
  (velocity: Velocity, options: FlowOptions = {}) =>
  (x: tf.Tensor): TransportCosts =>
    scoped(() => {
      const { kinetic, jacobian } = transportWithCosts(closedFlow(velocity, options), x, 'base')
      return { kinetic, jacobian }
    })

export interface RegularisedNllOptions<P extends Tree> extends Omit<CnfOptions<P>, 'trace'> {
  /** The trace of a step, given the step's key; default one Rademacher probe, `(key) => hutchinsonTrace({ key })`. */
  readonly trace?: (key: Key) => Trace
  /** Weight of the kinetic energy; default 0. */
  readonly kinetic?: number
  /** Weight of the Jacobian's squared norm; default 0. */
  readonly jacobian?: number
}

/**
 * Loss of a continuous flow per dimension, in nats: mean over the batch of (-log p(x) + a K(x) + b J(x)) / d, with K and J the
 * costs of the path that ends in x and a = `kinetic`, b = `jacobian`. All of it is one solve, and the norm takes no product
 * beyond those of the trace. Without weights it is FFJORD's loss. The shape that `trainSteps` takes; every step has probes of
 * its own, from its key.
 *
 * @error InvalidArgument for a negative weight
 * @source Finlay et al. 2020 (RNODE), arXiv:2002.02798, equation 7; Grathwohl et al. 2018 (FFJORD), arXiv:1810.01367
 * @example
 * const model = { field: velocityMlp({ dimension: 2 }), base: standardNormal(2), solver: rk4, control: fixedSteps(8) }
 * const loss = regularisedNll({ ...model, kinetic: 0.1, jacobian: 0.1 })
 * const trainer = trainSteps({ loss, optimiser: adam({ learningRate: 1e-3 }), steps: 500, batchSize: 256 })
 * const trained = cnf(model) // the exact trace, to evaluate
 */
export const regularisedNll = <P extends Tree>(options: RegularisedNllOptions<P>) => {
  const { field, base, trace = (key) => hutchinsonTrace({ key }), kinetic = 0, jacobian = 0, ...rest } = options
  for (const [name, weight] of Object.entries({ kinetic, jacobian }))
    expectEvery('regularisedNll', name, weight, 'a finite number >= 0', (w) => w >= 0 && Number.isFinite(w))
  return (params: P, batch: tf.Tensor, key: Key): tf.Tensor =>
    scoped(() => {
      const flow: ParametricFlow<P> = { ...rest, trace: trace(key), velocity: field.build, params }
      const nll = (z: tf.Tensor, traces: tf.Tensor): tf.Tensor =>
        tf.neg(tf.mean(tf.add(base.logProb(z), tf.mean(traces, 0))))
      const d = batch.shape[batch.rank - 1] ?? 1
      if (kinetic === 0 && jacobian === 0) {
        const { x, traces } = transportWithTraces(flow, batch, 'base')
        return tf.div(nll(x, traces), d)
      }
      const { x, traces, ...costs } = transportWithCosts(flow, batch, 'base')
      const price = tf.add(tf.mul(tf.mean(costs.kinetic), kinetic), tf.mul(tf.mean(costs.jacobian), jacobian))
      return tf.div(tf.add(nll(x, traces), price), d)
    })
}
