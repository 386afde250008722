/**
 * Sums of products in the order that takes the least. A trace of a Jacobian is written as d products with unit vectors, of
 * which one number each is wanted; tr(W₃ D₂ W₂ D₁ W₁) = Σ d₂ⱼ (W₂ ∘ (W₁ W₃)ᵀ)ⱼₖ d₁ₖ is one product for all of them. Derivatives
 * are cheaper for it too, which is why reverse mode does this before it differentiates: afterwards the products that
 * would be saved have readers of their own.
 *
 * Exact but for the order in which numbers are multiplied and added: equal to rounding where nothing overflows.
 */
import { sameShape, sizeOf, type Shape, type Value } from '../graph/graph.js'
import { indexPair, type IndexPair } from '../graph/index-pair.js'
import { multiply } from '../primitives/binary.js'
import { matMul } from '../primitives/linalg.js'
import { sum, type ReduceAttrs } from '../primitives/reduce.js'
import { reshape, slice, transpose } from '../primitives/shape.js'
import { isMatrixProduct, neededBeside, pathOf, withProduct, type Step } from './contraction-path.js'
import { isNode, type Pass } from './pass.js'
import { on, rewritePass, type Rewriter, type Rule } from './rewrite.js'
import { indicesOf, sizesOf, sumOfProducts, type Factor, type Index } from './sum-of-products.js'

/** How much another order must save: a part of what the one that is written takes, and multiply-adds. */
interface Saving {
  readonly part: number
  readonly multiplyAdds: number
}

/** Small sums are left as they are written. */
const WORTHWHILE: Saving = { part: 0.3, multiplyAdds: 2 ** 16 }
/** Paths are searched pair by pair. */
const MOST_FACTORS = 16

/** Of a value, each axis one index. */
interface Operand {
  readonly value: Value
  readonly indices: readonly Index[]
}

/** Reverse mode differentiates what is emitted, before any other pass drops what is idle. */
const reshaped = (value: Value, shape: Shape, { emit }: Rewriter): Value =>
  sameShape(value.shape, shape) ? value : emit(reshape, [value], { shape })[0]!

const operandOf = ({ value, spans }: Factor, rewriter: Rewriter): Operand => {
  const whole = reshaped(
    value,
    spans.map(({ of }) => of),
    rewriter
  )
  const isPart = spans.some(({ index, of }) => index.size !== of)
  const attrs = { begin: spans.map(({ begin }) => begin), size: spans.map(({ index }) => index.size) }
  const part = isPart ? rewriter.emit(slice, [whole], attrs)[0]! : whole
  const indices = indicesOf(spans)
  return { value: reshaped(part, sizesOf(indices), rewriter), indices }
}

const isSame = (a: readonly Index[], b: readonly Index[]): boolean =>
  a.length === b.length && a.every((index, i) => index === b[i])

const inOrder = ({ value, indices }: Operand, order: readonly Index[], { emit }: Rewriter): Value =>
  isSame(indices, order) ? value : emit(transpose, [value], { perm: order.map((index) => indices.indexOf(index)) })[0]!

/** Sums over all indices that are not kept. */
const summed = ({ value, indices }: Operand, kept: readonly Index[], { emit }: Rewriter): Operand => {
  const axes = indices.flatMap((index, i) => (kept.includes(index) ? [] : i))
  return { value: axes.length === 0 ? value : emit(sum, [value], { axes, keepDims: false })[0]!, indices: kept }
}

/** As a stack of matrices, rows first unless they lie the other way round. */
const matrices = (
  operand: Operand,
  batch: readonly Index[],
  [rows, columns]: readonly [readonly Index[], readonly Index[]],
  rewriter: Rewriter
): readonly [value: Value, isTransposed: boolean] => {
  const isTransposed = rows.length > 0 && isSame(operand.indices, [...batch, ...columns, ...rows])
  const [first, second] = isTransposed ? [columns, rows] : [rows, columns]
  const ordered = inOrder(operand, [...batch, ...first, ...second], rewriter)
  const shape = [...sizesOf(batch), sizeOf(sizesOf(first)), sizeOf(sizesOf(second))]
  return [reshaped(ordered, shape, rewriter), isTransposed]
}

const matrixProduct = (left: Operand, right: Operand, pair: IndexPair<Index>, rewriter: Rewriter): Operand => {
  const { batch, contracted, free } = pair
  const [a, transposeA] = matrices(left, batch, [free[0], contracted], rewriter)
  const [b, transposeB] = matrices(right, batch, [contracted, free[1]], rewriter)
  const indices = [...batch, ...free.flat()]
  const [made] = rewriter.emit(matMul, [a, b], { transposeA, transposeB })
  return { value: reshaped(made!, sizesOf(indices), rewriter), indices }
}

/** Number by number, in the order of the larger one. */
const product = (left: Operand, right: Operand, { contracted }: IndexPair<Index>, rewriter: Rewriter): Operand => {
  const [large, small] = left.indices.length < right.indices.length ? [right, left] : [left, right]
  const order = [...small.indices.filter((index) => !large.indices.includes(index)), ...large.indices]
  const spread = (operand: Operand): Value => {
    const own = order.filter((index) => operand.indices.includes(index))
    const shape = order.map((index) => (operand.indices.includes(index) ? index.size : 1))
    return reshaped(inOrder(operand, own, rewriter), shape, rewriter)
  }
  const [value] = rewriter.emit(multiply, [spread(large), spread(small)], {})
  const kept = order.filter((index) => !contracted.includes(index))
  return summed({ value: value!, indices: order }, kept, rewriter)
}

const contract = (left: Operand, right: Operand, pair: IndexPair<Index>, rewriter: Rewriter): Operand => {
  if (!isMatrixProduct(pair)) return product(left, right, pair, rewriter)
  const [rows, columns] = pair.free.map((own) => sizeOf(sizesOf(own))) as [number, number] // many rows, few columns: as products are fastest
  return rows >= columns
    ? matrixProduct(left, right, pair, rewriter)
    : matrixProduct(right, left, { ...pair, free: [pair.free[1], pair.free[0]] }, rewriter)
}

const emitPath = (
  start: readonly Operand[],
  kept: readonly Index[],
  steps: readonly Step[],
  rewriter: Rewriter
): Value => {
  const [last] = steps.reduce((operands, step) => {
    const [left, right] = step.places.map((place) => operands[place]!) as [Operand, Operand]
    const pair = indexPair(left.indices, right.indices, step.needed)
    return withProduct(operands, step, contract(left, right, pair, rewriter))
  }, start)
  return inOrder(last!, kept, rewriter)
}

const inBestOrder =
  ({ part, multiplyAdds }: Saving): Rule =>
  (node, rewriter) => {
    const [result] = node.outputs as readonly [Value]
    if (!isNode<ReduceAttrs>(node, sum.name) || result.dtype !== 'float32') return null
    const { factors, made, kept, cost } = sumOfProducts(node, rewriter)
    if (factors.length < 3 || factors.length > MOST_FACTORS || cost < multiplyAdds) return null
    const indices = factors.map(({ spans }) => indicesOf(spans))
    const read = new Set(indices.flat())
    if ([...made, ...kept].some((index) => !read.has(index))) return null // sums of equal numbers, or copies
    // what no other factor has is summed over at once
    const shared = indices.map((own, i) => {
      const needed = neededBeside(indices, [i], kept)
      return own.filter((index) => needed.has(index))
    })
    const path = pathOf(shared, kept)
    if (path === undefined || cost - path.cost < Math.max(multiplyAdds, part * cost)) return null
    const operands = factors.map((factor, i) => summed(operandOf(factor, rewriter), shared[i]!, rewriter))
    return [reshaped(emitPath(operands, kept, path.steps, rewriter), result.shape, rewriter)]
  }

/** The pass for savings from `least` on. */
export const reordering = (least: Saving): Pass => rewritePass('contractionOrder', on(sum.name, inBestOrder(least)))

export const contractionOrder = reordering(WORTHWHILE)
