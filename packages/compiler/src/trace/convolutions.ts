/** TensorFlow.js's convolutions, their gradients and their fused forms in terms of the one primitive. */
import * as tf from '@tensorflow/tfjs-core'
import { convolution } from '../primitives/convolution.js'
import type { ConvolutionAttrs, Role } from '../primitives/convolution-form.js'
import { bind1 } from './context.js'
import { inputOf } from './kernel-table.js'
import type { KernelInputs, KernelTable } from './kernel-table.js'
import { inward, outward, channelsLastShape, emptyResult, geometryOf, isChannelsFirst, isEmpty } from './windows.js'
import type { Geometry, KernelAttrs } from './windows.js'

const numbers = (value: unknown): number[] => [...(value as readonly number[])]

const attrsOf = (
  of: Role,
  groups: number,
  { strides, dilations, padding, image, window }: Geometry
): ConvolutionAttrs => ({
  of,
  groups,
  strides,
  dilations,
  padding,
  image,
  kernel: window
})

/** What sets an ordinary convolution apart from a depthwise one. */
interface Kind {
  readonly groups: (kernel: readonly number[]) => number
  /** Channels of the result. */
  readonly channels: (kernel: readonly number[]) => number
  /** TensorFlow.js's [...window, C, O] or [...window, C, multiplier] as [O, C / groups, ...window], and back. */
  readonly inside: (kernel: tf.Tensor) => tf.Tensor
  readonly outside: (kernel: tf.Tensor, shape: readonly number[]) => tf.Tensor
}

const windowAxes = (rank: number): number[] => Array.from({ length: rank - 2 }, (_, d) => d)

const full: Kind = {
  groups: () => 1,
  channels: (kernel) => kernel[kernel.length - 1]!,
  inside: (kernel) => tf.transpose(kernel, [kernel.rank - 1, kernel.rank - 2, ...windowAxes(kernel.rank)]),
  outside: (kernel) => tf.transpose(kernel, [...windowAxes(kernel.rank).map((d) => d + 2), 1, 0])
}

/** Each channel is a group of its own: output channel c multiplier + m reads image channel c. */
const depthwise: Kind = {
  groups: (kernel) => kernel[2]!,
  channels: (kernel) => kernel[2]! * kernel[3]!,
  inside: (kernel) => {
    const [height, width, channels, multiplier] = kernel.shape as [number, number, number, number]
    return tf.reshape(tf.transpose(kernel, [2, 3, 0, 1]), [channels * multiplier, 1, height, width])
  },
  outside: (kernel, [height, width, channels, multiplier]) =>
    tf.transpose(tf.reshape(kernel, [channels!, multiplier!, height!, width!]), [2, 3, 0, 1])
}

/** Examples and channels of image or output come in, and go out, in the order that `dataFormat` says. */
const real = (x: tf.Tensor, attrs: KernelAttrs): tf.Tensor => inward(tf.cast(x, 'float32'), attrs)

const lastShape = (shape: readonly number[], attrs: KernelAttrs): readonly number[] =>
  isChannelsFirst(attrs) ? channelsLastShape(shape) : shape

const forward = (kind: Kind, inputs: KernelInputs, attrs: KernelAttrs): tf.Tensor => {
  const [x, filter] = [inputOf(inputs, 'x'), inputOf(inputs, 'filter')]
  const geometry = geometryOf(lastShape(x.shape, attrs), filter.shape, attrs)
  if (isEmpty(geometry)) return emptyResult(x.shape, kind.channels(filter.shape), geometry, attrs)
  const operands = [real(x, attrs), kind.inside(tf.cast(filter, 'float32'))]
  return outward(bind1(convolution, operands, attrsOf('output', kind.groups(filter.shape), geometry)), attrs)
}

const imageGradient = (kind: Kind, inputs: KernelInputs, attrs: KernelAttrs): tf.Tensor => {
  const [dy, filter] = [inputOf(inputs, 'dy'), inputOf(inputs, 'filter')]
  const geometry = geometryOf(lastShape(numbers(attrs['inputShape']), attrs), filter.shape, attrs)
  const operands = [kind.inside(tf.cast(filter, 'float32')), real(dy, attrs)]
  return outward(bind1(convolution, operands, attrsOf('image', kind.groups(filter.shape), geometry)), attrs)
}

const kernelGradient = (kind: Kind, inputs: KernelInputs, attrs: KernelAttrs): tf.Tensor => {
  const [x, dy] = [inputOf(inputs, 'x'), inputOf(inputs, 'dy')]
  const shape = numbers(attrs['filterShape'])
  const geometry = geometryOf(lastShape(x.shape, attrs), shape, attrs)
  const operands = [real(x, attrs), real(dy, attrs)]
  return kind.outside(bind1(convolution, operands, attrsOf('kernel', kind.groups(shape), geometry)), shape)
}

const activate = (x: tf.Tensor, name: unknown, weights: tf.Tensor | undefined, slope: unknown): tf.Tensor => {
  switch (name) {
    case 'relu':
      return tf.relu(x)
    case 'relu6':
      return tf.relu6(x)
    case 'elu':
      return tf.elu(x)
    case 'sigmoid':
      return tf.sigmoid(x)
    case 'leakyrelu':
      return tf.leakyRelu(x, Number(slope ?? 0.2))
    case 'prelu':
      return weights === undefined ? x : tf.prelu(x, weights)
    default:
      return x
  }
}

/** Bias, then activation: what the fused kernels do after their product. */
const finish = (product: tf.Tensor, inputs: KernelInputs, attrs: KernelAttrs): tf.Tensor => {
  const { bias, preluActivationWeights: weights } = inputs
  // one number for each channel stands on the axis of channels
  const aligned = (t: tf.Tensor): tf.Tensor =>
    attrs['dataFormat'] === 'NCHW' && t.rank === 1 && t.size > 1 ? tf.reshape(t, [t.size, 1, 1]) : t
  const shifted = bias ? tf.add(product, aligned(bias)) : product
  return activate(shifted, attrs['activation'], weights && aligned(weights), attrs['leakyreluAlpha'])
}

export const convolutions: KernelTable = {
  Conv2D: (inputs, attrs) => [forward(full, inputs, attrs)],
  Conv2DBackpropInput: (inputs, attrs) => [imageGradient(full, inputs, attrs)],
  Conv2DBackpropFilter: (inputs, attrs) => [kernelGradient(full, inputs, attrs)],
  Conv3D: (inputs, attrs) => [forward(full, inputs, attrs)],
  Conv3DBackpropInputV2: (inputs, attrs) => [imageGradient(full, inputs, attrs)],
  Conv3DBackpropFilterV2: (inputs, attrs) => [kernelGradient(full, inputs, attrs)],
  DepthwiseConv2dNative: (inputs, attrs) => [forward(depthwise, inputs, attrs)],
  DepthwiseConv2dNativeBackpropInput: (inputs, attrs) => [imageGradient(depthwise, inputs, attrs)],
  DepthwiseConv2dNativeBackpropFilter: (inputs, attrs) => [kernelGradient(depthwise, inputs, attrs)],
  FusedConv2D: (inputs, attrs) => [finish(forward(full, inputs, attrs), inputs, attrs)],
  FusedDepthwiseConv2D: (inputs, attrs) => [finish(forward(depthwise, inputs, attrs), inputs, attrs)],
  _FusedMatMul: (inputs, attrs) => {
    const product = tf.matMul(
      inputOf(inputs, 'a'),
      inputOf(inputs, 'b'),
      attrs['transposeA'] === true,
      attrs['transposeB'] === true
    )
    return [finish(product, inputs, attrs)]
  }
}
