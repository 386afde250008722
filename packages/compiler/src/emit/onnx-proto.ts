/**
 * The few messages of ONNX's protobuf schema that a model needs, written by field number. Each function returns one encoded
 * message. Field numbers and enum values: onnx.proto3 of ONNX 1.16 (IR version 10, opset 21).
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import type { Shape } from '../graph/graph.js'
import type { OnnxAttribute, OnnxDType } from './onnx-scope.js'

const IR_VERSION = 10
const OPSET = 21

/** TensorProto.DataType */
const DATA_TYPE: Readonly<Record<OnnxDType, number>> = { float32: 1, int32: 6, int64: 7, bool: 9, uint32: 12 }

/** AttributeProto.AttributeType */
const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, graph: 5, ints: 7 } as const

export interface OnnxTensorType {
  readonly shape: Shape
  readonly dtype: OnnxDType
}

export interface OnnxNode {
  /** Of ONNX, or of another domain: 'com.microsoft:FusedGemm'. */
  readonly op: string
  /** What profiles and error messages of a runtime call it. */
  readonly name?: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: Readonly<Record<string, OnnxAttribute>>
}

export interface OnnxGraph {
  readonly name: string
  readonly nodes: readonly Uint8Array[]
  readonly initializers: readonly Uint8Array[]
  readonly inputs: readonly (OnnxTensorType & { readonly name: string })[]
  readonly outputs: readonly (OnnxTensorType & { readonly name: string })[]
}

const text = (w: BinaryWriter, field: number, value: string): BinaryWriter =>
  w.tag(field, WireType.LengthDelimited).string(value)
const bytes = (w: BinaryWriter, field: number, value: Uint8Array): BinaryWriter =>
  w.tag(field, WireType.LengthDelimited).bytes(value)

/** int64 fields. A small number is written as int32: the same bytes (sign-extended varint), without big integers. */
const integer = (w: BinaryWriter, field: number, value: number): BinaryWriter => {
  const tagged = w.tag(field, WireType.Varint)
  return value === (value | 0) ? tagged.int32(value) : tagged.int64(value)
}

const attribute = (w: BinaryWriter, name: string, value: OnnxAttribute): void => {
  w.tag(5, WireType.LengthDelimited).fork()
  text(w, 1, name)
  if ('int' in value) integer(integer(w, 3, value.int), 20, ATTRIBUTE_TYPE.int)
  else if ('float' in value) integer(w.tag(2, WireType.Bit32).float(value.float), 20, ATTRIBUTE_TYPE.float)
  else if ('string' in value) integer(text(w, 4, value.string), 20, ATTRIBUTE_TYPE.string)
  else if ('graph' in value) integer(bytes(w, 6, value.graph.bytes), 20, ATTRIBUTE_TYPE.graph)
  else {
    for (const item of value.ints) integer(w, 8, item)
    integer(w, 20, ATTRIBUTE_TYPE.ints)
  }
  w.join()
}

/** NodeProto */
export const encodeNode = (node: OnnxNode): Uint8Array => {
  const w = new BinaryWriter()
  for (const name of node.inputs) text(w, 1, name)
  for (const name of node.outputs) text(w, 2, name)
  if (node.name !== undefined) text(w, 3, node.name)
  const [op, domain] = node.op.split(':').reverse()
  text(w, 4, op!)
  if (domain !== undefined) text(w, 7, domain)
  for (const [name, value] of Object.entries(node.attributes)) attribute(w, name, value)
  return w.finish()
}

/** TensorProto; `raw` is little-endian. */
export const encodeTensor = (name: string, type: OnnxTensorType, raw: Uint8Array): Uint8Array => {
  const w = new BinaryWriter()
  for (const size of type.shape) integer(w, 1, size)
  integer(w, 2, DATA_TYPE[type.dtype])
  text(w, 8, name)
  return bytes(w, 9, raw).finish()
}

/** ValueInfoProto with a static tensor type. */
const valueInfo = (w: BinaryWriter, field: number, value: OnnxTensorType & { readonly name: string }): void => {
  w.tag(field, WireType.LengthDelimited).fork()
  text(w, 1, value.name)
  w.tag(2, WireType.LengthDelimited).fork()
  w.tag(1, WireType.LengthDelimited).fork()
  integer(w, 1, DATA_TYPE[value.dtype])
  w.tag(2, WireType.LengthDelimited).fork()
  for (const size of value.shape) {
    w.tag(1, WireType.LengthDelimited).fork()
    integer(w, 1, size).join()
  }
  w.join().join().join().join()
}

/** GraphProto */
export const encodeGraph = (graph: OnnxGraph): Uint8Array => {
  const w = new BinaryWriter()
  for (const node of graph.nodes) bytes(w, 1, node)
  text(w, 2, graph.name)
  for (const initializer of graph.initializers) bytes(w, 5, initializer)
  for (const input of graph.inputs) valueInfo(w, 11, input)
  for (const output of graph.outputs) valueInfo(w, 12, output)
  return w.finish()
}

/** OperatorSetIdProto, of a model. */
const opset = (w: BinaryWriter, domain: string, version: number): void => {
  w.tag(8, WireType.LengthDelimited).fork()
  if (domain !== '') text(w, 1, domain)
  integer(w, 2, version).join()
}

/** ModelProto */
export const encodeModel = (graph: OnnxGraph): Uint8Array => {
  const w = new BinaryWriter()
  integer(w, 1, IR_VERSION)
  text(w, 2, 'bdl')
  bytes(w, 7, encodeGraph(graph))
  opset(w, '', OPSET)
  opset(w, 'com.microsoft', 1)
  return w.finish()
}
