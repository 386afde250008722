/**
 * The stack of graphs under construction, and the tensors that stand for their values. While the stack is not empty,
 * every TensorFlow.js op is recorded into the top graph.
 */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError } from '../errors.js'
import { newValue, sameShape, sizeOf } from '../graph/graph.js'
import type { Attrs, Aval, DType, NdArray, Node, Value } from '../graph/graph.js'
import { constant } from '../primitives/constant.js'
import type { Primitive } from '../primitives/primitive.js'
import { sourceNow } from './sources.js'
import { whereabouts } from './user-line.js'

interface Capture {
  readonly tensor: tf.Tensor
  readonly value: Value
}

/** A graph under construction. */
export interface Builder {
  /** The public function that traces, for error messages. */
  readonly fn: string
  readonly inputs: Value[]
  readonly nodes: Node[]
  readonly captures: Capture[]
  /** By dataId, which tensors of several shapes may share: a reshape copies nothing. */
  readonly capturesOf: Map<object, readonly Capture[]>
  readonly constants: Map<Value, NdArray>
}

interface Traced {
  readonly builder: Builder
  readonly value: Value
}

const stack: Builder[] = []

/** A dataId of ours says itself what it stands for: a weak map of all of them keeps the garbage collector busy. */
const TRACED = Symbol('traced')

interface TracedId {
  readonly [TRACED]: Traced
}

const isTracedId = (dataId: object): dataId is TracedId => TRACED in dataId

export const isTracing = (): boolean => stack.length > 0

export const currentBuilder = (): Builder => {
  const top = stack[stack.length - 1]
  if (top === undefined)
    throw new BdlError({
      code: 'NotTraceable',
      fn: 'trace',
      argument: 'context',
      expected: 'a trace in progress',
      got: 'none',
      hint: 'The trace backend is internal: select a real TensorFlow.js backend with tf.setBackend'
    })
  return top
}

export const pushBuilder = (fn: string): Builder => {
  const builder: Builder = { fn, inputs: [], nodes: [], captures: [], capturesOf: new Map(), constants: new Map() }
  stack.push(builder)
  return builder
}

export const popBuilder = (): void => {
  stack.pop()
}

/** Makes the dataId that stands for a value of a graph under construction. */
export const dataIdOf = (builder: Builder, value: Value): TracedId => ({ [TRACED]: { builder, value } })

export const tensorOf = (builder: Builder, value: Value): tf.Tensor =>
  tf.engine().makeTensorFromDataId(dataIdOf(builder, value), [...value.shape], value.dtype, tf.engine().backend)

export const isTraced = (dataId: object): boolean => isTracedId(dataId)

const NUMERIC: readonly string[] = ['float32', 'int32', 'bool']

export const dtypeOf = (tensor: { readonly dtype: string }, fn: string): DType => {
  if (!NUMERIC.includes(tensor.dtype))
    throw new BdlError({
      code: 'DtypeMismatch',
      fn,
      argument: 'tensor',
      expected: 'float32, int32 or bool',
      got: tensor.dtype,
      ...whereabouts()
    })
  return tensor.dtype as DType
}

export const avalOf = (tensor: tf.Tensor, fn: string): Aval => ({
  shape: tensor.shape.slice(),
  dtype: dtypeOf(tensor, fn)
})

const appendNode = (
  builder: Builder,
  primitive: Primitive,
  inputs: readonly Value[],
  attrs: Attrs
): readonly Value[] => {
  const outputs = primitive.infer(inputs, attrs).map(newValue)
  const source = sourceNow()
  builder.nodes.push({ primitive, inputs, attrs, outputs, ...(source && { source }) })
  return outputs
}

/** Appends a constant node. */
export const addConstant = (builder: Builder, value: NdArray): Value => {
  const [output] = appendNode(builder, constant, [], { value })
  builder.constants.set(output!, value)
  return output!
}

/** The value of `tensor` in `builder`: its own, a copy of an outer constant, or a captured input. */
export const resolve = (builder: Builder, tensor: tf.Tensor): Value => {
  const own = isTracedId(tensor.dataId) ? tensor.dataId[TRACED] : undefined
  if (own?.builder === builder && sameShape(own.value.shape, tensor.shape)) return own.value
  const outerConstant = own?.builder.constants.get(own.value)
  if (outerConstant !== undefined) return addConstant(builder, outerConstant)
  if (own !== undefined && !stack.includes(own.builder))
    throw new BdlError({
      code: 'NotTraceable',
      fn: builder.fn,
      argument: 'tensor',
      expected: 'a tensor that is alive in this trace',
      got: `one that leaked out of a finished trace of ${own.builder.fn}`,
      hint: 'Return it from the traced function instead of keeping it in a variable outside',
      ...whereabouts()
    })
  const known = builder.capturesOf.get(tensor.dataId) ?? []
  const same = known.find(({ value }) => sameShape(value.shape, tensor.shape) && value.dtype === tensor.dtype)
  if (same !== undefined) return same.value
  const capture = { tensor, value: newValue(avalOf(tensor, builder.fn)) }
  builder.captures.push(capture)
  builder.capturesOf.set(tensor.dataId, [...known, capture])
  return capture.value
}

/** Appends a node for `primitive` to the current graph and returns the tensors that stand for its outputs. */
export const record = <A extends Attrs>(
  primitive: Primitive<A>,
  inputs: readonly tf.Tensor[],
  attrs: A
): readonly tf.Tensor[] => {
  const builder = currentBuilder()
  const values = inputs.map((input) => resolve(builder, input))
  return appendNode(builder, primitive, values, attrs).map((value) => tensorOf(builder, value))
}

/** Runs a primitive in the current context: records it inside a trace, computes on real tensors. */
export const bind = <A extends Attrs>(
  primitive: Primitive<A>,
  inputs: readonly tf.Tensor[],
  attrs: A
): readonly tf.Tensor[] => (isTracing() ? record(primitive, inputs, attrs) : primitive.eager(inputs, attrs))

/** `bind` for a primitive of one output. */
export const bind1 = <A extends Attrs>(primitive: Primitive<A>, inputs: readonly tf.Tensor[], attrs: A): tf.Tensor =>
  bind(primitive, inputs, attrs)[0]!

export const dataOf = (values: unknown, shape: readonly number[], dtype: DType): NdArray => {
  const size = sizeOf(shape)
  const source = values as ArrayLike<number>
  const array = dtype === 'float32' ? Float32Array : dtype === 'int32' ? Int32Array : Uint8Array
  const data = new array(source)
  if (data.length !== size) throw new RangeError(`constant of shape [${shape.join(', ')}] with ${data.length} values`)
  return { shape: shape.slice(), dtype, data }
}
