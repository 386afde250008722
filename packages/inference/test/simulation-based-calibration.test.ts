// Rank statistics: if parameters come from the prior and data from the model, the rank of the truth among posterior draws is
// uniform. A sampler with a wrong target, however mixed, fails this.
import * as tf from '@tensorflow/tfjs-core'
import { jit, scan, vmap } from '@bdl/compiler'
import { key, normal, scoped, splitStack } from '@bdl/core'
import type { Key } from '@bdl/core'
import { expect, test } from 'vitest'
import { hmc } from '../src/index'
import type { HmcState } from '../src/index'

const [REPLICATES, ROWS, DRAWS, THIN, BURN] = [2000, 5, 15, 6, 20]

/** Prior N(0, 1), rows N(w, 1); `power` tempers the likelihood, which is wrong unless it is 1. */
const posterior = (data: tf.Tensor, power: number) => (w: tf.Tensor) =>
  tf.sub(tf.mul(-0.5, tf.sum(tf.square(w))), tf.mul(0.5 * power, tf.sum(tf.square(tf.sub(data, w)))))

/** Draws for one data set: burn in from 0, keep every sixth. */
const chain =
  (power: number) =>
  (k: Key, data: tf.Tensor): tf.Tensor => {
    const kernel = hmc(posterior(data, power), { stepSize: 0.35, steps: 3 })
    const draw = (state: HmcState<tf.Tensor>, own: tf.Tensor): readonly [HmcState<tf.Tensor>, tf.Tensor] => {
      const next = kernel.step(own, state)[0]
      return [next, tf.reshape(next.position, [])]
    }
    const all = scan(draw, kernel.init(tf.zeros([1])), splitStack(k, BURN + DRAWS * THIN))[1]
    return tf.slice(tf.reshape(tf.slice(all, [BURN], [DRAWS * THIN]), [DRAWS, THIN]), [0, THIN - 1], [DRAWS, 1])
  }

/** χ² of the ranks' histogram against the uniform law on 0, ..., DRAWS. */
const calibration = async (power: number): Promise<number> => {
  const truths = scoped(() => normal(key(1), [REPLICATES, 1]))
  const data = scoped(() => tf.add(truths, normal(key(2), [REPLICATES, ROWS])))
  const ranksOf = (keys: tf.Tensor, rows: tf.Tensor, w: tf.Tensor) => {
    const draws = tf.reshape(vmap(chain(power))(keys, rows), [REPLICATES, DRAWS])
    return tf.sum(tf.cast(tf.less(draws, w), 'int32'), 1)
  }
  const ranks = await (await jit(ranksOf)(splitStack(key(3), REPLICATES), data, truths)).data()
  const counts = Array.from({ length: DRAWS + 1 }, (_, r) => ranks.filter((x: number) => x === r).length)
  const expected = REPLICATES / (DRAWS + 1)
  return counts.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0)
}

// χ² with 15 degrees of freedom has mean 15 and standard deviation 5.5; five of them above is a false alarm in 3e4 keys
const LIMIT = 15 + 5 * Math.sqrt(30)

test('HMC is calibrated on a conjugate model', async () => {
  expect(await calibration(1)).toBeLessThan(LIMIT)
})

test('the test has teeth: a likelihood tempered by half is found out', async () => {
  expect(await calibration(0.5)).toBeGreaterThan(LIMIT)
})
