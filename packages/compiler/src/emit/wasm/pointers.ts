/** Where the loops of a nest stand in each array: views that move alike share one local. */
import type { Axis, Space } from './collapse.js'
import { I32, op } from './opcodes.js'
import type { Site, View } from './program.js'
import { cursorsKey, viewKey } from './view-key.js'

export interface Pointers {
  /** Leaves an address on the stack and returns the offset to add to it, such that they make the view's place and `extra` bytes. */
  readonly push: (view: View, extra: number) => number
  /** Moves on along an axis. */
  readonly advance: (axis: Axis, elements: number) => void
  /** Moves back to where the loop over an axis began. */
  readonly rewind: (axis: Axis, elements?: number) => void
}

interface Pointer {
  readonly local: number
  readonly strides: readonly number[]
}

const isBackwards = ({ strides }: View): boolean => strides.some((s) => s < 0)

export const pointersFor = (site: Site, space: Space, views: readonly View[]): Pointers => {
  const { code } = site
  const pointers = new Map<string, Pointer>()
  const keys = new Map<string, string>()
  const begin = (view: View): Pointer => {
    const local = code.local(I32)
    code.i32(isBackwards(view) ? 4 * view.offset : 0)
    if (view.cursors.length > 0) {
      site.cursors(view.cursors)
      code.op(op.i32Add)
    }
    code.set(local)
    return { local, strides: space.stridesOf(view) }
  }
  for (const view of views) {
    const strides = space.stridesOf(view)
    if (view.cursors.length === 0 && strides.every((s) => s === 0)) continue
    // a pointer that moves backwards starts at its view's offset: an address must never be below zero
    const key = `${strides.join()}|${cursorsKey(view.cursors)}|${isBackwards(view) ? view.offset : ''}`
    if (!pointers.has(key)) pointers.set(key, begin(view))
    keys.set(viewKey(view), key)
  }
  const move = (axis: Axis, elements: number): void => {
    if (elements === 0) return
    for (const { local, strides } of pointers.values()) {
      const stride = strides[axis.index]!
      if (stride === 0) continue
      code.get(local)
      code.i32(4 * stride * elements)
      code.op(op.i32Add)
      code.set(local)
    }
  }
  return {
    push: (view, extra) => {
      const pointer = pointers.get(keys.get(viewKey(view)) ?? '')
      const offset = extra + (pointer !== undefined && isBackwards(view) ? 0 : 4 * view.offset)
      if (pointer === undefined) code.i32(0)
      else code.get(pointer.local)
      if (offset >= 0) return offset
      code.i32(offset)
      code.op(op.i32Add)
      return 0
    },
    advance: move,
    rewind: (axis, elements = axis.size) => move(axis, -elements)
  }
}
