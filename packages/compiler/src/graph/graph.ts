/**
 * The intermediate representation: a static, closed graph of typed nodes in topological order. A graph has no free
 * variables: what a loop body captures is one of its inputs. Nothing here knows of TensorFlow.js or of ONNX.
 */
import type { Primitive } from '../primitives/primitive.js'

export type DType = 'float32' | 'int32' | 'bool'
export type Shape = readonly number[]

/** Abstract value: what is known of a tensor before it exists. */
export interface Aval {
  readonly shape: Shape
  readonly dtype: DType
}

/** One edge of the graph: made once, by an input or by a node. */
export interface Value extends Aval {
  readonly id: number
}

/** Attributes are plain data, or closed graphs (the bodies of loops and branches), or JS functions (customVjp). */
export type Attrs = Readonly<Record<string, unknown>>

/** Where a node comes from: for reports, never for meaning. */
export interface Source {
  /** `file:line:column` of the user's code. */
  readonly at?: string
  /** The rule that made the node, such as 'vjp of tanh'; none for an op that the user wrote. */
  readonly rule?: string
}

export interface Node {
  readonly primitive: Primitive
  readonly inputs: readonly Value[]
  readonly attrs: Attrs
  readonly outputs: readonly Value[]
  /** Known only if the trace was asked to record it. */
  readonly source?: Source
}

export interface Graph {
  readonly inputs: readonly Value[]
  readonly nodes: readonly Node[]
  readonly outputs: readonly Value[]
}

/** Data on the host, row-major. float32 values are held in float64 by the reference engine. */
export interface NdArray {
  readonly shape: Shape
  readonly dtype: DType
  readonly data: Float64Array | Float32Array | Int32Array | Uint8Array
}

let lastId = 0
/** A new value; ids are unique within a process, so graphs can be spliced without renaming. */
export const newValue = (aval: Aval): Value => ({ id: ++lastId, shape: aval.shape, dtype: aval.dtype })

export const sizeOf = (shape: Shape): number => shape.reduce((n, d) => n * d, 1)

/** How many numbers some values hold together. */
export const numbersIn = (values: readonly { readonly shape: Shape }[]): number =>
  values.reduce((n, { shape }) => n + sizeOf(shape), 0)

export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((d, i) => d === b[i])

/** Of values, tensors and host arrays: only these have derivatives. */
export const isFloat = ({ dtype }: { readonly dtype: string }): boolean => dtype === 'float32'

/** The number that all elements are, if there is one. */
export const splatOf = (data: NdArray['data']): number | undefined => {
  const first = data[0]
  // a loop, since arrays may be large and callbacks are dear before they are compiled
  for (let i = 1; i < data.length; i++) if (!Object.is(data[i], first)) return undefined
  return first
}

/** Bodies of a loop, a branch or a call; none of other nodes. */
export const subgraphsOf = ({ primitive, attrs }: Node): readonly Graph[] => primitive.subgraphs?.(attrs) ?? []

/** Nodes in order, each before those of its bodies. */
export const allNodes = (graph: Graph): readonly Node[] =>
  graph.nodes.flatMap((node) => [node, ...subgraphsOf(node).flatMap(allNodes)])

/** How many inputs of nodes and outputs of the graph each value is, by id. */
export const countUses = ({ nodes, outputs }: Graph): ReadonlyMap<number, number> => {
  const uses = new Map<number, number>()
  const add = ({ id }: Value): unknown => uses.set(id, (uses.get(id) ?? 0) + 1)
  for (const { inputs } of nodes) inputs.forEach(add)
  outputs.forEach(add)
  return uses
}
