/** Elementwise functions of two tensors, with broadcasting; and the choice between two. */
import * as tf from '@tensorflow/tfjs-core'
import type { Primitive } from './primitive.js'
import { sizeOf } from '../graph/graph.js'
import { alignBatched, broadcastIndex, broadcastShapes, sumTo } from './broadcasting.js'
import { allocate, binary } from './elementwise.js'
import { linearJvp } from './linear.js'
import type { NoAttrs } from './elementwise.js'
import { elementwiseRule } from '../emit/wasm/elementwise-rule.js'
import * as lanes from '../emit/wasm/math/index.js'
import type { OnnxScope } from '../emit/onnx-scope.js'

const { mul, neg, div, where, equal } = tf

/** Remainder with the sign of the divisor, as TensorFlow and Python have it. */
const floorMod = (a: number, b: number): number => {
  const rest = a % b
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest
}

/** 1 where a wins, 1/2 at a tie, 0 elsewhere: the symmetric subgradient. */
const winner = (wins: tf.Tensor, a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
  where(equal(a, b), 0.5, tf.cast(wins, 'float32'))

type EmitBinary = Parameters<typeof binary>[1]['onnx']

/**
 * Division of integers where the processor refuses it: by 0, and of -2^31 by -1, which ends the process. By -1, 0 and 1,
 * the quotient is the product and there is no rest, as TensorFlow.js has it for 0 too.
 */
const guardedDivision = (scope: OnnxScope, b: string): readonly [isTrivial: string, divisor: string] => {
  const [low, high] = [scope.integer(-2, 'int32'), scope.integer(2, 'int32')]
  const isTrivial = scope.node('And', [scope.node('Greater', [b, low]), scope.node('Less', [b, high])])
  return [isTrivial, scope.node('Where', [isTrivial, high, b])]
}

const modInt = (scope: OnnxScope, a: string, b: string): string => {
  const [isTrivial, divisor] = guardedDivision(scope, b)
  return scope.node('Where', [isTrivial, scope.integer(0, 'int32'), scope.node('Mod', [a, divisor])])
}

const floorDivInt = (scope: OnnxScope, a: string, b: string): string => {
  const [isTrivial, divisor] = guardedDivision(scope, b)
  const [zero, one] = [scope.integer(0, 'int32'), scope.integer(1, 'int32')]
  // ONNX rounds to zero. (The quotient of a minus the rest would do, were there not the least integers.)
  const towardsZero = scope.node('Div', [a, divisor])
  const isExact = scope.node('Equal', [scope.node('Mul', [towardsZero, divisor]), a])
  const isNegative = scope.node('Xor', [scope.node('Less', [a, zero]), scope.node('Less', [divisor, zero])])
  const isBelow = scope.node('And', [isNegative, scope.node('Not', [isExact])])
  const quotient = scope.node('Where', [isBelow, scope.node('Sub', [towardsZero, one]), towardsZero])
  return scope.node('Where', [isTrivial, scope.node('Mul', [a, b]), quotient])
}

/** ONNX has float Mod only with C's sign rule: where the signs differ, one divisor more. */
const modOnnx: EmitBinary = (scope, a, b, { dtype }) => {
  if (dtype === 'int32') return modInt(scope, a, b)
  const zero = scope.scalar(0)
  const rest = scope.node('Mod', [a, b], { fmod: { int: 1 } })
  const hasRest = scope.node('Not', [scope.node('Equal', [rest, zero])])
  const differ = scope.node('Xor', [scope.node('Less', [rest, zero]), scope.node('Less', [b, zero])])
  return scope.node('Where', [scope.node('And', [hasRest, differ]), scope.node('Add', [rest, b]), rest])
}

/** int32 for every dtype, as TensorFlow.js has it. */
const floorDivOnnx: EmitBinary = (scope, a, b, { dtype }) =>
  dtype === 'int32' ? floorDivInt(scope, a, b) : scope.cast(scope.node('Floor', [scope.node('Div', [a, b])]), 'int32')

const notEqualOnnx: EmitBinary = (scope, a, b) => scope.node('Not', [scope.node('Equal', [a, b])])

export const add = binary('add', {
  eager: tf.add,
  vjp: (dy) => [() => dy, () => dy],
  onnx: 'Add',
  wasm: lanes.lanes2('add', 'addInt'),
  reference: (a, b) => a + b,
  referenceInt: (a, b) => (a + b) | 0
})
export const sub = binary('sub', {
  eager: tf.sub,
  vjp: (dy) => [() => dy, () => neg(dy)],
  onnx: 'Sub',
  wasm: lanes.lanes2('sub', 'subInt'),
  reference: (a, b) => a - b,
  referenceInt: (a, b) => (a - b) | 0
})
export const multiply = binary('mul', {
  eager: mul,
  vjp: (dy, a, b) => [() => mul(dy, b), () => mul(dy, a)],
  onnx: 'Mul',
  wasm: lanes.lanes2('mul', 'mulInt'),
  reference: (a, b) => a * b,
  referenceInt: Math.imul
})
export const divide = binary('div', {
  eager: div,
  vjp: (dy, _, b, y) => [() => div(dy, b), () => neg(mul(dy, div(y, b)))],
  onnx: 'Div',
  wasm: lanes.lanes2('div'),
  reference: (a, b) => a / b
})
export const floorDiv = binary('floorDiv', {
  eager: tf.floorDiv,
  onnx: floorDivOnnx,
  wasm: (l, a, b, dtype) => (dtype === 'float32' ? lanes.floorDiv : lanes.floorDivInt)(l, a, b),
  reference: (a, b) => Math.floor(a / b),
  referenceInt: (a, b) => (b === 0 ? 0 : Math.floor(a / b) | 0),
  dtype: 'int32'
})
export const mod = binary('mod', {
  eager: tf.mod,
  vjp: (dy, a, b) => [() => dy, () => neg(mul(dy, tf.floor(div(a, b))))],
  onnx: modOnnx,
  wasm: (l, a, b, dtype) => (dtype === 'float32' ? lanes.mod : lanes.modInt)(l, a, b),
  reference: floorMod,
  referenceInt: (a, b) => (b === 0 ? 0 : floorMod(a, b))
})
export const pow = binary('pow', {
  eager: tf.pow,
  vjp: (dy, a, b, y) => [
    // b a^(b-1), with the limit 0 where b = 0 (0 * 0^-1 would be NaN)
    () => mul(dy, where(equal(b, 0), 0, mul(b, tf.pow(a, where(equal(b, 0), 1, tf.sub(b, 1)))))),
    () => mul(dy, where(tf.greater(a, 0), mul(y, tf.log(where(tf.greater(a, 0), a, 1))), 0))
  ],
  onnx: 'Pow',
  wasm: (l, a, b, dtype) => (dtype === 'float32' ? lanes.pow : lanes.powInt)(l, a, b),
  reference: Math.pow
})
export const maximum = binary('maximum', {
  eager: tf.maximum,
  vjp: (dy, a, b) => [() => mul(dy, winner(tf.greater(a, b), a, b)), () => mul(dy, winner(tf.less(a, b), a, b))],
  onnx: 'Max',
  wasm: lanes.max,
  reference: Math.max
})
export const minimum = binary('minimum', {
  eager: tf.minimum,
  vjp: (dy, a, b) => [() => mul(dy, winner(tf.less(a, b), a, b)), () => mul(dy, winner(tf.greater(a, b), a, b))],
  onnx: 'Min',
  wasm: lanes.min,
  reference: Math.min
})
export const equalTo = binary('equal', {
  eager: equal,
  onnx: 'Equal',
  wasm: lanes.lanes2('eq', 'eqInt'),
  reference: (a, b) => Number(a === b),
  dtype: 'bool'
})
export const notEqual = binary('notEqual', {
  eager: tf.notEqual,
  onnx: notEqualOnnx,
  wasm: lanes.lanes2('ne', 'neInt'),
  reference: (a, b) => Number(a !== b),
  dtype: 'bool'
})
export const less = binary('less', {
  eager: tf.less,
  onnx: 'Less',
  wasm: lanes.lanes2('lt', 'ltInt'),
  reference: (a, b) => Number(a < b),
  dtype: 'bool'
})
export const lessEqual = binary('lessEqual', {
  eager: tf.lessEqual,
  onnx: 'LessOrEqual',
  wasm: lanes.lanes2('le', 'leInt'),
  reference: (a, b) => Number(a <= b),
  dtype: 'bool'
})
export const greater = binary('greater', {
  eager: tf.greater,
  onnx: 'Greater',
  wasm: lanes.lanes2('gt', 'gtInt'),
  reference: (a, b) => Number(a > b),
  dtype: 'bool'
})
export const greaterEqual = binary('greaterEqual', {
  eager: tf.greaterEqual,
  onnx: 'GreaterOrEqual',
  wasm: lanes.lanes2('ge', 'geInt'),
  reference: (a, b) => Number(a >= b),
  dtype: 'bool'
})
export const logicalAnd = binary('logicalAnd', {
  eager: tf.logicalAnd,
  onnx: 'And',
  wasm: lanes.lanes2('and'),
  reference: (a, b) => a & b,
  dtype: 'bool'
})
export const logicalOr = binary('logicalOr', {
  eager: tf.logicalOr,
  onnx: 'Or',
  wasm: lanes.lanes2('or'),
  reference: (a, b) => a | b,
  dtype: 'bool'
})
export const logicalXor = binary('logicalXor', {
  eager: tf.logicalXor,
  onnx: 'Xor',
  wasm: lanes.lanes2('xor'),
  reference: (a, b) => a ^ b,
  dtype: 'bool'
})

/** where(condition, a, b), all three broadcast. */
export const select: Primitive<NoAttrs> = {
  name: 'select',
  infer: ([c, a, b]) => [{ shape: broadcastShapes('where', c!.shape, a!.shape, b!.shape), dtype: a!.dtype }],
  eager: ([c, a, b]) => [tf.where(c!, a!, b!)],
  vjp: ({ inputs: [c, a, b], cotangents: [dy], needs }) => [
    null,
    needs[1] ? sumTo(where(c!, dy!, tf.zerosLike(dy!)), a!.shape) : null,
    needs[2] ? sumTo(where(c!, tf.zerosLike(dy!), dy!), b!.shape) : null
  ],
  jvp: (context) => linearJvp(select, context),
  batch: (context) => {
    const [c, a, b] = alignBatched(context)
    return { outputs: [where(c!, a!, b!)], batched: [true] }
  },
  onnx: (scope, { inputs: [c, a, b], outputAvals: [aval] }) => {
    if (aval!.dtype !== 'bool') return [scope.node('Where', [c!, a!, b!])]
    // ONNX Runtime has no Where for booleans
    const chosen = scope.node('And', [c!, a!])
    return [scope.node('Or', [chosen, scope.node('And', [scope.node('Not', [c!]), b!])])]
  },
  wasm: elementwiseRule('where', () => (l, c, a, b) => [l.select(c!, a!, b!)]),
  reference: ([c, a, b]) => {
    const shape = broadcastShapes('where', c!.shape, a!.shape, b!.shape)
    const out = allocate(a!.dtype, sizeOf(shape))
    const [ic, ia, ib] = [c!, a!, b!].map((x) => broadcastIndex(x.shape, shape))
    for (let i = 0; i < out.length; i++) out[i] = c!.data[ic!(i)] ? a!.data[ia!(i)]! : b!.data[ib!(i)]!
    return [{ shape, dtype: a!.dtype, data: out }]
  }
}

export const binaries = {
  Add: add,
  Sub: sub,
  Multiply: multiply,
  RealDiv: divide,
  FloorDiv: floorDiv,
  Mod: mod,
  Pow: pow,
  Maximum: maximum,
  Minimum: minimum,
  Equal: equalTo,
  NotEqual: notEqual,
  Less: less,
  LessEqual: lessEqual,
  Greater: greater,
  GreaterEqual: greaterEqual,
  LogicalAnd: logicalAnd,
  LogicalOr: logicalOr,
  LogicalXor: logicalXor
} as const
