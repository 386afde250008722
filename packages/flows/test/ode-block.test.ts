// Layers that are equations: closed forms, gradients by every adjoint, what dimensions are added for.
import * as tf from '@tensorflow/tfjs-core'
import { grad, jit } from '@bdl/compiler'
import { key, normal, ravel, split, type Learnable } from '@bdl/core'
import { adam, dense, glorotUniform, sequential, trainSteps } from '@bdl/nn'
import { adaptive, fixedSteps, rk4, SolveStatus } from '@bdl/ode'
import { eagerAndCompiled, expectClose, expectNoLeak } from '@bdl/testing'
import { describe, expect, test } from 'vitest'
import { concatLayer, ignoreLayer, odeBlock, odeBlockRun, velocityNetwork, type Velocity } from '../src/index'
import { gradientByDifferences } from './differences'

const growth: Learnable<tf.Tensor, Velocity> = {
  init: () => tf.scalar(0.7),
  build: (rate) => (t, x) => tf.mul(tf.mul(x, rate), t)
}
const tight = adaptive({ rtol: 1e-6, atol: 1e-6, maxSteps: 64 })
const x = normal(key(0), [4, 3])

describe('a block', () => {
  test('is the solution of its equation, for any leading axes, eagerly and compiled', async () => {
    // x' = p t x: x(2) = x(0) exp(2 p).
    const block = odeBlock({ field: growth, t1: 2, control: tight })
    const expected = tf.mul(x, Math.exp(1.4))
    const run = (p: tf.Tensor, at: tf.Tensor) => block.build(p)(at)
    for (const y of await eagerAndCompiled(run, [tf.scalar(0.7), x]))
      expectClose(y, expected, { atol: 1e-4, rtol: 1e-4 })
    const params = growth.init(key(0))
    const cube = tf.reshape(x, [2, 2, 3])
    const y = expectNoLeak(() => block.build(params)(cube))
    expectClose(y, tf.reshape(expected, [2, 2, 3]), { atol: 1e-4, rtol: 1e-4 })
  })

  test('added dimensions begin at zero and come out beside the others', () => {
    const shift: Learnable<readonly [], Velocity> = {
      init: () => [],
      build: () => (_t, at) => tf.add(tf.zerosLike(at), tf.tensor1d([1, 2, 3, 4, 5]))
    }
    const y = odeBlock({ field: shift, augment: 2, solver: rk4, control: fixedSteps(2) }).build([])(x)
    const expected = tf.concat([tf.add(x, tf.tensor1d([1, 2, 3])), tf.add(tf.zeros([4, 2]), tf.tensor1d([4, 5]))], 1)
    expectClose(y, expected, { atol: 1e-6, rtol: 1e-6 })
    expect(() => odeBlock({ field: shift, augment: -1 })).toThrow(/odeBlock: augment: expected/)
  })

  test('reports what it took: tighter tolerances take more evaluations', () => {
    const at = (rtol: number) => odeBlockRun({ field: growth, t1: 3, control: adaptive({ rtol, atol: rtol }) }).build(tf.scalar(1))(x) // prettier-ignore
    const [loose, close] = [at(1e-2), at(1e-6)]
    expectClose(loose.status, SolveStatus.done, { atol: 0, rtol: 0 })
    expect(close.evaluations.dataSync()[0]!).toBeGreaterThan(loose.evaluations.dataSync()[0]!)
  })

  test.each(['direct', 'backsolve', 'interpolated'] as const)(
    'inside a network it has gradients: %s',
    async (adjoint) => {
      const field = velocityNetwork({ dimension: 4, hidden: [5], layer: concatLayer, lastInitialiser: glorotUniform })
      const block = odeBlock({ field, augment: 1, control: tight, adjoint })
      const accurate = odeBlock({ field, augment: 1, solver: rk4, control: fixedSteps(16) })
      const netOf = (middle: typeof block) =>
        sequential(dense({ inputs: 3, outputs: 3 }), middle, dense({ inputs: 4, outputs: 2 }))
      const [net, fine] = [netOf(block), netOf(accurate)]
      const { vector, unravel } = ravel(net.init(key(1)))
      const loss = (of: typeof net) => (p: tf.Tensor) => tf.mean(tf.square(of.build(unravel(p))(x)))
      const slope = jit(grad(loss(net)))
      expectClose(await slope(vector), await gradientByDifferences(loss(fine), vector), { atol: 1e-4, rtol: 1e-3 })
      slope.dispose()
    }
  )
})

describe('x -> -x on a line', () => {
  const points = tf.tensor2d([[-1], [-0.5], [0.5], [1]])
  const lossOf = async (augment: number): Promise<number> => {
    const field = velocityNetwork({ dimension: 1 + augment, hidden: [16], layer: ignoreLayer })
    const net = sequential(
      odeBlock({ field, augment, solver: rk4, control: fixedSteps(8) }),
      // Reads the first dimension alone: the block has to turn it over.
      { init: () => [], build: () => (y: tf.Tensor) => tf.slice(y, [0, 0], [4, 1]) }
    )
    const loss = (p: ReturnType<typeof net.init>, batch: tf.Tensor) =>
      tf.mean(tf.square(tf.add(net.build(p)(batch), batch)))
    const trainer = trainSteps({ loss, optimiser: adam({ learningRate: 2e-2 }), steps: 400 })
    const [initKey, trainKey] = split(key(2))
    const run = jit(trainer.run)
    const [state] = await run(trainKey, trainer.init(net.init(initKey)), points)
    run.dispose()
    return loss(state.params, points).dataSync()[0]!
  }

  test('is learnt with one dimension more, and cannot be without: paths on a line keep their order', async () => {
    expect(await lossOf(1)).toBeLessThan(1e-2)
    // The best map that keeps the order sends every point to 0: mean of x^2, 0.625.
    expect(await lossOf(0)).toBeGreaterThan(0.6)
  })
})
