/**
 * Softmax of many short rows, computed along columns. The logits of a classifier are rows of ten numbers, and whatever is
 * broadcast or reduced along them goes ten numbers at a time. They come from a product, and Bᵀ Aᵀ = (A B)ᵀ costs no more: turned
 * so, a step over all rows is one over spans that lie next to each other, and products read what comes of it by a flag. Cross
 * entropy of 64 times 128 rows of 10 with its gradient takes 0.30 instead of 0.56 ms on one thread. What a loop is given
 * once and for all, labels say, is turned before it. Where another transpose would be left in the end, everything stays as it was.
 */
import { allNodes, sameShape, sizeOf, type Graph, type Node, type Value } from '../graph/graph.js'
import { divide, multiply, sub } from '../primitives/binary.js'
import { matMul, type MatMulAttrs } from '../primitives/linalg.js'
import { sum, top, type ReduceAttrs } from '../primitives/reduce.js'
import { reshape, transpose } from '../primitives/shape.js'
import { areManyShort } from '../primitives/short-rows.js'
import { exp, log } from '../primitives/unary.js'
import { idsOf } from './dependence.js'
import { COMPUTES } from './elementwise-ops.js'
import { throughReduction } from './layouts.js'
import { loopBodyOf } from './loop-body.js'
import { isNode, type Pass } from './pass.js'
import { on, rewritePass, type Rewriter, type Rule } from './rewrite.js'
import { intoFlags, swapped, swappedFrom } from './swapped-axes.js'
import { viewRules } from './views.js'

/** Columns shorter than this are not better than rows. */
const LONG_COLUMN = 64
/** How far back what is computed from small operands is computed again, turned. */
const MOST_STEPS = 4

const isElementwise = ({ primitive, outputs }: Node): boolean =>
  outputs.length === 1 && (COMPUTES.has(primitive.name) || primitive.name === 'cast')

/** What is looked for: steps that may still be taken back, and whether nothing else reads what is on the way. */
interface Search {
  readonly steps: number
  readonly isOwn: boolean
  /** Values that are the same in every turn of a loop, whose transpose is computed before it. */
  readonly isFixed: (value: Value) => boolean
}

const searchFrom = (isFixed: Search['isFixed']): Search => ({ steps: MOST_STEPS, isOwn: true, isFixed })

/** A sum of rows, as one of columns. */
const turnedSum = (value: Value, rank: number, search: Search, rewriter: Rewriter): Value | undefined => {
  const node = rewriter.producer(value)
  if (node === undefined || !isNode<ReduceAttrs>(node, 'sum')) return undefined
  const { axes, keepDims } = node.attrs
  const [x] = node.inputs
  if (!keepDims || x!.shape.length !== rank || !sameShape(axes, [rank - 1])) return undefined
  const turned = turn(x!, search, rewriter)
  return turned && rewriter.emit(sum, [turned], { axes: [rank - 2], keepDims })[0]
}

/** An operand that is broadcast to the shape of a result. */
const turnedSmall = (value: Value, rank: number, search: Search, rewriter: Rewriter): Value => {
  const { shape } = value
  if (shape.every((n) => n === 1)) return value
  const found = turnedSum(value, rank, search, rewriter)
  if (found !== undefined) return found
  const missing = Array.from({ length: rank - shape.length }, () => 1)
  const aligned = missing.length === 0 ? [value] : rewriter.emit(reshape, [value], { shape: [...missing, ...shape] })
  return swapped(aligned, rewriter)[0]!
}

const turnedProduct = (node: Node & { readonly attrs: MatMulAttrs }, { emit }: Rewriter): Value | undefined => {
  const [a, b] = node.inputs as readonly [Value, Value]
  const { transposeA, transposeB } = node.attrs
  return a.shape.length === b.shape.length
    ? emit(matMul, [b, a], { transposeA: !transposeB, transposeB: !transposeA })[0]
    : undefined
}

/** The operands of an elementwise op, if all can be had turned. */
const turnedOperands = (node: Node, search: Search, rewriter: Rewriter): readonly Value[] | undefined => {
  const { shape } = node.outputs[0]!
  const turned: Value[] = []
  for (const value of node.inputs) {
    const operand = sameShape(value.shape, shape)
      ? turn(value, search, rewriter)
      : turnedSmall(value, shape.length, search, rewriter)
    if (operand === undefined) return undefined
    turned.push(operand)
  }
  return turned
}

/**
 * A value with its last two axes swapped, where that takes no transpose of it in every turn: it is one, or fixed, or a
 * product that nothing else reads, or computed from such values and small ones.
 */
function turn(value: Value, { steps, isOwn, isFixed }: Search, rewriter: Rewriter): Value | undefined {
  const source = swappedFrom(value, rewriter)
  if (source !== undefined) return source
  if (isFixed(value)) return swapped([value], rewriter)[0]
  const node = rewriter.producer(value)
  if (node === undefined || steps === 0) return undefined
  const search = { steps: steps - 1, isOwn: isOwn && rewriter.uses(value) <= 1, isFixed }
  if (isNode<MatMulAttrs>(node, 'matMul')) return search.isOwn ? turnedProduct(node, rewriter) : undefined
  const operands = isElementwise(node) ? turnedOperands(node, search, rewriter) : undefined
  return operands && rewriter.emit(node.primitive, operands, node.attrs)[0]
}

const isOfManyRows = ({ primitive: { name }, inputs: [x] }: Node): boolean =>
  (name === 'softmax' || name === 'logSoftmax') &&
  (x!.shape[x!.shape.length - 2] ?? 0) >= LONG_COLUMN &&
  areManyShort(x!.shape, 'softmax')

/** x - max - log Σ exp(x - max), or its exponential. */
const softmaxOfColumns =
  (search: Search): Rule =>
  (node, rewriter) => {
    const x = isOfManyRows(node) ? turn(node.inputs[0]!, search, rewriter) : undefined
    if (x === undefined) return null
    const { emit } = rewriter
    const along = { axes: [x.shape.length - 2], keepDims: true }
    const [shifted] = emit(sub, [x, ...emit(top, [x], along)], {})
    const [e] = emit(exp, [shifted!], {})
    const [total] = emit(sum, [e!], along)
    const result =
      node.primitive.name === 'softmax'
        ? emit(divide, [e!, total!], {})
        : emit(sub, [shifted!, ...emit(log, [total!], {})], {})
    return swapped(result, rewriter)
  }

/** e of a value that is Σ e, with e = exp(x - max x): at least 1. */
const exponentialsIn = (total: Value, { producer }: Rewriter): Value | undefined => {
  const node = producer(total)
  const e = node?.primitive === sum ? node.inputs[0] : undefined
  const power = e && producer(e)
  const shifted = power?.primitive === exp ? producer(power.inputs[0]!) : undefined
  return shifted?.primitive === sub && producer(shifted.inputs[1]!)?.primitive === top ? e : undefined
}

/** exp(x - log Σ e) = e / Σ e. */
const expOfDifference: Rule = (node, rewriter) => {
  const { producer, emit } = rewriter
  const difference = producer(node.inputs[0]!)
  if (difference?.primitive.name !== 'sub') return null
  const [x, logs] = difference.inputs as readonly [Value, Value]
  const logarithm = producer(logs)
  const total = logarithm?.primitive.name === 'log' ? logarithm.inputs[0] : undefined
  const e = total && exponentialsIn(total, rewriter)
  return e !== undefined && producer(e)?.inputs[0]?.id === x.id ? emit(divide, [e, total!], {}) : null
}

/** (e / Σe) r = e (r / Σe), where the sums and r are small. */
const scaledTotals: Rule = (node, rewriter) => {
  const { producer, emit } = rewriter
  for (const [i, value] of node.inputs.entries()) {
    const ratio = producer(value)
    const r = node.inputs[1 - i]!
    if (ratio?.primitive.name !== 'div' || sizeOf(r.shape) === sizeOf(value.shape)) continue
    const [e, total] = ratio.inputs as readonly [Value, Value]
    if (exponentialsIn(total, rewriter)?.id !== e.id || !sameShape(total.shape, r.shape)) continue
    return emit(multiply, [e, ...emit(divide, [r, total], {})], {})
  }
  return null
}

const throughElementwise =
  (search: Search): Rule =>
  (node, rewriter) => {
    if (!isElementwise(node)) return null
    const { shape } = node.outputs[0]!
    const isTurned = (value: Value): boolean => {
      const source = sameShape(value.shape, shape) ? swappedFrom(value, rewriter) : undefined
      return source !== undefined && !search.isFixed(source) // or what was turned to meet it would be turned again
    }
    const operands = node.inputs.some(isTurned) ? turnedOperands(node, search, rewriter) : undefined
    return operands === undefined ? null : swapped(rewriter.emit(node.primitive, operands, node.attrs), rewriter)
  }

const NAME = 'turnedRows'

const sweepWith = (search: Search): Pass =>
  rewritePass(
    NAME,
    ...viewRules,
    on('softmax logSoftmax', softmaxOfColumns(search)),
    on('exp', expOfDifference),
    on('mul', scaledTotals),
    on(new Set([...COMPUTES, 'cast']), throughElementwise(search)),
    on('matMul', intoFlags),
    throughReduction
  )

/** What loops are given for all of their turns. */
const constantsOfLoops = (graph: Graph): ReadonlySet<number> =>
  new Set(allNodes(graph).flatMap((node) => idsOf(loopBodyOf(node)?.constants ?? [])))

/** Numbers that transposes move, those left out that loops leave to what is before them. */
const moved = (graph: Graph, isFixed: Search['isFixed']): number =>
  allNodes(graph).reduce(
    (n, { primitive, inputs, outputs }) =>
      n + (primitive === transpose && !isFixed(inputs[0]!) ? sizeOf(outputs[0]!.shape) : 0),
    0
  )

export const turnedRows: Pass = {
  name: NAME,
  run: (graph) => {
    if (!allNodes(graph).some(isOfManyRows)) return graph
    const fixed = constantsOfLoops(graph)
    const isFixed = ({ id }: Value): boolean => fixed.has(id)
    const turned = sweepWith(searchFrom(isFixed)).run(graph)
    return moved(turned, isFixed) <= moved(graph, isFixed) ? turned : graph
  }
}
