/** Grey-scale dilation: the largest of image plus filter over a window. Of equal ones the first counts; NaN is passed over. */
import * as tf from '@tensorflow/tfjs-core'
import { addAlong, takeAlong } from '../primitives/along.js'
import { NO_ATTRS } from '../primitives/elementwise.js'
import { bind1 } from './context.js'
import { inputOf } from './kernel-table.js'
import type { KernelInputs, KernelTable } from './kernel-table.js'
import { addBack, ints } from './sampling.js'
import { geometryOf } from './windows.js'
import type { Geometry, KernelAttrs } from './windows.js'

/** For one axis: the place that each tap of each window reads, and whether it is inside. */
const linesOf = ({ image, window, positions, strides, dilations, padding }: Geometry, d: number) => {
  const places = Array.from({ length: positions[d]! * window[d]! }, (_, i) => {
    const [position, tap] = [Math.floor(i / window[d]!), i % window[d]!]
    return position * strides[d]! + tap * dilations[d]! - padding[d]![0]
  })
  return {
    places: ints(places.map((i) => Math.min(Math.max(i, 0), image[d]! - 1))),
    isInside: places.map((i) => i >= 0 && i < image[d]!)
  }
}

interface Windows {
  readonly geometry: Geometry
  readonly rows: ReturnType<typeof linesOf>
  readonly columns: ReturnType<typeof linesOf>
  /** [N, P, Q, C, taps] and where in each window the largest stands, [N, P, Q, C, 1]. */
  readonly sums: tf.Tensor
  readonly best: tf.Tensor
}

const windowsOf = (inputs: KernelInputs, attrs: KernelAttrs): Windows => {
  const [x, filter] = [tf.cast(inputOf(inputs, 'x'), 'float32'), tf.cast(inputOf(inputs, 'filter'), 'float32')]
  const geometry = geometryOf(x.shape, filter.shape, attrs)
  const [rows, columns] = [linesOf(geometry, 0), linesOf(geometry, 1)]
  const [n, , , channels] = x.shape as [number, number, number, number]
  const [[p, q], [k, l]] = [geometry.positions, geometry.window] as [[number, number], [number, number]]
  const picked = tf.gather(tf.gather(x, rows.places, 1), columns.places, 2)
  const added = tf.add(tf.reshape(picked, [n, p, k, q, l, channels]), tf.reshape(filter, [k, 1, l, channels]))
  const isInside = tf.tensor(
    rows.isInside.flatMap((row) => columns.isInside.map((column) => row && column)),
    [p, k, q, l, 1],
    'bool'
  )
  const known = tf.where(tf.logicalAnd(isInside, tf.logicalNot(tf.isNaN(added))), added, -Infinity)
  const sums = tf.reshape(tf.transpose(known, [0, 1, 3, 5, 2, 4]), [n, p, q, channels, k * l])
  return { geometry, rows, columns, sums, best: tf.expandDims(tf.argMax(sums, 4), 4) }
}

const dilation = (inputs: KernelInputs, attrs: KernelAttrs): tf.Tensor => {
  const { sums, best } = windowsOf(inputs, attrs)
  return tf.cast(tf.squeeze(bind1(takeAlong, [sums, best], NO_ATTRS), [4]), inputOf(inputs, 'x').dtype)
}

/** dy where each window found its largest, else zero: [N, P, k, Q, l, C]. */
const spread = (dy: tf.Tensor, { geometry, best }: Windows): tf.Tensor => {
  const [[p, q], [k, l]] = [geometry.positions, geometry.window] as [[number, number], [number, number]]
  const [n, , , channels] = dy.shape as [number, number, number, number]
  const taps = bind1(addAlong, [tf.expandDims(dy, 4), best], { size: k * l, isDisjoint: true })
  return tf.transpose(tf.reshape(taps, [n, p, q, channels, k, l]), [0, 1, 4, 2, 5, 3])
}

export const morphology: KernelTable = {
  Dilation2D: (inputs, attrs) => [dilation(inputs, attrs)],
  Dilation2DBackpropInput: (inputs, attrs) => {
    const windows = windowsOf(inputs, attrs)
    const { image } = windows.geometry
    const parts = spread(inputOf(inputs, 'dy'), windows)
    const [n, p, k, q, l, channels] = parts.shape as [number, number, number, number, number, number]
    const lines = tf.reshape(parts, [n, p * k, q * l, channels])
    return [addBack(addBack(lines, windows.rows.places, 1, image[0]!), windows.columns.places, 2, image[1]!)]
  },
  Dilation2DBackpropFilter: (inputs, attrs) => [
    tf.sum(spread(inputOf(inputs, 'dy'), windowsOf(inputs, attrs)), [0, 1, 3])
  ]
}
