// Dense float64 data on the host, row-major: for the small linear algebra, assignment and metrics that float32 is too short for.
import * as tf from '@tensorflow/tfjs-core'
import { BdlError } from '@bdl/compiler'

export interface HostArray {
  readonly shape: readonly number[]
  readonly data: Float64Array
}

/** Number of entries of a shape. */
export const sizeOfShape = (shape: readonly number[]): number => shape.reduce((n, d) => n * d, 1)

/** Checks that data and shape agree. @error ShapeMismatch if they do not */
export const hostArray = (shape: readonly number[], data: ArrayLike<number>): HostArray => {
  if (data.length !== sizeOfShape(shape))
    throw new BdlError({
      code: 'ShapeMismatch',
      fn: 'hostArray',
      argument: 'data',
      expected: `${sizeOfShape(shape)} numbers for shape [${shape.join(', ')}]`,
      got: `${data.length}`
    })
  return { shape: [...shape], data: Float64Array.from(data) }
}

/** Reads a tensor; float32 values become float64 without change. Waits for the device. Not traceable. */
export const toHost = async (tensor: tf.Tensor): Promise<HostArray> => hostArray(tensor.shape, await tensor.data())

/** As `toHost`, blocking: for tests, drivers and small results. Not traceable. */
export const toHostSync = (tensor: tf.Tensor): HostArray => hostArray(tensor.shape, tensor.dataSync())

/**
 * A tensor of the same numbers.
 * @precision float32 keeps 24 bits; int32 truncates towards zero
 */
export const fromHost = (host: HostArray, dtype: 'float32' | 'int32' = 'float32'): tf.Tensor =>
  tf.tensor(dtype === 'int32' ? Int32Array.from(host.data) : Float32Array.from(host.data), [...host.shape], dtype)
