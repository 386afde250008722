/** The checkerboard: uniform on every other square, with edges that no smooth density can follow. */
import * as tf from '@tensorflow/tfjs-core'
import { randint, split, uniform } from '@bdl/core'
import { constraint } from '@bdl/distributions'
import { toyDataset, type ToyDataset } from './dataset.js'

const SIDE = 2
const HALF = 4
const SQUARES = (2 * HALF) ** 2 / SIDE ** 2 / 2

/** Whether points [..., 2] lie on a square that has mass, [...]: those whose column and row numbers have an even sum. */
const isOnSquare = (x: tf.Tensor): tf.Tensor => {
  const cell = tf.floor(tf.div(x, SIDE))
  const isEven = tf.equal(tf.mod(tf.sum(cell, -1), 2), 0)
  const isOnBoard = tf.all(tf.logicalAnd(tf.greaterEqual(x, -HALF), tf.less(x, HALF)), -1)
  return tf.logicalAnd(isEven, isOnBoard)
}

/**
 * Uniform on 8 of the 16 squares of side 2 in [-4, 4]^2: the log density is -log 32 on them.
 * @source Grathwohl et al. (2018), FFJORD, arXiv:1810.01367
 * @example checkerboard.distribution.logProb(tf.tensor2d([[1, 1], [1, 3]])) // => [-3.466, -Infinity]
 */
export const checkerboard: ToyDataset = toyDataset({
  name: 'checkerboard',
  title: 'checkerboard',
  // Every edge of a square lies between cells of a grid whose number is a multiple of 10.
  window: 5,
  support: constraint({ name: 'checkerboard', eventNdims: 1, contains: isOnSquare }),
  sample: (key, n) => {
    const [columns, rows, inside] = split(key, 3)
    const column = tf.cast(randint(columns, [n], -HALF / SIDE, HALF / SIDE), 'float32')
    // Of two rows, the one that makes the sum of both numbers even.
    const pair = tf.mul(tf.cast(randint(rows, [n], -HALF / SIDE / 2, HALF / SIDE / 2), 'float32'), 2)
    const corner = tf.stack([column, tf.add(pair, tf.mod(column, 2))], -1)
    return tf.mul(tf.add(corner, uniform(inside, [n, 2])), SIDE)
  },
  logProb: (x) => {
    // The density is flat where it is not 0: a derivative exists, and is 0.
    const flat = tf.mul(tf.sum(x, -1), 0)
    return tf.where(isOnSquare(x), tf.sub(flat, Math.log(SQUARES * SIDE ** 2)), -Infinity)
  }
})
