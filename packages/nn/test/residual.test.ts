import * as tf from '@tensorflow/tfjs-core'
import { grad, vmap } from '@bdl/compiler'
import { key, leaves, normal } from '@bdl/core'
import { eagerAndCompiled, expectClose, expectNoLeak } from '@bdl/testing'
import { describe, expect, test } from 'vitest'
import { dense, mlp, relu, residual, residualBlock, sequential, zeros } from '../src/index'

const x = normal(key(0), [5, 3])
const close = { atol: 1e-6, rtol: 1e-5 }

describe('residual', () => {
  test('is x + f(x), with the parameters of f', async () => {
    const inner = mlp({ sizes: [3, 4, 3] })
    const params = inner.init(key(1))
    const block = residual(inner)
    const expected = tf.add(x, inner.build(params)(x))
    expectClose(expectNoLeak(() => block.build(params)(x)), expected, close) // prettier-ignore
    for (const y of await eagerAndCompiled((p: typeof params, at: tf.Tensor) => block.build(p)(at), [params, x]))
      expectClose(y, expected, close)
    expectClose(vmap((row: tf.Tensor) => block.build(params)(row))(x), expected, close)
  })

  test('a block by its formula; one that starts at zero is the identity, and its gradient is one', () => {
    const block = residualBlock({ size: 3, hidden: 4, activation: relu })
    const [first, second] = block.init(key(2))
    const hidden = tf.relu(tf.add(tf.matMul(x, first!.w), first!.b))
    expectClose(block.build([first!, second!])(x), tf.add(x, tf.add(tf.matMul(hidden, second!.w), second!.b)), close)
    const still = residualBlock({ size: 3, hidden: 4, lastInitialiser: zeros })
    const f = still.build(still.init(key(3)))
    expectClose(f(x), x, { atol: 0, rtol: 0 })
    expectClose(grad((at: tf.Tensor) => tf.sum(f(at)))(x), tf.onesLike(x), { atol: 0, rtol: 0 })
  })

  test('a function that changes the shape is refused', () => {
    const wide = residual(dense({ inputs: 3, outputs: 4 }))
    expect(() => wide.build(wide.init(key(4)))(x)).toThrow(
      /residual: inner: expected a function that keeps the shape \[5, 3\], got \[5, 4\]/
    )
  })
})

describe('sequential', () => {
  const layers = [dense({ inputs: 3, outputs: 4 }), residualBlock({ size: 4, hidden: 2 }), dense({ inputs: 4, outputs: 2 })] as const // prettier-ignore
  const net = sequential(...layers)

  test('applies layers in order, each with parameters and a key of its own', () => {
    const params = net.init(key(5))
    const [a, b, c] = params
    const expected = layers[2].build(c)(layers[1].build(b)(layers[0].build(a)(x)))
    expectClose(expectNoLeak(() => net.build(params)(x)), expected, close) // prettier-ignore
    expect(leaves(params).length).toBe(2 + 4 + 2)
    const twins = sequential(dense({ inputs: 3, outputs: 3 }), dense({ inputs: 3, outputs: 3 })).init(key(6))
    expect(Array.from(twins[0].w.dataSync())).not.toEqual(Array.from(twins[1].w.dataSync()))
  })

  test('one layer is itself, none is an error', () => {
    const alone = sequential(layers[0])
    const [p] = alone.init(key(7))
    expectClose(alone.build([p])(x), layers[0].build(p)(x), close)
    expect(() => sequential()).toThrow(/sequential: layers: expected at least one/)
  })
})
