/**
 * Graph -> ONNX model. Every name is unique in the whole model, so a body may use names of the scopes around it, and every
 * constant is an initializer of the main graph, where all bodies see it.
 */
import type { Graph, Node } from '../graph/graph.js'
import { BdlError } from '../errors.js'
import { onnxConstants, type OnnxConstants } from './onnx-constants.js'
import { activationsOfProducts, emitActivated } from './onnx-fusions.js'
import { emissionOrder } from './onnx-order.js'
import { encodeGraph, encodeModel, encodeNode, type OnnxTensorType } from './onnx-proto.js'
import type { OnnxDType, OnnxScope } from './onnx-scope.js'

/** ONNX TensorProto.DataType, as the attribute `to` of Cast. */
const CAST_TO: Readonly<Record<OnnxDType, number>> = { float32: 1, int32: 6, int64: 7, bool: 9, uint32: 12 }

export interface OnnxModel {
  readonly bytes: Uint8Array
  readonly inputNames: readonly string[]
  readonly outputNames: readonly string[]
  /** ONNX nodes, those of bodies included. */
  readonly nodeCount: number
}

export interface EmissionOptions {
  /** Whether ONNX Runtime's own ops may be used (`OnnxScope.hasContributed`). Default true. */
  readonly contributed?: boolean
}

interface Shared {
  readonly hasContributed: boolean
  readonly constants: OnnxConstants
  readonly fresh: (prefix: string) => string
  readonly countNode: () => number
  /** Nodes emitted meanwhile are named after `nodes`. */
  readonly namedAfter: <A>(nodes: readonly Node[], emit: () => A) => A
  /** What the node emitted now, of that number, is named. */
  readonly owner: (number: number) => string
}

type TypedName = OnnxTensorType & { readonly name: string }

interface OpenScope {
  readonly scope: OnnxScope
  readonly nodes: readonly Uint8Array[]
  /** Gives each output a name of its own, made by a node of this scope, as ONNX demands. */
  readonly ownOutputs: (outputs: readonly TypedName[]) => readonly TypedName[]
}

const openScope = (shared: Shared): OpenScope => {
  const encoded: Uint8Array[] = []
  const made = new Set<string>()

  const nodes: OnnxScope['nodes'] = (op, inputs, count, attributes = {}) => {
    const outputs = Array.from({ length: count }, () => shared.fresh('v'))
    for (const name of outputs) made.add(name)
    const name = shared.owner(shared.countNode())
    encoded.push(encodeNode({ op, name, inputs, outputs, attributes }))
    return outputs
  }
  const node: OnnxScope['node'] = (op, inputs, attributes) => nodes(op, inputs, 1, attributes)[0]!
  const ints: OnnxScope['ints'] = (values) => shared.constants.integers(values, [values.length], 'int64')

  const scope: OnnxScope = {
    hasContributed: shared.hasContributed,
    node,
    nodes,
    ints,
    constant: shared.constants.tensor,
    scalar: (value) => shared.constants.tensor({ shape: [], dtype: 'float32', data: Float32Array.of(value) }),
    integer: (value, dtype) => shared.constants.integers([value], [], dtype),
    cast: (input, to) => node('Cast', [input], { to: { int: CAST_TO[to] } }),
    reshape: (input, shape) =>
      node('Reshape', [input, ints(shape)], shape.includes(0) ? { allowzero: { int: 1 } } : {}),
    inline: (graph, inputs) => emitGraph(shared, scope, graph, inputs),
    body: (inputs, build) => emitBody(shared, inputs, build)
  }

  const ownOutputs = (outputs: readonly TypedName[]): readonly TypedName[] => {
    const used = new Set<string>()
    return outputs.map((output) => {
      const isOwn = made.has(output.name) && !used.has(output.name)
      const name = isOwn ? output.name : node('Identity', [output.name])
      used.add(name)
      return { ...output, name }
    })
  }
  return { scope, nodes: encoded, ownOutputs }
}

const emitBody = (
  shared: Shared,
  inputs: Parameters<OnnxScope['body']>[0],
  build: Parameters<OnnxScope['body']>[1]
) => {
  const { scope, nodes, ownOutputs } = openScope(shared)
  const formal = inputs.map((type) => ({ ...type, name: shared.fresh('b') }))
  const outputs = ownOutputs(
    build(
      scope,
      formal.map(({ name }) => name)
    )
  )
  const bytes = encodeGraph({ name: shared.fresh('g'), nodes, initializers: [], inputs: formal, outputs })
  return { kind: 'onnx-body', bytes } as const
}

/**
 * ONNX nodes are called after the nodes of ours that they compute: `n12/0`, `n12/1`, ... if its first value has id 12, and
 * `n12/2 n13/2` what computes two.
 */
const onnxName = (nodes: readonly Node[], number: number): string =>
  nodes.map(({ outputs }) => `n${outputs[0]!.id}/${number}`).join(' ')

/** Ids of the first values of our nodes that a runtime's node is named after; several if it fused them. */
export const idsInOnnxName = (name: string): readonly number[] => [
  ...new Set([...name.matchAll(/\bn(\d+)\/\d+/g)].map((match) => Number(match[1])))
]

/** Emits the nodes of a closed graph into `scope`; returns the names of its outputs. */
const emitGraph = (shared: Shared, scope: OnnxScope, graph: Graph, inputs: readonly string[]): readonly string[] => {
  const names = new Map<number, string>()
  graph.inputs.forEach((value, i) => names.set(value.id, inputs[i]!))
  const nameOf = (id: number): string => {
    const name = names.get(id)
    if (name === undefined)
      throw new BdlError({
        code: 'EngineFailure',
        fn: 'emitOnnx',
        argument: 'graph',
        expected: 'nodes in topological order',
        got: `a use of value ${id} before it is made`
      })
    return name
  }
  const activated = shared.hasContributed ? activationsOfProducts(graph) : new Map<Node, Node>()
  const fused = new Set(activated.values())
  const namesOf = ({ inputs: args }: Node): readonly string[] => args.map(({ id }) => nameOf(id))
  for (const node of emissionOrder(graph)) {
    if (fused.has(node)) continue
    const { primitive, inputs: args, attrs, outputs } = node
    const product = activated.get(node)
    if (product !== undefined) {
      const emit = (): string => emitActivated(scope, product, node, namesOf(product))
      names.set(outputs[0]!.id, shared.namedAfter([product, node], emit))
      continue
    }
    const context = { inputs: namesOf(node), inputAvals: args, outputAvals: outputs, attrs }
    const made = shared.namedAfter([node], () => primitive.onnx(scope, context))
    outputs.forEach((value, i) => names.set(value.id, made[i]!))
  }
  return graph.outputs.map(({ id }) => nameOf(id))
}

/** Encodes a closed graph as an ONNX model (opset 21). Inputs are named i0, i1, ... in order. */
export const emitOnnx = (graph: Graph, { contributed = true }: EmissionOptions = {}): OnnxModel => {
  let names = 0
  let nodeCount = 0
  let owners: readonly Node[] = []
  const shared: Shared = {
    hasContributed: contributed,
    constants: onnxConstants(),
    fresh: (prefix) => `${prefix}${names++}`,
    countNode: () => nodeCount++,
    owner: (number) => (owners.length === 0 ? `result/${number}` : onnxName(owners, number)),
    namedAfter: (nodes, emit) => {
      const before = owners
      owners = nodes
      const made = emit()
      owners = before
      return made
    }
  }
  const { scope, nodes, ownOutputs } = openScope(shared)
  const inputs = graph.inputs.map((value, i) => ({ name: `i${i}`, shape: value.shape, dtype: value.dtype }))
  const inputNames = inputs.map(({ name }) => name)
  const outputs = ownOutputs(
    emitGraph(shared, scope, graph, inputNames).map((name, i) => ({
      name,
      shape: graph.outputs[i]!.shape,
      dtype: graph.outputs[i]!.dtype
    }))
  )
  const bytes = encodeModel({ name: 'main', nodes, initializers: shared.constants.encoded, inputs, outputs })
  return { bytes, inputNames, outputNames: outputs.map(({ name }) => name), nodeCount }
}
