/** Linear systems with a triangular matrix, batched over leading axes. */
import * as tf from '@tensorflow/tfjs-core'
import * as rules from '../emit/wasm/rules/factorisations.js'
import { BdlError } from '../errors.js'
import { sameShape, type Aval, type NdArray } from '../graph/graph.js'
import { bind1 } from '../trace/context.js'
import { whereabouts } from '../trace/user-line.js'
import { triangularSteps } from './factor-steps.js'
import { emitSteps, eagerMatrices, expectSquare, overMatrices } from './matrix-form.js'
import { solveTriangular, type TriangularForm } from './matrices-host.js'
import type { BatchContext, Batched, Primitive } from './primitive.js'
import { batchAll } from './shape.js'
import { lowerPart, upperPart } from './triangles.js'

const infer = ([a, b]: readonly Aval[]): readonly Aval[] => {
  expectSquare('triangularSolve', 'a', a!)
  const rank = a!.shape.length
  if (b!.dtype !== 'float32' || !sameShape(a!.shape.slice(0, -1), b!.shape.slice(0, -1)) || b!.shape.length !== rank)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn: 'triangularSolve',
      argument: 'b',
      expected: `float32 [${[...a!.shape.slice(0, -1), 'm'].join(', ')}]`,
      got: `${b!.dtype} [${b!.shape.join(', ')}]`,
      ...whereabouts()
    })
  return [{ shape: b!.shape, dtype: 'float32' }]
}

const substitute = (
  a: Pick<NdArray, 'shape' | 'data'>,
  b: Pick<NdArray, 'shape' | 'data'>,
  attrs: TriangularForm
): readonly NdArray[] => {
  const [n, m] = b.shape.slice(-2) as [number, number]
  return overMatrices([a, b], [[n, m]], ([left, right]) => [solveTriangular(left!, right!, n, m, attrs)])
}

/** The triangle that is read, with zeros around. */
export const ownTriangle = (x: tf.Tensor, isLower: boolean): tf.Tensor => (isLower ? lowerPart(x) : upperPart(x))

/** Leading axes of b that a has not, as further columns: [...lead, ...B, n, m] -> [...B, n, lead m], and the way back. */
export const leadAsColumns = (
  b: tf.Tensor,
  count: number
): readonly [columns: tf.Tensor, back: (x: tf.Tensor) => tf.Tensor] => {
  const [lead, own] = [b.shape.slice(0, count), b.shape.slice(count)]
  const [n, m] = own.slice(-2) as [number, number]
  const batch = own.slice(0, -2)
  const from = (first: number, length: number): number[] => Array.from({ length }, (_, i) => first + i)
  const there = [...from(count, own.length - 1), ...from(0, count), b.rank - 1]
  const again = [...from(own.length - 1, count), ...from(0, own.length - 1), b.rank - 1]
  const size = lead.reduce((product, d) => product * d, m)
  return [
    tf.reshape(tf.transpose(b, there), [...batch, n, size]),
    (x) => tf.transpose(tf.reshape(x, [...batch, n, ...lead, m]), again)
  ]
}

/** A matrix that members share is used once, for all of their right-hand sides. */
const batchSolve = ({ inputs: [a, b], batched, size, attrs }: BatchContext<TriangularForm>): Batched => {
  if (batched[0]) {
    const [wideA, wideB] = batchAll([a!, b!], batched, size) as [tf.Tensor, tf.Tensor]
    return { outputs: [solve(wideA, wideB, attrs)], batched: [true] }
  }
  const [columns, back] = leadAsColumns(b!, 1)
  return { outputs: [back(solve(a!, columns, attrs))], batched: [true] }
}

/** X with op(A) X = B, where op transposes or not, and one triangle of A is read. */
export const triangularSolvePrimitive: Primitive<TriangularForm> = {
  name: 'triangularSolve',
  infer,
  eager: (inputs, attrs) => eagerMatrices(inputs, ([a, b]) => substitute(a!, b!, attrs)),
  vjp: ({ inputs: [a], outputs: [x], cotangents: [dx], needs, attrs }) => {
    const db = solve(a!, dx!, { ...attrs, transpose: !attrs.transpose })
    const da = (): tf.Tensor =>
      tf.neg(attrs.transpose ? tf.matMul(x!, db, false, true) : tf.matMul(db, x!, false, true))
    return [needs[0] ? ownTriangle(da(), attrs.lower) : null, needs[1] ? db : null]
  },
  jvp: ({ inputs: [a], outputs: [x], tangents: [da, db], attrs }) => {
    const moved = da && tf.matMul(ownTriangle(da, attrs.lower), x!, attrs.transpose, false)
    const right = moved && db ? tf.sub(db, moved) : moved ? tf.neg(moved) : db!
    return [solve(a!, right, attrs)]
  },
  batch: batchSolve,
  onnx: (scope, context) =>
    emitSteps(
      scope,
      context,
      ([a, b]) => [triangularSteps(a!, b!, context.attrs)],
      ([a, b]) => substitute(a!, b!, context.attrs)
    ),
  wasm: rules.triangularSolve,
  reference: ([a, b], attrs) => substitute(a!, b!, attrs)
}

export const solve = (a: tf.Tensor, b: tf.Tensor, form: TriangularForm): tf.Tensor =>
  bind1(triangularSolvePrimitive, [a, b], form)
