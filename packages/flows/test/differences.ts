// Derivatives without differentiation: fourth-order central differences in float64.
import * as tf from '@tensorflow/tfjs-core'
import { jit, referenceEngine, vmap } from '@bdl/compiler'

/** The gradient of a scalar function of a vector at `at` [n], on the reference engine. */
export const gradientByDifferences = async (
  f: (x: tf.Tensor) => tf.Tensor,
  at: tf.Tensor,
  step = 1e-3
): Promise<tf.Tensor> => {
  const slopes = jit(
    (x: tf.Tensor, units: tf.Tensor) =>
      vmap((unit: tf.Tensor) => {
        const moved = (by: number): tf.Tensor => f(tf.add(x, tf.mul(unit, by)))
        const near = tf.sub(moved(step), moved(-step))
        const far = tf.sub(moved(2 * step), moved(-2 * step))
        return tf.div(tf.sub(tf.mul(near, 8), far), 12 * step)
      })(units),
    { engine: referenceEngine }
  )
  const result = await slopes(at, tf.eye(at.size))
  slopes.dispose()
  return result
}
