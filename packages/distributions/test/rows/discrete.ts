import * as tf from '@tensorflow/tfjs-core'
import {
  bernoulli,
  binomial,
  categorical,
  geometric,
  multinomial,
  negativeBinomial,
  oneHotCategorical,
  poisson,
  type ClassWeights,
  type Odds
} from '../../src/index'
import type { Rows, Tensors } from './row'

const logits = tf.tensor2d([
  [0, 1, -1, 0.5],
  [2, 0, 0, 0]
])
const probs = tf.tensor2d([
  [0.125, 0.5, 0.375],
  [0, 0.25, 0.75]
])

const oddsOf = (p: Tensors): Odds => ('probs' in p ? { probs: p['probs']! } : { logits: p['logits']! })
const weightsOf = (p: Tensors): ClassWeights => ({ logits: p['logits']! })
const classProbs = { probs: (d: object) => ('probs' in d ? (d as { probs: () => tf.Tensor }).probs() : tf.zeros([0])) }

export const discrete: Rows = {
  golden: {
    Bernoulli: { make: (p) => bernoulli(oddsOf(p)), dtype: 'int32' },
    Binomial: { make: (p) => binomial(p['totalCount']!, oddsOf(p)), dtype: 'int32' },
    Categorical: { make: (p) => categorical(weightsOf(p)), dtype: 'int32', fields: classProbs },
    Geometric: { make: (p) => geometric(oddsOf(p)), dtype: 'int32' },
    Multinomial: { make: (p) => multinomial(p['totalCount']!, weightsOf(p)), dtype: 'int32', fields: classProbs },
    NegativeBinomial: { make: (p) => negativeBinomial(p['totalCount']!, oddsOf(p)), dtype: 'int32' },
    OneHotCategorical: { make: (p) => oneHotCategorical(weightsOf(p)), dtype: 'int32', fields: classProbs },
    Poisson: { make: (p) => poisson(p['rate']!), dtype: 'float32' }
  },
  laws: {
    bernoulli: bernoulli({ probs: tf.tensor1d([0, 0.25, 1]) }),
    'bernoulli of logits': bernoulli({ logits: tf.tensor1d([-Infinity, 0.5, 100]) }),
    binomial: binomial(10, { probs: tf.tensor1d([0, 0.3, 1]) }),
    'binomial of logits': binomial(tf.tensor1d([0, 3, 400]), { logits: tf.tensor1d([1, -2, 0.5]) }),
    categorical: categorical({ logits }),
    'categorical of probabilities': categorical({ probs }),
    geometric: geometric({ probs: tf.tensor1d([0.25, 1]) }),
    'geometric of logits': geometric({ logits: tf.tensor1d([-5, 2]) }),
    multinomial: multinomial(4, { probs }),
    'multinomial of logits': multinomial(tf.tensor1d([0, 20]), { logits }),
    negativeBinomial: negativeBinomial(tf.tensor1d([0.5, 5]), { probs: 0.375 }),
    'negativeBinomial of logits': negativeBinomial(3, { logits: tf.tensor1d([-2, 1]) }),
    oneHotCategorical: oneHotCategorical({ logits }),
    'oneHotCategorical of probabilities': oneHotCategorical({ probs }),
    poisson: poisson(tf.tensor1d([0, 0.5, 3.5, 200]))
  },
  families: {
    bernoulli: { make: (p) => bernoulli({ probs: p }), at: tf.tensor1d([0.25, 0.5]) },
    poisson: { make: (p) => poisson(p), at: tf.tensor1d([0.5, 20]) },
    negativeBinomial: { make: (p) => negativeBinomial(p, { probs: 0.25 }), at: tf.tensor1d([0.5, 5]) },
    geometric: { make: (p) => geometric({ logits: p }), at: tf.tensor1d([0.5, -1]) },
    multinomial: { make: (p) => multinomial(5, { logits: p }), at: tf.tensor1d([0.5, -1, 2]) },
    categorical: { make: (p) => categorical({ logits: p }), at: tf.tensor1d([0.5, -1, 2]) }
  }
}
