/** What a primitive may ask of the ONNX emitter. One scope is one ONNX graph: the model's, or the body of a Loop or If. */
import type { Aval, DType, Graph, NdArray, Shape } from '../graph/graph.js'

export type OnnxDType = DType | 'int64' | 'uint32'
export type OnnxAttribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly ints: readonly number[] }
  | { readonly string: string }
  | { readonly graph: OnnxBody }

/** A finished body of a Loop or If; made by `OnnxScope.body`. */
export interface OnnxBody {
  readonly kind: 'onnx-body'
  readonly bytes: Uint8Array
}

export interface OnnxScope {
  /** Whether ONNX Runtime's own ops, 'com.microsoft:...', may be used: its processor engine has them, others not all. */
  readonly hasContributed: boolean
  /** Adds a node of `op` (opset 21) and returns its output name. */
  node(op: string, inputs: readonly string[], attributes?: Readonly<Record<string, OnnxAttribute>>): string
  /** Same for a node of `count` outputs. */
  nodes(
    op: string,
    inputs: readonly string[],
    count: number,
    attributes?: Readonly<Record<string, OnnxAttribute>>
  ): readonly string[]
  /** A constant, shared by value within the model. */
  constant(data: NdArray): string
  /** A float32 scalar constant. */
  scalar(value: number): string
  /** An int64 vector constant: shapes, axes, starts, ends. */
  ints(values: readonly number[]): string
  /** A constant of ONNX's own integer types. */
  integer(value: number, dtype: 'int64' | 'uint32' | 'int32'): string
  cast(input: string, to: OnnxDType): string
  reshape(input: string, shape: Shape): string
  /** Emits a closed graph inline, its inputs bound to names; returns the names of its outputs. */
  inline(graph: Graph, inputs: readonly string[]): readonly string[]
  /**
   * Builds a body whose formal inputs are declared here; `build` receives their names and a scope in which names of this
   * scope are visible too (ONNX's outer-scope rule), and returns the names of the body's outputs, with their types.
   */
  body(
    inputs: readonly (Aval | { readonly shape: Shape; readonly dtype: OnnxDType })[],
    build: (
      scope: OnnxScope,
      inputs: readonly string[]
    ) => readonly { readonly name: string; readonly shape: Shape; readonly dtype: OnnxDType }[]
  ): OnnxBody
}
