/** Texts that are equal for equal views. */
import type { View } from './program.js'

export const cursorsKey = (cursors: View['cursors']): string =>
  cursors.map(({ loop, stride, last }) => `${loop},${stride},${last ?? ''}`).join(';')

/** A view is asked for its text again and again. */
const keys = new WeakMap<View, string>()

export const viewKey = (view: View): string => {
  const known = keys.get(view)
  if (known !== undefined) return known
  const { offset, strides, cursors } = view
  const key = `${offset}|${strides.join()}|${cursorsKey(cursors)}`
  keys.set(view, key)
  return key
}
