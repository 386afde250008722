/** How elementwise primitives are made from a table: one line an op in `unary.ts` and `binary.ts`. */
import * as tf from '@tensorflow/tfjs-core'
import type { OnnxScope } from '../emit/onnx-scope.js'
import { binaryRule, unaryRule } from '../emit/wasm/elementwise-rule.js'
import type { BinaryLanes, UnaryLanes } from '../emit/wasm/math/index.js'
import { sizeOf } from '../graph/graph.js'
import type { Aval, DType, NdArray, Shape } from '../graph/graph.js'
import { bind } from '../trace/context.js'
import { alignBatched, broadcastIndex, broadcastShapes, spreadTo, sumTo } from './broadcasting.js'
import type { Primitive } from './primitive.js'

export type NoAttrs = Readonly<Record<string, never>>
export const NO_ATTRS: NoAttrs = Object.freeze({})

/** Room for a result of the reference engine. */
export const allocate = (dtype: DType, size: number): Float64Array | Int32Array | Uint8Array =>
  dtype === 'float32' ? new Float64Array(size) : dtype === 'int32' ? new Int32Array(size) : new Uint8Array(size)

export interface UnarySpec {
  readonly eager: (x: tf.Tensor) => tf.Tensor
  /** Cotangent of the input from that of the output, the input and the output. Absent: not differentiable. */
  readonly vjp?: (dy: tf.Tensor, x: tf.Tensor, y: tf.Tensor) => tf.Tensor
  /** An ONNX op, or a composition of several. */
  readonly onnx: string | ((scope: OnnxScope, x: string, aval: Aval) => string)
  /** On vectors of four numbers; absent: engine 'wasm' refuses the op. */
  readonly wasm?: UnaryLanes
  readonly reference: (x: number) => number
  /** Dtype of the output; default: that of the input. */
  readonly dtype?: DType
}

export const unary = (name: string, spec: UnarySpec): Primitive<NoAttrs> => {
  const { vjp, onnx, dtype, wasm } = spec
  const primitive: Primitive<NoAttrs> = {
    name,
    ...(wasm && { wasm: unaryRule(name, wasm) }),
    infer: ([x]) => [{ shape: x!.shape, dtype: dtype ?? x!.dtype }],
    eager: ([x]) => [spec.eager(x!)],
    // the Jacobian is diagonal, so that its transpose is itself
    ...(vjp && {
      vjp: ({ inputs: [x], outputs: [y], cotangents: [dy] }) => [vjp(dy!, x!, y!)],
      jvp: ({ inputs: [x], outputs: [y], tangents: [dx] }) => [vjp(dx!, x!, y!)]
    }),
    batch: ({ inputs, batched }) => ({ outputs: bind(primitive, inputs, NO_ATTRS), batched }),
    onnx: (scope, { inputs: [x], inputAvals: [aval] }) => [
      typeof onnx === 'string' ? scope.node(onnx, [x!]) : onnx(scope, x!, aval!)
    ],
    reference: ([x]) => {
      const out = allocate(dtype ?? x!.dtype, x!.data.length)
      for (let i = 0; i < out.length; i++) out[i] = spec.reference(x!.data[i]!)
      return [{ shape: x!.shape, dtype: dtype ?? x!.dtype, data: out }]
    }
  }
  return primitive
}

export interface BinarySpec {
  readonly eager: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor
  /** Cotangents of both inputs before they are summed back to the inputs' shapes. */
  readonly vjp?: (
    dy: tf.Tensor,
    a: tf.Tensor,
    b: tf.Tensor,
    y: tf.Tensor
  ) => readonly [() => tf.Tensor, () => tf.Tensor]
  readonly onnx: string | ((scope: OnnxScope, a: string, b: string, aval: Aval) => string)
  /** On vectors of four numbers, both of one dtype; absent: engine 'wasm' refuses the op. */
  readonly wasm?: BinaryLanes
  readonly reference: (a: number, b: number) => number
  /** For int32 operands, where it differs. */
  readonly referenceInt?: (a: number, b: number) => number
  readonly dtype?: DType
}

/** The sum of the terms that there are, broadcast to `shape`. */
const sumOf = (terms: readonly (tf.Tensor | null | undefined)[], shape: Shape): tf.Tensor =>
  spreadTo(
    terms.flatMap((term) => term ?? []).reduce((a, b) => tf.add(a, b)),
    shape
  )

export const binary = (name: string, spec: BinarySpec): Primitive<NoAttrs> => {
  const { vjp, onnx, dtype, wasm } = spec
  const apply = (a: NdArray, b: NdArray): NdArray => {
    const shape = broadcastShapes(name, a.shape, b.shape)
    const out = allocate(dtype ?? a.dtype, sizeOf(shape))
    const [ia, ib] = [broadcastIndex(a.shape, shape), broadcastIndex(b.shape, shape)]
    const f = a.dtype === 'int32' ? (spec.referenceInt ?? spec.reference) : spec.reference
    for (let i = 0; i < out.length; i++) out[i] = f(a.data[ia(i)]!, b.data[ib(i)]!)
    return { shape, dtype: dtype ?? a.dtype, data: out }
  }
  const primitive: Primitive<NoAttrs> = {
    name,
    ...(wasm && { wasm: binaryRule(name, wasm) }),
    infer: ([a, b]) => [{ shape: broadcastShapes(name, a!.shape, b!.shape), dtype: dtype ?? a!.dtype }],
    eager: ([a, b]) => [spec.eager(a!, b!)],
    ...(vjp && {
      vjp: ({ inputs: [a, b], outputs: [y], cotangents: [dy], needs }) => {
        const [da, db] = vjp(dy!, a!, b!, y!)
        return [needs[0] ? sumTo(da(), a!.shape) : null, needs[1] ? sumTo(db(), b!.shape) : null]
      },
      jvp: ({ inputs: [a, b], outputs: [y], tangents: [da, db] }) => {
        const terms = [da && vjp(da, a!, b!, y!)[0](), db && vjp(db, a!, b!, y!)[1]()]
        return [sumOf(terms, y!.shape)]
      }
    }),
    batch: (context) => ({ outputs: bind(primitive, alignBatched(context), NO_ATTRS), batched: [true] }),
    onnx: (scope, { inputs: [a, b], inputAvals: [aval] }) => [
      typeof onnx === 'string' ? scope.node(onnx, [a!, b!]) : onnx(scope, a!, b!, aval!)
    ],
    reference: ([a, b]) => [apply(a!, b!)]
  }
  return primitive
}
