// The slope of x + s tanh x, in a form that keeps its digits where the map is nearly flat.
import * as tf from '@tensorflow/tfjs-core'
import { sigmoid } from '@bdl/core'

/** sech² a = 4 sigmoid(2a) sigmoid(-2a), with its relative accuracy in the tails. */
const sechSquared = (a: tf.Tensor): tf.Tensor => tf.mul(tf.mul(sigmoid(tf.mul(a, 2)), sigmoid(tf.mul(a, -2))), 4)

/** log(1 + s sech² a) = log(tanh² a + (1 + s) sech² a), given `room` = 1 + s > 0. */
export const logTanhSlope = (a: tf.Tensor, room: tf.Tensor): tf.Tensor =>
  tf.log(tf.add(tf.square(tf.tanh(a)), tf.mul(room, sechSquared(a))))
