/**
 * A network as a graph of layer blocks: units are nodes, the weight between two units is their edge.
 *
 * Blocks, not edge lists: shapes are static, aggregation is a mean over an axis, and a weight of zero stays an edge.
 * Relabelling hidden units permutes the matching axes and nothing else.
 *
 * @source Kofinas et al. (2024), arXiv:2403.12143; Lim et al. (2023), arXiv:2312.04501
 */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, expectShape, scoped } from '@bdl/core'
import type { MlpParams } from '@bdl/nn'

/** Features of units and of the edges between neighbouring layers; S are axes of a stack, none for one network. */
export type WeightGraph = {
  /** From the input units to the outputs: [...S, n_l, k], l = 0..L. */
  readonly nodes: readonly tf.Tensor[]
  /** Edges from layer l-1 to layer l: [...S, n_{l-1}, n_l, k]. */
  readonly edges: readonly tf.Tensor[]
}

/** Mean and scale of a block, scalars. */
export type Moments = { readonly mean: tf.Tensor; readonly scale: tf.Tensor }

/** One pair per weight matrix and per bias vector. Scalars, so that standardised networks still are permuted alike. */
export type Standardisation = readonly { readonly w: Moments; readonly b: Moments }[]

const momentsOf = (block: tf.Tensor): Moments => {
  const mean = tf.mean(block)
  const variance = tf.mean(tf.square(tf.sub(block, mean)))
  // A constant block (biases at zero) has no scale of its own.
  return { mean, scale: tf.sqrt(tf.where(tf.greater(variance, 0), variance, tf.onesLike(variance))) }
}

/** Mean and standard deviation of every block over a stack of networks, leaves [K, ...]. The caller owns the result. */
export const standardisationOf = (networks: MlpParams): Standardisation =>
  scoped(() => networks.map(({ w, b }) => ({ w: momentsOf(w), b: momentsOf(b) })))

const standardise = (x: tf.Tensor, { mean, scale }: Moments): tf.Tensor => tf.div(tf.sub(x, mean), scale)

const expectDepth = (fn: string, layers: number, standardisation: Standardisation | undefined): void => {
  if (standardisation !== undefined && standardisation.length !== layers)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn,
      argument: 'standardisation',
      expected: `${layers} layers`,
      got: String(standardisation.length)
    })
}

/** Trees of one structure joined as channels of a new last axis. */
const joinChannels = (channels: readonly tf.Tensor[]): tf.Tensor =>
  channels.length === 1
    ? tf.expandDims(channels[0]!, -1)
    : tf.concat(
        channels.map((channel) => tf.expandDims(channel, -1)),
        channels[0]!.rank
      )

/**
 * The graph of a network, or of a stack of them: channel 0 holds its weights and biases (standardised, if asked), the
 * others hold further trees of its structure, such as a gradient. Input units have no bias: their features are 0.
 *
 * @param weights `[{ w: [...S, in, out], b: [...S, out] }, ...]`
 * @error ShapeMismatch if a further channel or the standardisation does not have the structure of `weights`
 * @example weightGraph(params).edges[0].shape // [64, 16, 1]
 */
export const weightGraph = (
  weights: MlpParams,
  further: readonly MlpParams[] = [],
  standardisation?: Standardisation
): WeightGraph => {
  expectDepth('weightGraph', weights.length, standardisation)
  return scoped(() => {
    const block = (l: number, name: 'w' | 'b'): tf.Tensor => {
      const own = weights[l]![name]
      const rest = further.map((tree, c) => {
        const leaf = tree[l]?.[name]
        expectShape('weightGraph', `further[${c}][${l}].${name}`, leaf?.shape ?? [], own.shape)
        return leaf!
      })
      return joinChannels([standardisation === undefined ? own : standardise(own, standardisation[l]![name]), ...rest])
    }
    const first = weights[0]!.w
    const inputs = tf.zeros([...first.shape.slice(0, -1), 1 + further.length])
    return {
      nodes: [inputs, ...weights.map((_, l) => block(l, 'b'))],
      edges: weights.map((_, l) => block(l, 'w'))
    }
  })
}

/** Channel 0 of a graph as weights again: the inverse of `weightGraph`. */
export const graphWeights = (graph: WeightGraph, standardisation?: Standardisation): MlpParams => {
  expectDepth('graphWeights', graph.edges.length, standardisation)
  return scoped(() => {
    const first = (x: tf.Tensor, moments: Moments | undefined): tf.Tensor => {
      const channel = tf.squeeze(
        tf.slice(
          x,
          x.shape.map(() => 0),
          [...x.shape.slice(0, -1), 1]
        ),
        [x.rank - 1]
      )
      return moments === undefined ? channel : tf.add(tf.mul(channel, moments.scale), moments.mean)
    }
    return graph.edges.map((edges, l) => ({
      w: first(edges, standardisation?.[l]!.w),
      b: first(graph.nodes[l + 1]!, standardisation?.[l]!.b)
    }))
  })
}
