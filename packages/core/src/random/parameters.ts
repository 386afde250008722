// Parameters of samplers: numbers, or tensors that broadcast to the shape drawn.
import * as tf from '@tensorflow/tfjs-core'
import { BdlError } from '@bdl/compiler'

export type SamplerParameter = number | tf.Tensor

const mismatch = (fn: string, argument: string, expected: string, got: readonly (readonly number[])[]): BdlError =>
  new BdlError({
    code: 'ShapeMismatch',
    fn,
    argument,
    expected,
    got: got.map((shape) => `[${shape.join(', ')}]`).join(', ')
  })

/** The shape drawn if none is said: what the parameters broadcast to. @error ShapeMismatch if they do not */
export const shapeOfParameters = (fn: string, named: Readonly<Record<string, SamplerParameter>>): readonly number[] => {
  const shapes = Object.values(named).map((p) => (typeof p === 'number' ? [] : p.shape))
  const rank = Math.max(...shapes.map((shape) => shape.length))
  return Array.from({ length: rank }, (_, i) => {
    const sizes = shapes.map((shape) => shape[i - rank + shape.length] ?? 1).filter((n) => n !== 1)
    if (sizes.some((n) => n !== sizes[0]))
      throw mismatch(fn, Object.keys(named).join(', '), 'shapes that broadcast together', shapes)
    return sizes[0] ?? 1
  })
}

/** A parameter as float32 of the shape drawn. @error ShapeMismatch if it does not broadcast to it */
export const spread = (fn: string, argument: string, p: SamplerParameter, shape: readonly number[]): tf.Tensor => {
  if (typeof p === 'number') return tf.fill([...shape], p)
  const lead = shape.length - p.rank
  if (lead < 0 || p.shape.some((n, i) => n !== 1 && n !== shape[lead + i]))
    throw mismatch(fn, argument, `a shape that broadcasts to [${shape.join(', ')}]`, [p.shape])
  return tf.add(tf.cast(p, 'float32'), tf.zeros([...shape]))
}
