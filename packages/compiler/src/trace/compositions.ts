/** TensorFlow.js kernels that are compositions of others, written as `tf` code. */
import * as tf from '@tensorflow/tfjs-core'
import { clip } from '../primitives/clip.js'
import { NO_ATTRS } from '../primitives/elementwise.js'
import { logSoftmax } from '../primitives/reduce.js'
import { bind, bind1 } from './context.js'
import { inputOf, inputsOf } from './kernel-table.js'
import type { KernelInputs, KernelTable } from './kernel-table.js'
import { einsum } from './einsum.js'

const x = (inputs: KernelInputs): tf.Tensor => inputOf(inputs, 'x')

const SELU_SCALE = 1.0507009873554805
const SELU_ALPHA = 1.6732632423543772

/** Quadrants from the ratio, which is ±1 for two infinities; zero and infinite arguments as in C's atan2. */
const atan2 = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => {
  const isFlat = tf.equal(b, 0)
  const isFar = tf.logicalAnd(tf.isInf(a), tf.isInf(b))
  const [y, x] = [a, b].map((t) => tf.where(isFar, tf.sign(t), t))
  const ratio = tf.atan(tf.div(y!, tf.where(isFlat, tf.onesLike(b), x!)))
  const turn = tf.where(tf.greaterEqual(a, 0), Math.PI, -Math.PI)
  const slanted = tf.where(tf.less(b, 0), tf.add(ratio, turn), ratio)
  const upright = tf.mul(tf.sign(a), Math.PI / 2)
  return tf.where(isFlat, upright, slanted)
}

const elu = (input: tf.Tensor): tf.Tensor => tf.where(tf.greater(input, 0), input, tf.expm1(tf.minimum(input, 0)))

/** 1 where positive, `alpha` where not, NaN where NaN; in the dtype of x. */
const step = (input: tf.Tensor, alpha: number): tf.Tensor => {
  const stepped = tf.where(tf.greater(input, 0), 1, alpha)
  if (input.dtype === 'int32') return tf.cast(stepped, 'int32')
  return input.dtype === 'float32' ? tf.where(tf.isNaN(input), input, stepped) : stepped
}

const mean = (input: tf.Tensor, axis: unknown, keepDims: boolean): tf.Tensor => {
  const axes = axis === undefined || axis === null ? input.shape.map((_, i) => i) : [axis].flat().map(Number)
  const count = axes.reduce((n, a) => n * input.shape[a < 0 ? a + input.rank : a]!, 1)
  return tf.mul(tf.sum(input, axes, keepDims), 1 / count)
}

const batchNorm = (inputs: KernelInputs, epsilon: number): tf.Tensor => {
  const scaled = tf.mul(
    tf.sub(x(inputs), inputOf(inputs, 'mean')),
    tf.rsqrt(tf.add(inputOf(inputs, 'variance'), epsilon))
  )
  const { scale, offset } = inputs
  const stretched = scale ? tf.mul(scaled, scale) : scaled
  return offset ? tf.add(stretched, offset) : stretched
}

const fill = (shape: readonly number[], value: number, dtype: unknown): tf.Tensor =>
  tf.broadcastTo(tf.scalar(value, dtype === 'int32' || dtype === 'bool' ? dtype : 'float32'), [...shape])

/** A step of 1, the default, is one of -1 where that is the way to `stop`. */
const range = (start: number, stop: number, by: number, dtype: unknown): tf.Tensor => {
  const step = by === 1 && stop < start ? -1 : by
  const count = Math.max(0, Math.ceil((stop - start) / step))
  const values = dtype === 'int32' ? new Int32Array(count) : new Float32Array(count)
  for (let i = 0; i < count; i++) values[i] = start + i * step
  return tf.tensor1d(values, dtype === 'int32' ? 'int32' : 'float32')
}

const linspace = (start: number, stop: number, num: number): tf.Tensor =>
  tf.tensor1d(
    Float32Array.from({ length: num }, (_, i) => (num === 1 ? start : start + (i * (stop - start)) / (num - 1)))
  )

const unpack = (value: tf.Tensor, axis: number): readonly tf.Tensor[] => {
  const at = axis < 0 ? axis + value.rank : axis
  const rest = value.shape.filter((_, i) => i !== at)
  const pieces = value.shape[at] === 1 ? [value] : tf.split(value, value.shape[at]!, at)
  return pieces.map((piece) => tf.reshape(piece, rest))
}

export const compositions: KernelTable = {
  AddN: (inputs) => [inputsOf(inputs).reduce((a, b) => tf.add(a, b))],
  Atan2: (inputs) => [atan2(inputOf(inputs, 'a'), inputOf(inputs, 'b'))],
  ClipByValue: (inputs, { clipValueMin, clipValueMax }) =>
    bind(clip, [x(inputs)], { low: Number(clipValueMin), high: Number(clipValueMax) }),
  Cumprod: (inputs, { axis, exclusive, reverse }) => [
    cumprod(x(inputs), Number(axis), exclusive === true, reverse === true)
  ],
  Einsum: (inputs, { equation }) => [einsum(String(equation), inputsOf(inputs))],
  Elu: (inputs) => [elu(x(inputs))],
  // of TensorFlow.js's own gradient of elu, from the output y
  EluGrad: (inputs) => {
    const [dy, y] = [inputOf(inputs, 'dy'), inputOf(inputs, 'y')]
    return [tf.where(tf.greaterEqual(y, 0), dy, tf.mul(dy, tf.add(y, 1)))]
  },
  Fill: (_, { shape, value, dtype }) => [fill(shape as readonly number[], Number(value), dtype)],
  FusedBatchNorm: (inputs, { varianceEpsilon }) => [batchNorm(inputs, Number(varianceEpsilon ?? 1e-3))],
  LeakyRelu: (inputs, { alpha }) => [tf.where(tf.greater(x(inputs), 0), x(inputs), tf.mul(x(inputs), Number(alpha)))],
  LinSpace: (_, { start, stop, num }) => [linspace(Number(start), Number(stop), Number(num))],
  Mean: (inputs, { axis, keepDims }) => [mean(x(inputs), axis, keepDims === true)],
  OnesLike: (inputs) => [fill(x(inputs).shape, 1, x(inputs).dtype)],
  Pack: (inputs, { axis }) => {
    const all = inputsOf(inputs)
    const at = Number(axis) < 0 ? Number(axis) + all[0]!.rank + 1 : Number(axis)
    return [
      tf.concat(
        all.map((t) => tf.expandDims(t, at)),
        at
      )
    ]
  },
  Prelu: (inputs) => [tf.where(tf.greater(x(inputs), 0), x(inputs), tf.mul(x(inputs), inputOf(inputs, 'alpha')))],
  Range: (_, { start, stop, step, dtype }) => [range(Number(start), Number(stop), Number(step), dtype)],
  Relu6: (inputs) => bind(clip, [x(inputs)], { low: 0, high: 6 }),
  Selu: (inputs) => [
    tf.mul(
      tf.where(tf.greater(x(inputs), 0), x(inputs), tf.mul(tf.expm1(tf.minimum(x(inputs), 0)), SELU_ALPHA)),
      SELU_SCALE
    )
  ],
  Softmax: (inputs) => [tf.exp(bind1(logSoftmax, [inputOf(inputs, 'logits')], NO_ATTRS))],
  SquaredDifference: (inputs) => [tf.square(tf.sub(inputOf(inputs, 'a'), inputOf(inputs, 'b')))],
  Step: (inputs, { alpha }) => [step(x(inputs), Number(alpha ?? 0))],
  Unpack: (inputs, { axis }) => unpack(inputOf(inputs, 'value'), Number(axis ?? 0)),
  ZerosLike: (inputs) => [fill(x(inputs).shape, 0, x(inputs).dtype)]
}

/** Running product by doubling: log2(n) products of shifted copies, right where an element is zero. */
const cumprod = (x: tf.Tensor, axis: number, exclusive: boolean, reverse: boolean): tf.Tensor => {
  const input = x.dtype === 'bool' ? tf.cast(x, 'int32') : x
  const at = axis < 0 ? axis + input.rank : axis
  const n = input.shape[at]!
  const shift = (t: tf.Tensor, by: number): tf.Tensor => {
    const begin = t.shape.map(() => 0)
    const size = t.shape.map((m, i) => (i === at ? n - by : m))
    return tf.pad(
      tf.slice(t, begin, size),
      t.shape.map((_, i): [number, number] => (i === at ? [by, 0] : [0, 0])),
      1
    )
  }
  let product = reverse ? tf.reverse(input, at) : input
  for (let by = 1; by < n; by *= 2) product = tf.mul(product, shift(product, by))
  if (exclusive) product = shift(product, 1)
  return reverse ? tf.reverse(product, at) : product
}
