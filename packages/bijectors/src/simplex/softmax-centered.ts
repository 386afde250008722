// The softmax with its last logit fixed at 0: a bijection of vectors and the inside of the simplex.
import * as tf from '@tensorflow/tfjs-core'
import { logsumexp } from '@bdl/core'
import { bijector, type Bijector } from '../bijector.js'
import { lastSize, padLast, sliceLast } from '../numerics/last-axis.js'
import { simplexEvents } from './simplex-events.js'

/**
 * y = softmax([x, 0]), from [..., n] to [..., n + 1].
 *
 * log-det = sum of log y over all n + 1 entries: that of x -> y[0], ..., y[n - 1], since the last entry follows from the
 * others.
 * @precision log-dets are sums of logits, right where entries of y underflow; the inverse of a y with a zero entry is -inf
 *   there
 * @source Aitchison & Shen (1980), Logistic-normal distributions, Biometrika 67(2): the additive log-ratio
 * @example softmaxCentered.forward(tf.tensor1d([0, 0])) // => [1/3, 1/3, 1/3]
 */
export const softmaxCentered: Bijector = bijector({
  ...simplexEvents('softmaxCentered'),
  forwardAndLogDet: (x) => {
    const logits = padLast(x, 0, 1, 0)
    const logY = tf.sub(logits, logsumexp(logits, -1, true))
    return [tf.exp(logY), tf.sum(logY, -1)]
  },
  inverseAndLogDet: (y) => {
    const logY = tf.log(y)
    const n = lastSize(y) - 1
    const head = sliceLast(logY, 0, n)
    // log 0 - log 0 would be NaN at a corner
    const x = tf.where(tf.equal(sliceLast(y, 0, n), 0), head, tf.sub(head, sliceLast(logY, n, 1)))
    return [x, tf.neg(tf.sum(logY, -1))]
  }
})
