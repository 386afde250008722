/** Arbitrary small programs: a list of instructions that picks operands among the values so far. */
import * as fc from 'fast-check'
import type { Graph, Value } from '../../src/graph/graph'
import { sizeOf } from '../../src/graph/graph'
import { add, greater, maximum, multiply, select, sub } from '../../src/primitives/binary'
import { matMul } from '../../src/primitives/linalg'
import { sum } from '../../src/primitives/reduce'
import { broadcastTo, cast, concat, reshape, reverse, slice, split, transpose } from '../../src/primitives/shape'
import { negate, relu, sigmoid, sin, stopGradientPrimitive, tanh } from '../../src/primitives/unary'
import { f32, graphOf, number, wave, type GraphBuilder } from './graphs'

export interface Instruction {
  readonly kind: number
  readonly a: number
  readonly b: number
  readonly c: number
}

const broadcast = (a: Value, b: Value): boolean =>
  a.shape.every((n, i) => {
    const m = b.shape[i - a.shape.length + b.shape.length] ?? 1
    return n === m || n === 1 || m === 1
  })

const UNARY = [sin, tanh, sigmoid, relu, negate, stopGradientPrimitive] as const
const BINARY = [add, sub, multiply, maximum] as const

type Step = (b: GraphBuilder, x: Value, y: Value, c: number) => readonly Value[]

const MAX_SIZE = 200

/** Each step gives new values, or none where the operands do not suit it. */
const STEPS: readonly Step[] = [
  (b, x, _, c) => [b.op(UNARY[c % UNARY.length]!, [x], {})],
  (b, x, y, c) =>
    broadcast(x, y) && sizeOf(x.shape) * sizeOf(y.shape) < 4 * MAX_SIZE
      ? [b.op(BINARY[c % BINARY.length]!, [x, y], {})]
      : [],
  (b, x, _, c) => [b.op(BINARY[c % BINARY.length]!, [x, b.constant(number([0, 1, -1, 0.5, 2][c % 5]!))], {})],
  (b, x) => [b.op(reshape, [x], { shape: [sizeOf(x.shape)] })],
  (b, x) => [b.op(reshape, [x], { shape: [1, ...x.shape] })],
  (b, x) => [b.op(transpose, [x], { perm: x.shape.map((_, i) => x.shape.length - 1 - i) })],
  (b, x, _, c) => (sizeOf(x.shape) < MAX_SIZE ? [b.op(broadcastTo, [x], { shape: [1 + (c % 3), ...x.shape] })] : []),
  (b, x, _, c) => (x.shape.length > 0 ? [b.op(sum, [x], { axes: [c % x.shape.length], keepDims: c % 2 === 0 })] : []),
  (b, x) => (x.shape.length > 0 ? [b.op(reverse, [x], { axes: [0] })] : []),
  (b, x) => ((x.shape[0] ?? 0) > 1 ? b.bind(split, [x], { axis: 0, sizes: [1, x.shape[0]! - 1] }) : []),
  (b, x) =>
    (x.shape[0] ?? 0) > 1
      ? [
          b.op(slice, [x], {
            begin: x.shape.map((_, i) => (i === 0 ? 1 : 0)),
            size: x.shape.map((n, i) => (i === 0 ? n - 1 : n))
          })
        ]
      : [],
  (b, x, y) =>
    x.shape.length > 0 && x.shape.join() === y.shape.join() && sizeOf(x.shape) < MAX_SIZE
      ? [b.op(concat, [x, y], { axis: 0 })]
      : [],
  (b, x, y, c) => {
    const [m, k] = x.shape
    const [p, n] = y.shape
    if (x.shape.length !== 2 || y.shape.length !== 2) return []
    const flags = { transposeA: c % 2 === 1, transposeB: c % 4 > 1 }
    return (flags.transposeA ? m : k) === (flags.transposeB ? n : p) ? [b.op(matMul, [x, y], flags)] : []
  },
  (b, x, y) => (x.shape.join() === y.shape.join() ? [b.op(select, [b.op(greater, [x, y], {}), x, y], {})] : []),
  (b, x) => [
    b.op(cast, [b.op(cast, [b.op(greater, [x, b.constant(number(0.1))], {})], { dtype: 'int32' })], {
      dtype: 'float32'
    })
  ]
]

const AVALS = [f32(2, 3), f32(3), f32(3, 3), f32()] as const

/** A graph of four inputs whose outputs are the last few values; values stay near 1, so float32 can follow. */
export const programOf = (instructions: readonly Instruction[]): Graph =>
  graphOf(AVALS, (b, inputs) => {
    const values = [...inputs]
    for (const { kind, a, b: other, c } of instructions) {
      const made = STEPS[kind % STEPS.length]!(b, values[a % values.length]!, values[other % values.length]!, c)
      values.push(...made.map((value) => (value.dtype === 'float32' ? b.op(sin, [value], {}) : value)))
    }
    return values.slice(-3)
  })

export const programInputs = AVALS.map(({ shape }, i) => wave(shape, i))

export const instructions: fc.Arbitrary<readonly Instruction[]> = fc.array(
  fc.record({ kind: fc.nat(STEPS.length - 1), a: fc.nat(40), b: fc.nat(40), c: fc.nat(11) }),
  { minLength: 1, maxLength: 24 }
)
