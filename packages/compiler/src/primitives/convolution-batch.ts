/** Convolutions of many members at once: the members are folded into an axis of each operand that fits the form T. */
import * as tf from '@tensorflow/tfjs-core'
import { bind1 } from '../trace/context.js'
import { operandsOf } from './convolution-form.js'
import type { ConvolutionAttrs, Role } from './convolution-form.js'
import type { BatchContext, Batched, Primitive } from './primitive.js'

/** Where the members go: into the examples, the channels of the image, those of the output, or the groups. */
type Fold = 'examples' | 'inner' | 'outer' | 'groups'

/** The operand that all members share says which axis of the others is free to hold the members. */
const foldOf = (shared: Role | undefined): Fold =>
  shared === 'kernel' ? 'examples' : shared === 'output' ? 'inner' : shared === 'image' ? 'outer' : 'groups'

/** Where the members of an operand [N, G C, ...], [G O, C, ...] or [N, G O, ...] go. */
type Place = 'first axis' | 'second axis' | 'first axis, within groups' | 'second axis, within groups'

const placeOf = (role: Role, into: Fold, groups: number): Place => {
  if (into === 'examples') return 'first axis'
  if (into === 'groups') return role === 'kernel' ? 'first axis' : 'second axis'
  if (role === 'kernel' && into === 'inner') return 'second axis'
  const axis = role === 'kernel' ? 'first axis' : 'second axis'
  return groups === 1 ? axis : `${axis}, within groups`
}

/** Splits [B, ...] into the axes that are to stand next to each other, and says their order; then joins them. */
const fold = (x: tf.Tensor, place: Place, groups: number): tf.Tensor => {
  const [size, first, second, ...rest] = x.shape as [number, number, number, ...number[]]
  const tail = (from: number): number[] => rest.map((_, i) => i + from)
  switch (place) {
    case 'first axis':
      return tf.reshape(x, [size * first, second, ...rest])
    case 'second axis':
      return tf.reshape(tf.transpose(x, [1, 0, 2, ...tail(3)]), [first, size * second, ...rest])
    case 'first axis, within groups': {
      const split = tf.reshape(x, [size, groups, first / groups, second, ...rest])
      return tf.reshape(tf.transpose(split, [1, 0, 2, 3, ...tail(4)]), [size * first, second, ...rest])
    }
    case 'second axis, within groups': {
      const split = tf.reshape(x, [size, first, groups, second / groups, ...rest])
      return tf.reshape(tf.transpose(split, [1, 2, 0, 3, ...tail(4)]), [first, size * second, ...rest])
    }
  }
}

/** The inverse of `fold`. */
const unfold = (x: tf.Tensor, place: Place, groups: number, size: number): tf.Tensor => {
  const [first, second, ...rest] = x.shape as [number, number, ...number[]]
  const tail = (from: number): number[] => rest.map((_, i) => i + from)
  switch (place) {
    case 'first axis':
      return tf.reshape(x, [size, first / size, second, ...rest])
    case 'second axis':
      return tf.transpose(tf.reshape(x, [first, size, second / size, ...rest]), [1, 0, 2, ...tail(3)])
    case 'first axis, within groups': {
      const split = tf.reshape(x, [groups, size, first / (groups * size), second, ...rest])
      return tf.reshape(tf.transpose(split, [1, 0, 2, 3, ...tail(4)]), [size, first / size, second, ...rest])
    }
    case 'second axis, within groups': {
      const split = tf.reshape(x, [first, groups, size, second / (groups * size), ...rest])
      return tf.reshape(tf.transpose(split, [2, 0, 1, 3, ...tail(4)]), [size, first, second / size, ...rest])
    }
  }
}

export const batchConvolution = (
  convolution: Primitive<ConvolutionAttrs>,
  { inputs, batched, size, attrs }: BatchContext<ConvolutionAttrs>
): Batched => {
  const { groups, of } = attrs
  const roles = operandsOf(of)
  const into = foldOf(roles.find((_, i) => !batched[i]))
  const folded = inputs.map((x, i) => (batched[i] ? fold(x, placeOf(roles[i]!, into, groups), groups) : x))
  const many = into === 'groups' ? { ...attrs, groups: groups * size } : attrs
  const result = bind1(convolution, folded, many)
  return { outputs: [unfold(result, placeOf(of, into, groups), groups, size)], batched: [true] }
}
