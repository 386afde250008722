/**
 * The map that a velocity field integrates to, as a bijector with its log-determinant, and as the distribution of what a base
 * is carried to.
 */
import * as tf from '@tensorflow/tfjs-core'
import { bijector, type Bijector, type WithLogDet } from '@bdl/bijectors'
import { scoped, type Tree } from '@bdl/core'
import { transformed, type Distribution } from '@bdl/distributions'
import { closedFlow, transport, transportWithTraces, type FlowOptions, type ParametricFlow } from './transport.js'
import type { Toward } from './transport.js'
import type { Velocity } from './velocity.js'

const carry = <P extends Tree>(flow: ParametricFlow<P>, x: tf.Tensor, toward: Toward): tf.Tensor =>
  scoped(() => transport(flow, x, toward).x)

const withLogDet = <P extends Tree>(flow: ParametricFlow<P>, x: tf.Tensor, toward: Toward): WithLogDet => {
  const { x: y, traces } = transportWithTraces(flow, x, toward)
  return [y, tf.mean(traces, 0)]
}

/** The map of a parametric flow from base to data, [..., d]. */
export const parametricFlowBijector = <P extends Tree>(flow: ParametricFlow<P>): Bijector =>
  Object.freeze({
    ...bijector({
      name: 'continuousFlow',
      eventNdims: 1,
      forwardAndLogDet: (z) => withLogDet(flow, z, 'data'),
      inverseAndLogDet: (x) => withLogDet(flow, x, 'base')
    }),
    // Without the cost of a trace.
    forward: (z: tf.Tensor) => carry(flow, z, 'data'),
    inverse: (x: tf.Tensor) => carry(flow, x, 'base')
  })

/**
 * The flow of a velocity field as a bijector, from base (t0) to data (t1).
 * @precision the log-determinant is as exact as the solver; with a random trace it is an unbiased estimate
 * @source Chen et al. 2018, arXiv:1806.07366
 */
export const flowBijector = (velocity: Velocity, options: FlowOptions = {}): Bijector =>
  parametricFlowBijector(closedFlow(velocity, options))

/**
 * The distribution of x(t1) for x(t0) from `base`: samples with their log densities in one solve, and log densities of data
 * by the probability-flow equation backwards.
 * @example velocityToDistribution(field.build(params), base, { solver: heun, control: fixedSteps(32) })
 */
export const velocityToDistribution = (
  velocity: Velocity,
  base: Distribution,
  options: FlowOptions = {}
): Distribution => transformed(base, flowBijector(velocity, options))
