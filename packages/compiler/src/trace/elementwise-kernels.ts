/** Kernels of the elementwise primitives. Those of one tensor settle its dtype first, since primitives of floats are just that. */
import * as tf from '@tensorflow/tfjs-core'
import { NO_ATTRS } from '../primitives/elementwise.js'
import { binaries } from '../primitives/binary.js'
import { unaries } from '../primitives/unary.js'
import { record } from './context.js'
import { inputOf, inputsOf } from './kernel-table.js'
import type { KernelInputs, KernelTable } from './kernel-table.js'

/** Defined for int32 as well; of bool they make int32, as arithmetic does. */
const KEEP_INTEGERS = ['Abs', 'Neg', 'Relu', 'Sign', 'Square']

/** What leaves integers as they are. */
const ROUNDINGS = ['Ceil', 'Floor', 'Round']

/** Of int32 and bool the rest makes float32. (TensorFlow.js truncates some of these to int32: of 1, asinh would be 0.) */
const unaryKernel =
  (kernel: string, primitive: (typeof unaries)[keyof typeof unaries]) =>
  (inputs: KernelInputs): readonly tf.Tensor[] => {
    const x = inputsOf(inputs)[0]!
    if (x.dtype === 'float32' || kernel === 'LogicalNot') return record(primitive, [x], NO_ATTRS)
    if (ROUNDINGS.includes(kernel)) return [tf.cast(x, 'int32')]
    return record(primitive, [tf.cast(x, KEEP_INTEGERS.includes(kernel) ? 'int32' : 'float32')], NO_ATTRS)
  }

export const elementwiseKernels: KernelTable = Object.fromEntries([
  ...Object.entries(unaries).map(([kernel, primitive]) => [kernel, unaryKernel(kernel, primitive)]),
  ...Object.entries(binaries).map(([kernel, primitive]) => [
    kernel,
    (inputs: KernelInputs) => record(primitive, [inputOf(inputs, 'a'), inputOf(inputs, 'b')], NO_ATTRS)
  ])
])
