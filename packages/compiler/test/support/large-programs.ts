/** Random programs on vectors long enough that their nests are moved, joined and cut (see emit/wasm/regroup.ts). */
import * as tf from '@tensorflow/tfjs-core'
import * as fc from 'fast-check'

/** One op on earlier vectors, by numbers that are taken modulo what there is. */
export interface LargeOp {
  readonly kind: 'join' | 'part' | 'reverse' | 'mix' | 'square' | 'centre' | 'pick' | 'scaled'
  readonly a: number
  readonly b: number
  readonly at: number
}

export const largeOps: fc.Arbitrary<readonly LargeOp[]> = fc.array(
  fc.record({
    kind: fc.constantFrom('join', 'part', 'part', 'reverse', 'mix', 'mix', 'mix', 'square', 'centre', 'pick', 'scaled'),
    a: fc.nat(100),
    b: fc.nat(100),
    at: fc.nat(1000)
  }),
  { minLength: 6, maxLength: 24 }
)

const SIZE = 40_000
const LEAST = 5_000

/** All results are bounded by 1. */
const apply = ({ kind, a, b, at }: LargeOp, pool: readonly tf.Tensor[]): tf.Tensor => {
  const x = pool[a % pool.length]!
  const ofSameSize = pool.filter(({ size }) => size === x.size)
  const y = ofSameSize[b % ofSameSize.length]!
  switch (kind) {
    case 'join': {
      const other = pool[b % pool.length]!
      return x.size + other.size > SIZE ? tf.mul(x, 0.5) : tf.concat([x, other])
    }
    case 'part': {
      const size = Math.max(LEAST, Math.floor((x.size * (1 + (b % 3))) / 4))
      return size >= x.size ? tf.neg(x) : tf.slice(x, [(at * 37) % (x.size - size)], [size])
    }
    case 'reverse':
      return tf.reverse(x, 0)
    case 'mix':
      return tf.add(tf.mul(x, 0.6), tf.mul(y, -0.4))
    case 'square':
      return tf.mul(x, y)
    case 'centre':
      return tf.mul(tf.sub(x, tf.mean(y)), 0.5)
    case 'pick':
      return tf.where(tf.greater(x, y), x, tf.neg(y))
    case 'scaled':
      return tf.div(x, tf.add(tf.max(tf.abs(y)), 1))
  }
}

/** Everything that the ops make of two vectors, those included. */
export const largePool =
  (ops: readonly LargeOp[]) =>
  (x: tf.Tensor, y: tf.Tensor): readonly tf.Tensor[] =>
    ops.reduce<readonly tf.Tensor[]>((made, op) => [...made, apply(op, made)], [x, y])

/** The program: of two vectors of 20,000, the last few vectors that it makes and the mean of each. */
export const largeProgram =
  (ops: readonly LargeOp[]) =>
  (x: tf.Tensor, y: tf.Tensor): tf.Tensor[] => {
    const last = largePool(ops)(x, y).slice(-4)
    return [...last, ...last.map((z) => tf.mean(z))]
  }
