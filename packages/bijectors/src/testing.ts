/**
 * The laws of a bijector, as checks that any test runner can run: what every bijector of this package passes, and what one
 * of your own should. Reads tensors; not traceable.
 *
 * @example for (const { name, check } of bijectorLaws(mine, normal(key(0), [5, 3]))) test(name, check)
 */
import * as tf from '@tensorflow/tfjs-core'
import { grad, vjp, vmap } from '@bdl/compiler'
import { scoped, toHostSync } from '@bdl/core'
import type { Bijector } from './bijector.js'

export interface Law {
  readonly name: string
  /** Throws an `Error` that says what differs. */
  readonly check: () => void
}

export interface LawOptions {
  /** |actual - expected| <= atol + rtol |expected|; default 1e-4 each, what float32 gives a well-conditioned map. */
  readonly atol?: number
  readonly rtol?: number
}

type Compare = (what: string, actual: tf.Tensor, expected: tf.Tensor) => void

const comparer =
  ({ atol = 1e-4, rtol = 1e-4 }: LawOptions): Compare =>
  (what, actual, expected) => {
    if (actual.shape.join() !== expected.shape.join())
      throw new Error(`${what}: shape [${actual.shape.join(', ')}], expected [${expected.shape.join(', ')}]`)
    const [a, e] = [toHostSync(actual).data, toHostSync(expected).data]
    const at = Array.from(a).findIndex((v, i) => !(Math.abs(v - e[i]!) <= atol + rtol * Math.abs(e[i]!)))
    if (at >= 0) throw new Error(`${what}: entry ${at} is ${a[at]}, expected ${e[at]}`)
  }

/** log|det A| of a row-major n x n matrix, by elimination with partial pivoting in float64. */
const logAbsDet = (entries: ArrayLike<number>, n: number): number => {
  const rows = Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => entries[i * n + j]!))
  let total = 0
  for (let k = 0; k < n; k++) {
    const pivot = rows.reduce((best, row, i) => (i >= k && Math.abs(row[k]!) > Math.abs(rows[best]![k]!) ? i : best), k)
    ;[rows[k], rows[pivot]] = [rows[pivot]!, rows[k]!]
    const top = rows[k]!
    total += Math.log(Math.abs(top[k]!))
    for (const row of rows.slice(k + 1)) {
      const factor = row[k]! / top[k]!
      for (let j = k; j < n; j++) row[j]! -= factor * top[j]!
    }
  }
  return total
}

/** The n x n blocks along the diagonal of a row-major m x m matrix; throws if anything lies outside of them. */
const diagonalBlocks = (matrix: ArrayLike<number>, m: number, n: number): readonly (readonly number[])[] => {
  const blocks = Array.from({ length: m / n }, (): number[] => [])
  for (let i = 0; i < m * m; i++) {
    const [row, column] = [Math.floor(i / m / n), Math.floor((i % m) / n)]
    if (row === column) blocks[row]!.push(matrix[i]!)
    else if (matrix[i] !== 0) throw new Error(`Jacobian: one event depends on another (entry ${i} is ${matrix[i]})`)
  }
  return blocks
}

/** log|det| of each event's block of the autodiff Jacobian of each member of `x`; events have n entries. */
const jacobianLogDets = (f: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor, eventNdims: number): tf.Tensor => {
  const size = (shape: readonly number[]): number => shape.reduce((product, d) => product * d, 1)
  const member = x.shape.slice(1)
  const [m, n] = [size(member), size(x.shape.slice(x.rank - eventNdims))]
  const flat = (v: tf.Tensor): tf.Tensor => tf.reshape(f(tf.reshape(v, member)), [m])
  const jacobian = (v: tf.Tensor): tf.Tensor => {
    const [, pull] = vjp(flat, v)
    return vmap(pull)(tf.eye(m))
  }
  const all = toHostSync(vmap(jacobian)(tf.reshape(x, [-1, m]))).data
  const matrices = Array.from({ length: x.shape[0]! }, (_, i) => all.slice(i * m * m, (i + 1) * m * m))
  const logDets = matrices.flatMap((matrix) => diagonalBlocks(matrix, m, n).map((block) => logAbsDet(block, n)))
  return tf.tensor(logDets, x.shape.slice(0, x.rank - eventNdims))
}

const memberLaw = (pair: Bijector['forwardAndLogDet'], x: tf.Tensor, compare: Compare): void => {
  const [values, logDets] = pair(x)
  const singles = tf.unstack(x).map(pair)
  compare('values', tf.stack(singles.map(([value]) => value)), values)
  compare('log-dets', tf.stack(singles.map(([, logDet]) => logDet)), logDets)
}

const expectFinite = (what: string, x: tf.Tensor): void => {
  const { data } = toHostSync(x)
  const at = data.findIndex((v) => !Number.isFinite(v))
  if (at >= 0) throw new Error(`${what}: entry ${at} is ${data[at]}`)
}

const derivativesLaw = (b: Bijector, x: tf.Tensor): void => {
  const loss = (v: tf.Tensor): tf.Tensor => {
    const [y, logDet] = b.forwardAndLogDet(v)
    return tf.add(tf.sum(tf.sin(y)), tf.sum(logDet))
  }
  const slope = grad(loss)
  expectFinite('first derivatives', slope(x))
  expectFinite('second derivatives', grad((v: tf.Tensor) => tf.sum(tf.square(slope(v))))(x))
}

const leakLaw = (b: Bijector, x: tf.Tensor): void => {
  const calls: readonly (readonly [string, number, () => unknown])[] = [
    ['forward', 1, () => b.forward(x)],
    ['inverse', 1, () => b.inverse(x)],
    ['forwardAndLogDet', 2, () => b.forwardAndLogDet(x)],
    ['inverseAndLogDet', 2, () => b.inverseAndLogDet(x)]
  ]
  for (const [name, returned, call] of calls) {
    const before = tf.memory().numTensors
    call()
    const grown = tf.memory().numTensors - before
    if (grown !== returned) throw new Error(`${name}: ${returned} tensors returned, live tensors grew by ${grown}`)
  }
}

/**
 * The laws of `b` at the points `x`.
 *
 * @param x [batch, ...B, ...E], inside the domain and away from kinks and saturation; events keep their number of entries
 */
export const bijectorLaws = (b: Bijector, x: tf.Tensor, options: LawOptions = {}): readonly Law[] => {
  const compare = comparer(options)
  const event = x.shape.slice(x.rank - b.forwardEventNdims)
  const image = x.shape.slice(0, x.rank - event.length).concat([...b.forwardEventShape(event)])
  const law = (name: string, check: () => void): Law => ({ name, check: () => scoped(() => check()) })
  return [
    law('inverse after forward is the identity', () => compare('x', b.inverse(b.forward(x)), x)),
    law('forward after inverse is the identity', () => {
      const y = b.forward(x)
      if (y.shape.join() !== image.join())
        throw new Error(`forwardEventShape says [${image.join(', ')}], got [${y.shape.join(', ')}]`)
      compare('y', b.forward(b.inverse(y)), y)
    }),
    law('the log-det is log|det| of the Jacobian', () =>
      compare('log-det', b.forwardAndLogDet(x)[1], jacobianLogDets(b.forward, x, b.forwardEventNdims))
    ),
    law("the inverse's log-det is minus the forward one", () =>
      compare('log-det', b.inverseAndLogDet(b.forward(x))[1], tf.neg(b.forwardAndLogDet(x)[1]))
    ),
    law('a batch is its members', () => {
      memberLaw(b.forwardAndLogDet, x, compare)
      memberLaw(b.inverseAndLogDet, b.forward(x), compare)
    }),
    law('value alone is the value of the pair', () => {
      const y = b.forward(x)
      compare('forward', y, b.forwardAndLogDet(x)[0])
      compare('inverse', b.inverse(y), b.inverseAndLogDet(y)[0])
    }),
    law('first and second derivatives are finite', () => derivativesLaw(b, x)),
    law('nothing leaks', () => leakLaw(b, x))
  ]
}
