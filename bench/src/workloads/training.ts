/** One Adam step of a loss, compiled: what every workload that trains does. */
import type * as tf from '@tensorflow/tfjs-core'
import { jit, valueAndGrad } from '@bdl/compiler'
import { disposeTree, ravel, scoped, type Tree } from '@bdl/core'
import { adam, applyUpdates } from '@bdl/nn'
import type { Run, RunOptions } from './workload'

export interface TrainingOptions<P extends Tree, B extends Tree> extends RunOptions {
  readonly name: string
  /** The first parameters; the run disposes them. */
  readonly params: P
  readonly loss: (params: P, batch: B) => tf.Tensor
  /** What the loss of the next step is given besides parameters; lent. */
  readonly batch: () => B
}

/** Parameters, and Adam's moments, are one vector each (see `ravelled` of @bdl/nn). */
export const training = <P extends Tree, B extends Tree>(options: TrainingOptions<P, B>): Run => {
  const { name, params, loss, batch, engine } = options
  const optimiser = adam({ learningRate: 1e-3 })
  const { vector, unravel } = ravel(params)
  const start = { vector, state: scoped(() => optimiser.init(vector)) }
  disposeTree(params)
  const step = jit(
    ({ vector: v, state }: typeof start, given: B) => {
      const [value, gradient] = valueAndGrad((at: tf.Tensor) => loss(unravel(at), given))(v)
      const [updates, next] = optimiser.update(gradient, state, v)
      return { value, next: { vector: applyUpdates(v, updates), state: next } }
    },
    { name, donate: [0], ...(engine && { engine }) }
  )
  let current = start
  return {
    step: async () => {
      const { value, next } = await step(current, batch())
      const [number] = value.dataSync()
      value.dispose()
      current = next
      return number!
    },
    position: () => scoped(() => unravel(current.vector)),
    stats: step.stats,
    dispose: async () => {
      disposeTree(current)
      await step.dispose()
    }
  }
}
