import * as tf from '@tensorflow/tfjs-core'
import { affineCoupling, chain, exp, reverse, shift, sigmoid } from '@bdl/bijectors'
import {
  categorical,
  deterministic,
  empirical,
  expRelaxedOneHot,
  gumbelSoftmax,
  horseshoe,
  independent,
  mixture,
  mixtureOf,
  normal,
  scaleMixtureNormal,
  transformed,
  uniform,
  type ClassWeights
} from '../../src/index'
import type { Rows } from './row'

const loc = tf.tensor1d([0, 1, -2])
const scales = tf.tensor1d([0.5, 1, 3])
const nice = affineCoupling({ numMasked: 1, conditioner: (x) => tf.mul(tf.sin(x), tf.tensor1d([1, -1, 0.5, 0.25])) })

const weights: ClassWeights = {
  logits: tf.tensor2d([
    [0, 1, -1],
    [2, 0, 0]
  ])
}
const categories: ClassWeights = {
  probs: tf.tensor2d([
    [0.125, 0.5, 0.375],
    [0, 0.25, 0.75]
  ])
}

export const combinators: Rows = {
  golden: {
    MixtureOfNormals: {
      make: (p) => mixture({ logits: p['logits']! }, normal(p['loc']!, p['scale']!)),
      dtype: 'float32',
      fields: {
        weights: (d) => ('weights' in d ? tf.softmax((d.weights as { logits: tf.Tensor }).logits) : tf.zeros([0]))
      }
    }
  },
  laws: {
    deterministic: deterministic(tf.tensor1d([0, -2.5])),
    empirical: empirical(tf.tensor1d([1, 2, 2, 5])),
    'empirical of weighted vectors': empirical(
      tf.tensor2d([
        [1, 2],
        [0, 3],
        [1, 2]
      ]),
      { weights: { probs: tf.tensor1d([0.25, 0.5, 0.25]) } }
    ),
    gumbelSoftmax: gumbelSoftmax(tf.tensor1d([0.5, 2]), weights),
    expRelaxedOneHot: expRelaxedOneHot(tf.tensor1d([0.05, 2]), weights),
    horseshoe: horseshoe(tf.tensor1d([0.5, 3])),
    mixture: mixture(
      weights,
      normal(
        tf.tensor2d([
          [-1, 0, 3],
          [0, 0, 0]
        ]),
        tf.tensor2d([
          [0.5, 1, 2],
          [0.01, 1, 4]
        ])
      )
    ),
    'mixture of vectors': mixture(
      { probs: tf.tensor1d([0, 0.25, 0.75]) },
      independent(1)(
        normal(
          tf.tensor2d([
            [0, 0],
            [1, -1],
            [2, 2]
          ]),
          0.5
        )
      )
    ),
    'mixture of atoms': mixture({ probs: tf.tensor1d([0.25, 0.75]) }, categorical(categories)),
    mixtureOf: mixtureOf({ probs: tf.tensor1d([0.5, 0.5]) }, [normal(0, 0.1), uniform(-1, 3)]),
    scaleMixtureNormal: scaleMixtureNormal({ pi: tf.tensor1d([0.25, 0.5, 1]), sigma1: 1, sigma2: 0.0025 }),
    independent: independent(1)(normal(tf.zeros([2, 3]), scales)),
    transformed: transformed(normal(loc, 0.5), exp),
    'transformed scalars to vectors': transformed(normal(loc, scales), chain(shift(1), reverse, nice)),
    'transformed vectors by scalars': transformed(independent(1)(normal(loc, 0.5)), sigmoid)
  },
  families: {
    deterministic: { make: (p) => deterministic(p), at: tf.tensor1d([0, 2]) },
    mixture: { make: (p) => mixture({ logits: p }, normal(p, tf.exp(p))), at: tf.tensor1d([-0.5, 0.25]) },
    mixtureOf: {
      make: (p) => mixtureOf({ probs: tf.stack([p, tf.sub(1, p)], -1) }, [normal(p, 0.5), uniform(0, tf.add(p, 3))]),
      at: tf.scalar(0.25)
    },
    scaleMixtureNormal: {
      make: (p) => scaleMixtureNormal({ pi: p, sigma1: tf.add(p, 1), sigma2: p }),
      at: tf.tensor1d([0.25, 0.5])
    },
    transformed: { make: (p) => transformed(normal(p, 0.5), exp), at: tf.tensor1d([0, 0.5]) }
  }
}
