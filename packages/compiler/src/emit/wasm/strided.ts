/** Views of tensors: reshape, transpose, broadcast, slice and reverse only change how an index becomes an address. */
import type { Shape } from '../../graph/graph.js'
import { stridesOf } from '../../primitives/broadcasting.js'
import type { Operand, View } from './program.js'

/** Row-major from the start. */
export const plainView = (shape: Shape): View => ({ offset: 0, strides: stridesOf(shape), cursors: [] })

const withStrides = (x: Operand, shape: Shape, strides: readonly number[], offset = x.view.offset): Operand => ({
  ...x,
  shape,
  view: { ...x.view, offset, strides }
})

/** Broadcast to a shape. */
export const broadcast = (x: Operand, shape: Shape): Operand => {
  const lead = shape.length - x.shape.length
  return withStrides(
    x,
    shape,
    shape.map((_, axis) => (axis < lead || x.shape[axis - lead] === 1 ? 0 : x.view.strides[axis - lead]!))
  )
}

export const permute = (x: Operand, perm: readonly number[]): Operand =>
  withStrides(
    x,
    perm.map((axis) => x.shape[axis]!),
    perm.map((axis) => x.view.strides[axis]!)
  )

export const part = (x: Operand, begin: readonly number[], size: Shape): Operand =>
  withStrides(
    x,
    size,
    x.view.strides,
    begin.reduce((at, b, axis) => at + b * x.view.strides[axis]!, x.view.offset)
  )

export const flip = (x: Operand, axes: readonly number[]): Operand =>
  withStrides(
    x,
    x.shape,
    x.view.strides.map((s, axis) => (axes.includes(axis) ? -s : s)),
    axes.reduce((at, axis) => at + Math.max(0, x.shape[axis]! - 1) * x.view.strides[axis]!, x.view.offset)
  )

/** One entry of the leading axis, which a loop moves along: entry `turn`, or `last - turn`. */
export const rowAt = (x: Operand, loop: number, last?: number): Operand => {
  const [, ...shape] = x.shape
  const [stride, ...strides] = x.view.strides
  if (typeof x.source === 'number' || stride === 0) return withStrides(x, shape, strides)
  const cursor = { loop, stride: stride!, ...(last !== undefined && { last }) }
  return { ...x, shape, view: { offset: x.view.offset, strides, cursors: [...x.view.cursors, cursor] } }
}

/** Axes as few as possible: those of size 1 left out, neighbours that are one run of addresses made one. */
const runs = (shape: Shape, strides: readonly number[]): { size: number; stride: number }[] => {
  const result: { size: number; stride: number }[] = []
  shape.forEach((size, axis) => {
    const stride = strides[axis]!
    const last = result[result.length - 1]
    if (size === 1) return
    if (last?.stride === stride * size) {
      last.size *= size
      last.stride = stride
    } else result.push({ size, stride })
  })
  return result
}

/** Strides of the same elements in the same order under another shape; `undefined` where no strides do it. */
export const reshapedStrides = (from: Shape, strides: readonly number[], to: Shape): readonly number[] | undefined => {
  const rest = runs(from, strides)
  const result = new Array<number>(to.length).fill(0)
  if (to.includes(0)) return result
  for (let axis = to.length - 1; axis >= 0; axis--) {
    const size = to[axis]!
    const run = rest[rest.length - 1]
    if (size === 1) continue
    if (run === undefined || run.size % size !== 0) return undefined
    result[axis] = run.stride
    run.size /= size
    run.stride *= size
    if (run.size === 1) rest.pop()
  }
  return result
}

/** The same elements under another shape, if a view can show them. */
export const reshaped = (x: Operand, shape: Shape): Operand | undefined => {
  const strides = reshapedStrides(x.shape, x.view.strides, shape)
  return strides && withStrides(x, shape, strides)
}

/** Whether the elements lie one after the other, row-major, with no gap. */
export const isPlain = ({ shape, view }: Operand): boolean => {
  const [only, ...more] = runs(shape, view.strides)
  return only === undefined || (more.length === 0 && only.stride === 1)
}

/** An operand that is a whole buffer, as it lies. */
export const isWhole = (x: Operand): boolean =>
  typeof x.source !== 'number' &&
  x.view.offset === 0 &&
  x.view.cursors.length === 0 &&
  isPlain(x) &&
  x.source.size === x.shape.reduce((n, d) => n * d, 1)
