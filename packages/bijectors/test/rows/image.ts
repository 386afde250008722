import * as tf from '@tensorflow/tfjs-core'
import { key, learnable, normal } from '@bdl/core'
import {
  affine,
  asEvent,
  chain,
  conv1x1,
  coupling,
  learnableActNorm,
  learnableChain,
  learnableConv1x1,
  learnableMultiScale,
  multiScale,
  squeeze,
  tanh
} from '../../src/index'
import { learnableRow, tensorOf, type Rows } from './row'

const images = tf.mul(normal(key(11), [2, 2, 4, 2]), 0.7)
const weight = tf.add(tf.mul(normal(key(12), [2, 2]), 0.5), tf.tensor2d([[1, 1], [-1, 1]])) // prettier-ignore
const mixed = coupling({
  numMasked: 4,
  eventNdims: 3,
  conditioner: (x) => affine({ shift: tf.sin(x), logScale: tf.mul(tf.cos(x), 0.3) })
})
const levels = [chain(squeeze(), mixed), asEvent(2)(chain(tanh, affine({ shift: 1, scale: 3 })))]

export const image: Rows = {
  golden: {
    InvertibleConv1x1: { make: (p) => conv1x1({ weight: tensorOf(p['weight']) }) }
  },
  laws: {
    conv1x1: [conv1x1({ weight, bias: tf.tensor1d([1, -2]) }), images],
    'conv1x1 by factors': [
      conv1x1({ lower: weight, upper: tf.transpose(weight), permutation: [1, 0] }),
      tf.expandDims(images, 1)
    ],
    squeeze: [squeeze(), images],
    'squeeze by more, with two batch axes': [squeeze(4), normal(key(13), [2, 2, 4, 4, 1])],
    multiScale: [multiScale({ eventShape: [2, 4, 2], levels }), images],
    'multiScale of vectors': [multiScale({ eventShape: [5], levels: [tanh, tanh, tanh] }), normal(key(14), [3, 2, 5])]
  },
  learnables: {
    learnableConv1x1: learnableRow(learnableConv1x1({ channels: 2, permutation: [1, 0] }), images),
    learnableMultiScale: learnableRow(
      learnableMultiScale({
        eventShape: [2, 4, 2],
        levels: [
          learnableChain(learnable.of(squeeze()), learnableConv1x1({ channels: 8 }), learnable.of(mixed)),
          learnableActNorm({ size: 4, eventNdims: 3 })
        ]
      }),
      images
    )
  }
}
