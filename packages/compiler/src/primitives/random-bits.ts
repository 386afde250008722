/**
 * Counter-based random bits: threefry2x32 with 20 rounds (Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as
 * easy as 1, 2, 3"), the default generator of JAX. Tensors of dtype int32 hold uint32 bit patterns.
 */
import * as tf from '@tensorflow/tfjs-core'
import { elementwiseRule } from '../emit/wasm/elementwise-rule.js'
import * as random from '../emit/wasm/rules/random.js'
import type { OnnxScope } from '../emit/onnx-scope.js'
import { sizeOf } from '../graph/graph.js'
import type { NdArray, Shape } from '../graph/graph.js'
import { bind, bind1 } from '../trace/context.js'
import { alignBatched, broadcastIndex, broadcastShapes } from './broadcasting.js'
import { NO_ATTRS, binary, unary } from './elementwise.js'
import type { NoAttrs } from './elementwise.js'
import type { Primitive } from './primitive.js'

const ROTATIONS = [
  [13, 15, 26, 6],
  [17, 29, 16, 24]
] as const
/** The parity constant of the key schedule (Skein's C240, truncated to 32 bits). */
const PARITY = 0x1bd11bda

/** One block: two words of key, two of counter, two of output; all uint32 in int32. */
export const threefryBlock = (k0: number, k1: number, c0: number, c1: number): readonly [number, number] => {
  const keys = [k0, k1, k0 ^ k1 ^ PARITY]
  let x0 = (c0 + k0) | 0
  let x1 = (c1 + k1) | 0
  for (let round = 0; round < 5; round++) {
    for (const r of ROTATIONS[(round % 2) as 0 | 1]) {
      x0 = (x0 + x1) | 0
      x1 = ((x1 << r) | (x1 >>> (32 - r))) ^ x0
    }
    x0 = (x0 + keys[(round + 1) % 3]!) | 0
    x1 = (x1 + keys[(round + 2) % 3]! + round + 1) | 0
  }
  return [x0, x1]
}

const threefryArrays = (
  inputs: readonly { readonly shape: Shape; readonly data: ArrayLike<number> }[]
): readonly NdArray[] => {
  const shape = broadcastShapes('threefry2x32', ...inputs.map((x) => x.shape))
  const n = sizeOf(shape)
  const out0 = new Int32Array(n)
  const out1 = new Int32Array(n)
  const index = inputs.map((x) => broadcastIndex(x.shape, shape))
  const [k0, k1, c0, c1] = inputs
  const [i0, i1, j0, j1] = index
  for (let i = 0; i < n; i++) {
    const [a, b] = threefryBlock(k0!.data[i0!(i)]!, k1!.data[i1!(i)]!, c0!.data[j0!(i)]!, c1!.data[j1!(i)]!)
    out0[i] = a
    out1[i] = b
  }
  return [out0, out1].map((data): NdArray => ({ shape, dtype: 'int32', data }))
}

/** The twenty rounds as ONNX nodes on uint32. */
const threefryOnnx = (scope: OnnxScope, inputs: readonly string[]): readonly string[] => {
  const word = (value: number): string => scope.integer(value >>> 0, 'uint32')
  const add = (a: string, b: string): string => scope.node('Add', [a, b])
  const xor = (a: string, b: string): string => scope.node('BitwiseXor', [a, b])
  // Mul and Add are vectorised, BitShift and BitwiseOr are not (4 against 12 µs for 20,000 words): x << r is x 2^r, and
  // the two parts of a rotated word have no bit in common, so that their sum is their union
  const rotate = (x: string, r: number): string =>
    add(
      scope.node('Mul', [x, word(2 ** r)]),
      scope.node('BitShift', [x, word(32 - r)], { direction: { string: 'RIGHT' } })
    )
  const [k0, k1, c0, c1] = inputs.map((x) => scope.cast(x, 'uint32')) as [string, string, string, string]
  const keys = [k0, k1, xor(xor(k0, k1), word(PARITY))]
  let [x0, x1] = [add(c0, k0), add(c1, k1)]
  for (let round = 0; round < 5; round++) {
    for (const r of ROTATIONS[(round % 2) as 0 | 1]) {
      x0 = add(x0, x1)
      x1 = xor(rotate(x1, r), x0)
    }
    x0 = add(x0, keys[(round + 1) % 3]!)
    x1 = add(x1, add(keys[(round + 2) % 3]!, word(round + 1)))
  }
  return [scope.cast(x0, 'int32'), scope.cast(x1, 'int32')]
}

export const threefryPrimitive: Primitive<NoAttrs> = {
  name: 'threefry2x32',
  infer: (inputs) => {
    const shape = broadcastShapes('threefry2x32', ...inputs.map((x) => x.shape))
    return [
      { shape, dtype: 'int32' },
      { shape, dtype: 'int32' }
    ]
  },
  eager: (inputs) =>
    threefryArrays(inputs.map((x) => ({ shape: x.shape, data: x.dataSync<'int32'>() }))).map((x) =>
      tf.tensor(x.data as Int32Array, [...x.shape], 'int32')
    ),
  batch: (context) => ({ outputs: threefry2x32(...(alignBatched(context) as Words)), batched: [true, true] }),
  onnx: (scope, { inputs }) => threefryOnnx(scope, inputs),
  wasm: elementwiseRule('threefry2x32', () => random.threefry),
  reference: (inputs) => threefryArrays(inputs)
}

type Words = [k0: tf.Tensor, k1: tf.Tensor, c0: tf.Tensor, c1: tf.Tensor]

/**
 * Two words of random bits for each pair of counter words, under a key of two words; the four broadcast.
 *
 * @returns two int32 tensors of the broadcast shape, holding uint32 bits
 * @source Salmon et al. (2011), doi:10.1145/2063384.2063405
 */
export const threefry2x32 = (
  k0: tf.Tensor,
  k1: tf.Tensor,
  c0: tf.Tensor,
  c1: tf.Tensor
): readonly [tf.Tensor, tf.Tensor] => {
  const [a, b] = bind(threefryPrimitive, [k0, k1, c0, c1], NO_ATTRS)
  return [a!, b!]
}

const UNIT = 2 ** -23

/**
 * The 23 high bits of each word as a float in [0, 1): exactly JAX's "bits >> 9 | 0x3f800000 read as float, minus 1", since
 * m 2^-23 is a float for every 23-bit m.
 */
const bitsToUnitPrimitive = unary('bitsToUnit', {
  eager: (bits) =>
    tf.tensor(
      Float32Array.from(bits.dataSync<'int32'>(), (b) => (b >>> 9) * UNIT),
      bits.shape,
      'float32'
    ),
  onnx: (scope, bits) => {
    const high = scope.node('BitShift', [scope.cast(bits, 'uint32'), scope.integer(9, 'uint32')], {
      direction: { string: 'RIGHT' }
    })
    // 23 bits fit int32, and ONNX Runtime converts int32 to float with SIMD, uint32 one by one
    return scope.node('Mul', [scope.cast(scope.cast(high, 'int32'), 'float32'), scope.scalar(UNIT)])
  },
  wasm: random.bitsToUnit,
  reference: (bits) => (bits >>> 9) * UNIT,
  dtype: 'float32'
})

/** int32 bits to float32 in [0, 1), on a grid of 2^-23. */
export const bitsToUnit = (bits: tf.Tensor): tf.Tensor => bind1(bitsToUnitPrimitive, [bits], NO_ATTRS)

const xorPrimitive = binary('bitwiseXor', {
  eager: (a, b) =>
    tf.tidy(() => hostXor(tf.broadcastTo(a, broadcastBoth(a, b)), tf.broadcastTo(b, broadcastBoth(a, b)))),
  onnx: 'BitwiseXor',
  wasm: (l, a, b) => l.xor(a, b),
  reference: (a, b) => a ^ b
})

const broadcastBoth = (a: tf.Tensor, b: tf.Tensor): number[] => [...broadcastShapes('bitwiseXor', a.shape, b.shape)]

const hostXor = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => {
  const [x, y] = [a.dataSync<'int32'>(), b.dataSync<'int32'>()]
  return tf.tensor(
    Int32Array.from(x, (word, i) => word ^ y[i]!),
    a.shape,
    'int32'
  )
}

/** a XOR b, bit by bit; int32, broadcast. */
export const bitwiseXor = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => bind1(xorPrimitive, [a, b], NO_ATTRS)
