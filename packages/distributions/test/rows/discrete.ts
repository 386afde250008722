import * as tf from '@tensorflow/tfjs-core'
import { categorical } from '../../src/index'
import type { Rows } from './row'

const logits = tf.tensor2d([
  [0, 1, -1, 0.5],
  [2, 0, 0, 0]
])

export const discrete: Rows = {
  golden: {
    Categorical: { make: (p) => categorical({ logits: p['logits']! }), dtype: 'int32' }
  },
  laws: {
    categorical: categorical({ logits })
  }
}
