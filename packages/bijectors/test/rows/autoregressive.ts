import * as tf from '@tensorflow/tfjs-core'
import { fromHost, key, normal, split } from '@bdl/core'
import {
  affine,
  affineTransformer,
  choosing,
  inverseAutoregressive,
  invert,
  madeMasks,
  maskedAutoregressive,
  neuralAutoregressive,
  splineTransformer,
  type Bijector
} from '../../src/index'
import { mlpOf, points, type Json, type Rows } from './row'

/** The file's network gives all shifts, then all log-scales. */
const affineOf =
  (network: Json | undefined) =>
  (x: tf.Tensor): Bijector => {
    const [shift, logScale] = tf.split(mlpOf(network)(x), 2, -1)
    return affine({ shift: shift!, logScale: logScale! })
  }

/** A small masked network with drawn weights. */
const made = (size: number, seed: number) => {
  const masks = madeMasks({ dimension: 3, hidden: [6], size }).map((mask) => fromHost(mask))
  const keys = split(key(seed), masks.length)
  const layers = masks.map((mask, i) => tf.mul(mask, normal(keys[i]!, mask.shape)))
  return (x: tf.Tensor): tf.Tensor => {
    const lead = x.shape.slice(0, -1)
    const out = layers.reduce<tf.Tensor>(
      (h, w, i) => (i === 0 ? tf.tanh(tf.matMul(h, w)) : tf.matMul(h, w)),
      tf.reshape(x, [x.size / 3, 3])
    )
    return tf.reshape(tf.tanh(out), [...lead, 3 * size])
  }
}
const splines = choosing(splineTransformer({ bins: 3, low: -3, high: 3 }), made(8, 2))
const neural = neuralAutoregressive({ units: 3, network: made(9, 3) })

export const autoregressive: Rows = {
  golden: {
    MaskedAutoregressiveFlow: { make: (p) => maskedAutoregressive({ conditioner: affineOf(p['made']) }) },
    InverseAutoregressiveFlow: { make: (p) => inverseAutoregressive({ conditioner: affineOf(p['made']) }) }
  },
  laws: {
    maskedAutoregressive: [maskedAutoregressive({ conditioner: splines }), points],
    inverseAutoregressive: [inverseAutoregressive({ conditioner: splines }), points],
    neuralAutoregressive: [neural, points],
    'neuralAutoregressive backwards': [invert(neural), points],
    'madeMasks make networks autoregressive': [
      maskedAutoregressive({ conditioner: choosing(affineTransformer(), made(2, 1)) }),
      points
    ]
  }
}
