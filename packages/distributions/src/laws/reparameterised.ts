// The law of reparameterised draws: derivatives of draws average to the derivatives of the stated moments.
import * as tf from '@tensorflow/tfjs-core'
import { jvp } from '@bdl/compiler'
import { sizeOfShape, type Key } from '@bdl/core'
import type { Distribution } from '../distribution.js'
import { fail, numbersOf } from './check.js'

/** A distribution as a function of one parameter, so that laws can differentiate in it. */
export interface ParametricFamily {
  readonly make: (parameter: tf.Tensor) => Distribution
  /** Where to differentiate, and in which direction: all of its entries at once. */
  readonly at: tf.Tensor
}

const momentsOf = (d: Distribution): readonly tf.Tensor[] => {
  const mean = d.mean?.()
  if (mean === undefined) return []
  const variance = d.variance?.()
  return variance === undefined ? [mean] : [mean, tf.add(variance, tf.square(mean))]
}

/** Tangents of draws and of their squares have, within 5 standard errors, the mean that the moments' tangents are. */
const tangentsLaw = ({ make, at }: ParametricFamily, key: Key, draws: number): void => {
  const direction = tf.onesLike(at)
  const powers = (p: tf.Tensor): readonly tf.Tensor[] => {
    const x = make(p).sample(key, [draws])
    return [x, tf.square(x)]
  }
  const [, tangents] = jvp(powers, at, direction)
  const [, expected] = jvp((p: tf.Tensor) => momentsOf(make(p)), at, direction)
  expected.forEach((target, k) => {
    const [rows, means] = [numbersOf(tangents[k]!), numbersOf(target)]
    const n = sizeOfShape(target.shape)
    means.forEach((m, j) => {
      const column = Array.from({ length: draws }, (_, i) => rows[i * n + j]!)
      const mean = column.reduce((sum, v) => sum + v, 0) / draws
      const error = Math.sqrt(column.reduce((sum, v) => sum + (v - mean) ** 2, 0) / draws / draws)
      if (Number.isFinite(m) && !(Math.abs(mean - m) <= 5 * error + 1e-4 * (1 + Math.abs(m))))
        fail(`derivative of moment ${k + 1} [${j}]: expected ${m}, draws give ${mean} with standard error ${error}`)
    })
  })
}

/** Draws that are said to be differentiable in the parameter are; those that are not have no derivative at all. */
export const reparameterisedLaw = (family: ParametricFamily, key: Key, draws: number): void => {
  if (family.make(family.at).isReparameterised) return tangentsLaw(family, key, draws)
  const draw = (p: tf.Tensor): tf.Tensor => tf.cast(family.make(p).sample(key, [4]), 'float32')
  const [, tangent] = jvp(draw, family.at, tf.onesLike(family.at))
  if (numbersOf(tangent).some((v) => v !== 0)) fail('draws have a derivative, but isReparameterised is false')
}
