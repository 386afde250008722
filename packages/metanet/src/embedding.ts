/**
 * From a weight graph to the first state of a graph network: a linear map of the channels, plus what tells units and layers
 * apart. Input and output units have each their own embedding, because they are not interchangeable; hidden units have one
 * only on demand, for weights that are aligned, since it breaks permutation equivariance.
 */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, scoped, split, type Learnable } from '@bdl/core'
import {
  applyDense,
  applyMlp,
  dense,
  fourierFeatures,
  lecunNormal,
  mlp,
  normal,
  silu,
  type Dense,
  type MlpParams
} from '@bdl/nn'
import type { GraphState } from './message-layer.js'
import type { WeightGraph } from './weight-graph.js'

export type EmbeddingParams = {
  /** Channels and layer features to c: [k + 5, c]. */
  readonly node: Dense
  readonly edge: Dense
  /** Input and output units, or all layers: [n_l, c] each. */
  readonly units: readonly tf.Tensor[]
  /** Time features to the global vector, or the global vector itself [1, c] where there is no time. */
  readonly global: MlpParams | tf.Tensor
}

export interface EmbeddingOptions {
  readonly sizes: readonly number[]
  readonly inputChannels: number
  readonly channels: number
  /** Frequencies of the time features; 0: no time. */
  readonly timeFrequencies: number
  readonly unitEmbeddings: 'ends' | 'all'
}

const LAYER_FEATURES = 5

/** Where a layer (or a block, between two) lies: first, last, and its relative depth in three smooth features. */
const layerFeatures = (at: number, depth: number, isFirst: boolean, isLast: boolean): readonly number[] => [
  Number(isFirst),
  Number(isLast),
  at / depth,
  Math.sin((Math.PI * at) / depth),
  Math.cos((Math.PI * at) / depth)
]

/** x w + (features w' + b): the constant features enter as one row, never as channels of every edge. */
const embed = ({ w, b }: Dense, x: tf.Tensor, features: readonly number[]): tf.Tensor => {
  const channels = x.shape.at(-1)!
  const [own, ofLayer] = tf.split(w, [channels, LAYER_FEATURES], 0)
  const row = tf.add(tf.matMul(tf.tensor2d([...features], [1, LAYER_FEATURES]), ofLayer as tf.Tensor2D), b)
  return applyDense({ w: own!, b: tf.reshape(row, [b.size]) }, x)
}

const withUnits = (nodes: readonly tf.Tensor[], units: readonly tf.Tensor[]): readonly tf.Tensor[] => {
  const last = nodes.length - 1
  const unitsOf = (l: number): tf.Tensor | undefined =>
    units.length > 2 ? units[l] : l === 0 ? units[0] : l === last ? units[1] : undefined
  return nodes.map((layer, l) => {
    const own = unitsOf(l)
    return own === undefined ? layer : tf.add(layer, own)
  })
}

const isTensor = (x: MlpParams | tf.Tensor): x is tf.Tensor => 'dataId' in x

const expectTime = (isTimed: boolean, time: tf.Tensor | undefined): void => {
  if (isTimed !== (time !== undefined))
    throw new BdlError({
      code: 'InvalidArgument',
      fn: 'metanet',
      argument: 'time',
      expected: isTimed ? 'a scalar' : 'none, since timeFrequencies is 0',
      got: isTimed ? 'none' : 'a tensor'
    })
}

export const embedding = (
  options: EmbeddingOptions
): Learnable<EmbeddingParams, (graph: WeightGraph, time?: tf.Tensor) => GraphState> => {
  const { sizes, inputChannels, channels, timeFrequencies, unitEmbeddings } = options
  const affine = dense({ inputs: inputChannels + LAYER_FEATURES, outputs: channels, initialiser: lecunNormal })
  const ofTime = mlp({ sizes: [2 * Math.max(1, timeFrequencies), channels, channels], activation: silu })
  const named = unitEmbeddings === 'all' ? sizes : [sizes[0]!, sizes.at(-1)!]
  const globalOf = (global: MlpParams | tf.Tensor, time: tf.Tensor | undefined): tf.Tensor => {
    expectTime(!isTensor(global), time)
    if (isTensor(global) || time === undefined) return tf.clone(global as tf.Tensor)
    return applyMlp(silu)(global, fourierFeatures(timeFrequencies)(tf.reshape(time, [1])))
  }
  return {
    init: (key) =>
      scoped(() => {
        const [kNode, kEdge, kUnits, kGlobal] = split(key, 4)
        return {
          node: affine.init(kNode),
          edge: affine.init(kEdge),
          units: split(kUnits, named.length).map((k, i) => normal(1)(k, [named[i]!, channels])),
          global: timeFrequencies > 0 ? ofTime.init(kGlobal) : normal(1)(kGlobal, [1, channels])
        }
      }),
    build: (params) => (graph, time) =>
      scoped(() => {
        const depth = graph.edges.length
        const nodes = graph.nodes.map((layer, l) =>
          embed(params.node, layer, layerFeatures(l, depth, l === 0, l === depth))
        )
        const edges = graph.edges.map((block, l) =>
          embed(params.edge, block, layerFeatures(l + 0.5, depth, l === 0, l === depth - 1))
        )
        return { nodes: withUnits(nodes, params.units), edges, global: globalOf(params.global, time) }
      })
  }
}
