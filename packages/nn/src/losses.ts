/** Losses, each a negative log likelihood in nats or a square; none takes probabilities where logits are stabler. */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, scoped, softplus } from '@bdl/core'

/**
 * -log softmax(logits)[label]: logits [..., C], labels int32 [...] -> [...], nats.
 * @error DtypeMismatch if the labels are not int32, ShapeMismatch if they lack the logits' leading axes
 * @precision through log-softmax: exact to float32 for logits of any size; a label outside 0..C-1 gives 0
 * @example tf.mean(softmaxCrossEntropy(logits, labels))
 */
export const softmaxCrossEntropy = (logits: tf.Tensor, labels: tf.Tensor): tf.Tensor => {
  const classes = logits.shape[logits.rank - 1] ?? 0
  if (labels.dtype !== 'int32')
    throw new BdlError({
      code: 'DtypeMismatch',
      fn: 'softmaxCrossEntropy',
      argument: 'labels',
      expected: 'int32 class indices',
      got: labels.dtype
    })
  if (`${labels.shape}` !== `${logits.shape.slice(0, -1)}`)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn: 'softmaxCrossEntropy',
      argument: 'labels',
      expected: `shape [${logits.shape.slice(0, -1).join(', ')}]`,
      got: `[${labels.shape.join(', ')}]`
    })
  return scoped(() => {
    const chosen = tf.equal(tf.expandDims(labels, -1), tf.range(0, classes, 1, 'int32'))
    // where, not a product with a one-hot: a logit of -inf in another class would make 0 * inf.
    return tf.neg(tf.sum(tf.where(chosen, tf.logSoftmax(logits), 0), -1))
  })
}

/**
 * -log Bernoulli(label; sigmoid(logit)) = softplus(logit) - label logit: [...], labels float32 [...] in [0, 1] -> [...], nats.
 */
export const binaryCrossEntropy = (logits: tf.Tensor, labels: tf.Tensor): tf.Tensor =>
  scoped(() => tf.sub(softplus(logits), tf.mul(labels, logits)))

/** Mean of (prediction - target)^2 over everything: [...S], [...S] -> scalar. */
export const meanSquaredError = (prediction: tf.Tensor, target: tf.Tensor): tf.Tensor =>
  scoped(() => tf.mean(tf.square(tf.sub(prediction, target))))
