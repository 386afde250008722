/** Flows of layers, trained by maximum likelihood. */
import * as tf from '@tensorflow/tfjs-core'
import { affineTransformer, splineTransformer } from '@bdl/bijectors'
import type { Learnable, Tree } from '@bdl/core'
import type { Distribution } from '@bdl/distributions'
import { autoregressiveFlow, couplingFlow, isotropicNormal, realNvp } from '@bdl/flows'
import type { Effort, Settings } from '../settings.js'
import { densityModel, type DensityModel } from './model.js'

/** About the spread of the data sets. */
export const BASE_SCALE = 2

const base = isotropicNormal(2, BASE_SCALE)
const WINDOW = 6

const byLikelihood = <P extends Tree>(
  name: string,
  title: string,
  flow: (settings: Settings) => Learnable<P, Distribution>,
  effort: Effort = 'layered'
): DensityModel =>
  densityModel(name, title, (settings) => {
    const { init, build } = flow(settings)
    const loss = (params: P, batch: tf.Tensor): tf.Tensor => tf.neg(tf.mean(build(params).logProb(batch)))
    return { fitting: { kind: 'trained', effort, init, loss }, build }
  })

export const layered = [
  byLikelihood('realnvp', 'RealNVP', ({ hidden }) => realNvp({ dimension: 2, couplings: 8, hidden, base })),
  byLikelihood(
    'spline',
    'neural spline coupling',
    ({ hidden }) =>
      couplingFlow({
        dimension: 2,
        layers: 3,
        hidden,
        base,
        transformer: splineTransformer({ bins: 10, low: -WINDOW, high: WINDOW })
      }),
    'spline'
  ),
  byLikelihood('maf', 'MAF', ({ hidden }) =>
    autoregressiveFlow({ dimension: 2, layers: 6, hidden, base, transformer: affineTransformer({ bound: 2 }) })
  )
]
