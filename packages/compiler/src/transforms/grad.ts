/** Reverse-mode derivatives of functions of trees: `vjp`, `grad`, `valueAndGrad`. */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError } from '../errors.js'
import { NO_ATTRS } from '../primitives/elementwise.js'
import { stopGradientPrimitive } from '../primitives/unary.js'
import { bind1 } from '../trace/context.js'
import { whereabouts } from '../trace/user-line.js'
import { flatten, mapTree, tidyTree, unflatten } from '../tree.js'
import type { Tree } from '../tree.js'
import { pullbackOf } from './pullback.js'
import { traceTree } from './tree-function.js'

type TreeFunction<X extends Tree, R extends readonly Tree[], Y> = (x: X, ...rest: R) => Y

const expectScalar = (fn: string, value: tf.Tensor): void => {
  if (value.rank !== 0 || value.dtype !== 'float32')
    throw new BdlError({
      code: 'ShapeMismatch',
      fn,
      argument: "the function's value",
      expected: 'a float32 scalar, shape []',
      got: `${value.dtype} [${value.shape.join(', ')}]`,
      hint: 'Reduce it with tf.sum or tf.mean, or use vjp',
      ...whereabouts()
    })
}

const zerosOf = (x: tf.Tensor): tf.Tensor => tf.zeros(x.shape, x.dtype)

/**
 * The value of `f` at `x`, and the map from a cotangent of the value to one of `x`.
 *
 * On real tensors the pullback holds the intermediates of the forward pass: call `vjp` and its pullback inside `scoped`.
 * Leaves of dtype int32 and bool have zero cotangents.
 *
 * @param f traceable: no reading of values
 * @returns `[y, pullback]`; `pullback(dy)` has the structure of `x`
 * @error NotTraceable if `f` reads a value; UnsupportedOp if an op has no derivative rule for what is asked
 * @example const [y, pullback] = vjp((x) => tf.tanh(x), tf.tensor1d([0.7])); pullback(tf.onesLike(y))
 */
export const vjp = <X extends Tree, Y extends Tree>(f: (x: X) => Y, x: X): readonly [y: Y, pullback: (dy: Y) => X] => {
  const [leaves, def] = flatten(x, 'vjp')
  const { graph, captures, outDef } = traceTree(f, def, leaves, 'vjp')
  const [outputs, pullback] = pullbackOf(
    graph,
    [...leaves, ...captures],
    [...leaves.map(() => true), ...captures.map(() => false)]
  )
  const pull = (dy: Y): X => {
    const cotangents = pullback(flatten(dy, 'vjp')[0])
    return unflatten<X>(
      def,
      leaves.map((leaf, i) => cotangents[i] ?? zerosOf(leaf))
    )
  }
  return [unflatten<Y>(outDef, outputs), pull]
}

/** Value, auxiliary result and gradient; all of `grad`'s family is this. */
const differentiate = <X extends Tree, R extends readonly Tree[], A extends Tree>(
  fn: string,
  f: TreeFunction<X, R, readonly [tf.Tensor, A]>,
  x: X,
  rest: R
): readonly [value: tf.Tensor, gradient: X, aux: A] =>
  tidyTree(() => {
    const [leaves, def] = flatten(x, fn)
    const traced = traceTree((at: X) => f(at, ...rest), def, leaves, fn)
    const inputs = [...leaves, ...traced.captures]
    const [outputs, pullback] = pullbackOf(
      traced.graph,
      inputs,
      inputs.map((_, i) => i < leaves.length)
    )
    const [value, aux] = unflatten<readonly [tf.Tensor, A]>(traced.outDef, outputs)
    expectScalar(fn, value)
    const gradients = pullback([tf.onesLike(value), ...outputs.slice(1).map(() => null)])
    const gradient = unflatten<X>(
      def,
      leaves.map((leaf, i) => gradients[i] ?? zerosOf(leaf))
    )
    return [owned(value, inputs), gradient, owned(aux, inputs)] as const
  })

/** On real tensors a result never aliases an argument. */
const owned = <T extends Tree>(tree: T, inputs: readonly tf.Tensor[]): T =>
  mapTree((leaf) => (inputs.includes(leaf) ? tf.clone(leaf) : leaf))(tree)

/**
 * Value and gradient of a scalar function with respect to its first argument.
 *
 * @param f traceable, returns a float32 scalar
 * @returns a function of the same arguments that returns `[value, gradient]`; the gradient has the structure of the first
 * @error ShapeMismatch if the value is no scalar; NotTraceable as in `vjp`
 * @example valueAndGrad((x: tf.Tensor) => tf.sum(tf.square(x)))(tf.tensor1d([1, 2])) // => [5, [2, 4]]
 */
export const valueAndGrad =
  <X extends Tree, R extends readonly Tree[]>(f: TreeFunction<X, R, tf.Tensor>) =>
  (x: X, ...rest: R): readonly [value: tf.Tensor, gradient: X] => {
    const [value, gradient] = differentiate('valueAndGrad', (at: X, ...others: R) => [f(at, ...others), []], x, rest)
    return [value, gradient]
  }

/** `valueAndGrad` of a function that returns `[scalar, aux]`; `aux` is passed on and not differentiated. */
export const valueAndGradWithAux =
  <X extends Tree, R extends readonly Tree[], A extends Tree>(f: TreeFunction<X, R, readonly [tf.Tensor, A]>) =>
  (x: X, ...rest: R): readonly [value: tf.Tensor, gradient: X, aux: A] =>
    differentiate('valueAndGradWithAux', f, x, rest)

/**
 * Gradient of a scalar function with respect to its first argument (a tree).
 *
 * @error ShapeMismatch if the value is no scalar; NotTraceable as in `vjp`
 * @example grad((x: tf.Tensor) => tf.mul(x, tf.tanh(x)))(tf.scalar(0.7)) // and grad of grad is right: 0.7324
 */
export const grad =
  <X extends Tree, R extends readonly Tree[]>(f: TreeFunction<X, R, tf.Tensor>) =>
  (x: X, ...rest: R): X =>
    tidyTree(() => {
      const [, gradient] = differentiate('grad', (at: X, ...others: R) => [f(at, ...others), []], x, rest)
      return gradient
    })

/** The same tree, seen as a constant by every derivative. */
export const stopGradient = mapTree((leaf) => bind1(stopGradientPrimitive, [leaf], NO_ATTRS))
