/** Matrix products. */
import * as tf from '@tensorflow/tfjs-core'
import { isOfMatrices, transposeFlags } from '../emit/onnx-products.js'
import * as rules from '../emit/wasm/rules/products.js'
import { BdlError } from '../errors.js'
import { sameShape, sizeOf } from '../graph/graph.js'
import type { Aval, NdArray, Shape } from '../graph/graph.js'
import { isTracing } from '../trace/context.js'
import { whereabouts } from '../trace/user-line.js'
import { allocate } from './elementwise.js'
import { broadcastIndex, broadcastShapes, sumTo } from './broadcasting.js'
import { multilinearJvp } from './linear.js'
import type { BatchContext, Batched, Primitive } from './primitive.js'

export type MatMulAttrs = { readonly transposeA: boolean; readonly transposeB: boolean }

const matrixShape = (
  { shape }: { readonly shape: Shape },
  isTransposed: boolean
): readonly [rows: number, columns: number] => {
  const [rows, columns] = shape.slice(-2) as [number, number]
  return isTransposed ? [columns, rows] : [rows, columns]
}

const lead = ({ shape }: { readonly shape: Shape }): Shape => shape.slice(0, -2)

const inferMatMul = ([a, b]: readonly Aval[], { transposeA, transposeB }: MatMulAttrs): readonly Aval[] => {
  const [m, k] = matrixShape(a!, transposeA)
  const [k2, n] = matrixShape(b!, transposeB)
  if (k !== k2)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn: 'matMul',
      argument: 'a, b',
      expected: 'inner dimensions that agree',
      got: `[${a!.shape.join(', ')}]${transposeA ? 'ᵀ' : ''} and [${b!.shape.join(', ')}]${transposeB ? 'ᵀ' : ''}`,
      ...whereabouts()
    })
  return [{ shape: [...broadcastShapes('matMul', lead(a!), lead(b!)), m, n], dtype: a!.dtype }]
}

/**
 * tf.matMul, with leading axes broadcast as they should be: on real tensors TensorFlow.js pairs the flattened batches
 * cyclically, which is wrong unless one of them is a prefix of ones.
 */
const product = (a: tf.Tensor, b: tf.Tensor, transposeA: boolean, transposeB: boolean): tf.Tensor => {
  const batch = broadcastShapes('matMul', lead(a), lead(b))
  const fits = (x: tf.Tensor): boolean => sizeOf(lead(x)) === 1 || sameShape(lead(x), batch)
  if (isTracing() || (fits(a) && fits(b))) return tf.matMul(a, b, transposeA, transposeB)
  const [wideA, wideB] = [a, b].map((x) => tf.broadcastTo(x, [...batch, ...x.shape.slice(-2)]))
  return tf.matMul(wideA!, wideB!, transposeA, transposeB)
}

/** Operands of one rank, as a batched product needs; a shared left factor of many rows folds the batch into its rows. */
const batchMatMul = ({ inputs: [a, b], batched, size, attrs }: BatchContext<MatMulAttrs>): Batched => {
  const { transposeA, transposeB } = attrs
  if (batched[0] && !batched[1] && a!.rank === 3 && b!.rank === 2 && !transposeA) {
    const [, m, k] = a!.shape as [number, number, number]
    const folded = tf.matMul(tf.reshape(a!, [size * m, k]), b!, false, transposeB)
    return { outputs: [tf.reshape(folded, [size, m, folded.shape[1]!])], batched: [true] }
  }
  const rank = Math.max(a!.rank - (batched[0] ? 1 : 0), b!.rank - (batched[1] ? 1 : 0))
  const align = (x: tf.Tensor, isBatched: boolean): tf.Tensor => {
    const own = isBatched ? x.shape.slice(1) : x.shape
    const ones = Array.from({ length: rank - own.length }, () => 1)
    return tf.reshape(x, [isBatched ? size : 1, ...ones, ...own])
  }
  return {
    outputs: [product(align(a!, batched[0]!), align(b!, batched[1]!), transposeA, transposeB)],
    batched: [true]
  }
}

const referenceMatMul = ([a, b]: readonly NdArray[], attrs: MatMulAttrs): readonly NdArray[] => {
  const [aval] = inferMatMul([a!, b!], attrs)
  const [m, k] = matrixShape(a!, attrs.transposeA)
  const [, n] = matrixShape(b!, attrs.transposeB)
  const batch = lead(aval!)
  const [ia, ib] = [broadcastIndex(lead(a!), batch), broadcastIndex(lead(b!), batch)]
  const out = allocate(aval!.dtype, sizeOf(aval!.shape))
  const [aRow, aCol] = attrs.transposeA ? [1, m] : [k, 1]
  const [bRow, bCol] = attrs.transposeB ? [1, k] : [n, 1]
  for (let g = 0; g < sizeOf(batch); g++) {
    const [pa, pb] = [ia(g) * m * k, ib(g) * k * n]
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) {
        let total = 0
        for (let l = 0; l < k; l++) total += a!.data[pa + i * aRow + l * aCol]! * b!.data[pb + l * bRow + j * bCol]!
        out[(g * m + i) * n + j] = total
      }
  }
  return [{ ...aval!, data: out }]
}

/** The permutation that transposes the matrices of a batch. */
export const swapLast = (rank: number): number[] =>
  Array.from({ length: rank }, (_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i))

/** Products of the last two axes; leading axes broadcast. */
export const matMul: Primitive<MatMulAttrs> = {
  name: 'matMul',
  infer: inferMatMul,
  eager: ([a, b], { transposeA, transposeB }) => [tf.tidy(() => product(a!, b!, transposeA, transposeB))],
  vjp: ({ inputs: [a, b], cotangents: [dy], needs, attrs: { transposeA, transposeB } }) => {
    const da = (): tf.Tensor => (transposeA ? product(b!, dy!, transposeB, true) : product(dy!, b!, false, !transposeB))
    const db = (): tf.Tensor => (transposeB ? product(dy!, a!, true, transposeA) : product(a!, dy!, !transposeA, false))
    return [needs[0] ? sumTo(da(), a!.shape) : null, needs[1] ? sumTo(db(), b!.shape) : null]
  },
  jvp: (context) => multilinearJvp(matMul, context),
  batch: batchMatMul,
  onnx: (scope, { inputs: [a, b], inputAvals, attrs }) => {
    const { transposeA, transposeB } = attrs
    const [avalA, avalB] = inputAvals as readonly [Aval, Aval]
    if (isOfMatrices(inputAvals)) return [scope.node('Gemm', [a!, b!], transposeFlags(attrs))]
    if (scope.hasContributed && (transposeA || transposeB) && avalA.dtype === 'float32')
      return [scope.node('com.microsoft:FusedMatMul', [a!, b!], transposeFlags(attrs))]
    const flip = (x: string, { shape }: Aval): string =>
      scope.node('Transpose', [x], { perm: { ints: swapLast(shape.length) } })
    return [scope.node('MatMul', [transposeA ? flip(a!, avalA) : a!, transposeB ? flip(b!, avalB) : b!])]
  },
  wasm: rules.matMul,
  reference: referenceMatMul
}
