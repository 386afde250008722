/**
 * The problem on which importance sampling works: regression with a 1-5-1 ReLU network, 16 weights, 20 points. The
 * posterior (a little tempered) is sampled by HMC, aligned (scales kept, so that densities exist), learnt by a flow with an exact divergence,
 * and the flow's draws are weighted by the true posterior.
 */
import * as tf from '@tensorflow/tfjs-core'
import { jit, vmap } from '@bdl/compiler'
import { fromHost, leaves, normal, scoped, split } from '@bdl/core'
import type { Key } from '@bdl/core'
import { exactTrace, transportWithTraces } from '@bdl/flows'
import { diagonalMetric, hmc, joinChains, runChains, warmUpHmc } from '@bdl/inference'
import { applyMlp, mlp, relu, silu, zeros } from '@bdl/nn'
import type { MlpParams } from '@bdl/nn'
import { fixedSteps, heun } from '@bdl/ode'
import { alignAll, mlpSpec } from '@bdl/symmetry'
import { rowVelocity } from './fields/field.js'
import type { BaseField, WeightField } from './fields/field.js'
import { dataGradient } from './fields/data-gradient.js'
import { fullField } from './fields/gaussian.js'
import { timeFeatures } from './fields/gated.js'
import type { WithDensity } from './fields/generate.js'
import { drawSource, trainField } from './fields/train.js'
import type { TrainedField } from './fields/train.js'
import { importanceFacts, inRegion, logPermutations } from './importance.js'
import type { ImportanceFacts } from './importance.js'
import type { Watch } from './job.js'
import { fromRows, toHostNetworks, toRows, unravelFor } from './networks.js'
import type { HostLayer } from './networks.js'
import { fitGaussianArm, splitByChain } from './arms.js'
import type { Draws } from './posterior.js'
import type { Settings } from './settings.js'

const SIZES = [1, 5, 1] as const
const DIM = 16
const POINTS = 20
const NOISE = 0.5
const CHAINS = 32
const PRIOR_SCALE = 1
/** Of N(0, σ² I) in all its dimensions. */
const PRIOR_CONSTANT = -DIM * (Math.log(PRIOR_SCALE) + 0.5 * Math.log(2 * Math.PI))

interface ToyModel {
  readonly logLikelihood: (params: MlpParams) => tf.Tensor
  /** Normalised prior times likelihood, nats. */
  readonly logJoint: (params: MlpParams) => tf.Tensor
}

/** y = sin 2x + noise on [−2, 2]; the noise level is known to the model. */
const modelOf = (key: Key): ToyModel => {
  const x = scoped(() => tf.reshape(tf.linspace(-2, 2, POINTS), [POINTS, 1]))
  const y = scoped(() => tf.add(tf.sin(tf.mul(x, 2)), tf.mul(normal(key, [POINTS, 1]), NOISE)))
  const apply = applyMlp(relu)
  const constant = -POINTS * (Math.log(NOISE) + 0.5 * Math.log(2 * Math.PI))
  const logLikelihood = (params: MlpParams): tf.Tensor =>
    scoped(() => tf.add(tf.mul(tf.sum(tf.square(tf.sub(apply(params, x), y))), -0.5 / NOISE ** 2), constant))
  const logPrior = (params: MlpParams): tf.Tensor =>
    scoped(() => {
      const squares = leaves(params).map((leaf) => tf.sum(tf.square(leaf)))
      return tf.add(
        tf.mul(
          squares.reduce((a, b) => tf.add(a, b)),
          -0.5 / PRIOR_SCALE ** 2
        ),
        PRIOR_CONSTANT
      )
    })
  return { logLikelihood, logJoint: (params) => scoped(() => tf.add(logLikelihood(params), logPrior(params))) }
}

/** An MLP on weights, time, data gradient and predicted end: 16 weights need no graph. */
const mlpField = (base: BaseField, logLikelihood: (x: tf.Tensor) => tf.Tensor): WeightField<MlpParams> => {
  const see = dataGradient(base, logLikelihood)
  const net = mlp({ sizes: [3 * DIM + 9, 64, 64, DIM], activation: silu, lastInitialiser: zeros })
  return {
    name: 'MLP field + data gradient',
    base,
    init: net.init,
    correction: (params, t, x) =>
      scoped(() => {
        const [end, gradient] = see(t, x)
        const features = tf.concat([x, end, gradient, timeFeatures(t)])
        return tf.reshape(net.build(params)(tf.reshape(features, [1, -1])), [DIM])
      })
  }
}

/** Draws with exact log densities: the base's divergence, and the trace of the correction's Jacobian, row by row. */
const drawExactly = async (
  trained: TrainedField<MlpParams>,
  key: Key,
  count: number,
  heunSteps: number
): Promise<WithDensity> => {
  const velocity = rowVelocity(trained.field)
  const carry = jit(
    (params: MlpParams, source: tf.Tensor) => {
      const flow = { velocity, params, solver: heun, control: fixedSteps(heunSteps), trace: exactTrace() }
      const { x, traces } = transportWithTraces(flow, source, 'data')
      return { x, divergence: traces }
    },
    { name: 'toy' }
  )
  const source = drawSource(key, count, DIM, PRIOR_SCALE)
  const end = await carry(trained.params, source)
  const norms = scoped(() => tf.sum(tf.square(source), 1))
  const [squares, integrals] = await Promise.all([norms.data(), end.divergence.data()])
  tf.dispose([source, norms, end.divergence])
  await carry.dispose()
  const logDensity = Float64Array.from(
    { length: count },
    (_, i) => -squares[i]! / (2 * PRIOR_SCALE ** 2) + PRIOR_CONSTANT - integrals[i]!
  )
  return { networks: end.x, logDensity, standardError: new Float64Array(count) }
}

/** Importance weights for one aligned copy: joint with log 5! inside the reference's region, nothing outside. */
const weighToy = async (
  model: ToyModel,
  drawn: WithDensity,
  reference: readonly HostLayer[]
): Promise<ImportanceFacts> => {
  const networks = fromRows(SIZES, drawn.networks)
  const joints = jit(vmap(model.logJoint), { name: 'toyJoint' })
  const values = await joints(networks)
  const [joint, host] = [await values.data(), await toHostNetworks(networks)]
  await joints.dispose()
  tf.dispose([values, ...networks.flatMap(({ w, b }) => [w, b])])
  const inside = inRegion(SIZES, host, reference)
  const copies = logPermutations(SIZES)
  const logWeights = drawn.logDensity.map((logq, i) => (inside[i] ? joint[i]! + copies - logq : -Infinity))
  return importanceFacts(logWeights, drawn.standardError)
}

/**
 * The flow learns from p^β with β < 1, a little wider than the posterior: a proposal must have the heavier tails, or a few
 * weights carry all. For a Gaussian in d dimensions it costs a factor (β(2 − β))^(d/2) of the effective size: 0.83 here.
 */
const TEMPER = 0.85

const sampleTempered = async (
  model: ToyModel,
  { warmup, transitions }: Pick<Settings['toy'], 'warmup' | 'transitions'>,
  key: Key,
  signal: AbortSignal
): Promise<Draws> => {
  const [keyStart, keyWarm, keyRun] = split(key, 3) as readonly [Key, Key, Key]
  const unravel = unravelFor(SIZES)
  const logDensity = (params: MlpParams): tf.Tensor => scoped(() => tf.mul(TEMPER, model.logJoint(params)))
  const starts = scoped(() => vmap(unravel)(tf.mul(normal(keyStart, [CHAINS, DIM]), 0.5)))
  const warm = await warmUpHmc({
    logDensity,
    key: keyWarm,
    positions: starts,
    transitions: warmup,
    steps: 20,
    massMatrix: 'diagonal',
    signal
  })
  signal.throwIfAborted()
  const kernel = hmc(logDensity, { stepSize: warm.stepSize, steps: 20, metric: diagonalMetric(warm.inverseMass) })
  const run = await runChains({ kernel, key: keyRun, positions: warm.positions, steps: transitions, thin: 1, signal })
  signal.throwIfAborted()
  return { positions: joinChains(run.positions), chains: CHAINS, drawsPerChain: run.drawnAt.length, seconds: 0 }
}

export interface ToyFacts {
  readonly weights: number
  readonly points: number
  readonly noise: number
  readonly posteriorDraws: number
  /** The flow, and the Gaussian fitted to the same aligned draws. */
  readonly flow: ImportanceFacts
  readonly gaussian: ImportanceFacts
}

/** Posterior, alignment, flow, weights. */
export const toyStage = async (settings: Settings, key: Key, { onProgress, signal }: Watch): Promise<ToyFacts> => {
  const [keyData, keyChains, keyTrain, keyDraw, keyNull] = split(key, 5) as readonly [Key, Key, Key, Key, Key]
  const { warmup, transitions, flowSteps, samples, heunSteps } = settings.toy
  const model = modelOf(keyData)
  const draws = await sampleTempered(model, { warmup, transitions }, keyChains, signal)
  const alignment = alignAll(mlpSpec([...SIZES], 'relu'), { gauge: 'none' })(await toHostNetworks(draws.positions))
  const positions: MlpParams = alignment.weights.map(({ w, b }) => ({ w: fromHost(w), b: fromHost(b) }))
  const collection = splitByChain(positions, draws, 0.75)
  const gaussian = await fitGaussianArm(collection)
  const unravel = unravelFor(SIZES)
  const base = fullField(gaussian.mean, await gaussian.spectrum(signal), PRIOR_SCALE)
  const trained = await trainField({
    field: mlpField(base, (x) => model.logLikelihood(unravel(x))),
    targets: collection.train,
    heldOut: collection.heldOut,
    sourceScale: PRIOR_SCALE,
    steps: flowSteps,
    batch: 128,
    learningRate: 2e-3,
    key: keyTrain,
    onProgress,
    signal
  })
  signal.throwIfAborted()
  const flow = await weighToy(model, await drawExactly(trained, keyDraw, samples, heunSteps), alignment.reference)
  const [nullDraws, nullDensity] = gaussian.fit.posterior.sampleAndLogProb(keyNull, [samples])
  const fromGaussian: WithDensity = {
    networks: toRows(nullDraws),
    logDensity: Float64Array.from(await nullDensity.data()),
    standardError: new Float64Array(samples)
  }
  return {
    weights: DIM,
    points: POINTS,
    noise: NOISE,
    posteriorDraws: draws.chains * draws.drawsPerChain,
    flow,
    gaussian: await weighToy(model, fromGaussian, alignment.reference)
  }
}
