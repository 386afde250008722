/**
 * Sums of products in the order that takes the least. A trace of a Jacobian is written as d products with unit vectors, of
 * which one number each is wanted; tr(W₃ D₂ W₂ D₁ W₁) = Σ d₂ⱼ (W₂ ∘ (W₁ W₃)ᵀ)ⱼₖ d₁ₖ is one product for all of them. Derivatives
 * are cheaper for it too, which is why reverse mode does this before it differentiates: afterwards the products that
 * would be saved have readers of their own.
 *
 * Exact but for the order in which numbers are multiplied and added: equal to rounding where nothing overflows.
 */
import type { Value } from '../graph/graph.js'
import { multiply } from '../primitives/binary.js'
import { matMul } from '../primitives/linalg.js'
import { sum, type ReduceAttrs } from '../primitives/reduce.js'
import { reshape, slice, transpose } from '../primitives/shape.js'
import { isMatrixProduct, neededAfter, numbersIn, pairOf, pathOf, type Pair, type Path } from './contraction-path.js'
import { isNode, type Pass } from './pass.js'
import { on, rewritePass, type Rewriter, type Rule } from './rewrite.js'
import { sumOfProducts, type Factor, type Index } from './sum-of-products.js'

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

const sizesOf = (indices: readonly Index[]): readonly number[] => indices.map(({ size }) => size)

const operandOf = ({ value, spans }: Factor, { emit }: Rewriter): Operand => {
  const [whole] = emit(reshape, [value], { shape: spans.map(({ of }) => of) })
  const isPart = spans.some(({ index, of }) => index.size !== of)
  const attrs = { begin: spans.map(({ begin }) => begin), size: spans.map(({ index }) => index.size) }
  const [part] = isPart ? emit(slice, [whole!], attrs) : [whole]
  const indices = spans.flatMap(({ index }) => (index.size === 1 ? [] : index))
  return { value: emit(reshape, [part!], { shape: sizesOf(indices) })[0]!, indices }
}

const isSame = (a: readonly Index[], b: readonly Index[]): boolean =>
  a.length === b.length && a.every((index, i) => index === b[i])

const inOrder = ({ value, indices }: Operand, order: readonly Index[], { emit }: Rewriter): Value =>
  isSame(indices, order) ? value : emit(transpose, [value], { perm: order.map((index) => indices.indexOf(index)) })[0]!

/** Sums over what is in no other factor, and not kept. */
const summed = (operand: Operand, needed: (index: Index) => boolean, { emit }: Rewriter): Operand => {
  const axes = operand.indices.flatMap((index, i) => (needed(index) ? [] : i))
  if (axes.length === 0) return operand
  return {
    value: emit(sum, [operand.value], { axes, keepDims: false })[0]!,
    indices: operand.indices.filter(needed)
  }
}

const countOf = (indices: readonly Index[]): ReadonlyMap<Index, number> => {
  const counts = new Map<Index, number>()
  for (const index of indices) counts.set(index, (counts.get(index) ?? 0) + 1)
  return counts
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
  const shape = [...sizesOf(batch), numbersIn(first), numbersIn(second)]
  return [rewriter.emit(reshape, [ordered], { shape })[0]!, isTransposed]
}

const matrixProduct = (left: Operand, right: Operand, pair: Pair, rewriter: Rewriter): Operand => {
  const { batch, contracted, free } = pair
  const [a, transposeA] = matrices(left, batch, [free[0], contracted], rewriter)
  const [b, transposeB] = matrices(right, batch, [contracted, free[1]], rewriter)
  const indices = [...batch, ...free.flat()]
  const made = rewriter.emit(matMul, [a, b], { transposeA, transposeB })
  return { value: rewriter.emit(reshape, made, { shape: sizesOf(indices) })[0]!, indices }
}

/** Number by number, in the order of the larger one. */
const product = (left: Operand, right: Operand, { contracted }: Pair, rewriter: Rewriter): Operand => {
  const [large, small] = left.indices.length < right.indices.length ? [right, left] : [left, right]
  const order = [...small.indices.filter((index) => !large.indices.includes(index)), ...large.indices]
  const spread = (operand: Operand): Value => {
    const own = order.filter((index) => operand.indices.includes(index))
    const shape = order.map((index) => (operand.indices.includes(index) ? index.size : 1))
    return rewriter.emit(reshape, [inOrder(operand, own, rewriter)], { shape })[0]!
  }
  const [value] = rewriter.emit(multiply, [spread(large), spread(small)], {})
  return summed({ value: value!, indices: order }, (index) => !contracted.includes(index), rewriter)
}

const contract = (left: Operand, right: Operand, pair: Pair, rewriter: Rewriter): Operand => {
  if (!isMatrixProduct(pair)) return product(left, right, pair, rewriter)
  const [rows, columns] = pair.free.map(numbersIn) as [number, number] // many rows, few columns: as products are fastest
  return rows >= columns
    ? matrixProduct(left, right, pair, rewriter)
    : matrixProduct(right, left, { ...pair, free: [pair.free[1], pair.free[0]] }, rewriter)
}

const emitPath = (
  start: readonly Operand[],
  kept: readonly Index[],
  steps: Path['steps'],
  rewriter: Rewriter
): Value => {
  const operands = steps.reduce((rest, places) => {
    const [left, right] = places.map((place) => rest[place]!) as [Operand, Operand]
    const needed = neededAfter(
      rest.map(({ indices }) => indices),
      places,
      kept
    )
    const made = contract(left, right, pairOf(left.indices, right.indices, needed), rewriter)
    return [...rest.filter((_, i) => !places.includes(i)), made]
  }, start)
  return inOrder(operands[0]!, kept, rewriter)
}

const inBestOrder =
  ({ part, multiplyAdds }: Saving): Rule =>
  (node, rewriter) => {
    const [result] = node.outputs as readonly [Value]
    if (!isNode<ReduceAttrs>(node, sum.name) || result.dtype !== 'float32') return null
    const { factors, made, kept, cost } = sumOfProducts(node, rewriter)
    if (factors.length < 3 || factors.length > MOST_FACTORS || cost < multiplyAdds) return null
    const indices = factors.map(({ spans }) => spans.flatMap(({ index }) => (index.size === 1 ? [] : index)))
    const readers = countOf([...kept, ...indices.flat()])
    if ([...made, ...kept].some((index) => index.size > 1 && !indices.flat().includes(index))) return null // equal numbers
    const isNeeded = (index: Index): boolean => readers.get(index)! > 1
    const path = pathOf(
      indices.map((own) => own.filter(isNeeded)),
      kept
    )
    if (path === undefined || cost - path.cost < Math.max(multiplyAdds, part * cost)) return null
    const operands = factors.map((factor) => summed(operandOf(factor, rewriter), isNeeded, rewriter))
    return rewriter.emit(reshape, [emitPath(operands, kept, path.steps, rewriter)], { shape: result.shape })
  }

/** The pass for savings from `least` on. */
export const reordering = (least: Saving): Pass => rewritePass('contractionOrder', on(sum.name, inBestOrder(least)))

export const contractionOrder = reordering(WORTHWHILE)
