import * as tf from '@tensorflow/tfjs-core'
import { key, learnable, normal } from '@bdl/core'
import {
  affine,
  asEvent,
  blockwise,
  chain,
  conditional,
  exp,
  householder,
  identity,
  invert,
  learnableAffine,
  learnableChain,
  learnableLuLinear,
  reverse,
  softplus,
  stack,
  tanh,
  vectorise
} from '../../src/index'
import { points, positive, row, type Named, learnableRow, type Rows } from './row'

const columns = tf.stack([points, tf.mul(points, 0.5)], 1)
const scaled = conditional({
  eventNdims: 0,
  bijector: (c: tf.Tensor) => affine({ shift: tf.sin(c), logScale: tf.mul(c, 0.5) })
})

export const combinators: Rows = {
  golden: {
    // the file's chain applies its last link first
    Chain: { make: (p, build) => chain(...(p['bijectors'] as unknown as readonly Named[]).map(build).reverse()) }
  },
  laws: {
    identity: [identity, points],
    asEvent: [asEvent(2)(exp), tf.reshape(points, [1, 2, 3])],
    invert: [invert(softplus), positive],
    chain: [chain(affine({ shift: 0.5, scale: row }), reverse, tanh), tf.mul(points, 0.25)],
    conditional: [scaled(row), points],
    'vectorise elementwise': [
      vectorise({ eventNdims: 0, bijector: (logScale: tf.Tensor) => affine({ shift: 1, logScale }), params: row }),
      points
    ],
    'vectorise over vectors': [
      vectorise({
        eventNdims: 1,
        bijector: (vectors: tf.Tensor) => chain(householder({ vectors }), tanh),
        params: normal(key(9), [2, 1, 3])
      }),
      tf.mul(columns, 0.5)
    ],
    blockwise: [blockwise({ sizes: [1, 2], bijectors: [exp, chain(reverse, softplus)] }), points],
    stack: [stack([reverse, chain(reverse, tanh)]), tf.mul(columns, 0.5)],
    'stack of numbers': [stack([exp, tanh, softplus]), tf.mul(points, 0.5)]
  },
  learnables: {
    learnableChain: learnableRow(
      learnableChain(learnableLuLinear({ size: 3 }), learnable.of(tanh), learnableAffine({ shape: [3] })),
      tf.mul(points, 0.25)
    )
  }
}
