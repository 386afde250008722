// The two laws that every numerical function keeps: what is true eagerly is true compiled, and nothing leaks.
import * as tf from '@tensorflow/tfjs-core'
import { jit, leaves, type Tree } from '@bdl/compiler'

/** Calls `f` on the tensors at once and then through the compiler; the caller compares both with the truth. */
export const eagerAndCompiled = async <A extends readonly Tree[], R extends Tree>(
  f: (...args: A) => R,
  args: A
): Promise<readonly [eager: R, compiled: R]> => {
  const eager = f(...args)
  const compiled = jit(f)
  try {
    return [eager, await compiled(...args)]
  } finally {
    compiled.dispose()
  }
}

const checkGrowth = (before: number, result: Tree): void => {
  const grown = tf.memory().numTensors - before
  const returned = leaves(result).length
  if (grown !== returned) throw new Error(`expectNoLeak: ${returned} tensors returned, live tensors grew by ${grown}`)
}

/** Fails unless the number of live tensors grows by exactly those that `body` returns. */
export const expectNoLeak = <T extends Tree>(body: () => T): T => {
  const before = tf.memory().numTensors
  const result = body()
  checkGrowth(before, result)
  return result
}
