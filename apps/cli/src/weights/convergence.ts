/** Did the chains reach the posterior? Levels of the log joint, and R̂ and ESS of what the networks predict. */
import * as tf from '@tensorflow/tfjs-core'
import { jit, vmap } from '@bdl/compiler'
import { scoped, toHost } from '@bdl/core'
import { functionSpaceEss, functionSpaceRhat, predictive } from '@bdl/inference'
import type { MlpParams } from '@bdl/nn'
import { countOf, sliceOf } from './networks.js'
import type { Draws } from './posterior.js'
import type { Problem } from './problem.js'

export interface Convergence {
  readonly draws: number
  readonly chains: number
  /** Log joint without the prior's constant, nats: mean, standard deviation, mean of each half of the draws. */
  readonly logJoint: {
    readonly mean: number
    readonly sd: number
    readonly firstHalf: number
    readonly secondHalf: number
  }
  /** Split R̂ of the class probabilities at test inputs; null where chains are too short to say. */
  readonly rhat: { readonly median: number; readonly q95: number; readonly max: number } | null
  /** Effective sample size of the same, median over predictions. */
  readonly ess: number | null
}

/** Networks per compiled call. */
const CHUNK = 256

/** Log joint of every network of a stack, nats. */
export const logJoints = async (problem: Problem, positions: MlpParams): Promise<Float64Array> => {
  const evaluate = jit(vmap(problem.logJoint), { name: 'logJoint' })
  const values: number[] = []
  for (let from = 0; from < countOf(positions); from += CHUNK) {
    const part = sliceOf(positions, from, Math.min(CHUNK, countOf(positions) - from))
    const result = await evaluate(part)
    values.push(...(await result.data()))
    tf.dispose([result, ...part.flatMap(({ w, b }) => [w, b])])
  }
  await evaluate.dispose()
  return Float64Array.from(values)
}

export const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((a, b) => a + b, 0) / Math.max(1, values.length)

export const standardDeviation = (values: ArrayLike<number>): number => {
  const centre = mean(values)
  return Math.sqrt(mean(Array.from(values, (v) => (v - centre) ** 2)))
}

/** Test rows whose predictions are judged: 2,000 probabilities for ten classes say as much as all of them. */
const JUDGED_ROWS = 200

/** @param logJoint of every draw, chain after chain */
export const convergenceOf = async (problem: Problem, draws: Draws, logJoint: Float64Array): Promise<Convergence> => {
  const { chains, drawsPerChain, positions } = draws
  const half = (first: boolean): number =>
    mean(logJoint.filter((_, i) => i % drawsPerChain < drawsPerChain / 2 === first))
  const levels = {
    mean: mean(logJoint),
    sd: standardDeviation(logJoint),
    firstHalf: half(true),
    secondHalf: half(false)
  }
  const common = { draws: chains * drawsPerChain, chains, logJoint: levels }
  if (chains < 2 || drawsPerChain < 4) return { ...common, rhat: null, ess: null }
  const rows = Math.min(JUDGED_ROWS, problem.test.labels.length)
  const x = scoped(() => tf.slice(problem.test.x, [0, 0], [rows, -1]))
  const { members, mean: average } = await predictive(problem.apply, positions, x)
  const host = await toHost(members)
  tf.dispose([x, members, average])
  const predictions = { shape: [chains, drawsPerChain, rows * problem.classes], data: host.data }
  const { median, q95, max } = functionSpaceRhat(predictions)
  return {
    ...common,
    rhat: { median, q95, max },
    ess: drawsPerChain < 8 ? null : functionSpaceEss(predictions).median
  }
}
