// Parts of matrices, products and solutions with leading axes that broadcast, determinants.
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { grad } from '@bdl/compiler'
import { eagerAndCompiled, expectClose, expectNoLeak } from '@bdl/testing'
import {
  cholesky,
  choleskySolve,
  diagonal,
  diagPart,
  key,
  logdet,
  logDetFromCholesky,
  matrixProduct,
  matrixTranspose,
  matrixVector,
  normal,
  setDiag,
  symmetrise,
  triangularSolveVector
} from '../src/index'

const close = { atol: 1e-5, rtol: 1e-5 }
const square = normal(key(1), [2, 3, 3])
const definite = tf.add(tf.matMul(square, square, false, true), tf.eye(3))

describe('parts of matrices', () => {
  test('diagonals, taken, made and set', async () => {
    const f = (x: tf.Tensor) => [diagPart(x), diagonal(diagPart(x)), setDiag(x, tf.tensor1d([5, 6]))] as const
    for (const [d, made, set] of await eagerAndCompiled(f, [tf.tensor2d([1, NaN, 3, 4], [2, 2])])) {
      expectClose(d, [1, 4], close)
      expectClose(made, [[1, 0], [0, 4]], close) // prettier-ignore
      expect(Array.from(set.dataSync())).toEqual([5, NaN, 3, 6])
    }
    const slope = grad((x: tf.Tensor) => tf.sum(tf.square(diagPart(x))))(tf.tensor2d([1, NaN, 3, 4], [2, 2]))
    expectClose(slope, [[2, 0], [0, 8]], close) // prettier-ignore
  })

  test('transposed, symmetrised', () => {
    expectClose(matrixTranspose(square), tf.transpose(square, [0, 2, 1]), close)
    expectClose(symmetrise(tf.tensor2d([1, 2, 4, 3], [2, 2])), [[1, 3], [3, 3]], close) // prettier-ignore
  })

  test('errors', () => {
    expect(() => diagPart(tf.zeros([2, 3]))).toThrow(/diagPart: x: expected shape \[..., n, n\], got \[2, 3\]/)
    expect(() => setDiag(tf.eye(3), tf.zeros([2]))).toThrow(/setDiag: d: expected shape \[..., 3\], got \[2\]/)
    expect(() => diagonal(tf.scalar(1))).toThrow(/diagonal: d/)
    expect(() => symmetrise(tf.zeros([3]))).toThrow(/symmetrise: x/)
    expect(() => matrixTranspose(tf.zeros([3]))).toThrow(/matrixTranspose: x/)
    expect(() => logdet(tf.zeros([2, 3]))).toThrow(/logdet: a/)
    expect(() => matrixVector(tf.eye(3), tf.zeros([2]))).toThrow(/matrixVector: a, x/)
    expect(() => matrixVector(tf.zeros([2, 3, 3]), tf.zeros([4, 3]))).toThrow(/matrixVector: .*broadcast/)
    expect(() => triangularSolveVector(tf.eye(3), tf.scalar(1))).toThrow(/triangularSolveVector: b/)
  })
})

describe('products and solutions', () => {
  const shapes: readonly (readonly [a: number[], x: number[]])[] = [
    [[3, 3], [3]],
    [
      [3, 3],
      [5, 2, 3]
    ],
    [[2, 3, 3], [3]],
    [
      [2, 3, 3],
      [2, 3]
    ],
    [
      [2, 3, 3],
      [4, 5, 2, 3]
    ],
    [
      [4, 1, 3, 3],
      [2, 3]
    ],
    [
      [2, 3, 3],
      [4, 1, 3]
    ],
    [
      [2, 3, 3],
      [0, 2, 3]
    ]
  ]

  test.each(shapes)('of %j with %j', async (shapeA, shapeX) => {
    const a = tf.add(normal(key(2), shapeA), tf.mul(tf.eye(3), 4))
    const x = normal(key(3), shapeX)
    const expected = tf.sum(tf.mul(a, tf.expandDims(x, -2)), -1)
    for (const y of await eagerAndCompiled(matrixVector, [a, x])) expectClose(y, expected, close)
    const lower = tf.mul(a, tf.tensor2d([1, 0, 0, 1, 1, 0, 1, 1, 1], [3, 3]))
    const back = (m: tf.Tensor, v: tf.Tensor) => triangularSolveVector(m, matrixVector(m, v))
    const whole = tf.add(x, tf.zeros(expected.shape))
    for (const y of await eagerAndCompiled(back, [lower, x])) expectClose(y, whole, close)
  })

  test('products of matrices whose leading axes broadcast', async () => {
    const [a, b] = [normal(key(9), [2, 1, 3, 4]), normal(key(10), [5, 3, 2])]
    const f = (x: tf.Tensor, y: tf.Tensor) => matrixProduct(x, y, { transposeA: true })
    const expected = tf.sum(tf.mul(tf.expandDims(a, -1), tf.expandDims(b, -2)), -3)
    for (const y of await eagerAndCompiled(f, [a, b])) expectClose(y, expected, close)
    expect(() => matrixProduct(tf.zeros([2, 3, 3]), tf.zeros([4, 3, 3]))).toThrow(/matrixProduct: .*broadcast/)
  })

  test('rectangular matrices', () => {
    const a = normal(key(4), [2, 4, 3])
    const x = normal(key(5), [6, 2, 3])
    expectClose(matrixVector(a, x), tf.sum(tf.mul(a, tf.expandDims(x, -2)), -1), close)
  })

  test('a system with a Cholesky factor', () => {
    const b = normal(key(6), [2, 3, 4])
    expectClose(tf.matMul(definite, choleskySolve(cholesky(definite), b)), b, close)
  })
})

describe('determinants of positive definite matrices', () => {
  test('of a known one, and of one that is not', async () => {
    const a = tf.tensor3d([4, 2, 2, 10, 1, 2, 2, 1], [2, 2, 2])
    for (const y of await eagerAndCompiled(logdet, [a])) expectClose(y, [Math.log(36), NaN], close)
    expectClose(logDetFromCholesky(tf.tensor2d([2, NaN, 1, 3], [2, 2])), Math.log(36), close)
  })

  test('the derivative is the inverse', () => {
    const slope = grad((a: tf.Tensor) => tf.sum(logdet(a)))(definite)
    expectClose(tf.matMul(slope, definite), tf.add(tf.eye(3), tf.zeros([2, 3, 3])), close)
  })
})

test('nothing leaks', () => {
  const v = normal(key(7), [5, 2, 3])
  const d = normal(key(8), [3])
  expectNoLeak(() => matrixVector(definite, v))
  expectNoLeak(() => triangularSolveVector(definite, v))
  expectNoLeak(() => [diagPart(definite), diagonal(d), setDiag(definite, d), symmetrise(definite), logdet(definite)])
})
