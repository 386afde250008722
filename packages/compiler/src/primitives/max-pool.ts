/** Largest elements of sliding windows, and where they are. NaN is passed over, and of equal ones the first is taken. */
import * as tf from '@tensorflow/tfjs-core'
import * as rules from '../emit/wasm/rules/windows.js'
import { BdlError } from '../errors.js'
import { sizeOf } from '../graph/graph.js'
import type { Aval, NdArray } from '../graph/graph.js'
import { bind, bind1 } from '../trace/context.js'
import { whereabouts } from '../trace/user-line.js'
import { addAlong, takeAlong } from './along.js'
import { allocate, NO_ATTRS } from './elementwise.js'
import { leastOf, poolParts, poolTables } from './max-pool-form.js'
import type { MaxPoolAttrs } from './max-pool-form.js'
import { emitMaxPool } from './max-pool-onnx.js'
import type { Primitive } from './primitive.js'
import { alwaysReads, extentOf, tapsOf } from './windows.js'

/** One row of values for each window, on any backend. */
const eagerly = (x: tf.Tensor, attrs: MaxPoolAttrs): readonly tf.Tensor[] => {
  const parts = poolParts(x.shape, attrs)
  const { read, place } = poolTables(parts, attrs)
  const [points, positions, taps] = [parts.image, parts.positions, attrs.window].map(sizeOf) as [number, number, number]
  const images = sizeOf(parts.lead)
  const rows = tf.reshape(x, [images, points])
  const known = x.dtype === 'float32' ? tf.where(tf.isNaN(rows), -Infinity, rows) : rows
  const padding: [number, number][] = [
    [0, 0],
    [0, 1]
  ]
  const padded = tf.pad(known, padding, leastOf(x.dtype === 'int32' ? 'int32' : 'float32'))
  const windows = tf.reshape(tf.gather(padded, tf.tensor1d(read, 'int32'), 1), [images, positions, taps])
  const shape = [...parts.lead, ...parts.positions]
  const largest = tf.reshape(tf.max(windows, 2), shape)
  if (!attrs.indices) return [largest]
  const starts = tf.tensor1d(
    Int32Array.from({ length: positions }, (_, p) => p * taps),
    'int32'
  )
  const where = tf.add(tf.argMax(windows, 2), starts)
  return [largest, tf.reshape(tf.gather(tf.tensor1d(place, 'int32'), where), shape)]
}

const referencePool = (x: NdArray, attrs: MaxPoolAttrs): readonly NdArray[] => {
  const parts = poolParts(x.shape, attrs)
  const { image: taps } = tapsOf(parts.image, attrs.window, parts.positions, attrs)
  const [points, positions, count] = [parts.image, parts.positions, attrs.window].map(sizeOf) as [
    number,
    number,
    number
  ]
  const shape = [...parts.lead, ...parts.positions]
  const largest = allocate(x.dtype, sizeOf(shape)).fill(leastOf(x.dtype))
  const places = new Int32Array(largest.length).fill(-1)
  for (let i = 0; i < largest.length; i++)
    for (let k = 0; k < count; k++) {
      const at = taps[(i % positions) * count + k]!
      if (at < 0) continue
      const value = x.data[Math.floor(i / positions) * points + at]!
      if (value > largest[i]! || places[i]! < 0) places[i] = at
      if (value > largest[i]!) largest[i] = value
    }
  const values: NdArray = { shape, dtype: x.dtype, data: largest }
  return attrs.indices ? [values, { shape, dtype: 'int32', data: places }] : [values]
}

const infer = ([x]: readonly Aval[], attrs: MaxPoolAttrs): readonly Aval[] => {
  const { lead, image, positions } = poolParts(x!.shape, attrs)
  if (!alwaysReads(image, attrs.window, positions, attrs))
    throw new BdlError({
      code: 'InvalidArgument',
      fn: 'maxPool',
      argument: 'pad',
      expected: 'windows that reach into the image: none has only padding',
      got: `padding ${JSON.stringify(attrs.padding)} for a window [${attrs.window.join(', ')}]`,
      ...whereabouts()
    })
  const shape = [...lead, ...positions]
  const values: Aval = { shape, dtype: x!.dtype }
  return attrs.indices ? [values, { shape, dtype: 'int32' }] : [values]
}

/** Windows that share no point: each image point is the maximum of one at most. */
const areDisjoint = ({ window, strides, dilations }: MaxPoolAttrs): boolean =>
  window.every((n, d) => strides[d]! >= extentOf(n, dilations[d]!))

const flattened = (x: tf.Tensor, attrs: MaxPoolAttrs): tf.Tensor => {
  const at = x.rank - attrs.window.length
  return tf.reshape(x, [...x.shape.slice(0, at), sizeOf(x.shape.slice(at))])
}

const placesOf = (x: tf.Tensor, outputs: readonly tf.Tensor[], attrs: MaxPoolAttrs): tf.Tensor =>
  flattened(outputs[1] ?? bind(maxPool, [x], { ...attrs, indices: true })[1]!, attrs)

/** x [..., ...image] -> [..., ...positions], and the places of the maxima. */
export const maxPool: Primitive<MaxPoolAttrs> = {
  name: 'maxPool',
  infer,
  eager: ([x], attrs) => tf.tidy(() => [...eagerly(x!, attrs)]),
  vjp: ({ inputs: [x], outputs, cotangents: [dy], attrs }) => {
    const { image } = poolParts(x!.shape, attrs)
    const spread = { size: sizeOf(image), isDisjoint: areDisjoint(attrs) }
    const rows = bind1(addAlong, [flattened(dy!, attrs), placesOf(x!, outputs, attrs)], spread)
    return [tf.reshape(rows, x!.shape)]
  },
  jvp: ({ inputs: [x], outputs, tangents: [dx], attrs }) => {
    const rows = bind1(takeAlong, [flattened(dx!, attrs), placesOf(x!, outputs, attrs)], NO_ATTRS)
    return [tf.reshape(rows, outputs[0]!.shape), ...(attrs.indices ? [null] : [])]
  },
  batch: ({ inputs, attrs }) => {
    const outputs = bind(maxPool, inputs, attrs)
    return { outputs, batched: outputs.map(() => true) }
  },
  onnx: (scope, { inputs: [x], inputAvals: [aval], attrs }) => emitMaxPool(scope, x!, aval!, attrs),
  wasm: rules.maxPool,
  reference: ([x], attrs) => referencePool(x!, attrs)
}
