/** Continuous normalizing flows to learn by maximum likelihood: a field with parameters, as a distribution and as its map. */
import { learnable, type Learnable, type Tree } from '@bdl/core'
import type { Bijector } from '@bdl/bijectors'
import { transformed, type Distribution } from '@bdl/distributions'
import { parametricFlowBijector } from './flow.js'
import type { FlowOptions } from './transport.js'
import type { Velocity } from './velocity.js'

export interface CnfBijectorOptions<P extends Tree> extends FlowOptions {
  /** The velocity field to learn. */
  readonly field: Learnable<P, Velocity>
}

export interface CnfOptions<P extends Tree> extends CnfBijectorOptions<P> {
  /** Distribution at t0 of vectors, event shape [d]. */
  readonly base: Distribution
}

/**
 * The map of a continuous flow from base to data as a learnable bijector over vectors: part of a chain, say.
 * @example cnfBijector({ field: velocityMlp({ dimension: 2 }), control: fixedSteps(20), solver: rk4 })
 */
export const cnfBijector = <P extends Tree>({ field, ...options }: CnfBijectorOptions<P>): Learnable<P, Bijector> => ({
  init: field.init,
  build: (params) => parametricFlowBijector({ ...options, velocity: field.build, params })
})

/**
 * A continuous normalizing flow as a learnable distribution over vectors; its log density is differentiable in parameters
 * and data.
 *
 * Options are the model's only as far as numbers go: the same parameters build a flow with one random probe, to train, and
 * one with the exact trace, to evaluate. A key of a step is a tensor like others, so compiled training is traced once.
 *
 * @precision as exact as solver and trace; second derivatives need fixed steps or `adjoint: 'direct'`
 * @source Chen et al. 2018, arXiv:1806.07366; Grathwohl et al. 2018 (FFJORD), arXiv:1810.01367
 * @example
 * const model = { field: velocityMlp({ dimension: 2 }), base: standardNormal(2) }
 * const loss = (params, x, key) => tf.neg(tf.mean(cnf({ ...model, trace: hutchinsonTrace({ key }) }).build(params).logProb(x)))
 * const exact = cnf(model) // exact.build(params).logProb(x)
 */
export const cnf = <P extends Tree>({ base, ...options }: CnfOptions<P>): Learnable<P, Distribution> =>
  learnable.map((map: Bijector): Distribution => transformed(base, map))(cnfBijector(options))
