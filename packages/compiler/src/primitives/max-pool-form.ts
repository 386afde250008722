/** What max-pooling is made of: attributes, sizes and tables, for all ways to compute it. */
import { sizeOf } from '../graph/graph.js'
import type { DType, Shape } from '../graph/graph.js'
import { positionsOf, tapsOf, type Windows } from './windows.js'

export type MaxPoolAttrs = Windows & {
  /** Sizes of the window along the trailing axes; what is before them counts as many images. */
  readonly window: Shape
  /** Whether there is a second output: int32, the place of each maximum in its own flattened image. */
  readonly indices: boolean
}

export interface PoolParts {
  readonly lead: Shape
  readonly image: Shape
  readonly positions: Shape
}

export const poolParts = (shape: Shape, attrs: MaxPoolAttrs): PoolParts => {
  const at = shape.length - attrs.window.length
  const image = shape.slice(at)
  return { lead: shape.slice(0, at), image, positions: positionsOf('maxPool', image, attrs.window, attrs) }
}

/** What is never larger than an element. */
export const leastOf = (dtype: DType): number => (dtype === 'int32' ? -(2 ** 31) : -Infinity)

export interface PoolTables {
  /** [P, K] place in the image; its size for the padding, where the least element is to be found. */
  readonly read: Int32Array
  /** The same, with the first tap inside the image in place of the padding: where a maximum is said to be. */
  readonly place: Int32Array
}

export const poolTables = ({ image, positions }: PoolParts, attrs: MaxPoolAttrs): PoolTables => {
  const { image: taps } = tapsOf(image, attrs.window, positions, attrs)
  const count = sizeOf(attrs.window)
  const firstInside = (start: number): number => taps.subarray(start, start + count).find((at) => at >= 0)!
  return {
    read: taps.map((at) => (at < 0 ? sizeOf(image) : at)),
    place: taps.map((at, i) => (at < 0 ? firstInside(i - (i % count)) : at))
  }
}
