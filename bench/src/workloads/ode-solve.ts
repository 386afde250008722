/**
 * Lotka and Volterra's equations from 0 to 10 by Dormand and Prince's method with rtol = atol = 1e-6, as in
 * python/ode_solve.py: 1,024 solves at once, each with step sizes of its own, and one alone.
 */
import * as tf from '@tensorflow/tfjs-core'
import { jit, vmap } from '@bdl/compiler'
import { scoped } from '@bdl/core'
import { adaptive, dopri5, solve } from '@bdl/ode'
import { draws } from './draws'
import type { Workload } from './workload'

const field = (_t: tf.Tensor, state: tf.Tensor): tf.Tensor => {
  const [x, y] = tf.split(state, 2) as [tf.Tensor, tf.Tensor]
  const meeting = tf.mul(x, y)
  return tf.concat([tf.sub(tf.mul(x, 1.5), meeting), tf.sub(meeting, tf.mul(y, 3))])
}

const one = (y0: tf.Tensor): tf.Tensor =>
  solve({ field, y0, t0: 0, t1: 10, solver: dopri5, control: adaptive({ rtol: 1e-6, atol: 1e-6 }) }).y

const solving = (name: string, size: number, repeats: number): Workload => ({
  name,
  repeats,
  start: (options) => {
    const y0 = scoped(() => tf.exp(tf.mul(draws().normal(size, 2), 0.25)))
    const run = jit((starts: tf.Tensor) => vmap(one)(starts), {
      name,
      ...(options?.engine && { engine: options.engine })
    })
    let ends = tf.zerosLike(y0)
    return {
      step: async () => {
        const next = await run(y0)
        ends.dispose()
        ends = next
        return ends.dataSync()[0]!
      },
      position: () => ends,
      stats: run.stats,
      dispose: async () => {
        tf.dispose([ends, y0])
        await run.dispose()
      }
    }
  }
})

export const odeSolve = solving('ode_solve', 1024, 50)
export const odeSolveOne = solving('ode_solve_one', 1, 250)
