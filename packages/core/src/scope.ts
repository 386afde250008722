// Memory: what a function returns is its caller's, everything else that it made dies with it.
import * as tf from '@tensorflow/tfjs-core'

/**
 * `tf.tidy` typed for interfaces, readonly tuples and `Either`: releases every tensor made by `body` that is not in its
 * result. Gotcha: a tensor held only by a closure inside the result is NOT kept; and a result that is an argument is an
 * alias, so `tf.clone` it.
 *
 * @example scoped(() => tf.add(tf.square(x), 1)) // the square is released
 */
export const scoped = <A>(body: () => A): A => {
  const held: { result?: A } = {}
  tf.tidy(() => {
    held.result = body()
    return held as tf.TensorContainer
  })
  return held.result as A
}
