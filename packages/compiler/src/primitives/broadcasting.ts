/** NumPy broadcasting: shapes, its transpose (summing), and the alignment that batching needs. */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError } from '../errors.js'
import { sameShape, sizeOf } from '../graph/graph.js'
import type { Shape } from '../graph/graph.js'
import { whereabouts } from '../trace/user-line.js'
import type { BatchContext } from './primitive.js'

const noCommonShape = (fn: string, shapes: readonly Shape[]): BdlError =>
  new BdlError({
    code: 'ShapeMismatch',
    fn,
    argument: 'inputs',
    expected: 'shapes that broadcast',
    got: shapes.map((shape) => `[${shape.join(', ')}]`).join(' and '),
    ...whereabouts()
  })

/** The shape that shapes broadcast to, as NumPy does. @error ShapeMismatch if they do not */
export const broadcastShapes = (fn: string, ...shapes: readonly Shape[]): Shape => {
  const [first, second, ...others] = shapes
  if (first !== undefined && second !== undefined && others.length === 0 && sameShape(first, second)) return first
  const rank = shapes.reduce((most, { length }) => Math.max(most, length), 0)
  const result = new Array<number>(rank).fill(1)
  for (const shape of shapes) {
    const lead = rank - shape.length
    shape.forEach((size, axis) => {
      if (size === 1 || size === result[lead + axis]) return
      if (result[lead + axis] !== 1) throw noCommonShape(fn, shapes)
      result[lead + axis] = size
    })
  }
  return result
}

/** Sums `x` down to `shape`: the transpose of broadcasting `shape` up to `x.shape`. */
export const sumTo = (x: tf.Tensor, shape: Shape): tf.Tensor => {
  if (sameShape(x.shape, shape)) return x
  const lead = x.shape.length - shape.length
  const axes = x.shape
    .map((_, axis) => axis)
    .filter((axis) => axis < lead || (shape[axis - lead] === 1 && x.shape[axis] !== 1))
  const summed = axes.length === 0 ? x : tf.sum(x, axes)
  return sameShape(summed.shape, shape) ? summed : tf.reshape(summed, [...shape])
}

/** Broadcasts `x` up to `shape`; `x` itself if it has that shape. */
export const spreadTo = (x: tf.Tensor, shape: Shape): tf.Tensor =>
  sameShape(x.shape, shape) ? x : tf.broadcastTo(x, [...shape])

/** Brings batched operands of an elementwise op to one rank, so that the batch stays the leading axis. */
export const alignBatched = ({
  inputs,
  batched
}: Pick<BatchContext<unknown>, 'inputs' | 'batched'>): readonly tf.Tensor[] => {
  const rank = Math.max(...inputs.map((x, i) => x.shape.length - (batched[i] ? 1 : 0)))
  return inputs.map((x, i) => {
    const missing = rank + 1 - x.shape.length
    if (!batched[i] || missing === 0) return x
    const [size, ...rest] = x.shape
    return tf.reshape(x, [size!, ...Array.from({ length: missing }, () => 1), ...rest])
  })
}

/** For the reference engine: flat index into an operand of `shape`, given the flat index into the broadcast `out`. */
export const broadcastIndex = (shape: Shape, out: Shape): ((flat: number) => number) => {
  if (sameShape(shape, out)) return (flat) => flat
  if (sizeOf(shape) === 1) return () => 0
  const lead = out.length - shape.length
  const strides = stridesOf(shape).map((stride, axis) => (shape[axis] === 1 ? 0 : stride))
  const outStrides = stridesOf(out)
  return (flat) => {
    let index = 0
    for (let axis = lead; axis < out.length; axis++)
      index += (Math.floor(flat / outStrides[axis]!) % out[axis]!) * strides[axis - lead]!
    return index
  }
}

/** Row-major strides. */
export const stridesOf = (shape: Shape): readonly number[] => {
  const strides = new Array<number>(shape.length)
  let stride = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride
    stride *= shape[axis]!
  }
  return strides
}
