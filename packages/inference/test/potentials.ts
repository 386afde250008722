// Log densities of the golden files as traceable functions of a vector: −U, constants dropped as the files say.
import * as tf from '@tensorflow/tfjs-core'
import { softplus } from '@bdl/core'

type Params = Readonly<Record<string, unknown>>
type LogDensity = (q: tf.Tensor) => tf.Tensor

const vector = (x: unknown): tf.Tensor => tf.tensor1d(x as number[])
const matrix = (x: unknown): tf.Tensor => tf.tensor2d(x as number[][])
const number = (x: unknown): number => x as number

const entry = (q: tf.Tensor, i: number): tf.Tensor => tf.reshape(tf.slice(q, [i], [1]), [])

/** xᵀ A x for a symmetric matrix. */
const quadratic = (x: tf.Tensor, a: tf.Tensor): tf.Tensor => {
  const row = tf.reshape(x, [1, -1])
  return tf.sum(tf.mul(tf.matMul(row, a), row))
}

const times = (a: tf.Tensor, x: tf.Tensor): tf.Tensor => tf.reshape(tf.matMul(a, tf.reshape(x, [-1, 1])), [-1])

/** Inverse of a symmetric positive definite matrix by Gauss-Jordan elimination, float64. */
export const inverse = (a: readonly (readonly number[])[]): number[][] => {
  const n = a.length
  const rows = a.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))])
  for (let i = 0; i < n; i++) {
    const pivot = rows[i]![i]!
    rows[i] = rows[i]!.map((x) => x / pivot)
    for (let k = 0; k < n; k++) {
      if (k === i) continue
      const factor = rows[k]![i]!
      rows[k] = rows[k]!.map((x, j) => x - factor * rows[i]![j]!)
    }
  }
  return rows.map((row) => row.slice(n))
}

const gaussian = (mean: unknown, cov: unknown): LogDensity => {
  const [centre, precision] = [vector(mean), matrix(inverse(cov as number[][]))]
  return (q) => tf.mul(-0.5, quadratic(tf.sub(q, centre), precision))
}

const logistic = (p: Params): LogDensity => {
  const [x, y] = [matrix(p['X']), vector(p['y'])]
  const precision = 1 / (2 * number(p['priorSd']) ** 2)
  return (q) => {
    const logits = times(x, q)
    return tf.sub(tf.sum(tf.sub(tf.mul(y, logits), softplus(logits))), tf.mul(precision, tf.sum(tf.square(q))))
  }
}

const banana = (p: Params): LogDensity => {
  const [a, b] = [number(p['a']), number(p['b'])]
  return (q) => {
    const [q1, q2] = [entry(q, 0), entry(q, 1)]
    const bent = tf.sub(q2, tf.mul(b, tf.sub(tf.square(q1), a * a)))
    return tf.mul(-0.5, tf.add(tf.square(tf.div(q1, a)), tf.square(bent)))
  }
}

const funnel = (p: Params): LogDensity => {
  const sd = number(p['sd'])
  return (q) => {
    const [q1, q2] = [entry(q, 0), entry(q, 1)]
    const inner = tf.mul(tf.square(q2), tf.exp(tf.neg(q1)))
    return tf.mul(-0.5, tf.add(tf.add(tf.square(tf.div(q1, sd)), inner), q1))
  }
}

const potentials: Readonly<Record<string, (p: Params) => LogDensity>> = {
  standardNormal: () => (q) => tf.mul(-0.5, tf.sum(tf.square(q))),
  diagonalNormal: (p) => {
    const sd = vector(p['sd'])
    return (q) => tf.mul(-0.5, tf.sum(tf.square(tf.div(q, sd))))
  },
  correlatedNormal: (p) => gaussian(p['mean'], p['cov']),
  banana,
  funnel,
  logisticRegression: logistic
}

/** −U of a leapfrog case. */
export const potential = (name: string, params: Params): LogDensity => {
  const make = potentials[name]
  if (make === undefined) throw new Error(`no potential called ${name}`)
  return make(params)
}
