import * as tf from '@tensorflow/tfjs-core'
import { affineCoupling, chain, exp, reverse, shift, sigmoid } from '@bdl/bijectors'
import { independent, normal, transformed } from '../../src/index'
import type { Rows } from './row'

const loc = tf.tensor1d([0, 1, -2])
const scales = tf.tensor1d([0.5, 1, 3])
const nice = affineCoupling({ numMasked: 1, conditioner: (x) => tf.mul(tf.sin(x), tf.tensor1d([1, -1, 0.5, 0.25])) })

export const combinators: Rows = {
  golden: {},
  laws: {
    independent: independent(1)(normal(tf.zeros([2, 3]), scales)),
    transformed: transformed(normal(loc, 0.5), exp),
    'transformed scalars to vectors': transformed(normal(loc, scales), chain(shift(1), reverse, nice)),
    'transformed vectors by scalars': transformed(independent(1)(normal(loc, 0.5)), sigmoid)
  }
}
