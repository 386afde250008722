/**
 * From weights to predictions: every sample predicts, and Bayesian model averaging takes the mean.
 */
import * as tf from '@tensorflow/tfjs-core'
import { jit, vmap } from '@bdl/compiler'
import { expectInteger, mapTree, scoped } from '@bdl/core'
import type { Tree } from '@bdl/core'
import { chunkSizes } from './chunks.js'
import type { RunControl } from './run-chains.js'
import { countDraws } from './samples.js'

export type Predictive = {
  /** p(y | x, w_s) of each sample: [samples, rows, classes]. */
  readonly members: tf.Tensor
  /** Mean over samples, p(y | x, D): [rows, classes]. */
  readonly mean: tf.Tensor
}

export type PredictiveOptions = RunControl & {
  /** Samples per chunk; 128. */
  readonly chunk?: number
  /** From the network's outputs to what is averaged; softmax over the last axis by default. */
  readonly link?: (outputs: tf.Tensor) => tf.Tensor
}

/**
 * Mean over the leading axis with weights that sum to 1, such as importance weights; equal ones by default.
 *
 * @param members [samples, ...]
 * @param weights [samples]
 * @returns [...]
 */
export const modelAverage = (members: tf.Tensor, weights?: tf.Tensor): tf.Tensor =>
  scoped(() => {
    if (weights === undefined) return tf.mean(members, 0)
    const [samples = 0, ...rest] = members.shape
    const rows = tf.matMul(tf.reshape(weights, [1, samples]), tf.reshape(members, [samples, -1]))
    return tf.reshape(rows, rest)
  })

/**
 * Predictions of every sample and their average, compiled, a chunk of samples at a time.
 *
 * @param apply the network: one position and inputs [rows, ...] -> outputs [rows, classes], logits unless `link` says otherwise
 * @param samples stacked positions: every leaf is [samples, ...]
 * @param x inputs [rows, ...]
 * @returns probabilities per sample and averaged, owned by the caller. Stopped by its signal: of the samples done until then,
 *   at least one chunk
 * @error ShapeMismatch if leaves disagree on the number of samples; InvalidArgument if `chunk` is no integer > 0
 * @example const { mean } = await predictive(network.build, samples.positions, xTest)
 */
export const predictive = async <P extends Tree>(
  apply: (position: P, x: tf.Tensor) => tf.Tensor,
  samples: P,
  x: tf.Tensor,
  { chunk = 128, link = (outputs) => tf.softmax(outputs), onProgress, signal }: PredictiveOptions = {}
): Promise<Predictive> => {
  expectInteger('predictive', { chunk }, 1)
  const total = countDraws('predictive', samples)
  const predict = jit(
    (positions: P, inputs: tf.Tensor) =>
      vmap((w: P, rows: tf.Tensor) => link(apply(w, rows)), [0, null])(positions, inputs),
    { name: 'predictive' }
  )
  const parts: tf.Tensor[] = []
  let done = 0
  for (const size of chunkSizes(total, chunk)) {
    if (signal?.aborted === true && done > 0) break
    const first = done
    const some = mapTree((leaf) => tf.slice(leaf, [first], [size]))(samples)
    parts.push(await predict(some, x))
    mapTree((leaf) => (leaf.dispose(), leaf))(some)
    done += size
    onProgress?.({ done, total })
  }
  await predict.dispose()
  const members = parts.length === 1 ? parts[0]! : tf.concat(parts, 0)
  if (parts.length > 1) tf.dispose(parts)
  return { members, mean: modelAverage(members) }
}
