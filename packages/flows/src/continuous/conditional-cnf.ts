/** Continuous flows that a context decides: one model of p(x | c) for every c, as a distribution and as its map. */
import * as tf from '@tensorflow/tfjs-core'
import { bijector, type Bijector } from '@bdl/bijectors'
import { BdlError, learnable, scoped, sizeOfShape, type Learnable, type Tree } from '@bdl/core'
import { distribution, transformed, type Distribution } from '@bdl/distributions'
import type { Conditioned } from '../layered/layers.js'
import type { ConditionalVelocity } from './conditional-velocity.js'
import { parametricFlowBijector } from './flow.js'
import type { FlowOptions, ParametricFlow } from './transport.js'

export interface ConditionalCnfBijectorOptions<P extends Tree> extends FlowOptions {
  /** The conditional velocity field to learn. */
  readonly field: Learnable<P, ConditionalVelocity>
}

export interface ConditionalCnfOptions<P extends Tree> extends ConditionalCnfBijectorOptions<P> {
  /** Distribution at t0 of vectors, the same for every context: batch shape [], event shape [d]. */
  readonly base: Distribution
}

/** Parameters of the solve: gradients of the backward solve reach these and nothing else, so the context is among them. */
type Given<P extends Tree> = { readonly params: P; readonly context: readonly tf.Tensor[] }

/** The same for every row; of no rows TensorFlow.js would keep the entries. */
const spread = (x: tf.Tensor, lead: readonly number[]): tf.Tensor => {
  const d = x.shape[x.rank - 1] ?? 1
  return lead.includes(0) ? tf.zeros([...lead, d]) : tf.broadcastTo(x, [...lead, d])
}

/** Contexts [..., c] as one row for each row of points with these leading axes; one for all stays one. */
const asRows = (context: tf.Tensor, lead: readonly number[]): tf.Tensor => {
  if (context.rank === 1) return tf.clone(context)
  return tf.reshape(spread(context, lead), [sizeOfShape(lead), context.shape[context.rank - 1] ?? 1])
}

const leadOf = (context: tf.Tensor | undefined): readonly number[] => context?.shape.slice(0, -1) ?? []

/** The map at a context; points with fewer leading axes than contexts are carried once for each. */
const mapAt = <P extends Tree>(
  { field, ...options }: ConditionalCnfBijectorOptions<P>,
  params: P,
  context: tf.Tensor | undefined
): Bijector => {
  const through =
    <A>(use: (map: Bijector, x: tf.Tensor) => A) =>
    (x: tf.Tensor): A => {
      const lead = tf.broadcast_util.assertAndGetBroadcastShape(x.shape.slice(0, -1), [...leadOf(context)])
      const flow: ParametricFlow<Given<P>> = {
        ...options,
        params: { params, context: context === undefined ? [] : [asRows(context, lead)] },
        velocity: (given) => field.build(given.params)(given.context[0])
      }
      return use(parametricFlowBijector(flow), spread(x, lead))
    }
  return Object.freeze({
    ...bijector({
      name: 'conditionalContinuousFlow',
      eventNdims: 1,
      forwardAndLogDet: through((map, z) => map.forwardAndLogDet(z)),
      inverseAndLogDet: through((map, x) => map.inverseAndLogDet(x))
    }),
    forward: (z: tf.Tensor) => scoped(() => through((map, at) => map.forward(at))(z)),
    inverse: (x: tf.Tensor) => scoped(() => through((map, at) => map.inverse(at))(x))
  })
}

/**
 * The map from base to data at a context, to learn: `(context?) => Bijector`, contexts [c] for all points or [..., c] for each.
 * @example conditionalCnfBijector({ field: conditionalVelocityMlp({ dimension: 2, context: 3 }) })
 */
export const conditionalCnfBijector = <P extends Tree>(
  options: ConditionalCnfBijectorOptions<P>
): Learnable<P, Conditioned> => ({
  init: options.field.init,
  build: (params) => (context) => mapAt(options, params, context)
})

/** The same law for every entry of a batch, independently. */
const batchOf = (base: Distribution, batch: readonly number[]): Distribution => {
  if (base.batchShape.length > 0)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn: 'conditionalCnf',
      argument: 'base',
      expected: 'batch shape []',
      got: `[${base.batchShape.join(', ')}]`
    })
  if (batch.length === 0) return base
  return distribution<tf.Tensor>({
    name: base.name,
    batchShape: [...batch],
    eventShape: base.eventShape,
    support: base.support,
    isReparameterised: base.isReparameterised,
    logProb: (x) => tf.add(base.logProb(x), tf.zeros([...batch])),
    sampleAndLogProb: (key, sampleShape) => base.sampleAndLogProb(key, [...sampleShape, ...batch]),
    sample: (key, sampleShape) => base.sample(key, [...sampleShape, ...batch])
  })
}

/**
 * A continuous normalizing flow for each context: `(context?) => Distribution`. A context [c] gives one distribution over
 * vectors, [...B, c] a batch [...B] of them; without one it is the field's flow without a context. Gradients reach
 * parameters, data and contexts, by every adjoint.
 *
 * @error ShapeMismatch if the base has a batch; in use, if points and contexts do not broadcast
 * @source Grathwohl et al. 2018 (FFJORD), arXiv:1810.01367; conditioned as in Winkler et al. 2019, arXiv:1912.00042
 * @example
 * const model = conditionalCnf({ field: conditionalVelocityMlp({ dimension: 2, context: 3 }), base: standardNormal(2) })
 * const nll = (params, { x, c }) => tf.neg(tf.mean(model.build(params)(c).logProb(x))) // x [n, 2], c [n, 3]
 * const digit = model.build(params)(tf.tensor1d([0, 1, 0])) // one of them
 */
export const conditionalCnf = <P extends Tree>({
  base,
  ...options
}: ConditionalCnfOptions<P>): Learnable<P, (context?: tf.Tensor) => Distribution> =>
  learnable.map(
    (maps: Conditioned) =>
      (context?: tf.Tensor): Distribution =>
        transformed(batchOf(base, leadOf(context)), maps(context))
  )(conditionalCnfBijector(options))
