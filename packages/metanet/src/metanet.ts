/**
 * Graph networks that read the weights of a network: one that answers with a tree like them (a vector field, an edit), one
 * that answers with a vector (a property of the network).
 *
 * Laws, for every permutation g of hidden units (no hidden embeddings): F(g·w) = g·F(w) for the first, F(g·w) = F(w) for the
 * second. Not for permutations of inputs or outputs, nor for scalings.
 *
 * @source Lim et al. (2023), arXiv:2312.04501; Kofinas et al. (2024), arXiv:2403.12143
 */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, expectInteger, scoped, split, type Learnable } from '@bdl/core'
import { applyDense, applyMlp, dense, lecunNormal, mlp, silu, zeros, type Dense, type MlpParams } from '@bdl/nn'
import { embedding, type EmbeddingParams } from './embedding.js'
import { messageLayer, type GraphState, type MessageLayerParams } from './message-layer.js'
import { weightGraph, type Standardisation, type WeightGraph } from './weight-graph.js'

export interface MetanetOptions {
  /** Layer widths of the networks to be read. Only the first and the last bind, unless all units are embedded. */
  readonly sizes: readonly number[]
  /** Features of a node and of an edge. Default 16. */
  readonly channels?: number
  /** Width inside every φ. Default `channels`. */
  readonly hidden?: number
  /** Message-passing layers. Default 2; as many as the networks have layers let information go all the way through. */
  readonly layers?: number
  /** Further trees of the networks' structure given as channels, such as a gradient. Default 0. */
  readonly extraChannels?: number
  /** Frequencies at which a time in [0, 1] is read; 0 (default): no time. */
  readonly timeFrequencies?: number
  /** `all` also tells hidden units apart: for aligned weights, and no longer equivariant. Default `ends`. */
  readonly unitEmbeddings?: 'ends' | 'all'
  /** Blockwise standardisation of the weights; fixes the depth. */
  readonly standardisation?: Standardisation
}

/** One network, and what goes with it. Batches: `vmap`. */
export interface MetanetInput {
  readonly weights: MlpParams
  /** Scalar. */
  readonly time?: tf.Tensor
  readonly extra?: readonly MlpParams[]
}

export type TrunkParams = { readonly embedding: EmbeddingParams; readonly layers: readonly MessageLayerParams[] }

export type FieldParams = {
  readonly trunk: TrunkParams
  /** [c, 1]: zero before training. */
  readonly edgeHead: Dense
  readonly nodeHead: Dense
  /** Global vector to one gate per channel, for edges and for nodes: [c, 2k], zero before training. */
  readonly gates: Dense
}

export type PropertyParams = { readonly trunk: TrunkParams; readonly head: MlpParams }

const settled = (options: MetanetOptions) => {
  const { sizes, channels = 16, hidden = channels, layers = 2, extraChannels = 0, timeFrequencies = 0 } = options
  expectInteger('metanet', { 'number of sizes': sizes.length }, 2)
  expectInteger('metanet', { channels, hidden, layers }, 1)
  expectInteger('metanet', { extraChannels, timeFrequencies })
  return { ...options, channels, hidden, layers, extraChannels, timeFrequencies, inputChannels: 1 + extraChannels }
}

const expectNetwork = (options: ReturnType<typeof settled>, { weights, extra = [] }: MetanetInput): void => {
  const got = [weights[0]?.w.shape[0], ...weights.map(({ w }) => w.shape[1])]
  const { sizes, unitEmbeddings = 'ends' } = options
  const fits =
    unitEmbeddings === 'all'
      ? sizes.length === got.length && sizes.every((n, l) => n === got[l])
      : got[0] === sizes[0] && got.at(-1) === sizes.at(-1)
  const name = (ns: readonly (number | undefined)[]) => ns.join('-')
  if (!fits)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn: 'metanet',
      argument: 'weights',
      expected: unitEmbeddings === 'all' ? `an MLP ${name(sizes)}` : `an MLP ${sizes[0]}-...-${sizes.at(-1)}`,
      got: name(got)
    })
  if (extra.length !== options.extraChannels)
    throw new BdlError({
      code: 'InvalidArgument',
      fn: 'metanet',
      argument: 'extra',
      expected: `${options.extraChannels} trees`,
      got: String(extra.length)
    })
}

interface Reading {
  readonly graph: WeightGraph
  readonly state: GraphState
}

/** Embedding and message passing: what all metanets share. */
const trunk = (options: ReturnType<typeof settled>): Learnable<TrunkParams, (input: MetanetInput) => Reading> => {
  const first = embedding({ ...options, unitEmbeddings: options.unitEmbeddings ?? 'ends' })
  const layer = messageLayer(options)
  return {
    init: (key) =>
      scoped(() => {
        const [kEmbedding, kLayers] = split(key)
        return { embedding: first.init(kEmbedding), layers: split(kLayers, options.layers).map(layer.init) }
      }),
    build: (params) => (input) => {
      expectNetwork(options, input)
      return scoped(() => {
        const graph = weightGraph(input.weights, input.extra, options.standardisation)
        const start = first.build(params.embedding)(graph, input.time)
        return { graph, state: params.layers.reduce((state, p) => layer.build(p)(state), start) }
      })
    }
  }
}

/** Head of the state plus the gated channels that came in: [..., c] and [..., k] -> [...]. */
const readOut = (head: Dense, gates: tf.Tensor, features: tf.Tensor, channels: tf.Tensor): tf.Tensor => {
  const gated = tf.matMul(
    tf.reshape(channels, [-1, channels.shape.at(-1)!]),
    tf.reshape(gates, [channels.shape.at(-1)!, 1])
  )
  const shape = features.shape.slice(0, -1)
  return tf.add(tf.reshape(applyDense(head, features), shape), tf.reshape(gated, shape))
}

const rescale = (field: MlpParams, standardisation: Standardisation | undefined): MlpParams =>
  standardisation === undefined
    ? field
    : field.map(({ w, b }, l) => ({
        w: tf.mul(w, standardisation[l]!.w.scale),
        b: tf.mul(b, standardisation[l]!.b.scale)
      }))

/**
 * A metanet whose answer is a tree like the weights: a vector field on weight space, an edit, a learned optimiser's step.
 *
 * Answer for a weight: ψ(E_ij) + Σ_k γ_k(g) x_ijk, likewise for a bias with its node: x are the channels that came in, γ gates
 * read from the global vector. Heads and gates start at zero, so before training the answer is 0 and a base field to which
 * it is added is left as it is. With a standardisation the answer is in units of each block's scale.
 * @error InvalidArgument if an option is not a positive integer, or time or extra channels are missing or too many
 * @error ShapeMismatch if the network has other inputs or outputs (or, with all units embedded, other widths)
 * @example
 * const field = fieldMetanet({ sizes: [64, 16, 10], timeFrequencies: 8 })
 * const velocity = field.build(field.init(key(0)))({ weights, time: tf.scalar(0.5) }) // a tree like weights
 */
export const fieldMetanet = (options: MetanetOptions): Learnable<FieldParams, (input: MetanetInput) => MlpParams> => {
  const all = settled(options)
  const body = trunk(all)
  const head = dense({ inputs: all.channels, outputs: 1, initialiser: zeros })
  const gate = dense({ inputs: all.channels, outputs: 2 * all.inputChannels, initialiser: zeros })
  return {
    init: (key) =>
      scoped(() => {
        const [kTrunk, kEdge, kNode, kGates] = split(key, 4)
        const heads = { edgeHead: head.init(kEdge), nodeHead: head.init(kNode), gates: gate.init(kGates) }
        return { trunk: body.init(kTrunk), ...heads }
      }),
    build: (params) => (input) =>
      scoped(() => {
        const { graph, state } = body.build(params.trunk)(input)
        const [edgeGates, nodeGates] = tf.split(applyDense(params.gates, silu(state.global)), 2, 1)
        const field = state.edges.map((edges, l) => ({
          w: readOut(params.edgeHead, edgeGates!, edges, graph.edges[l]!),
          b: readOut(params.nodeHead, nodeGates!, state.nodes[l + 1]!, graph.nodes[l + 1]!)
        }))
        return rescale(field, options.standardisation)
      })
  }
}

export interface PropertyOptions extends MetanetOptions {
  /** Length of the answer. */
  readonly outputs: number
}

const flatRow = (x: tf.Tensor): tf.Tensor => tf.reshape(x, [1, x.size])

const meanOf = (rows: readonly tf.Tensor[]): tf.Tensor => tf.mean(tf.concat([...rows], 0), 0, true)

/** What does not depend on the order of hidden units: their mean and maximum, the end units in order, the global vector. */
const summary = ({ nodes, edges, global }: GraphState): tf.Tensor => {
  const hidden = nodes.length > 2 ? nodes.slice(1, -1) : nodes
  return tf.concat(
    [
      meanOf(hidden.map((layer) => tf.mean(layer, 0, true))),
      meanOf(hidden.map((layer) => tf.max(layer, 0, true))),
      meanOf(edges.map((block) => tf.mean(tf.reshape(block, [-1, block.shape[2]!]), 0, true))),
      flatRow(nodes[0]!),
      flatRow(nodes.at(-1)!),
      global
    ],
    1
  )
}

/**
 * A metanet whose answer is a vector [outputs]: a property of the network, such as its accuracy.
 * @error as `fieldMetanet`
 * @example propertyMetanet({ sizes: [64, 16, 10], outputs: 1 })
 */
export const propertyMetanet = (
  options: PropertyOptions
): Learnable<PropertyParams, (input: MetanetInput) => tf.Tensor> => {
  const all = settled(options)
  expectInteger('metanet', { outputs: options.outputs }, 1)
  const body = trunk(all)
  const ends = all.sizes[0]! + all.sizes.at(-1)!
  const head = mlp({
    sizes: [(4 + ends) * all.channels, 2 * all.channels, options.outputs],
    activation: silu,
    initialiser: lecunNormal
  })
  return {
    init: (key) =>
      scoped(() => {
        const [kTrunk, kHead] = split(key)
        return { trunk: body.init(kTrunk), head: head.init(kHead) }
      }),
    build: (params) => (input) =>
      scoped(() => {
        const { state } = body.build(params.trunk)(input)
        return tf.reshape(applyMlp(silu)(params.head, summary(state)), [options.outputs])
      })
  }
}
