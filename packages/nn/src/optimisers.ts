/** Optimisers: each returns the updates to add to the parameters, so descent directions carry a minus sign. */
import * as tf from '@tensorflow/tfjs-core'
import { cloneTree, expectPositive, leaves, scoped, zerosLikeTree, type Tree } from '@bdl/core'
import { chainOptimisers, zipLike, type Optimiser } from './optimiser.js'
import { toSchedule, type Schedule } from './schedules.js'

/** Steps already taken, int32 scalar. */
export type CountState = { readonly count: tf.Tensor }
export type MomentumState = { readonly trace: Tree }
export type AdamState = { readonly count: tf.Tensor; readonly m: Tree; readonly v: Tree }

const firstCount = (): tf.Tensor => tf.scalar(0, 'int32')
const nextCount = (count: tf.Tensor): tf.Tensor => tf.add(count, tf.scalar(1, 'int32'))

/** updates = -learningRate(count) grads: gradient descent. */
export const sgd = (learningRate: number | Schedule): Optimiser<CountState> => {
  const schedule = toSchedule(learningRate)
  return {
    init: () => ({ count: firstCount() }),
    update: (grads, { count }) =>
      scoped(() => {
        const scale = tf.neg(schedule(count))
        return [zipLike((g) => tf.mul(g, scale))(grads), { count: nextCount(count) }] as const
      })
  }
}

/** t' = decay t + g, handed on as t' (heavy ball) or g + decay t' (Nesterov). To be chained with `sgd`. */
export const accumulate = (decay: number, nesterov = false): Optimiser<MomentumState> => ({
  init: (params) => ({ trace: zerosLikeTree(params) }),
  update: (grads, state) =>
    scoped(() => {
      const step = zipLike((g, t) => tf.add(g, tf.mul(t, decay)))
      const trace = step(grads, state.trace)
      return [nesterov ? step(grads, trace) : cloneTree(trace), { trace }] as const
    })
})

export interface MomentumOptions {
  readonly learningRate: number | Schedule
  /** Default 0.9. */
  readonly decay?: number
  readonly nesterov?: boolean
}

/** Gradient descent with momentum. @source Sutskever et al. 2013 */
export const momentum = ({
  learningRate,
  decay = 0.9,
  nesterov = false
}: MomentumOptions): Optimiser<readonly Tree[]> => chainOptimisers(accumulate(decay, nesterov), sgd(learningRate))

export interface AdamOptions {
  readonly learningRate: number | Schedule
  /** Decay of the mean of gradients; default 0.9. */
  readonly beta1?: number
  /** Decay of the mean of squared gradients; default 0.999. */
  readonly beta2?: number
  /** Added to the root of the second moment; default 1e-8. */
  readonly epsilon?: number
}

/** 1 - beta^t, stable where beta^t is near 1. */
const debias = (beta: number, t: tf.Tensor): tf.Tensor => tf.neg(tf.expm1(tf.mul(t, Math.log(beta))))

/**
 * Adam with bias correction: updates = -lr m^ / (sqrt(v^) + epsilon).
 * @error InvalidArgument if a decay or epsilon is not positive
 * @precision 1 - beta^t through expm1: right to float32 from the first step on
 * @source Kingma & Ba 2014, arXiv:1412.6980
 * @example
 * const optimiser = adam({ learningRate: 1e-3 })
 * const [updates, next] = optimiser.update(grads, optimiser.init(params), params)
 */
export const adam = ({
  learningRate,
  beta1 = 0.9,
  beta2 = 0.999,
  epsilon = 1e-8
}: AdamOptions): Optimiser<AdamState> => {
  expectPositive('adam', { beta1, beta2, epsilon })
  const schedule = toSchedule(learningRate)
  return {
    init: (params) => ({ count: firstCount(), m: zerosLikeTree(params), v: zerosLikeTree(params) }),
    update: (grads, state) =>
      scoped(() => {
        const count = nextCount(state.count)
        const t = tf.cast(count, 'float32')
        const m = zipLike((g, old) => tf.add(tf.mul(old, beta1), tf.mul(g, 1 - beta1)))(grads, state.m)
        const v = zipLike((g, old) => tf.add(tf.mul(old, beta2), tf.mul(tf.square(g), 1 - beta2)))(grads, state.v)
        // The corrections are scalars, moved out of the elementwise work:
        // lr (m / c1) / (sqrt(v / c2) + eps) = (lr sqrt(c2) / c1) m / (sqrt(v) + eps sqrt(c2)).
        const root = tf.sqrt(debias(beta2, t))
        const scale = tf.neg(tf.div(tf.mul(schedule(state.count), root), debias(beta1, t)))
        const floor = tf.mul(root, epsilon)
        const updates = zipLike((mean, square) => tf.div(tf.mul(mean, scale), tf.add(tf.sqrt(square), floor)))(m, v)
        return [updates, { count, m, v }] as const
      })
  }
}

/** updates = grads - learningRate(count) decay params: weight decay apart from the gradient. */
const decayWeights = (learningRate: number | Schedule, decay: number): Optimiser<CountState> => {
  const schedule = toSchedule(learningRate)
  return {
    init: () => ({ count: firstCount() }),
    update: (grads, { count }, params) =>
      scoped(() => {
        const scale = tf.mul(schedule(count), decay)
        return [zipLike((g, p) => tf.sub(g, tf.mul(p, scale)))(grads, params), { count: nextCount(count) }] as const
      })
  }
}

export interface AdamWOptions extends AdamOptions {
  /** Default 1e-4 (optax's). */
  readonly weightDecay?: number
}

/** Adam with decoupled weight decay. @source Loshchilov & Hutter 2017, arXiv:1711.05101 */
export const adamw = ({ weightDecay = 1e-4, ...options }: AdamWOptions): Optimiser<readonly Tree[]> =>
  chainOptimisers(adam(options), decayWeights(options.learningRate, weightDecay))

/** sqrt of the sum of squares of all entries of all leaves, scalar. */
export const globalNorm = (tree: Tree): tf.Tensor =>
  scoped(() => tf.sqrt(tf.addN(leaves(tree).map((leaf) => tf.sum(tf.square(leaf))))))

/** Shrinks gradients whose global norm exceeds `maximum` to that norm. @source Pascanu et al. 2012, arXiv:1211.5063 */
export const clipByGlobalNorm = (maximum: number): Optimiser<Record<string, never>> => {
  expectPositive('clipByGlobalNorm', { maximum })
  return {
    init: () => ({}),
    update: (grads) =>
      scoped(() => {
        const scale = tf.div(maximum, tf.maximum(globalNorm(grads), maximum))
        return [zipLike((g) => tf.mul(g, scale))(grads), {}] as const
      })
  }
}

/** decay average + (1 - decay) params: one step of an exponential moving average of parameters. */
export const movingAverage =
  (decay: number) =>
  <P extends Tree>(average: P, params: P): P =>
    scoped(() => zipLike((a, p) => tf.add(tf.mul(a, decay), tf.mul(p, 1 - decay)))(average, params))
