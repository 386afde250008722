/** Stacked networks: as trees, as raveled rows, on the host; parts of them. */
import * as tf from '@tensorflow/tfjs-core'
import { vmap } from '@bdl/compiler'
import { mapTree, ravel, ravelBatch, scoped, toHost } from '@bdl/core'
import type { HostArray } from '@bdl/core'
import type { MlpParams } from '@bdl/nn'

/** Shapes of one network; its tensors hold zeros. */
export const likeOf = (sizes: readonly number[]): MlpParams =>
  sizes.slice(1).map((outputs, i) => ({ w: tf.zeros([sizes[i]!, outputs]), b: tf.zeros([outputs]) }))

/** Sizes of the blocks of a raveled network, in the order of its vector (records by key: biases before weights). */
export const blocksOf = (sizes: readonly number[]): readonly number[] =>
  sizes.slice(1).flatMap((outputs, i) => [outputs, sizes[i]! * outputs])

/** Leaves [n, ...] -> rows [n, d]. */
export const toRows = (positions: MlpParams): tf.Tensor => scoped(() => ravelBatch(positions).vector)

/** Rows [n, d] -> leaves [n, ...]. */
export const fromRows = (sizes: readonly number[], rows: tf.Tensor): MlpParams =>
  scoped(() => vmap((row: tf.Tensor) => ravel(likeOf(sizes)).unravel(row))(rows))

/** One raveled network as a tree: for log densities of vectors. */
export const unravelFor = (sizes: readonly number[]): ((row: tf.Tensor) => MlpParams) => {
  const { unravel } = ravel(likeOf(sizes))
  return unravel
}

export const countOf = (positions: MlpParams): number => positions[0]!.b.shape[0]!

/** `count` networks spread evenly over the stack (all of them if there are fewer). */
export const thinned = (positions: MlpParams, count: number): MlpParams => {
  const total = countOf(positions)
  const n = Math.min(count, total)
  const indices = tf.tensor1d(
    Int32Array.from({ length: n }, (_, i) => Math.floor((i * total) / n)),
    'int32'
  )
  const taken = mapTree((leaf) => tf.gather(leaf, indices))(positions)
  indices.dispose()
  return taken
}

/** Networks `from` to `from + count`. */
export const sliceOf = (positions: MlpParams, from: number, count: number): MlpParams =>
  mapTree((leaf) => tf.slice(leaf, [from], [count]))(positions)

/** The network at `index`, with its leading axis of one. */
export const onlyOne = (positions: MlpParams, index = 0): MlpParams => sliceOf(positions, index, 1)

export type HostLayer = { readonly w: HostArray; readonly b: HostArray }

export const toHostNetworks = (positions: MlpParams): Promise<readonly HostLayer[]> =>
  Promise.all(positions.map(async ({ w, b }) => ({ w: await toHost(w), b: await toHost(b) })))
