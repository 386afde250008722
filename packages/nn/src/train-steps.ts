/**
 * Many optimiser steps as one traceable function: a `scan` whose minibatches are drawn inside, so that a compiled call
 * does hundreds of steps without coming back to JavaScript.
 */
import * as tf from '@tensorflow/tfjs-core'
import { scan, valueAndGrad } from '@bdl/compiler'
import {
  BdlError,
  cloneTree,
  expectInteger,
  leaves,
  mapTree,
  permutation,
  randint,
  ravel,
  scoped,
  split,
  splitStack,
  type Key,
  type Tree
} from '@bdl/core'
import { applyUpdates, type Optimiser } from './optimiser.js'
import { movingAverage } from './optimisers.js'

export interface TrainOptions<P extends Tree, B extends Tree, S extends Tree> {
  /** Mean loss of a batch, scalar; the key is for its own noise. */
  readonly loss: (params: P, batch: B, key: Key) => tf.Tensor
  readonly optimiser: Optimiser<S>
  /** Steps in one call. */
  readonly steps: number
  /** Rows of a minibatch; without it every step sees all data. */
  readonly batchSize?: number
  /** `epochs` (default) reshuffles and goes through the data without repeats; `independent` draws rows with replacement. */
  readonly batches?: 'epochs' | 'independent'
  /** Decay of the moving average of the parameters; default 0, where the average is the parameters. */
  readonly averageDecay?: number
}

/** What training carries from call to call. The optimiser works on the raveled parameters, so its state holds vectors. */
export type TrainState<P extends Tree, S extends Tree> = {
  readonly params: P
  readonly average: P
  readonly optimiser: S
}

export interface Trainer<P extends Tree, B extends Tree, S extends Tree> {
  readonly init: (params: P) => TrainState<P, S>
  /** `steps` steps on data whose leaves share a leading axis: the next state and each step's loss, [steps]. */
  readonly run: (key: Key, state: TrainState<P, S>, data: B) => readonly [state: TrainState<P, S>, losses: tf.Tensor]
}

const countRows = (data: Tree): number => {
  const [first, ...others] = leaves(data).map((leaf) => leaf.shape[0] ?? 0)
  if (first === undefined || others.some((n) => n !== first))
    throw new BdlError({
      code: 'ShapeMismatch',
      fn: 'trainSteps',
      argument: 'data',
      expected: 'leaves with one leading axis of the same size',
      got: `sizes [${[first, ...others].join(', ')}]`
    })
  return first
}

/** Row numbers of every step's minibatch, int32 [steps, size]. */
const drawBatches = (key: Key, rows: number, size: number, steps: number, how: 'epochs' | 'independent'): tf.Tensor => {
  if (how === 'independent') return randint(key, [steps, size], 0, rows)
  const perEpoch = Math.floor(rows / size)
  const epochs = Math.ceil(steps / perEpoch)
  const none = tf.scalar(0)
  const [, orders] = scan(
    (carry: tf.Tensor, k: tf.Tensor) => [carry, permutation(k, rows)] as const,
    none,
    splitStack(key, epochs)
  )
  const whole = tf.reshape(tf.slice(orders, [0, 0], [epochs, perEpoch * size]), [epochs * perEpoch, size])
  return tf.slice(whole, [0, 0], [steps, size])
}

const checkOptions = (options: { steps: number; batchSize?: number }, rows: number): void => {
  expectInteger('trainSteps', { steps: options.steps }, 1)
  const { batchSize } = options
  if (batchSize === undefined) return
  expectInteger('trainSteps', { batchSize }, 1)
  if (batchSize > rows)
    throw new BdlError({
      code: 'InvalidArgument',
      fn: 'trainSteps',
      argument: 'batchSize',
      expected: `at most the ${rows} rows of the data`,
      got: String(batchSize)
    })
}

/**
 * A trainer: `run` is pure, traceable, and safe under `vmap` (an ensemble is one more leading axis).
 * @error InvalidArgument if `steps` or `batchSize` is not a positive integer, or a batch exceeds the data
 * @error ShapeMismatch if the data's leaves differ in their leading axis
 * @example
 * const trainer = trainSteps({ loss, optimiser: adam({ learningRate: 1e-3 }), steps: 100, batchSize: 32 })
 * const step = jit(trainer.run)
 * const [state, losses] = await step(key(0), trainer.init(params), { x, y })
 */
export const trainSteps = <P extends Tree, B extends Tree, S extends Tree>(
  options: TrainOptions<P, B, S>
): Trainer<P, B, S> => {
  const { loss, optimiser, steps, batchSize, batches = 'epochs', averageDecay = 0 } = options
  const average = movingAverage(averageDecay)
  return {
    init: (params) => ({
      params: cloneTree(params),
      average: cloneTree(params),
      optimiser: scoped(() => optimiser.init(ravel(params).vector))
    }),
    run: (key, state, data) =>
      scoped(() => {
        checkOptions(options, countRows(data))
        const [batchKey, lossKey] = split(key)
        const { vector, unravel } = ravel(state.params)
        const keys = splitStack(lossKey, steps)
        const step = (carry: { v: tf.Tensor; a: tf.Tensor; s: S }, batch: B, k: Key) => {
          const [value, gradient] = valueAndGrad((v: tf.Tensor) => loss(unravel(v), batch, k))(carry.v)
          const [updates, s] = optimiser.update(gradient, carry.s, carry.v)
          const v = applyUpdates(carry.v, updates)
          return [{ v, a: averageDecay === 0 ? v : average(carry.a, v), s }, value] as const
        }
        const start = { v: vector, a: ravel(state.average).vector, s: state.optimiser }
        const [end, losses] =
          batchSize === undefined
            ? scan((carry: typeof start, k: tf.Tensor) => step(carry, data, k), start, keys)
            : scan(
                (carry: typeof start, x: { k: tf.Tensor; rows: tf.Tensor }) =>
                  step(carry, mapTree((leaf) => tf.gather(leaf, x.rows))(data), x.k),
                start,
                { k: keys, rows: drawBatches(batchKey, countRows(data), batchSize, steps, batches) }
              )
        return [{ params: unravel(end.v), average: unravel(end.a), optimiser: end.s }, losses] as const
      })
  }
}
