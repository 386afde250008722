/** What any model should beat. */
import * as tf from '@tensorflow/tfjs-core'
import { gaussianFit, kernelDensity, likelihoodBandwidth } from '@bdl/flows'
import { densityModel } from './model.js'

/** Share of the points that choose the width of the kernels. */
const HELD_OUT = 0.05

/** Of Scott's factor, from a tenth to its double. */
const FACTORS = Array.from({ length: 12 }, (_, i) => 0.1 * 20 ** (i / 11))

const gaussian = densityModel('gaussian', 'Gaussian', () => ({
  fitting: { kind: 'closed', fit: (data: tf.Tensor) => tf.clone(data) },
  build: (data: tf.Tensor) => gaussianFit(data)
}))

type Kernels = { readonly data: tf.Tensor; readonly bandwidth: tf.Tensor }

const kernels = densityModel('kde', 'kernel density', () => ({
  fitting: {
    kind: 'closed',
    fit: (all: tf.Tensor): Kernels => {
      const [n = 0, d = 1] = all.shape
      const kept = n - Math.round(n * HELD_OUT)
      const data = tf.slice(all, [0, 0], [kept, d])
      const heldOut = tf.slice(all, [kept, 0], [n - kept, d])
      const scott = kept ** (-1 / (d + 4))
      return { data, bandwidth: likelihoodBandwidth(data, { heldOut, factors: FACTORS.map((f) => f * scott) }) }
    }
  },
  build: ({ data, bandwidth }: Kernels) => kernelDensity(data, { bandwidth })
}))

export const baselines = [gaussian, kernels]
