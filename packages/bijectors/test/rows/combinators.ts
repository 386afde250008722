import * as tf from '@tensorflow/tfjs-core'
import { affine, asEvent, chain, exp, identity, invert, reverse, softplus, tanh } from '../../src/index'
import { points, positive, row, type Named, type Rows } from './row'

export const combinators: Rows = {
  golden: {
    // the file's chain applies its last link first
    Chain: { make: (p, build) => chain(...(p['bijectors'] as unknown as readonly Named[]).map(build).reverse()) }
  },
  laws: {
    identity: [identity, points],
    asEvent: [asEvent(2)(exp), tf.reshape(points, [1, 2, 3])],
    invert: [invert(softplus), positive],
    chain: [chain(affine({ shift: 0.5, scale: row }), reverse, tanh), tf.mul(points, 0.25)]
  }
}
