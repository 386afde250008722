// Where what is learnt begins: the identity, or an orthogonal map.
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { jit, vmap } from '@bdl/compiler'
import { key, splitStack } from '@bdl/core'
import { expectClose } from '@bdl/testing'
import { learnableAffine, learnableHouseholder, learnableLuLinear, learnableScaleTril } from '../src/index'
import { points } from './rows/row'

const orthogonal = { atol: 2e-6, rtol: 0 }

describe('at the start', () => {
  test('affine maps are the identity', () => {
    const elementwise = learnableAffine({ shape: [3] })
    expectClose(elementwise.build(elementwise.init(key(0))).forward(points), points, { atol: 0, rtol: 0 })
    const triangular = learnableScaleTril({ size: 3 })
    const [y, logDet] = triangular.build(triangular.init(key(0))).forwardAndLogDet(points)
    expectClose(y, points, { atol: 0, rtol: 0 })
    expectClose(logDet, [0, 0], { atol: 0, rtol: 0 })
  })

  test.each([1, 2, 5, 32])('luLinear of %i is a rotation, another of another key', (size) => {
    const permutation = Array.from({ length: size }, (_, i) => (i + 1) % size)
    const made = learnableLuLinear({ size, permutation })
    const [w, logDet] = made.build(made.init(key(1))).forwardAndLogDet(tf.eye(size))
    expectClose(tf.matMul(w, w, false, true), tf.eye(size), orthogonal)
    expectClose(logDet, tf.zeros([size]), { atol: 1e-5, rtol: 0 })
    const other = made.build(made.init(key(2))).forward(tf.eye(size))
    const distance = tf.max(tf.abs(tf.sub(w, other))).dataSync()[0]!
    expect(distance > 0.01).toBe(size > 1)
  })

  test('householder is orthogonal', () => {
    const made = learnableHouseholder({ size: 4, count: 4 })
    const w = made.build(made.init(key(1))).forward(tf.eye(4))
    expectClose(tf.matMul(w, w, false, true), tf.eye(4), orthogonal)
  })
})

test('an ensemble is drawn under vmap, compiled', async () => {
  const made = learnableLuLinear({ size: 3 })
  const draw = jit((keys: tf.Tensor) => vmap((k: tf.Tensor) => made.build(made.init(k)).forward(tf.eye(3)))(keys))
  const all = await draw(splitStack(key(5), 6))
  expectClose(tf.matMul(all, all, false, true), tf.tile(tf.reshape(tf.eye(3), [1, 3, 3]), [6, 1, 1]), orthogonal)
  draw.dispose()
})
