/** Between TensorFlow.js tensors and host arrays, without copies where the dtypes agree. */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError } from '../errors.js'
import type { DType, NdArray } from '../graph/graph.js'

const isDType = (dtype: string): dtype is DType => dtype === 'float32' || dtype === 'int32' || dtype === 'bool'

/** @error DtypeMismatch for strings and complex numbers */
export const dtypeOf = (tensor: tf.Tensor, fn: string): DType => {
  if (isDType(tensor.dtype)) return tensor.dtype
  throw new BdlError({
    code: 'DtypeMismatch',
    fn,
    argument: 'tensor',
    expected: 'float32, int32 or bool',
    got: tensor.dtype
  })
}

/** Reads a tensor now. On the cpu backend the array is the tensor's own: never write to it. */
export const fromTensor = (tensor: tf.Tensor): NdArray => ({
  shape: tensor.shape,
  dtype: dtypeOf(tensor, 'jit'),
  data: tensor.dataSync<'float32' | 'int32' | 'bool'>()
})

/** Whether other threads see the memory of an array. */
export const isShared = ({ buffer }: NdArray['data']): boolean =>
  typeof SharedArrayBuffer === 'function' && buffer instanceof SharedArrayBuffer

/**
 * A tensor of the current backend, owned by the caller. It may keep `data` as its storage, where the backend computes in
 * JavaScript: GPUs and other runtimes take no memory that threads share.
 */
export const toTensor = ({ data, shape, dtype }: NdArray): tf.Tensor => {
  const own = isShared(data) && tf.getBackend() !== 'cpu' ? data.slice() : data
  return tf.tensor(own instanceof Float64Array ? toStorage(own, dtype) : own, [...shape], dtype)
}

const toStorage = (data: Float64Array, dtype: DType): Float32Array | Int32Array | Uint8Array =>
  dtype === 'float32' ? Float32Array.from(data) : dtype === 'int32' ? Int32Array.from(data) : Uint8Array.from(data)
