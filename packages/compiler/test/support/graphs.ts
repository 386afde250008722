/** Graphs made by hand, and small data for them. */
import {
  newValue,
  type Attrs,
  type Aval,
  type Graph,
  type NdArray,
  type Node,
  type Shape,
  type Value
} from '../../src/graph/graph'
import { constant } from '../../src/primitives/constant'
import type { Primitive } from '../../src/primitives/primitive'

export interface GraphBuilder {
  readonly bind: <A extends Attrs>(primitive: Primitive<A>, inputs: readonly Value[], attrs: A) => readonly Value[]
  readonly op: <A extends Attrs>(primitive: Primitive<A>, inputs: readonly Value[], attrs: A) => Value
  readonly constant: (value: NdArray) => Value
}

export const graphOf = (
  avals: readonly Aval[],
  build: (b: GraphBuilder, inputs: readonly Value[]) => readonly Value[]
): Graph => {
  const inputs = avals.map(newValue)
  const nodes: Node[] = []
  const bind: GraphBuilder['bind'] = (primitive, args, attrs) => {
    const outputs = primitive.infer(args, attrs).map(newValue)
    nodes.push({ primitive, inputs: args, attrs, outputs })
    return outputs
  }
  const op: GraphBuilder['op'] = (primitive, args, attrs) => bind(primitive, args, attrs)[0]!
  const outputs = build({ bind, op, constant: (value) => op(constant, [], { value }) }, inputs)
  return { inputs, nodes, outputs }
}

export const f32 = (...shape: number[]): Aval => ({ shape, dtype: 'float32' })
export const i32 = (...shape: number[]): Aval => ({ shape, dtype: 'int32' })
export const bool = (...shape: number[]): Aval => ({ shape, dtype: 'bool' })

export const floats = (data: readonly number[], shape: Shape = [data.length]): NdArray => ({
  shape,
  dtype: 'float32',
  data: Float32Array.from(data)
})
export const ints = (data: readonly number[], shape: Shape = [data.length]): NdArray => ({
  shape,
  dtype: 'int32',
  data: Int32Array.from(data)
})
export const bools = (data: readonly number[], shape: Shape = [data.length]): NdArray => ({
  shape,
  dtype: 'bool',
  data: Uint8Array.from(data)
})
export const number = (value: number): NdArray => floats([value], [])

/** Distinct, harmless values: sin(1), sin(2), ... */
export const wave = (shape: Shape, phase = 0): NdArray =>
  floats(
    Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, i) => Math.sin(i + 1 + phase)),
    shape
  )

export const names = (graph: Graph): readonly string[] => graph.nodes.map(({ primitive }) => primitive.name)

/** Plain numbers, for comparisons across array types. */
export const numbers = ({ data }: NdArray): readonly number[] => Array.from(data)
