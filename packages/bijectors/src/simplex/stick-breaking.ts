// Breaking a stick: each number says what share of the rest its entry of the simplex takes.
import * as tf from '@tensorflow/tfjs-core'
import { logSigmoid } from '@bdl/core'
import { bijector, type Bijector } from '../bijector.js'
import { lastSize, padLast, sliceLast } from '../numerics/last-axis.js'
import { simplexEvents } from './simplex-events.js'

/** log n, log(n - 1), ..., log 1: with these offsets x = 0 breaks the stick into equal parts. */
const offsets = (n: number): tf.Tensor => tf.log(tf.range(n, 0, -1))

/**
 * y_i = z_i (1 - z_0) ... (1 - z_{i-1}) with z_i = sigmoid(x_i - log(n - i)), and the rest last: from [..., n] to
 * [..., n + 1].
 *
 * log-det = sum of log y over all n + 1 entries, that of x -> y[0], ..., y[n - 1].
 * @precision shares are added up as logarithms: right where entries of y underflow. In the inverse what is left is summed
 *   from the end, so that nothing cancels; a zero entry gives -inf
 * @source Stan Reference Manual, Unit simplex transform; Sethuraman (1994), Statistica Sinica 4(2)
 * @example stickBreaking.forward(tf.tensor1d([0, 0])) // => [1/3, 1/3, 1/3]
 */
export const stickBreaking: Bijector = bijector({
  ...simplexEvents('stickBreaking'),
  forwardAndLogDet: (x) => {
    const logits = tf.sub(x, offsets(lastSize(x)))
    const rests = padLast(tf.cumsum(logSigmoid(tf.neg(logits)), x.rank - 1), 1, 0, 0)
    const logY = tf.add(padLast(logSigmoid(logits), 0, 1, 0), rests)
    return [tf.exp(logY), tf.sum(logY, -1)]
  },
  inverseAndLogDet: (y) => {
    const logY = tf.log(y)
    const n = lastSize(y) - 1
    const head = sliceLast(logY, 0, n)
    const rests = sliceLast(tf.cumsum(y, y.rank - 1, true, true), 0, n)
    const x = tf.add(tf.sub(head, tf.log(rests)), offsets(n))
    // log 0 - log 0 would be NaN where nothing is left
    return [tf.where(tf.equal(sliceLast(y, 0, n), 0), head, x), tf.neg(tf.sum(logY, -1))]
  }
})
