import * as tf from '@tensorflow/tfjs-core'
import { normal, uniform } from '../../src/index'
import type { Rows } from './row'

const loc = tf.tensor1d([0, 1, -2])
const scales = tf.tensor1d([0.5, 1, 3])

export const continuous: Rows = {
  golden: {
    Normal: { make: (p) => normal(p['loc']!, p['scale']!), dtype: 'float32' },
    Uniform: { make: (p) => uniform(p['low']!, p['high']!), dtype: 'float32' }
  },
  laws: {
    normal: normal(loc, scales),
    'normal of numbers': normal(1, 2),
    uniform: uniform(tf.tensor1d([-1, 0]), 3)
  }
}
