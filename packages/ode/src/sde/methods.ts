/** One step of a stochastic differential equation, dy = f(t, y) dt + g(t, y) dW. */
import * as tf from '@tensorflow/tfjs-core'
import type { VectorField } from '../solver.js'

export interface SdeTerms {
  readonly drift: VectorField
  /** g(t, y) applied to an increment of W: -> [n]. */
  readonly noise: (t: tf.Tensor, y: tf.Tensor, dW: tf.Tensor) => tf.Tensor
}

export interface SdeStep {
  readonly t: tf.Tensor
  readonly y: tf.Tensor
  readonly h: tf.Tensor
  readonly dW: tf.Tensor
}

export interface SdeSolver {
  readonly name: string
  /** Which integral it converges to. */
  readonly integral: 'ito' | 'stratonovich'
  /** Order of the error of a path; 1 where the noise does not depend on the state. */
  readonly strongOrder: number
  readonly step: (terms: SdeTerms, step: SdeStep) => tf.Tensor
}

/** y + f h + g dW: Ito. @source Maruyama 1955 */
export const eulerMaruyama: SdeSolver = Object.freeze({
  name: 'eulerMaruyama',
  integral: 'ito',
  strongOrder: 0.5,
  step: ({ drift, noise }: SdeTerms, { t, y, h, dW }: SdeStep) =>
    tf.add(tf.add(y, tf.mul(drift(t, y), h)), noise(t, y, dW))
})

/** y + f h + (g(y) + g(y + g(y) dW)) dW / 2: Stratonovich; order 1 for commuting noise. @source Kloeden & Platen 1992, 11.5 */
export const eulerHeun: SdeSolver = Object.freeze({
  name: 'eulerHeun',
  integral: 'stratonovich',
  strongOrder: 0.5,
  step: ({ drift, noise }: SdeTerms, { t, y, h, dW }: SdeStep) => {
    const first = noise(t, y, dW)
    const second = noise(tf.add(t, h), tf.add(y, first), dW)
    return tf.add(tf.add(y, tf.mul(drift(t, y), h)), tf.mul(tf.add(first, second), 0.5))
  }
})
