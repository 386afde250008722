// Parameters: numbers or tensors that broadcast together into the batch shape.
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, expectEvery, isValidating, scoped, toHostSync } from '@bdl/core'
import type { Parameter } from '@bdl/bijectors'

export type { Parameter }

const shapeOf = (p: Parameter): readonly number[] => (typeof p === 'number' ? [] : p.shape)

/** The shape that shapes broadcast to. @error ShapeMismatch if they do not */
export const broadcastShapeOf = (fn: string, named: Readonly<Record<string, readonly number[]>>): readonly number[] => {
  const shapes = Object.values(named)
  const rank = Math.max(...shapes.map((s) => s.length))
  const sizesAt = (i: number): number[] =>
    shapes.flatMap((s) => (i >= rank - s.length ? [s[i - rank + s.length]!] : []))
  return Array.from({ length: rank }, (_, i) => {
    const sizes = sizesAt(i)
    const size = sizes.find((n) => n !== 1) ?? 1
    if (sizes.some((n) => n !== 1 && n !== size))
      throw new BdlError({
        code: 'ShapeMismatch',
        fn,
        argument: Object.keys(named).join(', '),
        expected: 'shapes that broadcast together',
        got: shapes.map((s) => `[${s.join(', ')}]`).join(', ')
      })
    return size
  })
}

/** The shape that parameters broadcast to. @error ShapeMismatch if they do not */
export const batchShapeOf = (fn: string, named: Readonly<Record<string, Parameter>>): readonly number[] =>
  broadcastShapeOf(fn, Object.fromEntries(Object.entries(named).map(([name, p]) => [name, shapeOf(p)])))

/** A parameter as a tensor of the batch shape. */
export const filled = (p: Parameter, shape: readonly number[]): tf.Tensor => {
  if (typeof p === 'number') return tf.fill([...shape], p)
  return p.dtype === 'float32' && p.shape.join() === shape.join() ? tf.clone(p) : tf.add(p, tf.zeros([...shape]))
}

/** Every entry is finite and > 0. @error InvalidArgument */
export const expectPositiveParameter = (fn: string, argument: string, p: Parameter): void =>
  expectEvery(fn, argument, p, 'finite numbers > 0', (x) => Number.isFinite(x) && x > 0)

/** Every entry is finite. @error InvalidArgument */
export const expectFiniteParameter = (fn: string, argument: string, p: Parameter): void =>
  expectEvery(fn, argument, p, 'finite numbers', Number.isFinite)

/** Every entry lies in [0, 1]. @error InvalidArgument */
export const expectProbabilities = (fn: string, argument: string, p: Parameter): void =>
  expectEvery(fn, argument, p, 'probabilities, numbers in [0, 1]', (x) => x >= 0 && x <= 1)

/** low < high, entry by entry: numbers always, tensors in validation mode. @error InvalidArgument */
export const expectOrdered = (fn: string, low: Parameter, high: Parameter): void => {
  const areNumbers = typeof low === 'number' && typeof high === 'number'
  if (!areNumbers && !isValidating()) return
  const isOrdered = (): boolean => scoped(() => toHostSync(tf.less(low, high)).data.every((so) => so === 1))
  if (areNumbers ? low < high : isOrdered()) return
  const shown = (p: Parameter): string => (typeof p === 'number' ? String(p) : `[${toHostSync(p).data.join(', ')}]`)
  throw new BdlError({
    code: 'InvalidArgument',
    fn,
    argument: 'low, high',
    expected: 'low < high',
    got: `${shown(low)}, ${shown(high)}`
  })
}

/** log p, without a tensor where p is a number. */
export const logOf = (p: Parameter): Parameter => (typeof p === 'number' ? Math.log(p) : tf.log(p))
