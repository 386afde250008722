/** The constants of one model, shared by value: equal tensors become one initializer. */
import type { NdArray, Shape } from '../graph/graph.js'
import { encodeTensor } from './onnx-proto.js'
import type { OnnxDType } from './onnx-scope.js'

export interface OnnxConstants {
  readonly tensor: (data: NdArray) => string
  readonly integers: (values: readonly number[], shape: Shape, dtype: 'int64' | 'uint32' | 'int32') => string
  readonly encoded: readonly Uint8Array[]
}

const bytesOf = (array: ArrayBufferView): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength)

/** The bytes of host data in its own dtype: float32 data may be held in float64. */
const rawBytes = ({ data, dtype }: NdArray): Uint8Array => {
  switch (dtype) {
    case 'float32':
      return bytesOf(data instanceof Float32Array ? data : Float32Array.from(data))
    case 'int32':
      return bytesOf(data instanceof Int32Array ? data : Int32Array.from(data))
    case 'bool':
      return Uint8Array.from(data, (x) => (x === 0 ? 0 : 1))
  }
}

const integerBytes = (values: readonly number[], dtype: 'int64' | 'uint32' | 'int32'): Uint8Array =>
  bytesOf(
    dtype === 'int64'
      ? BigInt64Array.from(values, BigInt)
      : dtype === 'uint32'
        ? Uint32Array.from(values)
        : Int32Array.from(values)
  )

/** FNV-1a: only to find candidates, equality is decided byte by byte. */
const hash = (raw: Uint8Array): number => {
  let h = 0x811c9dc5
  for (let i = 0; i < raw.length; i++) h = Math.imul(h ^ raw[i]!, 0x01000193)
  return h
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((x, i) => x === b[i])

export const onnxConstants = (): OnnxConstants => {
  const known = new Map<string, { readonly name: string; readonly raw: Uint8Array }[]>()
  const encoded: Uint8Array[] = []
  const add = (raw: Uint8Array, shape: Shape, dtype: OnnxDType): string => {
    const key = `${dtype}[${shape.join()}]${hash(raw)}`
    const candidates = known.get(key) ?? []
    const found = candidates.find((candidate) => sameBytes(candidate.raw, raw))
    if (found !== undefined) return found.name
    const name = `c${encoded.length}`
    known.set(key, [...candidates, { name, raw }])
    encoded.push(encodeTensor(name, { shape, dtype }, raw))
    return name
  }
  return {
    tensor: (data) => add(rawBytes(data), data.shape, data.dtype),
    integers: (values, shape, dtype) => add(integerBytes(values, dtype), shape, dtype),
    encoded
  }
}
