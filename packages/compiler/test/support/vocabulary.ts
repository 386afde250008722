/** Arbitrary programs over a large part of the ops, on few numbers, among them those where floating point ends. */
import * as fc from 'fast-check'
import * as tf from '@tensorflow/tfjs-core'
import { argsort, cond, scan, sort, vmap } from '../../src/index'

export interface Instruction {
  readonly kind: number
  readonly a: number
  readonly b: number
}

const MAX_SIZE = 48

const sizeOf = (shape: readonly number[]): number => shape.reduce((n, d) => n * d, 1)

const fits = (a: tf.Tensor, b: tf.Tensor): boolean =>
  a.shape.every((n, i) => [n, 1].includes(b.shape[i - a.rank + b.rank] ?? 1) || n === 1) &&
  sizeOf(tf.broadcast_util.assertAndGetBroadcastShape([...a.shape], [...b.shape])) <= MAX_SIZE

const both =
  (op: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): Step =>
  (a, b) =>
    fits(a, b) ? op(a, b) : undefined

/** An op along the last axis, or the first. */
const along =
  (op: (a: tf.Tensor) => tf.Tensor): Step =>
  (a) =>
    a.rank > 0 ? op(a) : undefined

/** Undefined where the operands do not suit. */
type Step = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor | undefined

const float = (t: tf.Tensor): tf.Tensor => tf.cast(t, 'float32')

/** Ops that are exact, or continuous wherever they are finite: what rounding turns over would tell nothing. */
const STEPS: Readonly<Record<string, Step>> = {
  neg: (a) => tf.neg(a),
  abs: (a) => tf.abs(a),
  square: (a) => tf.square(a),
  relu: (a) => tf.relu(a),
  relu6: (a) => tf.relu6(a),
  elu: (a) => tf.elu(a),
  selu: (a) => tf.selu(a),
  leakyRelu: (a) => tf.leakyRelu(a, 0.1),
  sigmoid: (a) => tf.sigmoid(a),
  logSigmoid: (a) => tf.logSigmoid(a),
  tanh: (a) => tf.tanh(a),
  softplus: (a) => tf.softplus(a),
  exp: (a) => tf.exp(tf.minimum(a, 4)),
  expm1: (a) => tf.expm1(tf.minimum(a, 4)),
  log: (a) => tf.log(tf.add(tf.abs(a), 0.3)),
  log1p: (a) => tf.log1p(tf.abs(a)),
  sqrt: (a) => tf.sqrt(tf.add(tf.abs(a), 0.2)),
  rsqrt: (a) => tf.rsqrt(tf.add(tf.abs(a), 0.4)),
  reciprocal: (a) => tf.reciprocal(tf.add(tf.square(a), 0.5)),
  erf: (a) => tf.erf(a),
  atan: (a) => tf.atan(a),
  clip: (a) => tf.clipByValue(a, -1.125, 1.625),
  isNaN: (a) => float(tf.isNaN(a)),
  isFinite: (a) => float(tf.isFinite(a)),
  add: both(tf.add),
  sub: both(tf.sub),
  mul: both(tf.mul),
  div: both((a, b) => tf.div(a, tf.add(tf.abs(b), 0.7))),
  maximum: both(tf.maximum),
  minimum: both(tf.minimum),
  squaredDifference: both(tf.squaredDifference),
  where: both((a, b) => tf.where(tf.isFinite(a), a, b)),
  timesOne: (a) => tf.mul(a, 1),
  timesZero: (a) => tf.mul(a, 0),
  plusZero: (a) => tf.add(a, 0),
  minusItself: (a) => tf.sub(a, a),
  sumFirst: along((a) => tf.sum(a, 0)),
  sumLast: along((a) => tf.sum(a, -1, true)),
  mean: along((a) => tf.mean(a, -1)),
  max: along((a) => tf.max(a, -1)),
  min: along((a) => tf.min(a, 0, true)),
  prod: along((a) => tf.prod(tf.tanh(a), -1)),
  logSumExp: along((a) => tf.logSumExp(a, -1)),
  softmax: along((a) => tf.softmax(a)),
  logSoftmax: along((a) => tf.logSoftmax(a)),
  cumsum: along((a) => tf.cumsum(a, 0)),
  // (eagerly, TensorFlow.js gives noise for a negative axis)
  cumprod: along((a) => tf.cumprod(tf.tanh(a), a.rank - 1)),
  norm: along((a) => tf.norm(tf.add(a, 0.1), 2, -1)),
  sort: along((a) => sort(tf.where(tf.isNaN(a), 0.25, a))),
  flat: (a) => tf.reshape(a, [a.size]),
  column: (a) => tf.reshape(a, [a.size, 1]),
  transpose: (a) => tf.transpose(a),
  reverse: along((a) => tf.reverse(a, 0)),
  tile: (a) => (a.size * 2 <= MAX_SIZE ? tf.tile(tf.expandDims(a, 0), [2, ...a.shape.map(() => 1)]) : undefined),
  slice: (a) => ((a.shape[0] ?? 0) > 1 ? tf.slice(a, 1) : undefined),
  strided: along((a) =>
    tf.stridedSlice(
      a,
      a.shape.map(() => 0),
      [...a.shape],
      a.shape.map(() => 2)
    )
  ),
  pad: (a) =>
    a.rank > 0 && a.size <= 16
      ? tf.pad(
          a,
          a.shape.map((): [number, number] => [1, 0])
        )
      : undefined,
  concat: (a, b) => (a.rank > 0 && a.shape.join() === b.shape.join() && a.size * 2 <= MAX_SIZE ? tf.concat([a, b], -1) : undefined), // prettier-ignore
  stack: (a, b) => (a.shape.join() === b.shape.join() && a.size * 2 <= MAX_SIZE ? tf.stack([a, b]) : undefined),
  gather: along((a) => tf.gather(a, tf.tensor1d([a.shape[0]! - 1, 0], 'int32'))),
  segments: along((a) => tf.unsortedSegmentSum(a, tf.tensor1d(Array.from({ length: a.shape[0]! }, (_, i) => i % 2), 'int32'), 2)), // prettier-ignore
  oneHot: along((a) => tf.mul(tf.oneHot(tf.mod(argsort(tf.where(tf.isNaN(a), 0, a)), tf.scalar(3, 'int32')), 3), 0.5)),
  matMul: (a, b) => (a.rank === 2 && b.rank === 2 && a.shape[1] === b.shape[0] ? tf.matMul(a, b) : undefined),
  product: (a, b) => (a.rank === 2 && b.rank === 2 && a.shape[1] === b.shape[1] ? tf.matMul(a, b, false, true) : undefined), // prettier-ignore
  dot: (a, b) => (a.rank === 2 && b.rank === 1 && a.shape[1] === b.shape[0] ? tf.dot(a, b) : undefined),
  outer: (a, b) => (a.rank === 1 && b.rank === 1 && a.size * b.size <= MAX_SIZE ? tf.einsum('i,j->ij', a, b) : undefined), // prettier-ignore
  scan: (a, b) => {
    const [first, ...rest] = a.shape
    if (first === undefined || first === 0 || rest.join() !== b.shape.join()) return undefined
    return scan((c: tf.Tensor, row: tf.Tensor) => [tf.tanh(tf.add(c, row)), tf.mul(c, row)] as const, b, a)[1]
  },
  cond: (a, b) =>
    a.shape.join() === b.shape.join()
      ? cond(tf.greater(tf.sum(float(tf.isNaN(a))), 0.5), (x: tf.Tensor) => tf.tanh(x), (x: tf.Tensor) => tf.mul(x, 0.5), b) // prettier-ignore
      : undefined,
  vmap: along((a) => vmap((row: tf.Tensor) => tf.sum(tf.mul(row, tf.tanh(row))))(a))
}

const NAMES = Object.keys(STEPS)

export const instructions: fc.Arbitrary<readonly Instruction[]> = fc.array(
  fc.record({ kind: fc.nat(NAMES.length - 1), a: fc.nat(9), b: fc.nat(9) }),
  { minLength: 1, maxLength: 12 }
)

/** The values of a program after its inputs, in order; what does not suit is left out. */
const valuesOf = (list: readonly Instruction[], inputs: readonly tf.Tensor[], made: string[] = []): tf.Tensor[] => {
  const values = [...inputs]
  for (const { kind, a, b } of list) {
    const [i, j] = [values.length - 1 - (a % values.length), values.length - 1 - (b % values.length)]
    const value = STEPS[NAMES[kind]!]!(values[i]!, values[j]!)
    if (value === undefined || value.size === 0) continue
    made.push(`v${values.length} = ${NAMES[kind]!}(v${i}, v${j})`)
    values.push(value)
  }
  return values
}

/** The last few values of a program. */
export const programOf =
  (list: readonly Instruction[]) =>
  (...inputs: tf.Tensor[]): readonly tf.Tensor[] =>
    valuesOf(list, inputs).slice(-3)

/** A program as a reader likes it. */
export const textOf = (list: readonly Instruction[], inputs: readonly tf.Tensor[]): string => {
  const made: string[] = []
  tf.tidy(() => void valuesOf(list, inputs, made))
  return made.join('; ')
}

/** Numbers where floating point ends, and small ones that add up exactly. */
export const ENDS = [NaN, Infinity, -Infinity, 0, -0, 1, -1, 0.5, -2, 1.5]
