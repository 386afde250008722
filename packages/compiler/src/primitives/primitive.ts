/**
 * What the compiler must know of an op, in one record: its shape, how to run it on real tensors, its derivative, how to
 * batch it, how to emit it as ONNX, and the float64 truth. Adding an op is one such record in one file of this folder.
 *
 * Rules (`vjp`, `batch`) are ordinary `tf` code. They run in whatever context is current: on real tensors they compute,
 * inside a trace they record. That is all that makes transformations nest.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import type { Attrs, Aval, Graph, NdArray } from '../graph/graph.js'
import type { OnnxScope } from '../emit/onnx-scope.js'
import type { Operand } from '../emit/wasm/program.js'
import type { WasmContext, WasmScope } from '../emit/wasm/scope.js'

export interface VjpContext<A> {
  readonly inputs: readonly Tensor[]
  readonly outputs: readonly Tensor[]
  /** One per output; `null` where nothing depends on that output. At least one is a tensor. */
  readonly cotangents: readonly (Tensor | null)[]
  /** Which inputs need a cotangent; a rule may return `null` for the others. */
  readonly needs: readonly boolean[]
  readonly attrs: A
}

export interface JvpContext<A> {
  readonly inputs: readonly Tensor[]
  readonly outputs: readonly Tensor[]
  /** One per input; `null` where it is zero (and for int32 and bool). At least one is a tensor. */
  readonly tangents: readonly (Tensor | null)[]
  readonly attrs: A
}

export interface BatchContext<A> {
  /** A batched tensor has the batch as its leading axis. */
  readonly inputs: readonly Tensor[]
  readonly batched: readonly boolean[]
  readonly size: number
  readonly attrs: A
}

export interface Batched {
  readonly outputs: readonly Tensor[]
  readonly batched: readonly boolean[]
}

/** What an emitter is given: names of the inputs, their types, and what to make. */
export interface EmitContext<A> {
  readonly inputs: readonly string[]
  readonly inputAvals: readonly Aval[]
  readonly outputAvals: readonly Aval[]
  readonly attrs: A
}

export interface Primitive<A = Attrs> {
  readonly name: string
  /** Shape and dtype rule. Throws a `BdlError` where the inputs do not fit. */
  infer(inputs: readonly Aval[], attrs: A): readonly Aval[]
  /** Computes on real tensors, synchronously, with TensorFlow.js kernels (or on the host where it has none). */
  eager(inputs: readonly Tensor[], attrs: A): readonly Tensor[]
  /** Cotangents of the inputs; `null` for one that has none. Absent: the op is not differentiable (cotangents are zero). */
  vjp?(context: VjpContext<A>): readonly (Tensor | null)[]
  /** Tangents of the outputs; `null` for one that has none. Absent: the op is not differentiable (tangents are zero). */
  jvp?(context: JvpContext<A>): readonly (Tensor | null)[]
  /**
   * For ops whose derivative needs more than their outputs (loops): a forward pass that also gives residuals.
   * When present, it is used instead of binding the op, and `outputs` of the `vjp` context are `[...outputs, ...residuals]`.
   */
  forwardWithResiduals?(
    inputs: readonly Tensor[],
    attrs: A
  ): readonly [outputs: readonly Tensor[], residuals: readonly Tensor[]]
  /** For loops and branches, whose tangents are computed along with the outputs: used instead of binding the op and `jvp`. */
  forwardWithTangents?(
    inputs: readonly Tensor[],
    tangents: readonly (Tensor | null)[],
    attrs: A
  ): readonly [outputs: readonly Tensor[], tangents: readonly (Tensor | null)[]]
  batch(context: BatchContext<A>): Batched
  /** Emits ONNX nodes into `scope` and returns the names of the outputs. */
  onnx(scope: OnnxScope, context: EmitContext<A>): readonly string[]
  /** Adds loops to a program for WebAssembly; absent: engine 'wasm' refuses graphs with this op. */
  wasm?(scope: WasmScope, context: WasmContext<A>): readonly Operand[]
  /** The same op in plain TypeScript, float64: obvious loops. */
  reference(inputs: readonly NdArray[], attrs: A): readonly NdArray[]
  /** Closed graphs among the attributes, for passes; absent for ops without bodies. */
  subgraphs?(attrs: A): readonly Graph[]
  withSubgraphs?(attrs: A, graphs: readonly Graph[]): A
}
