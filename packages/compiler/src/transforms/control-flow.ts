/** Loops and branches over trees: JavaScript on real tensors, one node of the graph inside a trace. */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, expectInteger } from '../errors.js'
import { bindCond } from '../primitives/branch.js'
import { bindScan } from '../primitives/scan.js'
import { bindWhile } from '../primitives/while-loop.js'
import { avalOf, isTracing } from '../trace/context.js'
import { traceGraph } from '../trace/trace-graph.js'
import { whereabouts } from '../trace/user-line.js'
import { describeDef, flatten, mapTree, tidyOwned, unflatten } from '../tree.js'
import type { Tree, TreeDef } from '../tree.js'
import { scanInSegments } from './segments.js'

export interface ScanOptions {
  /** Number of turns; needed only when `xs` has no leaves. */
  readonly length?: number
  /** From the last x to the first; ys keep the positions of their xs. */
  readonly reverse?: boolean
  /**
   * Which carries reverse mode saves: each one ('all', the default), one in so many turns, or one in √length turns
   * ('sqrt'). Those between are computed again, one stretch at a time: √length carries at the price of one more forward
   * pass. Without a derivative in reverse mode it makes no difference.
   */
  readonly checkpoint?: 'all' | 'sqrt' | number
}

/** How many turns there are from one saved carry to the next. */
const segmentOf = (checkpoint: ScanOptions['checkpoint'], length: number): number => {
  if (checkpoint === 'sqrt') return Math.max(1, Math.ceil(Math.sqrt(length)))
  if (typeof checkpoint === 'number') expectInteger('scan', { 'options.checkpoint': checkpoint }, 1)
  return typeof checkpoint === 'number' ? checkpoint : 1
}

const describe = (leaves: readonly tf.Tensor[], def: TreeDef): string =>
  `${describeDef(def)} of ${leaves.map((t) => `${t.dtype}[${t.shape.join(',')}]`).join(' ')}`

/** A loop must return the state it was given, in structure, shape and dtype. */
const expectSameState = (fn: string, before: Tree, after: Tree): void => {
  const [a, b] = [describe(...flatten(before, fn)), describe(...flatten(after, fn))]
  if (a !== b)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn,
      argument: 'carry',
      expected: `the carry to keep its form: ${a}`,
      got: b,
      ...whereabouts()
    })
}

const lengthOf = (xs: readonly tf.Tensor[], declared: number | undefined): number => {
  const sizes = [...xs.map((x) => x.shape[0] ?? -1), ...(declared === undefined ? [] : [declared])]
  const [length] = sizes
  if (length === undefined || length < 0 || sizes.some((n) => n !== length))
    throw new BdlError({
      code: 'ShapeMismatch',
      fn: 'scan',
      argument: 'xs, length',
      expected: 'one leading size in every leaf of xs (or options.length when xs is empty)',
      got: sizes.length === 0 ? 'neither' : sizes.join(', '),
      ...whereabouts()
    })
  return length
}

const rowsAt = <X extends Tree>(xs: X, i: number): X =>
  mapTree((x) => {
    const [, ...rest] = x.shape
    return tf.reshape(tf.slice(x, [i, ...rest.map(() => 0)], [1, ...rest]), rest)
  })(xs)

const eagerScan = <C extends Tree, X extends Tree, Y extends Tree>(
  f: (carry: C, x: X) => readonly [C, Y],
  init: C,
  xs: X,
  length: number,
  isReversed: boolean
): readonly [C, Y] => {
  const rows: (readonly tf.Tensor[])[] = []
  let def: TreeDef | undefined
  let carry = init
  for (let turn = 0; turn < length; turn++) {
    const i = isReversed ? length - 1 - turn : turn
    const previous = carry
    const [next, y] = tidyOwned(() => f(previous, rowsAt(xs, i)))
    expectSameState('scan', previous, next)
    const [leaves, own] = flatten(y)
    def = own
    rows.push(leaves)
    carry = next
    if (turn > 0) release(previous, rows[turn - 1]!) // what the turn before made may also be its y
  }
  if (isReversed) rows.reverse()
  const stacked = (rows[0] ?? []).map((_, k) => tf.stack(rows.map((row) => row[k]!)))
  rows.forEach((row) => release(row, flatten(carry)[0]))
  return [carry, unflatten<Y>(def!, stacked)]
}

/** Disposes the leaves that nothing in `kept` still needs. */
const release = (tree: Tree, kept: readonly tf.Tensor[]): void =>
  flatten(tree)[0].forEach((t) => void (kept.includes(t) || t.dispose()))

/**
 * Carries state through `length` turns and stacks what each returns: JAX's `lax.scan`. Differentiable in both modes (in
 * reverse, carries are saved as `options.checkpoint` says and the body is computed again), batched by `vmap`, one ONNX Loop
 * when compiled.
 *
 * @param f (carry, x) => [carry, y]; the carry keeps its structure, shapes and dtypes
 * @param xs a tree whose leaves have the turns as axis 0; `[]` with `options.length` for none
 * @returns the last carry, and ys stacked along axis 0
 * @error ShapeMismatch if the carry changes its form or leading sizes differ; InvalidArgument if `checkpoint` is no integer >= 1
 * @example scan((sum, x) => { const s = tf.add(sum, x); return [s, s] }, tf.scalar(0), tf.tensor1d([1, 2, 3])) // => [6, [1, 3, 6]]
 */
export const scan = <C extends Tree, X extends Tree, Y extends Tree>(
  f: (carry: C, x: X) => readonly [C, Y],
  init: C,
  xs: X,
  options: ScanOptions = {}
): readonly [carry: C, ys: Y] => {
  const [carryLeaves, carryDef] = flatten(init, 'scan')
  const [xLeaves, xDef] = flatten(xs, 'scan')
  const length = lengthOf(xLeaves, options.length)
  const reverse = options.reverse ?? false
  const size = segmentOf(options.checkpoint, length)
  if (isTracing() && size > 1 && size < length) return scanInSegments(scan, f, init, xs, size, { length, reverse })
  // an empty loop still needs the form of ys, which only a trace can tell
  if (!isTracing() && length > 0) return eagerScan(f, init, xs, length, reverse)
  let yDef: TreeDef | undefined
  const avals = [
    ...carryLeaves.map((t) => avalOf(t, 'scan')),
    ...xLeaves.map((t) => ({ ...avalOf(t, 'scan'), shape: t.shape.slice(1) }))
  ]
  const traced = traceGraph(
    (...args) => {
      const carry = unflatten<C>(carryDef, args.slice(0, carryLeaves.length))
      const [next, y] = f(carry, unflatten<X>(xDef, args.slice(carryLeaves.length)))
      expectSameState('scan', carry, next)
      const [ys, def] = flatten(y, 'scan')
      yDef = def
      return [...flatten(next, 'scan')[0], ...ys]
    },
    avals,
    'scan'
  )
  const outputs = bindScan(traced, [...carryLeaves, ...xLeaves], {
    numConsts: 0,
    numCarry: carryLeaves.length,
    length,
    reverse
  })
  const split = carryLeaves.length
  return [unflatten<C>(carryDef, outputs.slice(0, split)), unflatten<Y>(yDef!, outputs.slice(split))]
}

/**
 * Runs `body(i, carry)` for i = lower, ..., upper - 1. The bounds are numbers, so the loop is differentiable.
 *
 * @param body i is an int32 scalar tensor
 * @param options `checkpoint` as in `scan`
 * @error InvalidArgument if a bound is no integer; ShapeMismatch if the carry changes its form
 * @example foriLoop(0, 3, (i, x) => tf.mul(x, 2), tf.scalar(1)) // => 8
 */
export const foriLoop = <C extends Tree>(
  lower: number,
  upper: number,
  body: (i: tf.Tensor, carry: C) => C,
  init: C,
  options: Pick<ScanOptions, 'checkpoint'> = {}
): C => {
  expectInteger('foriLoop', { lower, upper }, -(2 ** 31))
  const length = Math.max(0, upper - lower)
  const turns = tf.tensor(
    Int32Array.from({ length }, (_, k) => lower + k),
    [length],
    'int32'
  )
  const [carry] = scan((state: C, i: tf.Tensor): readonly [C, readonly []] => [body(i, state), []], init, turns, {
    ...options,
    length
  })
  if (!isTracing()) turns.dispose()
  return carry
}

/**
 * Runs `body` while `condition` holds. Differentiable in forward mode, not in reverse (its length depends on data).
 *
 * @param condition carry => bool scalar
 * @error ShapeMismatch if the carry changes its form or the condition is no bool scalar
 * @example whileLoop((x) => tf.less(x, 100), (x) => tf.mul(x, 2), tf.scalar(1)) // => 128
 */
export const whileLoop = <C extends Tree>(condition: (carry: C) => tf.Tensor, body: (carry: C) => C, init: C): C => {
  const [leaves, def] = flatten(init, 'whileLoop')
  const goesOn = (carry: C): tf.Tensor => {
    const result = condition(carry)
    if (result.rank !== 0 || result.dtype !== 'bool')
      throw new BdlError({
        code: 'ShapeMismatch',
        fn: 'whileLoop',
        argument: "the condition's value",
        expected: 'a bool scalar',
        got: `${result.dtype} [${result.shape.join(', ')}]`,
        ...whereabouts()
      })
    return result
  }
  const step = (carry: C): C => {
    const next = body(carry)
    expectSameState('whileLoop', carry, next)
    return next
  }
  if (isTracing()) {
    const outputs = bindWhile(
      leaves,
      (s) => goesOn(unflatten<C>(def, s)),
      (s) => flatten(step(unflatten<C>(def, s)))[0]
    )
    return unflatten<C>(def, outputs)
  }
  let carry = tidyOwned(() => init)
  while (tf.tidy(() => goesOn(carry).dataSync()[0] !== 0)) {
    const previous = carry
    carry = tidyOwned(() => step(previous))
    tf.dispose([...flatten(previous)[0]])
  }
  return carry
}

/**
 * `onTrue(...operands)` where `pred` holds, else `onFalse(...operands)`; only one of them is computed (both, under a vmap
 * that batches `pred`). Differentiable.
 *
 * @param pred bool scalar
 * @error ShapeMismatch if the branches return different forms
 * @example cond(tf.greater(x, 0), (x) => tf.sqrt(x), (x) => tf.zerosLike(x), x)
 */
export const cond = <A extends readonly Tree[], T extends Tree>(
  pred: tf.Tensor,
  onTrue: (...operands: A) => T,
  onFalse: (...operands: A) => T,
  ...operands: A
): T => {
  if (!isTracing()) return tidyOwned(() => (pred.dataSync()[0] ? onTrue : onFalse)(...operands))
  const [leaves, def] = flatten(operands, 'cond')
  let outDef: TreeDef | undefined
  const branch =
    (f: (...operands: A) => T) =>
    (args: readonly tf.Tensor[]): readonly tf.Tensor[] => {
      const [outputs, own] = flatten(f(...unflatten<A>(def, args)), 'cond')
      if (outDef !== undefined && describeDef(own) !== describeDef(outDef))
        throw new BdlError({
          code: 'ShapeMismatch',
          fn: 'cond',
          argument: 'branches',
          expected: `one structure, ${describeDef(outDef)}`,
          got: describeDef(own),
          ...whereabouts()
        })
      outDef = own
      return outputs
    }
  const outputs = bindCond(pred, leaves, branch(onTrue), branch(onFalse))
  return unflatten<T>(outDef!, outputs)
}
