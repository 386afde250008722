/** The inverse error function with the roundings of XLA, which random numbers equal to JAX's are made with. */
import * as tf from '@tensorflow/tfjs-core'
import type { OnnxScope } from '../emit/onnx-scope.js'
import { erfinvXla } from '../emit/wasm/math/index.js'
import { unary } from './elementwise.js'
import { erfinvVjp } from './error-functions.js'
import { horner } from './horner.js'
import { arithmetic } from './onnx-arithmetic.js'
import { log1pOnnx } from './onnx-elementary.js'
import { GILES, erfinv64 } from './special-reference.js'

const eager = (y: tf.Tensor): tf.Tensor =>
  tf.tidy(() => {
    const w = tf.neg(tf.log1p(tf.neg(tf.square(y))))
    const centre = horner(tf.sub(w, 2.5), GILES.centre)
    const tail = horner(tf.sub(tf.sqrt(w), 3), GILES.tail)
    const inside = tf.mul(y, tf.where(tf.less(w, GILES.edge), centre, tail))
    return tf.where(tf.equal(tf.abs(y), 1), tf.mul(y, Infinity), inside)
  })

const onnx = (scope: OnnxScope, y: string): string => {
  const { op, polynomial } = arithmetic(scope)
  const w = op('Neg', log1pOnnx(scope, op('Neg', op('Mul', y, y))))
  const centre = polynomial(op('Sub', w, 2.5), GILES.centre)
  const tail = polynomial(op('Sub', op('Sqrt', w), 3), GILES.tail)
  const inside = op('Mul', y, op('Where', op('Less', w, GILES.edge), centre, tail))
  return op('Where', op('Equal', op('Abs', y), 1), op('Mul', y, Infinity), inside)
}

export const erfinvXlaPrimitive = unary('erfinvXla', {
  eager,
  vjp: erfinvVjp,
  onnx,
  wasm: erfinvXla,
  reference: erfinv64
})
