/**
 * One message-passing layer on a weight graph, in both directions, with edge updates and a global vector.
 *
 * Forward message of edge j→i, per channel: φ(s_j ⊙ A E_ij + p_i + q_j), s, p, q affine in the nodes; backward likewise with
 * the roles exchanged. s is learnt around 1, so that a channel can be additive or multiply an edge by its node, as a forward
 * pass does. Then H' = norm(H + φ_h[H, mean_j m, mean_i m̄, g]) and E' = norm(E + φ_e[E, H'_i, H'_j, g]).
 *
 * What makes it cheap: the second linear map of φ commutes with the mean and is merged into the next one, so messages are
 * never multiplied by a matrix edge by edge; and the first layer of φ_e is split, so that nodes enter by broadcast adds.
 *
 * Every operation is shared by all units and all layers: relabelling hidden units relabels the result.
 *
 * @source Lim et al. (2023), arXiv:2312.04501; Kofinas et al. (2024), arXiv:2403.12143; norm: Zhang & Sennrich (2019),
 *   arXiv:1910.07467
 */
import * as tf from '@tensorflow/tfjs-core'
import { scoped, split, type Learnable } from '@bdl/core'
import { applyDense, applyMlp, dense, lecunNormal, mlp, silu, type Dense, type MlpParams } from '@bdl/nn'
import type { WeightGraph } from './weight-graph.js'

/** A weight graph with c channels, and a global vector [1, c]. */
export type GraphState = WeightGraph & { readonly global: tf.Tensor }

export type MessageLayerParams = {
  /** Nodes to the factor and two shifts of both directions: [c, 6h]. */
  readonly nodeTerms: Dense
  /** Edges to messages: [c, h] each. */
  readonly forward: tf.Tensor
  readonly backward: tf.Tensor
  /** φ_h: [H, forward mean, backward mean, g] -> H. */
  readonly node: MlpParams
  /** First layer of φ_e: own features, both ends [c, 2h], global. */
  readonly edge: tf.Tensor
  readonly edgeEnds: Dense
  readonly edgeGlobal: tf.Tensor
  /** Second layer of φ_e. */
  readonly edgeOut: Dense
  /** φ_g: [mean H', mean E', g] -> g. */
  readonly global: MlpParams
}

export interface MessageLayerOptions {
  readonly channels: number
  readonly hidden: number
}

/**
 * x / rms(x) over the last axis. Cheaper than LayerNorm by two passes over all edges, and as good. The statistics are kept
 * without a last axis of 1, over which ONNX Runtime would step entry by entry.
 */
const rmsNorm = (x: tf.Tensor): tf.Tensor =>
  tf.mul(x, tf.expandDims(tf.rsqrt(tf.add(tf.mean(tf.square(x), x.rank - 1), 1e-5)), -1))

/** [in, out, c] x [c, h] -> [in, out, h], one product for all edges. */
const mapEdges = (edges: tf.Tensor, w: tf.Tensor): tf.Tensor => {
  const [inputs, outputs, channels] = edges.shape as [number, number, number]
  const flat = tf.matMul(tf.reshape(edges, [inputs * outputs, channels]), w)
  return tf.reshape(flat, [inputs, outputs, w.shape[1]!])
}

/** Per-source [in, h] -> [in, 1, h]; per-target [out, h] stays, since it broadcasts as it is. */
const bySource = (x: tf.Tensor): tf.Tensor => tf.expandDims(x, 1)

interface NodeTerms {
  readonly forwardFactor: tf.Tensor
  readonly forwardSource: tf.Tensor
  readonly forwardTarget: tf.Tensor
  readonly backwardFactor: tf.Tensor
  readonly backwardSource: tf.Tensor
  readonly backwardTarget: tf.Tensor
}

const nodeTermsOf = (params: Dense, nodes: tf.Tensor): NodeTerms => {
  const [a, b, c, d, e, f] = tf.split(applyDense(params, nodes), 6, 1)
  return {
    forwardFactor: a!,
    forwardSource: b!,
    forwardTarget: c!,
    backwardFactor: d!,
    backwardSource: e!,
    backwardTarget: f!
  }
}

/** Mean messages into the targets [out, h] and back into the sources [in, h] of one block. */
const messages = (params: MessageLayerParams, edges: tf.Tensor, source: NodeTerms, target: NodeTerms) => {
  const ahead = tf.mul(mapEdges(edges, params.forward), bySource(source.forwardFactor))
  const back = tf.mul(mapEdges(edges, params.backward), target.backwardFactor)
  return {
    toTargets: tf.mean(silu(tf.add(tf.add(ahead, target.forwardTarget), bySource(source.forwardSource))), 0),
    toSources: tf.mean(silu(tf.add(tf.add(back, target.backwardTarget), bySource(source.backwardSource))), 1)
  }
}

/** Nodes of all layers as rows of one matrix, so that each map is one product; and back. */
const joinLayers = (layers: readonly tf.Tensor[]): tf.Tensor => tf.concat([...layers], 0)

const splitLayers = (rows: tf.Tensor, layers: readonly tf.Tensor[]): readonly tf.Tensor[] =>
  tf.split(
    rows,
    layers.map((layer) => layer.shape[0]!),
    0
  )

const updateNodes = (params: MessageLayerParams, { nodes, edges, global }: GraphState): readonly tf.Tensor[] => {
  const hidden = params.forward.shape[1]!
  const terms = nodes.map((layer) => nodeTermsOf(params.nodeTerms, layer))
  const sent = edges.map((block, l) => messages(params, block, terms[l]!, terms[l + 1]!))
  const none = (l: number) => tf.zeros([nodes[l]!.shape[0]!, hidden])
  const last = nodes.length - 1
  const ahead = joinLayers(nodes.map((_, l) => (l === 0 ? none(0) : sent[l - 1]!.toTargets)))
  const back = joinLayers(nodes.map((_, l) => (l === last ? none(last) : sent[l]!.toSources)))
  const rows = joinLayers(nodes)
  const everywhere = tf.tile(global, [rows.shape[0]!, 1])
  const update = applyMlp(silu)(params.node, tf.concat([rows, ahead, back, everywhere], 1))
  return splitLayers(rmsNorm(tf.add(rows, update)), nodes)
}

const updateEdges = (
  params: MessageLayerParams,
  state: GraphState,
  nodes: readonly tf.Tensor[]
): readonly tf.Tensor[] => {
  const ofGlobal = tf.matMul(state.global as tf.Tensor2D, params.edgeGlobal as tf.Tensor2D)
  const ends = nodes.map((layer) => tf.split(applyDense(params.edgeEnds, layer), 2, 1))
  return state.edges.map((block, l) => {
    const target = tf.add(ends[l + 1]![1]!, ofGlobal)
    const inner = silu(tf.add(tf.add(mapEdges(block, params.edge), target), bySource(ends[l]![0]!)))
    return rmsNorm(tf.add(block, applyDense(params.edgeOut, inner)))
  })
}

/** Mean over layers (blocks) of their mean over units (edges): [1, c]; the same for every width and depth. */
const pooled = (parts: readonly tf.Tensor[]): tf.Tensor => {
  const means = parts.map((part) =>
    tf.mean(tf.reshape(part, [part.size / part.shape.at(-1)!, part.shape.at(-1)!]), 0, true)
  )
  return tf.mean(tf.concat(means, 0), 0, true)
}

/**
 * A message-passing layer: a learnable map of graph states, c channels to c channels, for one network of any widths and
 * depth. Batch it with `vmap`.
 */
export const messageLayer = ({
  channels,
  hidden
}: MessageLayerOptions): Learnable<MessageLayerParams, (state: GraphState) => GraphState> => {
  const phi = (inputs: number) => mlp({ sizes: [inputs, hidden, channels], activation: silu, initialiser: lecunNormal })
  const nodePhi = phi(2 * channels + 2 * hidden)
  const globalPhi = phi(3 * channels)
  const linear = (inputs: number, outputs: number) => dense({ inputs, outputs, initialiser: lecunNormal })
  return {
    init: (key) =>
      scoped(() => {
        const [kTerms, kForward, kBackward, kNode, kEdge, kEnds, kEdgeGlobal, kOut, kGlobal] = split(key, 9)
        const one = tf.ones([hidden])
        const zero = tf.zeros([2 * hidden])
        return {
          nodeTerms: { w: lecunNormal(kTerms, [channels, 6 * hidden]), b: tf.concat([one, zero, one, zero]) },
          forward: lecunNormal(kForward, [channels, hidden]),
          backward: lecunNormal(kBackward, [channels, hidden]),
          node: nodePhi.init(kNode),
          edge: lecunNormal(kEdge, [channels, hidden]),
          edgeEnds: linear(channels, 2 * hidden).init(kEnds),
          edgeGlobal: lecunNormal(kEdgeGlobal, [channels, hidden]),
          edgeOut: linear(hidden, channels).init(kOut),
          global: globalPhi.init(kGlobal)
        }
      }),
    build: (params) => (state) =>
      scoped(() => {
        const nodes = updateNodes(params, state)
        const edges = updateEdges(params, state, nodes)
        const pool = tf.concat([pooled(nodes), pooled(edges), state.global], 1)
        return { nodes, edges, global: tf.add(state.global, applyMlp(silu)(params.global, pool)) }
      })
  }
}
