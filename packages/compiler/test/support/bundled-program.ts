/** Programs with a mistake each, for bundles: prints the errors' lines. The mistakes are on the lines marked so. */
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { grad, isBdlError, jit, scan, vmap } from '../../src/index'

tf.env().set('PROD', true)

const x = tf.ones([2, 3])

const helper = (a: tf.Tensor): tf.Tensor => {
  const wrong = tf.ones([4, 2])
  return tf.matMul(a, wrong) // mistake: shapes
}

const reading = (a: tf.Tensor): tf.Tensor => {
  return tf.scalar(a.dataSync()[0]!) // mistake: reads
}

const randomly = (a: tf.Tensor): tf.Tensor => {
  return tf.add(a, tf.randomUniform([2, 3])) // mistake: draws
}

const looping = (a: tf.Tensor): tf.Tensor =>
  scan((c: tf.Tensor) => [tf.softmax(c, 0), []] as const, a, [], { length: 2 })[0] // mistake: axis

const equation = (a: tf.Tensor): tf.Tensor => {
  return tf.einsum('ij,jk->ik', a, tf.ones([2, 2])) // mistake: sizes
}

const outOfRange = (a: tf.Tensor): tf.Tensor => {
  return tf.gather(a, tf.cast(tf.add(tf.sum(a), 7), 'int32')) // mistake: bounds
}

const programs: Readonly<Record<string, () => unknown>> = {
  shapes: () => jit(helper)(x),
  reads: () => grad((a: tf.Tensor) => tf.sum(reading(a)))(x),
  draws: () => vmap(randomly)(tf.stack([x, x])),
  axis: () => jit((a: tf.Tensor) => tf.sum(looping(a)))(x),
  sizes: () => jit(equation)(x),
  bounds: () => jit(outOfRange)(x)
}

const results: Record<string, { at?: string | undefined; message: string }> = {}
for (const [name, program] of Object.entries(programs))
  try {
    await program()
  } catch (error) {
    if (!isBdlError(error)) throw error
    results[name] = { at: error.at, message: error.message }
  }
console.log(JSON.stringify(results))
process.exit(0)
