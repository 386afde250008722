/** Flow matching: fields that are regressed, so that training needs no solver. */
import {
  diffusionPath,
  flowMatching,
  isotropicNormal,
  optimalPairing,
  varianceExploding,
  variancePreserving,
  velocityMlp,
  velocityToDistribution,
  type MatchingOptions
} from '@bdl/flows'
import type { MlpParams } from '@bdl/nn'
import { BASE_SCALE } from './layered.js'
import { densityModel, type DensityModel } from './model.js'
import { evaluation, wayOf } from './way.js'

const matched = (name: string, title: string, choices: MatchingOptions): DensityModel =>
  densityModel<MlpParams>(name, title, (settings) => {
    const field = velocityMlp({ dimension: 2, hidden: settings.hidden })
    const source = choices.source ?? choices.path?.source(2) ?? isotropicNormal(2, BASE_SCALE)
    const [t0, t1] = choices.path?.times ?? [0, 1]
    return {
      fitting: {
        kind: 'trained',
        effort: choices.pair ? 'pairing' : 'regression',
        init: field.init,
        loss: flowMatching({ ...choices, field, source })
      },
      build: (params) => velocityToDistribution(field.build(params), source, { ...evaluation(settings), t0, t1 }),
      path: (params) => wayOf(field.build(params), { source, t0, t1 }, settings)
    }
  })

export const matching = [
  matched('fm', 'flow matching', {}),
  matched('fm-ot', 'flow matching, optimal pairs', { pair: optimalPairing }),
  matched('fm-vp', 'flow matching, VP path', { path: diffusionPath(variancePreserving()) }),
  matched('fm-ve', 'flow matching, VE path', {
    path: diffusionPath(varianceExploding({ sigmaMin: 0.02, sigmaMax: 8 }))
  })
]
