/**
 * Running mean and (co)variance in one pass, fed with batches: many chains contribute one batch per transition.
 */
import * as tf from '@tensorflow/tfjs-core'
import { scoped } from '@bdl/core'

/** `count` scalar, `mean` [dim], `moment` the sum of squared deviations: [dim], or [dim, dim] for a covariance. */
export type WelfordState = Readonly<Record<'count' | 'mean' | 'moment', tf.Tensor>>

export const welfordInit = (dim: number, kind: 'diagonal' | 'dense' = 'diagonal'): WelfordState => ({
  count: tf.scalar(0),
  mean: tf.zeros([dim]),
  moment: tf.zeros(kind === 'dense' ? [dim, dim] : [dim])
})

/** Σ d dᵀ over rows, or its diagonal, after the shape of `like`. */
const secondMoment = (rows: tf.Tensor, like: tf.Tensor): tf.Tensor =>
  like.rank === 2 ? tf.matMul(rows, rows, true, false) : tf.sum(tf.square(rows), 0)

/**
 * Takes in a batch of points.
 *
 * @param points [n, dim]
 * @precision the update is of deviations from the mean, so a large mean costs no digits
 * @source Welford (1962), Technometrics 4(3); Chan, Golub & LeVeque (1983), The American Statistician 37(3), for batches
 */
export const welfordUpdate = (state: WelfordState, points: tf.Tensor): WelfordState =>
  scoped(() => {
    const size = points.shape[0] ?? 0
    const count = tf.add(state.count, size)
    const batchMean = tf.mean(points, 0)
    const shift = tf.sub(batchMean, state.mean)
    const mean = tf.add(state.mean, tf.mul(shift, tf.div(size, count)))
    const within = secondMoment(tf.sub(points, batchMean), state.moment)
    const between = tf.mul(
      secondMoment(tf.expandDims(shift, 0), state.moment),
      tf.div(tf.mul(state.count, size), count)
    )
    return { count, mean, moment: tf.add(state.moment, tf.add(within, between)) }
  })

/** Unbiased (co)variance, moment / (n − 1). */
export const welfordVariance = ({ count, moment }: WelfordState): tf.Tensor =>
  scoped(() => tf.div(moment, tf.sub(count, 1)))

/**
 * (Co)variance shrunk to a small multiple of the identity: n/(n + 5) Σ̂ + 10⁻³ · 5/(n + 5) I.
 *
 * @source Stan's warm-up (covar_adaptation, var_adaptation)
 */
export const regularisedVariance = (state: WelfordState): tf.Tensor =>
  scoped(() => {
    const { count, moment } = state
    const total = tf.add(count, 5)
    const ridge = tf.div(5e-3, total)
    const identity = moment.rank === 2 ? tf.eye(moment.shape[0] ?? 0) : tf.onesLike(moment)
    return tf.add(tf.mul(welfordVariance(state), tf.div(count, total)), tf.mul(ridge, identity))
  })
