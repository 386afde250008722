/** Rows of the law table for what only transformations tell from the function itself: checkpoints and recomputation. */
import * as tf from '@tensorflow/tfjs-core'
import { remat, scan } from '../../src/index'
import { integer, real, row, type Row } from './laws'

type Step = readonly [tf.Tensor, tf.Tensor]

const recurrent =
  (checkpoint: 'sqrt' | number, reverse: boolean): Row['f'] =>
  (c, w, xs) => {
    const cell = (carry: tf.Tensor, x: tf.Tensor): Step => {
      const next = tf.tanh(tf.add(tf.mul(carry, w!), x))
      return [next, tf.mul(next, carry)]
    }
    const [last, ys] = scan(cell, c!, xs!, { checkpoint, reverse })
    return tf.concat([tf.reshape(last, [1, 2]), ys])
  }

const decayed = (x: tf.Tensor, w: tf.Tensor): tf.Tensor => tf.sin(tf.mul(tf.exp(tf.neg(x)), tf.tanh(tf.mul(x, w))))

export const transformRows: readonly Row[] = [
  row('scan', recurrent('sqrt', false), [real([2], -1, 1), real([2], -1, 1), real([4, 2], -1, 1)], {
    label: 'carries of every second turn'
  }),
  row('scan', recurrent(2, true), [real([2], -1, 1), real([2], -1, 1), real([5, 2], -1, 1)], {
    label: 'carries of every second turn, reversed, with a turn left over'
  }),
  row('remat', (x, w) => remat((at: tf.Tensor) => decayed(at, w!))(x!), [real([2, 3], -1, 1), real([3], -1, 1)], {
    label: 'of a captured tensor too'
  }),
  row(
    'remat',
    (x, n) => {
      const scaled = (at: tf.Tensor, k: tf.Tensor): Step => [tf.mul(tf.sin(at), tf.cast(k, 'float32')), k]
      const [y, m] = remat(scaled)(x!, n!)
      return tf.mul(y, tf.cast(m, 'float32'))
    },
    [real([3], -1, 1), integer([3], 1, 4)],
    { label: 'with integers' }
  )
]
