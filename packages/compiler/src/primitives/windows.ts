/**
 * The geometry that convolutions and pools share: a window slides over the trailing axes of an image. Output position p
 * reads, through tap k of the window, the image at i = p stride + k dilation - padding before; what lies outside is padding.
 */
import { BdlError } from '../errors.js'
import { sizeOf } from '../graph/graph.js'
import type { Shape } from '../graph/graph.js'
import { whereabouts } from '../trace/user-line.js'
import { stridesOf } from './broadcasting.js'

/** One entry per spatial axis. Padding may be negative: that part of the image is not read. */
export type Windows = {
  readonly strides: readonly number[]
  readonly dilations: readonly number[]
  readonly padding: readonly (readonly [before: number, after: number])[]
}

/** From the first tap to the last, both included. */
export const extentOf = (size: number, dilation: number): number => (size - 1) * dilation + 1

/**
 * How many positions a window of `window` taps has on an image of `image` points.
 *
 * @error ShapeMismatch if there is none along some axis
 */
export const positionsOf = (
  fn: string,
  image: Shape,
  window: Shape,
  { strides, dilations, padding }: Windows
): number[] => {
  const positions = image.map((n, d) => {
    const room = n + padding[d]![0] + padding[d]![1] - extentOf(window[d]!, dilations[d]!)
    return room < 0 ? 0 : Math.floor(room / strides[d]!) + 1
  })
  if (positions.every((n) => n > 0)) return positions
  throw new BdlError({
    code: 'ShapeMismatch',
    fn,
    argument: 'window',
    expected: 'one that fits into the padded image',
    got: `window [${window.join(', ')}] with dilations [${dilations.join(', ')}] on [${image.join(', ')}]`,
    ...whereabouts()
  })
}

/** Whether every position of the window reads at least one point of the image. */
export const alwaysReads = (image: Shape, window: Shape, positions: Shape, windows: Windows): boolean =>
  image.every((n, d) => {
    const reads = (p: number): boolean =>
      Array.from({ length: window[d]! }, (_, k) => p * windows.strides[d]! + k * windows.dilations[d]!).some(
        (i) => i >= windows.padding[d]![0] && i < n + windows.padding[d]![0]
      )
    return Array.from({ length: positions[d]! }, (_, p) => p).every(reads)
  })

export interface Taps {
  /** For each output position and each tap, row-major [P, K]: the flat index into the image, or -1 in the padding. */
  readonly image: Int32Array
  /** For each image point and each tap, row-major [S, K]: the flat output position that reads it there, or -1. */
  readonly output: Int32Array
}

/** Every (image point, tap, output position) that meet. Flat indices are row-major over the spatial axes. */
export const tapsOf = (image: Shape, window: Shape, positions: Shape, windows: Windows): Taps => {
  const { strides, dilations, padding } = windows
  const [inner, taps, outer] = [stridesOf(image), stridesOf(window), stridesOf(positions)]
  const count = sizeOf(window)
  const result = {
    image: new Int32Array(sizeOf(positions) * count).fill(-1),
    output: new Int32Array(sizeOf(image) * count).fill(-1)
  }
  for (let p = 0; p < sizeOf(positions); p++)
    for (let k = 0; k < count; k++) {
      let at = 0
      for (let d = 0; d < image.length && at >= 0; d++) {
        const position = Math.floor(p / outer[d]!) % positions[d]!
        const tap = Math.floor(k / taps[d]!) % window[d]!
        const i = position * strides[d]! + tap * dilations[d]! - padding[d]![0]
        at = i < 0 || i >= image[d]! ? -1 : at + i * inner[d]!
      }
      if (at < 0) continue
      result.image[p * count + k] = at
      result.output[at * count + k] = p
    }
  return result
}

/** A table of flat indices with `hole` in place of -1, as [columns, rows]. */
export const transposedTable = (table: Int32Array, columns: number, hole: number): Int32Array => {
  const rows = table.length / columns
  return Int32Array.from({ length: table.length }, (_, i) => {
    const at = table[(i % rows) * columns + Math.floor(i / rows)]!
    return at < 0 ? hole : at
  })
}
