/** Parts of a data set as tensors, and what a network says of them. */
import * as tf from '@tensorflow/tfjs-core'
import { toTensors } from '@bdl/data'
import { scoped } from '@bdl/core'
import { softmaxCrossEntropy } from '@bdl/nn'
import type { Parts } from '../weights/problem.js'
import type { Scores } from './results.js'

export type Rows = { readonly x: tf.Tensor; readonly y: tf.Tensor }

export interface PartRows {
  readonly train: Rows
  readonly validation: Rows
  readonly test: Rows
}

export const rowsOf = ({ train, validation, test }: Parts): PartRows => ({
  train: toTensors(train),
  validation: toTensors(validation),
  test: toTensors(test)
})

export const meanCrossEntropy = (logits: tf.Tensor, labels: tf.Tensor): tf.Tensor =>
  scoped(() => tf.mean(softmaxCrossEntropy(logits, labels)))

/** [accuracy, negative log-likelihood], [2]. */
export const scoresOf = (logits: tf.Tensor, labels: tf.Tensor): tf.Tensor =>
  scoped(() => {
    const hits = tf.equal(tf.cast(tf.argMax(logits, -1), 'int32'), labels)
    return tf.stack([tf.mean(tf.cast(hits, 'float32')), meanCrossEntropy(logits, labels)])
  })

/** Reads what `scoresOf` made, and releases it. */
export const readScores = async (pair: tf.Tensor): Promise<Scores> => {
  const [accuracy = NaN, nll = NaN] = await pair.data()
  pair.dispose()
  return { accuracy, nll }
}
