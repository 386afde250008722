// Trained on two moons along every path: mass, draws, solvers and likelihood.
import * as tf from '@tensorflow/tfjs-core'
import { jit } from '@bdl/compiler'
import { key, learnable, type Key, type Learnable } from '@bdl/core'
import type { MlpParams } from '@bdl/nn'
import { adaptive, dopri5, euler, fixedSteps, heun, tsit5 } from '@bdl/ode'
import { expectClose } from '@bdl/testing'
import { expect, test } from 'vitest'
import {
  bridgePath,
  diffusionPath,
  flowBijector,
  flowMatching,
  linearPath,
  optimalTransportPath,
  trigonometricPath,
  varianceExploding,
  variancePreserving,
  velocityFromNoise,
  velocityMlp,
  velocityToDistribution,
  type FlowOptions,
  type ProbabilityPath,
  type Velocity
} from '../src/index'
import { expectAgreement } from './agreement'
import { centredMoons, gaussianNll, regressed } from './trained'

const steps = 2500

type Field = Learnable<MlpParams, Velocity>

/** A network that sees positions of unit scale and predicts the noise: what a path over many scales asks for. */
const noiseField = (path: ProbabilityPath): Field =>
  learnable.map((net: Velocity): Velocity => {
    const scaled = (t: tf.Tensor, x: tf.Tensor) =>
      tf.div(x, tf.expandDims(tf.sqrt(tf.add(tf.square(path.std(t)), 1)), -1))
    return velocityFromNoise(path)((t, x) => net(t, scaled(t, x)))
  })(velocityMlp({ dimension: 2 }))

const learn = async (path: ProbabilityPath): Promise<Velocity> => {
  const isWide = path.name === 'varianceExploding'
  const field = isWide ? noiseField(path) : velocityMlp({ dimension: 2 })
  const weight = (t: tf.Tensor) => tf.pow(path.std(t), -2)
  return regressed(field, flowMatching({ field, path, ...(isWide && { weight }) }), centredMoons(1, 4096), { steps })
}

/** Mean distance between where a way of solving carries points and where a tight one does. */
const errorsOf = async (velocity: Velocity, path: ProbabilityPath) => {
  const start = path.source(2).sample(key(9), [300])
  const carry = async (how: FlowOptions) => {
    const forward = jit(flowBijector(velocity, { t1: path.times[1], ...how }).forward)
    const end = await forward(start)
    forward.dispose()
    return end
  }
  const truth = await carry({ solver: dopri5, control: adaptive({ rtol: 1e-6, atol: 1e-6 }) })
  return async (how: FlowOptions): Promise<number> =>
    tf.mean(tf.norm(tf.sub(await carry(how), truth), 'euclidean', -1)).dataSync()[0]!
}

test.each([
  ['linear', linearPath()],
  ['optimal transport', optimalTransportPath({ sigmaMin: 0.01 })],
  ['trigonometric', trigonometricPath()],
  ['bridge', bridgePath({ sigma: 0.3 })],
  ['variance preserving', diffusionPath(variancePreserving())],
  ['variance exploding', diffusionPath(varianceExploding({ sigmaMin: 0.05, sigmaMax: 5 }))]
])(
  '%s',
  async (_name, path) => {
    const velocity = await learn(path)
    const control = adaptive({ rtol: 1e-4, atol: 1e-5 })
    const flow = velocityToDistribution(velocity, path.source(2), { t1: path.times[1], control })
    await expectAgreement(flow, { key: key(4) })

    const logProb = jit(flow.logProb)
    const held = centredMoons(2, 1000)
    expect(tf.mean(await logProb(held)).dataSync()[0]).toBeGreaterThan(-gaussianNll(held) + 0.25)
    const draw = jit((k: Key) => flow.sampleAndLogProb(k, [200]))
    const [x, paired] = await draw(key(5))
    expectClose(await logProb(x), paired, { atol: 2e-2, rtol: 2e-2 })
    for (const f of [logProb, draw]) f.dispose()

    const error = await errorsOf(velocity, path)
    for (const solver of [dopri5, tsit5]) expect(await error({ solver })).toBeLessThan(3e-4)
    const fixed = (solver: typeof euler, n: number) => error({ solver, control: fixedSteps(n) })
    // Orders 1 and 2: half the step, half and a quarter of the error.
    const [coarse, fine] = [await fixed(euler, 100), await fixed(euler, 200)]
    expect(coarse).toBeLessThan(0.05)
    expect(Math.abs(coarse / fine - 2)).toBeLessThan(0.2)
    const [rough, smooth] = [await fixed(heun, 32), await fixed(heun, 64)]
    expect(rough).toBeLessThan(0.005)
    expect(Math.abs(rough / smooth - 4)).toBeLessThan(1)
  },
  120_000
)
