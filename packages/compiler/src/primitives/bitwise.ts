/** Bits of int32; `bitwiseXor` is with the random bits, which are made of it. */
import * as tf from '@tensorflow/tfjs-core'
import { broadcastShapes } from './broadcasting.js'
import { binary } from './elementwise.js'

export const bitwiseAnd = binary('bitwiseAnd', {
  // TensorFlow.js broadcasts everywhere but here
  eager: (a, b) => {
    const shape = [...broadcastShapes('bitwiseAnd', a.shape, b.shape)]
    return tf.bitwiseAnd(tf.broadcastTo(a, shape), tf.broadcastTo(b, shape))
  },
  onnx: 'BitwiseAnd',
  wasm: (l, a, b) => l.and(a, b),
  reference: (a, b) => a & b
})
