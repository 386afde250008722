/** Rows of the law table: factorisations and triangular systems, batched or not. */
import * as tf from '@tensorflow/tfjs-core'
import { cholesky, qr, slogdet, triangularSolve } from '../../src/index'
import { real, row, type Row } from './laws'

/** A positive definite matrix of any square one. */
const definite = (x: tf.Tensor): tf.Tensor => tf.add(tf.matMul(x, x, false, true), tf.eye(x.shape[x.rank - 1]!))

/** The same triangle with a diagonal away from zero. */
const dominant = (x: tf.Tensor): tf.Tensor => tf.add(x, tf.mul(tf.eye(x.shape[x.rank - 1]!), 2))

const choleskyRows: readonly Row[] = [
  row('cholesky', (x) => cholesky(definite(x!)), [real([3, 3], -1, 1)]),
  row('cholesky', (x) => cholesky(definite(x!)), [real([2, 5, 5], -1, 1)], { label: 'batched' }),
  row('cholesky', (x) => cholesky(tf.add(x!, tf.mul(tf.eye(4), 6))), [real([4, 4], -1, 1)], {
    label: 'of what is not symmetric'
  }),
  row('cholesky', (x) => cholesky(x!), [real([1, 1], 0.5, 2)], { label: 'a number' })
]

const forms = [false, true].flatMap((lower) => [false, true].map((transpose) => ({ lower, transpose })))

const solveRows: readonly Row[] = [
  ...forms.map((form) =>
    row(
      'triangularSolve',
      (a, b) => triangularSolve(dominant(a!), b!, form),
      [real([3, 3], -1, 1), real([3, 2], -1, 1)],
      {
        label: `${form.lower ? 'lower' : 'upper'}${form.transpose ? ', transposed' : ''}`
      }
    )
  ),
  row(
    'triangularSolve',
    (a, b) => triangularSolve(dominant(a!), b!),
    [real([2, 4, 4], -1, 1), real([2, 4, 5], -1, 1)],
    {
      label: 'batched, more than four columns'
    }
  ),
  row('triangularSolve', (a, b) => triangularSolve(dominant(a!), b!), [real([3, 3], -1, 1), real([2, 3, 1], -1, 1)], {
    label: 'one matrix for many'
  }),
  row(
    'triangularSolve',
    (a, b) => triangularSolve(dominant(a!), b!, { lower: false }),
    [real([2, 1, 2, 2], -1, 1), real([3, 2, 2], -1, 1)],
    { label: 'leading axes broadcast' }
  )
]

const qrRows: readonly Row[] = [
  row('qr', (x) => qr(dominant(x!)).q, [real([3, 3], -1, 1)], { label: 'q' }),
  row('qr', (x) => qr(dominant(x!)).r, [real([2, 3, 3], -1, 1)], { label: 'r, batched' }),
  row(
    'qr',
    (x) => {
      const { q, r } = qr(x!)
      return tf.add(tf.sum(tf.sin(q)), tf.sum(tf.cos(r)))
    },
    [real([4, 2], -1, 1)],
    { label: 'tall' }
  ),
  row(
    'qr',
    (x) => {
      const { q, r } = qr(tf.add(x!, tf.eye(2, 4)))
      return tf.concat([tf.reshape(q, [4]), tf.reshape(r, [8])])
    },
    [real([2, 4], -0.5, 0.5)],
    { label: 'wide' }
  ),
  row('qr', (x) => slogdet(dominant(x!)).logAbsDet, [real([2, 3, 3], -1, 1)], { label: 'log-determinant' }),
  row('qr', (x) => slogdet(x!).sign, [real([3, 2, 2], -1, 1)], { label: 'sign', differentiable: false })
]

export const linalgRows: readonly Row[] = [...choleskyRows, ...solveRows, ...qrRows]
