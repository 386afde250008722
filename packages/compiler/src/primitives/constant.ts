/** Data known when the graph is made. Built by the trace when a program creates a tensor; folded by passes. */
import * as tf from '@tensorflow/tfjs-core'
import * as rules from '../emit/wasm/rules/shape.js'
import type { NdArray, Node } from '../graph/graph.js'
import type { Primitive } from './primitive.js'

export type ConstantAttrs = { readonly value: NdArray }

/** A tensor that owns a copy of `value`. */
export const toTensor = (value: NdArray): tf.Tensor => {
  const { shape, dtype, data } = value
  const values =
    dtype === 'float32' ? Float32Array.from(data) : dtype === 'int32' ? Int32Array.from(data) : Uint8Array.from(data)
  return tf.tensor(values, [...shape], dtype)
}

export const constant: Primitive<ConstantAttrs> = {
  name: 'constant',
  infer: (_, { value }) => [{ shape: value.shape, dtype: value.dtype }],
  eager: (_, { value }) => [toTensor(value)],
  batch: ({ attrs }) => ({ outputs: [toTensor(attrs.value)], batched: [false] }),
  onnx: (scope, { attrs }) => [scope.constant(attrs.value)],
  wasm: rules.constant,
  reference: (_, { value }) => [value.dtype === 'float32' ? { ...value, data: Float64Array.from(value.data) } : value]
}

export const isConstant = ({ primitive }: Node): boolean => primitive.name === constant.name
