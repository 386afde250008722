/** What is left of a logarithm without its leading term: divergences and densities with large parameters are made of it. */
import * as tf from '@tensorflow/tfjs-core'
import type { OnnxScope } from '../emit/onnx-scope.js'
import { logRemainder } from '../emit/wasm/math/index.js'
import { binary } from './elementwise.js'
import { horner } from './horner.js'
import { arithmetic } from './onnx-arithmetic.js'

/** Where the difference is computed without a logarithm: x from here to there. */
const NEAR = [-0.5, 1] as const

/** 1/3, 1/5, ..., 1/15: (atanh(t) - t) / t³ in t². */
const ATANH = [1 / 15, 1 / 13, 1 / 11, 1 / 9, 1 / 7, 1 / 5, 1 / 3] as const

/** More than the logarithm of any float32. It takes the place of that of infinity, from which infinity cannot be taken away. */
const LARGEST = 89

/** With t = x / (2 + x), log1p(x) = 2 atanh(t), and 2t - x = -x t. */
const eagerNear = (x: tf.Tensor): tf.Tensor => {
  const t = tf.div(x, tf.add(x, 2))
  const t2 = tf.square(t)
  return tf.mul(t, tf.sub(tf.mul(tf.mul(t2, 2), horner(t2, ATANH)), x))
}

const eager = (r: tf.Tensor, x: tf.Tensor): tf.Tensor =>
  tf.tidy(() => {
    const inside = tf.clipByValue(x, ...NEAR)
    return tf.where(tf.equal(inside, x), eagerNear(inside), tf.sub(tf.minimum(tf.log(r), LARGEST), x))
  })

const onnx = (scope: OnnxScope, r: string, x: string): string => {
  const { op, polynomial } = arithmetic(scope)
  const inside = op('Clip', x, ...NEAR)
  const t = op('Div', inside, op('Add', inside, 2))
  const t2 = op('Mul', t, t)
  const near = op('Mul', t, op('Sub', op('Mul', op('Mul', t2, 2), polynomial(t2, ATANH)), inside))
  return op('Where', op('Equal', inside, x), near, op('Sub', op('Min', op('Log', r), LARGEST), x))
}

/** As many terms of the series as float64 has digits for at its ends. */
const TERMS = 18

export const logRemainder64 = (r: number, x: number): number => {
  if (!(x >= NEAR[0] && x <= NEAR[1])) return r === Infinity ? -Infinity : Math.log(r) - x
  const t = x / (x + 2)
  let series = 0
  for (let k = TERMS; k >= 1; k--) series = series * t * t + 1 / (2 * k + 1)
  return t * (2 * t * t * series - x)
}

export const logRemainderPrimitive = binary('logRemainder', {
  eager,
  // the slope along both inputs together, which is the only way that they go, is given to one of them
  vjp: (dy, r, x) => [() => tf.zerosLike(r), () => tf.neg(tf.mul(dy, tf.div(x, r)))],
  onnx,
  wasm: logRemainder,
  reference: logRemainder64
})
