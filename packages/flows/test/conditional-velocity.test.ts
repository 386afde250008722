import * as tf from '@tensorflow/tfjs-core'
import { grad, vmap } from '@bdl/compiler'
import { key, normal, split } from '@bdl/core'
import { eagerAndCompiled, expectClose, expectNoLeak } from '@bdl/testing'
import { describe, expect, test } from 'vitest'
import { conditionalVelocityMlp } from '../src/index'

const [paramsKey, xKey, contextKey] = split(key(0), 3)
const field = conditionalVelocityMlp({ dimension: 2, context: 3, hidden: [8] })
// A last layer that is not zero, so that inputs show.
const params = field.init(paramsKey).map((layer, i) => (i === 1 ? { ...layer, w: normal(key(5), [8, 2]) } : layer))
const velocityOf = field.build(params)
const x = normal(xKey, [4, 2])
const contexts = normal(contextKey, [4, 3])
const t = tf.tensor1d([0.1, 0.3, 0.5, 0.9])
const close = { atol: 1e-6, rtol: 1e-6 }
const row = (of: tf.Tensor, i: number) => tf.slice(of, [i, 0], [1, of.shape[1]!])

describe('contexts', () => {
  test('one per row are each row alone, and one for all rows is that in every row', () => {
    const all = expectNoLeak(() => velocityOf(contexts)(t, x))
    for (let i = 0; i < 4; i++) {
      const alone = velocityOf(tf.reshape(row(contexts, i), [3]))(tf.slice(t, [i], [1]), row(x, i))
      expectClose(alone, row(all, i), close)
    }
    const shared = tf.tensor1d([1, 0, -1])
    const spread = tf.broadcastTo(shared, [4, 3])
    expectClose(velocityOf(shared)(tf.scalar(0.3), x), velocityOf(spread)(tf.scalar(0.3), x), close)
  })

  test('none is not the context zero, and is the network of zeros: the weights of the context do not reach it', () => {
    const none = expectNoLeak(() => velocityOf()(t, x))
    const zero = velocityOf(tf.zeros([3]))(t, x)
    expect(tf.max(tf.abs(tf.sub(none, zero))).dataSync()[0]).toBeGreaterThan(1e-2)
    const sum = (p: typeof params, c?: tf.Tensor) => tf.sum(tf.square(field.build(p)(c)(t, x)))
    const [first] = grad((p: typeof params) => sum(p))(params)
    expectClose(tf.slice(first!.w, [10, 0], [4, 8]), tf.zeros([4, 8]), { atol: 0, rtol: 0 })
    const [seen] = grad((p: typeof params) => sum(p, contexts))(params)
    expect(tf.min(tf.max(tf.abs(tf.slice(seen!.w, [10, 0], [4, 8])), 1)).dataSync()[0]).toBeGreaterThan(1e-4)
  })

  test('compiled, and under vmap over contexts', async () => {
    const at = (c: tf.Tensor) => vmap((one: tf.Tensor) => velocityOf(one)(t, x))(c)
    for (const value of await eagerAndCompiled(at, [contexts]))
      expectClose(
        tf.slice(value, [2, 0, 0], [1, 4, 2]),
        tf.expandDims(velocityOf(tf.reshape(row(contexts, 2), [3]))(t, x)),
        close
      )
  })

  test('an untrained field moves nothing; wrong sizes are errors', () => {
    expectClose(field.build(field.init(key(1)))(contexts)(t, x), tf.zeros([4, 2]), { atol: 0, rtol: 0 })
    expect(() => velocityOf(tf.zeros([4]))(t, x)).toThrow(/conditionalVelocityMlp.*context.*\[\.\.\., 3\].*\[4\]/s)
    expect(() => conditionalVelocityMlp({ dimension: 2, context: 0 })).toThrow(/context/)
  })
})
