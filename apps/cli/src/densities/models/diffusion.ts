/**
 * Diffusion models: scores by denoising, densities by the probability flow. They learn for fewer steps than flow matching: after
 * more, the flow of a network that has seen little noise only near the data carries single test points far away.
 */
import {
  denoisingScoreMatching,
  diffusionToDistribution,
  probabilityFlow,
  scoreMlp,
  subVariancePreserving,
  varianceExploding,
  variancePreserving,
  type Noising
} from '@bdl/flows'
import type { MlpParams } from '@bdl/nn'
import { BASE_SCALE } from './layered.js'
import { densityModel, type DensityModel } from './model.js'
import { evaluation, wayOf } from './way.js'

const scored = (name: string, title: string, noising: Noising): DensityModel =>
  densityModel<MlpParams>(name, title, (settings) => {
    const score = scoreMlp({ noising, dimension: 2, hidden: settings.hidden, dataScale: BASE_SCALE })
    const way = { source: noising.prior(2), t0: 1, t1: noising.tMin }
    return {
      fitting: {
        kind: 'trained',
        effort: 'denoising',
        init: score.init,
        loss: denoisingScoreMatching({ score, noising })
      },
      build: (params) =>
        diffusionToDistribution({ score: score.build(params), noising, dimension: 2 }, evaluation(settings)),
      path: (params) => wayOf(probabilityFlow({ score: score.build(params), noising }), way, settings)
    }
  })

export const diffusion = [
  scored('score-vp', 'score model, VP', variancePreserving()),
  scored('score-ve', 'score model, VE', varianceExploding({ sigmaMin: 0.02, sigmaMax: 8 })),
  scored('score-subvp', 'score model, sub-VP', subVariancePreserving())
]
