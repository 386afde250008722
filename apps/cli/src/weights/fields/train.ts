/**
 * Conditional flow matching on raveled weights (Lipman et al. 2023): regress v(t, x_t) on x₁ − x₀ along straight lines from
 * the prior to posterior draws. The parameters of the best held-out step are kept, by networks of chains that never train.
 */
import * as tf from '@tensorflow/tfjs-core'
import { jit, vmap } from '@bdl/compiler'
import { disposeTree, foldIn, normal, scoped, split, uniform } from '@bdl/core'
import type { Key, Tree } from '@bdl/core'
import { adam, cosineSchedule, trainSteps } from '@bdl/nn'
import type { Watch } from '../job.js'
import { velocityOf } from './field.js'
import type { WeightField } from './field.js'

export interface TrainFieldOptions<P extends Tree> extends Watch {
  readonly field: WeightField<P>
  /** Posterior draws to train on, [n, d], and of other chains to judge by, [m, d]. */
  readonly targets: tf.Tensor
  readonly heldOut: tf.Tensor
  /** σ₀ of the source N(0, σ₀² I). */
  readonly sourceScale: number
  readonly steps: number
  readonly batch: number
  readonly learningRate: number
  readonly key: Key
}

export interface TrainedField<P extends Tree> {
  readonly field: WeightField<P>
  readonly params: P
  /** Held-out loss after so many steps; the first entry is the base's. */
  readonly curve: readonly { readonly step: number; readonly loss: number }[]
  readonly bestStep: number
  readonly seconds: number
}

/** Mean over a batch and over weights of ‖v(t, x_t) − (x₁ − x₀)‖². */
const matchingLoss =
  <P extends Tree>(field: WeightField<P>, sourceScale: number) =>
  (params: P, targets: tf.Tensor, key: Key): tf.Tensor => {
    const [keyTime, keySource] = split(key)
    const [n] = targets.shape as [number]
    const times = uniform(keyTime, [n])
    const source = tf.mul(normal(keySource, targets.shape), sourceScale)
    const velocity = velocityOf(field)
    const one = (t: tf.Tensor, x0: tf.Tensor, x1: tf.Tensor): tf.Tensor => {
      const x = tf.add(tf.mul(tf.sub(1, t), x0), tf.mul(t, x1))
      return tf.mean(tf.square(tf.sub(velocity(params, t, x), tf.sub(x1, x0))))
    }
    return tf.mean(vmap(one)(times, source, targets))
  }

/** Judgements per training: often enough to stop near the best step, seldom enough to cost little. */
const CHECKS = 10

/** Trains a field; a field without parameters is judged and returned. */
export const trainField = async <P extends Tree>(options: TrainFieldOptions<P>): Promise<TrainedField<P>> => {
  const { field, targets, heldOut, sourceScale, steps, batch, learningRate, key, onProgress, signal } = options
  const start = performance.now()
  const [keyInit, keyTrain, keyJudge] = split(key, 3) as readonly [Key, Key, Key]
  const loss = matchingLoss(field, sourceScale)
  const stepsPerCheck = Math.max(1, Math.ceil(steps / CHECKS))
  const trainer = trainSteps({
    loss,
    optimiser: adam({ learningRate: cosineSchedule(learningRate, steps, learningRate / 20) }),
    steps: stepsPerCheck,
    batchSize: Math.min(batch, targets.shape[0]!),
    batches: 'independent',
    averageDecay: 0.99
  })
  const run = jit(trainer.run, { name: 'trainField' })
  // the same times and sources at every check, so that checks differ by the parameters alone
  const judge = jit((params: P, rows: tf.Tensor) => loss(params, rows, keyJudge), { name: 'judgeField' })
  const lossOf = async (params: P): Promise<number> => {
    const value = await judge(params, heldOut)
    const [number] = await value.data()
    value.dispose()
    return number!
  }
  let state = trainer.init(field.init(keyInit))
  let best = { step: 0, loss: await lossOf(state.average), params: state.average }
  const curve = [{ step: 0, loss: best.loss }]
  for (let done = 0; done < steps && !signal.aborted; done += stepsPerCheck) {
    const keyRun = foldIn(keyTrain, done)
    const [next, losses] = await run(keyRun, state, targets)
    disposeTree([keyRun, losses])
    state = next
    const held = await lossOf(state.average)
    curve.push({ step: done + stepsPerCheck, loss: held })
    if (held < best.loss) best = { step: done + stepsPerCheck, loss: held, params: state.average }
    onProgress({ done: Math.min(steps, done + stepsPerCheck), total: steps })
  }
  await Promise.all([run.dispose(), judge.dispose()])
  return { field, params: best.params, curve, bestStep: best.step, seconds: (performance.now() - start) / 1000 }
}

/** Draws a source batch [n, d]. */
export const drawSource = (key: Key, n: number, d: number, sourceScale: number): tf.Tensor =>
  scoped(() => tf.mul(normal(key, [n, d]), sourceScale))
