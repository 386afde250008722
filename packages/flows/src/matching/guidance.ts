/** Classifier-free guidance: away from the marginal field, towards that of a context and beyond. */
import * as tf from '@tensorflow/tfjs-core'
import { scoped } from '@bdl/core'
import type { ConditionalVelocity } from '../continuous/conditional-velocity.js'
import { perRow } from '../continuous/velocity.js'
import type { OfTime } from './path.js'

export interface GuidanceOptions {
  /** w: 0 ignores the context, 1 is the conditional field, more follows the context at the price of variety; or w(t). */
  readonly scale: number | OfTime
}

/**
 * v = v(none) + w (v(context) - v(none)), of two evaluations; without a context v(none). On Gaussian paths scores combine in
 * the same way, grad log p_t(x) + w (grad log p_t(x | c) - grad log p_t(x)); also for scores and predictions of noise or data.
 *
 * For w other than 0 and 1 the flow is not that of p(x) p(c | x)^w, only its field at each time is the gradient of one, so its
 * density is that of its own samples.
 *
 * @source Ho & Salimans (2022), arXiv:2207.12598; Zheng et al. (2023), Guided flows, arXiv:2311.13443;
 *   Kynkaanniemi et al. (2024), w(t) that is 1 outside an interval, arXiv:2404.07724
 * @example velocityToDistribution(guided(field.build(params), { scale: 2 })(context), standardNormal(2))
 */
export const guided =
  (field: ConditionalVelocity, { scale }: GuidanceOptions): ConditionalVelocity =>
  (context) => {
    if (context === undefined || scale === 0) return field()
    if (scale === 1) return field(context)
    return (t, x) =>
      scoped(() => {
        const without = field()(t, x)
        const towards = tf.sub(field(context)(t, x), without)
        return tf.add(without, typeof scale === 'number' ? tf.mul(towards, scale) : tf.mul(towards, perRow(scale(t))))
      })
  }
