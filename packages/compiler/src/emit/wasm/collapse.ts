/** The axes of a nest, as few as its views allow: neighbours that every view walks as one run become one. */
import type { Nest, View } from './program.js'
import { viewKey } from './view-key.js'

export interface Axis {
  readonly index: number
  readonly size: number
  readonly isReduced: boolean
}

export interface Space {
  readonly axes: readonly Axis[]
  readonly size: number
  /** Strides of a view of the nest, one for each axis of this space. */
  readonly stridesOf: (view: View) => readonly number[]
}

export const collapse = ({ shape, reduced }: Pick<Nest, 'shape' | 'reduced'>, views: readonly View[]): Space => {
  const strides = new Map(views.map((view) => [viewKey(view), [] as number[]]))
  const axes: { size: number; isReduced: boolean }[] = []
  const isRun = (axis: number, size: number): boolean =>
    views.every((view) => strides.get(viewKey(view))!.at(-1) === view.strides[axis]! * size)
  const place = (axis: number, at: number): void =>
    views.forEach((view) => (strides.get(viewKey(view))![at] = view.strides[axis]!))
  shape.forEach((size, axis) => {
    if (size === 1) return
    const last = axes[axes.length - 1]
    if (last !== undefined && last.isReduced === reduced[axis] && isRun(axis, size)) last.size *= size
    else axes.push({ size, isReduced: reduced[axis]! })
    place(axis, axes.length - 1)
  })
  if (axes.length === 0) {
    // a single element: one axis of size 1, along which nothing moves
    axes.push({ size: 1, isReduced: reduced.includes(true) })
    strides.forEach((own) => own.push(0))
  }
  return {
    axes: axes.map((axis, index) => ({ ...axis, index })),
    size: axes.reduce((n, { size }) => n * size, 1),
    stridesOf: (view) => strides.get(viewKey(view))!
  }
}
