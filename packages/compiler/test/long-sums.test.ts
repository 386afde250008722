import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { jit } from '../src/index'

/** Numbers near 3.5, all of one sign and nearly alike: where a running sum in float32 errs to one side all the way. */
const numbers = (shape: number[]): tf.Tensor =>
  tf.tensor(
    Float32Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, i) => 3.518 + 1e-4 * Math.sin(i)),
    shape
  )

// a square, a prime, twice a prime; several axes; a leading axis that is kept
test.each([
  [[313_600], [0]],
  [[313_603], [0]],
  [[2 * 156_797], [0]],
  [
    [560, 560],
    [0, 1]
  ],
  [[2, 313_603], [1]],
  [
    [2, 100, 70, 20],
    [1, 2, 3]
  ]
])('a sum of %j over %j keeps its digits, as float64 has them', async (shape, axes) => {
  const x = numbers(shape)
  const rows = axes[0] === 0 ? 1 : shape[0]!
  const data = Float32Array.from(x.dataSync())
  const width = data.length / rows
  for (const keepDims of [false, true]) {
    const f = jit((v: tf.Tensor) => tf.sum(v, axes, keepDims), { engine: 'onnx' })
    const y = await f(x)
    expect(y.shape).toEqual(tf.sum(x, axes, keepDims).shape)
    y.dataSync().forEach((value, row) => {
      const truth = data.slice(row * width, (row + 1) * width).reduce((sum, v) => sum + v, 0)
      // a plain running sum errs by 2.7e-4 here; a sum of n blocks of n numbers by some ulp
      expect(Math.abs(value - truth) / truth).toBeLessThan(1e-6)
    })
    await f.dispose()
  }
})
