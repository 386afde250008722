/** Stage 1: point estimates, variational inference and Markov chains on the same log joint. */
import * as tf from '@tensorflow/tfjs-core'
import { foldIn, mapTree, scoped, split } from '@bdl/core'
import type { Key } from '@bdl/core'
import type { Distribution } from '@bdl/distributions'
import {
  cyclicalCosine,
  deepEnsemble,
  estimateElbo,
  hmc,
  joinChains,
  meanFieldVi,
  minibatchLogJoint,
  runChains,
  samplesFrom,
  sghmc,
  warmUpHmc
} from '@bdl/inference'
import { adam, cosineSchedule, mlp, normal, relu } from '@bdl/nn'
import type { MlpParams } from '@bdl/nn'
import type { Watch } from './job.js'
import type { Problem } from './problem.js'
import { priorConstant } from './problem.js'
import type { Settings } from './settings.js'

/** Draws of one method: leaves [draws, ...], chain after chain where there are chains. */
export interface Draws {
  readonly positions: MlpParams
  readonly chains: number
  readonly drawsPerChain: number
  /** Wall-clock seconds, for samples per second; kept out of what the seed fixes. */
  readonly seconds: number
}

const networkOf = ({ sizes }: Problem, scale: number) =>
  mlp({ sizes, activation: relu, initialiser: normal(scale), biasInitialiser: normal(scale) })

const seconds = async <T>(body: () => Promise<T>): Promise<readonly [result: T, seconds: number]> => {
  const start = performance.now()
  const result = await body()
  return [result, (performance.now() - start) / 1000]
}

/** Independent maxima of the log joint; the first is the MAP estimate. */
export const ensembleDraws = async (problem: Problem, settings: Settings, key: Key, watch: Watch): Promise<Draws> => {
  const { steps, learningRate } = settings.map
  const [result, time] = await seconds(() =>
    deepEnsemble({
      ...watch,
      logDensity: problem.logJoint,
      init: networkOf(problem, 0.2).init,
      key,
      members: settings.members,
      optimiser: adam({ learningRate: cosineSchedule(learningRate, steps) }),
      steps
    })
  )
  result.trace.dispose()
  return { positions: result.positions, chains: settings.members, drawsPerChain: 1, seconds: time }
}

export interface MeanFieldDraws extends Draws {
  /** With the prior's constant, nats. */
  readonly elbo: { readonly mean: number; readonly error: number }
}

/** Draws from the mean-field posterior fitted by 8-sample ELBO gradients. */
export const meanFieldDraws = async (
  problem: Problem,
  settings: Settings,
  key: Key,
  draws: number,
  watch: Watch
): Promise<MeanFieldDraws> => {
  const { steps, samples, learningRate } = settings.meanField
  const [keyStart, keyFit, keyDraw, keyElbo] = split(key, 4) as readonly [Key, Key, Key, Key]
  const position = networkOf(problem, 0.2).init(keyStart)
  const [fit, time] = await seconds(() =>
    meanFieldVi({
      ...watch,
      logDensity: problem.logJoint,
      position,
      key: keyFit,
      optimiser: adam({ learningRate: cosineSchedule(learningRate, steps) }),
      steps,
      samples,
      logScale: -3
    })
  )
  const posterior: Distribution<MlpParams> = fit.posterior
  const { positions } = samplesFrom(posterior, keyDraw, draws)
  const raw = await estimateElbo(problem.logJoint, {
    parameters: fit.parameters,
    like: position,
    key: keyElbo,
    draws: 64
  })
  tf.dispose([fit.trace])
  return {
    positions,
    chains: 1,
    drawsPerChain: draws,
    seconds: time,
    elbo: { mean: raw.mean + priorConstant(problem), error: raw.error }
  }
}

export interface ChainDraws extends Draws {
  readonly isComplete: boolean
}

export interface HmcDraws extends ChainDraws {
  readonly stepSize: number
  readonly acceptance: number
  readonly divergences: number
}

const meanOf = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((a, b) => a + b, 0) / Math.max(1, values.length)

/**
 * Starts near the origin, a few optimiser steps into the bulk: chains begin apart, and warm-up is short. Rejects if the
 * signal has fired: chains that nobody waits for are not begun.
 */
const approached = async (problem: Problem, settings: Settings, key: Key, signal: AbortSignal): Promise<MlpParams> => {
  const { approach } = settings.hmc
  const result = await deepEnsemble({
    logDensity: problem.logJoint,
    init: networkOf(problem, 0.2).init,
    key,
    members: settings.members,
    optimiser: adam({ learningRate: 0.02 }),
    steps: approach,
    signal
  })
  result.trace.dispose()
  signal.throwIfAborted()
  return result.positions
}

/** Hamiltonian Monte Carlo, all chains in one graph. */
export const hmcDraws = async (problem: Problem, settings: Settings, key: Key, watch: Watch): Promise<HmcDraws> => {
  const { warmup, transitions, thin, leapfrogSteps } = settings.hmc
  const [keyStart, keyWarm, keyRun] = split(key, 3) as readonly [Key, Key, Key]
  const total = warmup + transitions
  const [result, time] = await seconds(async () => {
    const starts = await approached(problem, settings, keyStart, watch.signal)
    const warm = await warmUpHmc({
      logDensity: problem.logJoint,
      key: keyWarm,
      positions: starts,
      transitions: warmup,
      steps: leapfrogSteps,
      stepSize: 0.01,
      targetAccept: 0.8,
      jitter: 0.2,
      signal: watch.signal,
      onProgress: ({ done }) => watch.onProgress({ done, total })
    })
    watch.signal.throwIfAborted()
    const kernel = hmc(problem.logJoint, { stepSize: warm.stepSize, steps: leapfrogSteps, jitter: 0.2 })
    const chains = await runChains({
      kernel,
      key: keyRun,
      positions: warm.positions,
      steps: transitions,
      thin,
      signal: watch.signal,
      onProgress: ({ done }) => watch.onProgress({ done: warmup + done, total })
    })
    return { chains, stepSize: warm.stepSize }
  })
  const { chains } = result
  const [acceptProb, isDivergent] = await Promise.all([chains.infos.acceptProb.data(), chains.infos.isDivergent.data()])
  return {
    positions: joinChains(chains.positions),
    chains: settings.members,
    drawsPerChain: chains.drawnAt.length,
    seconds: time,
    isComplete: chains.isComplete,
    stepSize: result.stepSize,
    acceptance: meanOf(acceptProb),
    divergences: Array.from(isDivergent).filter(Boolean).length
  }
}

const DRAWS_PER_CYCLE = 10

/**
 * Share of a cycle after which its draws count. The first tenth has no noise and runs to a mode; a draw soon after it still
 * sits tens of nats too high in the log joint.
 */
const SETTLED = 0.25

/** Stochastic gradient HMC with cyclical steps; the first cycle and the beginning of each are dropped. */
export const sghmcDraws = async (problem: Problem, settings: Settings, key: Key, watch: Watch): Promise<ChainDraws> => {
  const { stepSize, momentum, batchSize, cycles, cycleLength, floor } = settings.sghmc
  const [keyStart, keyRun] = split(key)
  const schedule = { initial: stepSize, cycleLength, floor }
  const estimate = minibatchLogJoint({
    logPrior: problem.logPrior,
    logLikelihood: problem.logLikelihood,
    data: { x: problem.train.x, oneHot: problem.train.oneHot },
    batchSize: Math.min(batchSize, problem.train.labels.length)
  })
  const thin = Math.max(1, Math.floor(cycleLength / DRAWS_PER_CYCLE))
  const [result, time] = await seconds(async () =>
    runChains({
      ...watch,
      kernel: sghmc(estimate, { stepSize: cyclicalCosine(schedule), momentum }),
      key: keyRun,
      positions: await approached(problem, settings, keyStart, watch.signal),
      steps: cycles * cycleLength,
      thin
    })
  )
  const phase = (step: number): number => ((step - 1) % cycleLength) / cycleLength
  const kept = result.drawnAt.flatMap((step, i) => (step > cycleLength && phase(step) >= SETTLED ? [i] : []))
  const positions = scoped(() => {
    const indices = tf.tensor1d(kept, 'int32')
    return joinChains(mapTree((leaf) => tf.gather(leaf, indices, 1))(result.positions))
  })
  return {
    positions,
    chains: settings.members,
    drawsPerChain: kept.length,
    seconds: time,
    isComplete: result.isComplete
  }
}

/** Child keys of the run by name, so that adding a stage changes no other stage's numbers. */
export const stageKey = (root: Key, stage: number): Key => foldIn(root, stage)
