import * as tf from '@tensorflow/tfjs-core'
import { test } from 'vitest'
import { foriLoop, grad, jit, jvp, stopGradient, vmap, whileLoop } from '@bdl/compiler'
test('proto', async () => {
  const root = (c: tf.Tensor) => {
    const [lo] = whileLoop(
      ([l, h]: readonly [tf.Tensor, tf.Tensor]) => tf.greater(tf.max(tf.sub(h, l)), 1e-6),
      ([l, h]: readonly [tf.Tensor, tf.Tensor]) => {
        const m = tf.mul(tf.add(l, h), 0.5)
        const up = tf.greater(tf.add(m, tf.tanh(m)), c)
        return [tf.where(up, l, m), tf.where(up, m, h)] as const
      },
      [tf.sub(c, 1), tf.add(c, 1)] as const
    )
    let x = stopGradient(lo)
    for (let i = 0; i < 2; i++) {
      const t = tf.tanh(x)
      x = tf.sub(x, tf.div(tf.sub(tf.add(x, t), c), tf.sub(2, tf.square(t))))
    }
    return x
  }
  const loss = (c: tf.Tensor) => tf.sum(foriLoop(0, 3, (_, v) => root(v), c))
  const g = grad(loss)
  const c = tf.tensor1d([0.7, -2, 3])
  g(c).print()
  const h = grad((v: tf.Tensor) => tf.sum(tf.square(g(v))))
  h(c).print()
  ;(await jit(h)(c)).print()
  ;(await jit(vmap(h))(tf.stack([c, c]))).print()
  jvp(root, c, tf.onesLike(c))[1].print()
  grad((v: tf.Tensor) => tf.sum(root(v)))(c).print()
  ;(await jit((v: tf.Tensor) => tf.cumsum(v, 0))(c)).print()
  // finite differences
  const e = 1e-2
  for (let i = 0; i < 3; i++) {
    const d = tf.oneHot(tf.tensor1d([i], 'int32'), 3).flatten?.() ?? tf.reshape(tf.oneHot(tf.tensor1d([i], 'int32'), 3), [3])
    const f = (v: tf.Tensor) => tf.sum(tf.square(g(v))).dataSync()[0]!
    console.log((f(tf.add(c, tf.mul(d, e))) - f(tf.sub(c, tf.mul(d, e)))) / 2 / e)
  }
})
