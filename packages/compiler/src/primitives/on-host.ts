/** Elementwise functions that TensorFlow.js has not, or not to float32 accuracy: computed on the host, in float64. */
import { tensor, type Tensor } from '@tensorflow/tfjs-core'

export const onHost =
  (f: (x: number) => number) =>
  (x: Tensor): Tensor =>
    tensor(Float32Array.from(x.dataSync(), f), x.shape, 'float32')
