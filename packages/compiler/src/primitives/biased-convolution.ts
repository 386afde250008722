/** A convolution and a number added to each channel of it. Made by a pass, after derivatives have been taken. */
import * as tf from '@tensorflow/tfjs-core'
import { add } from './binary.js'
import { convolution } from './convolution.js'
import type { ConvolutionAttrs } from './convolution-form.js'
import * as rules from '../emit/wasm/rules/windows.js'
import { bind, bind1 } from '../trace/context.js'
import type { NdArray } from '../graph/graph.js'
import type { Primitive } from './primitive.js'

/** [O] as [O, 1, ...]: along the channels of [N, O, ...positions]. */
const channelShape = (bias: readonly number[], { image }: ConvolutionAttrs): number[] => [
  ...bias,
  ...image.map(() => 1)
]

/** Image [N, G C, ...], kernel [G O, C, ...] and bias [G O]. */
export const biasedConvolution: Primitive<ConvolutionAttrs> = {
  name: 'biasedConvolution',
  infer: (inputs, attrs) => convolution.infer(inputs.slice(0, 2), attrs),
  eager: ([x, w, bias], attrs) => [
    tf.tidy(() => tf.add(bind1(convolution, [x!, w!], attrs), tf.reshape(bias!, channelShape(bias!.shape, attrs))))
  ],
  batch: ({ inputs: [x, w, bias], batched, size, attrs }) => {
    const isAlone = !batched[0] && !batched[1]
    const result = isAlone
      ? { outputs: bind(convolution, [x!, w!], attrs), batched: [false] }
      : convolution.batch({ inputs: [x!, w!], batched: batched.slice(0, 2), size, attrs })
    const shape = batched[2]
      ? [size, 1, ...channelShape(bias!.shape.slice(1), attrs)]
      : channelShape(bias!.shape, attrs)
    const operands = [...result.outputs, tf.reshape(bias!, shape)]
    return add.batch({ inputs: operands, batched: [...result.batched, batched[2]!], size, attrs: {} })
  },
  onnx: (scope, context) => convolution.onnx(scope, context),
  wasm: rules.biasedConvolution,
  reference: ([x, w, bias], attrs) => {
    const shaped: NdArray = { ...bias!, shape: channelShape(bias!.shape, attrs) }
    return add.reference([...convolution.reference([x!, w!], attrs), shaped], {})
  }
}
