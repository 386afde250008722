// What the parameters of a Sylvester map must be.
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, diagPart, expectEvery, isValidating, matrixTranspose, scoped } from '@bdl/core'
import { expectFinite } from '../parameters.js'
import type { SylvesterOptions } from './sylvester.js'

const FN = 'sylvester'

/** @returns n. @error ShapeMismatch, InvalidArgument: see `sylvester` */
export const expectSylvester = ({ q, r1, r2, bias }: SylvesterOptions): number => {
  const [n, m] = q.shape.slice(-2)
  if (n === undefined || m === undefined || m > n)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn: FN,
      argument: 'q',
      expected: '[..., n, m] with m <= n',
      got: `[${q.shape.join(', ')}]`
    })
  const fits = (x: tf.Tensor, ends: readonly number[]): boolean => x.shape.slice(-ends.length).join() === ends.join()
  const sizes = { r1: [r1, [m, m]], r2: [r2, [m, m]], bias: [bias, [m]] } as const
  for (const [argument, [x, ends]] of Object.entries(sizes))
    if (!fits(x, ends))
      throw new BdlError({
        code: 'ShapeMismatch',
        fn: FN,
        argument,
        expected: `[..., ${ends.join(', ')}], as q has ${m} columns`,
        got: `[${x.shape.join(', ')}]`
      })
  if (isValidating())
    scoped(() => {
      const gap = tf.sub(tf.matMul(matrixTranspose(q), q), tf.eye(m))
      expectEvery(FN, 'q', gap, 'orthonormal columns: no entry of QᵀQ - I above 1e-3', (v) => Math.abs(v) <= 1e-3)
      const product = tf.mul(diagPart(r1), diagPart(r2))
      expectEvery(FN, 'r1, r2', product, 'diagonals whose products are > -1', (v) => Number.isFinite(v) && v > -1)
      expectFinite(FN, 'bias', bias)
    })
  return n
}
