/** Stage 5: what a set of networks predicts, alone and averaged, in and out of distribution. */
import * as tf from '@tensorflow/tfjs-core'
import { toHost } from '@bdl/core'
import type { HostArray } from '@bdl/core'
import { predictive } from '@bdl/inference'
import type { MlpParams } from '@bdl/nn'
import {
  accuracy,
  brierScore,
  calibrationBins,
  entropy,
  expectedCalibrationError,
  member,
  mutualInformation,
  negativeLogLikelihood,
  outOfDistributionAuroc
} from '@bdl/report'
import type { CalibrationBin } from '@bdl/report'
import { countOf, thinned } from './networks.js'
import type { Problem } from './problem.js'

export interface ShiftedScores {
  readonly name: string
  /** AUROC of predictive entropy, and of mutual information (null for a single network). */
  readonly entropyAuroc: number
  readonly mutualInformationAuroc: number | null
}

export interface Scores {
  readonly networks: number
  readonly accuracy: number
  readonly nll: number
  readonly brier: number
  readonly ece: number
  /** Mean over the networks, each predicting alone. */
  readonly one: { readonly accuracy: number; readonly nll: number }
  readonly shifted: readonly ShiftedScores[]
}

export interface Evaluation {
  readonly scores: Scores
  readonly bins: readonly CalibrationBin[]
  /** Predictive entropy of every row, by data set. */
  readonly entropies: readonly { readonly name: string; readonly values: Float64Array }[]
}

interface Predicted {
  readonly mean: HostArray
  readonly members: HostArray
}

const predict = async (problem: Problem, positions: MlpParams, x: tf.Tensor): Promise<Predicted> => {
  const result = await predictive(problem.apply, positions, x)
  const [mean, members] = await Promise.all([toHost(result.mean), toHost(result.members)])
  tf.dispose([result.mean, result.members])
  return { mean, members }
}

const alone = ({ members }: Predicted, labels: Int32Array): Scores['one'] => {
  const count = members.shape[0]!
  let [right, loss] = [0, 0]
  for (let k = 0; k < count; k++) {
    const one = member(members, k)
    right += accuracy(one, labels)
    loss += negativeLogLikelihood(floored(one), labels)
  }
  return { accuracy: right / count, nll: loss / count }
}

/** A float32 softmax can be an exact zero; its logarithm would make a mean infinite. */
const floored = ({ shape, data }: HostArray): HostArray => ({ shape, data: data.map((p) => Math.max(p, 1e-30)) })

/**
 * Scores of a stack of networks on the test set and on the shifted sets.
 *
 * @param most networks that an average is made of, at most: beyond 512 only the third digit changes, and memory is spent
 */
export const evaluate = async (problem: Problem, positions: MlpParams, most = 512): Promise<Evaluation> => {
  const few = thinned(positions, most)
  const count = countOf(few)
  const { labels } = problem.test
  const inside = await predict(problem, few, problem.test.x)
  const entropies = [{ name: 'test set', values: entropy(inside.mean) }]
  const information = count > 1 ? mutualInformation(inside.members) : null
  const shifted: ShiftedScores[] = []
  for (const { name, x } of problem.shifted) {
    const outside = await predict(problem, few, x)
    const values = entropy(outside.mean)
    entropies.push({ name, values })
    shifted.push({
      name,
      entropyAuroc: outOfDistributionAuroc(entropies[0]!.values, values),
      mutualInformationAuroc: information && outOfDistributionAuroc(information, mutualInformation(outside.members))
    })
  }
  tf.dispose(few.map(({ w, b }) => [w, b]).flat())
  const mean = floored(inside.mean)
  return {
    scores: {
      networks: count,
      accuracy: accuracy(mean, labels),
      nll: negativeLogLikelihood(mean, labels),
      brier: brierScore(mean, labels),
      ece: expectedCalibrationError(mean, labels),
      one: alone(inside, labels),
      shifted
    },
    bins: calibrationBins(mean, labels),
    entropies
  }
}
