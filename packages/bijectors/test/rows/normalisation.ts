import * as tf from '@tensorflow/tfjs-core'
import { key, learnable, normal } from '@bdl/core'
import {
  actNorm,
  actNormOf,
  batchNorm,
  batchStatistics,
  learnableActNorm,
  learnableBatchNorm,
  movingStatistics
} from '../../src/index'
import { learnableRow, numberOf, points, row, tensorOf, type Rows } from './row'

const params = { logGamma: tf.mul(row, 0.3), beta: tf.reverse(row) }
const statistics = { mean: tf.mul(row, 2), variance: tf.square(row) }
const images = tf.mul(normal(key(21), [2, 2, 2, 3]), 2)

export const normalisation: Rows = {
  golden: {
    ActNorm: { make: (p) => actNorm({ shift: tensorOf(p['shift']), logScale: tensorOf(p['logScale']) }) },
    BatchNormFlow: {
      make: (p) =>
        batchNorm({
          logGamma: tensorOf(p['logGamma']),
          beta: tensorOf(p['beta']),
          epsilon: numberOf(p['epsilon']),
          ...(p['mode'] === 'inference' && {
            statistics: { mean: tensorOf(p['mean']), variance: tensorOf(p['variance']) }
          })
        })
    }
  },
  laws: {
    actNorm: [actNorm({ shift: row, logScale: tf.mul(row, 0.4) }), points],
    'actNormOf a batch': [actNorm(actNormOf(points)), points],
    batchNorm: [batchNorm({ ...params, statistics }), points],
    'batchStatistics to normalise with': [batchNorm({ ...params, statistics: batchStatistics(points) }), points],
    'movingStatistics to normalise with': [
      batchNorm({ ...params, statistics: movingStatistics(statistics, batchStatistics(points), 0.5) }),
      points
    ]
  },
  learnables: {
    learnableActNorm: learnableRow(learnableActNorm({ size: 3 }), points),
    'learnableActNorm of images': learnableRow(learnableActNorm({ size: 3, eventNdims: 3 }), images),
    learnableBatchNorm: learnableRow(
      learnable.map((normalise: ReturnType<ReturnType<typeof learnableBatchNorm>['build']>) => normalise(statistics))(
        learnableBatchNorm({ size: 3, epsilon: 1e-3 })
      ),
      points
    )
  }
}
