import * as tf from '@tensorflow/tfjs-core'
import { key } from '@bdl/core'
import { flatten, permute, reshape, reverse, shuffle } from '../../src/index'
import { numbersOf, points, type Rows } from './row'

const matrices = tf.reshape(tf.concat([points, tf.neg(points)]), [2, 3, 2])

export const vectors: Rows = {
  golden: {
    Permute: { make: (p) => permute(numbersOf(p['permutation'])) },
    Reverse: { make: () => reverse }
  },
  laws: {
    permute: [permute([2, 0, 1]), points],
    reverse: [reverse, points],
    shuffle: [shuffle(key(8), 3), points],
    reshape: [reshape([3, 2], [2, 3]), matrices],
    flatten: [flatten([3, 2]), matrices]
  }
}
