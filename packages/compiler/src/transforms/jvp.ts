/** Forward-mode derivatives of functions of trees: `jvp`, and `hvp`, which is forward over reverse. */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError } from '../errors.js'
import { sameShape } from '../graph/graph.js'
import { whereabouts } from '../trace/user-line.js'
import { describeDef, flatten, leaves as leavesOf, tidyTree, unflatten } from '../tree.js'
import type { Tree, TreeDef } from '../tree.js'
import { grad } from './grad.js'
import { pushforwardOf } from './pushforward.js'
import { traceTree } from './tree-function.js'

/** The leaves of a tangent of a tree of these leaves; `null` for those that have none (int32 and bool). */
export const tangentLeaves = (
  fn: string,
  tangent: Tree,
  def: TreeDef,
  leaves: readonly tf.Tensor[]
): readonly (tf.Tensor | null)[] => {
  const [own, ownDef] = flatten(tangent, fn)
  const describe = (d: TreeDef, all: readonly tf.Tensor[]): string =>
    `${describeDef(d)} of ${all.map((t) => `[${t.shape.join(', ')}]`).join(' ')}`
  if (describeDef(def) !== describeDef(ownDef) || !own.every((t, i) => sameShape(t.shape, leaves[i]!.shape)))
    throw new BdlError({
      code: 'ShapeMismatch',
      fn,
      argument: 'tangent',
      expected: `the form of the point, ${describe(def, leaves)}`,
      got: describe(ownDef, own),
      ...whereabouts()
    })
  return own.map((dx, i) => (leaves[i]!.dtype === 'float32' ? tf.cast(dx, 'float32') : null))
}

/**
 * The value of `f` at `x`, and its derivative along the direction `dx`: one pass forward, no memory of what was on the
 * way. For the derivative along every direction see `jacobian`; of many directions at one point, `linearize`.
 *
 * Leaves of dtype int32 and bool have no tangent: those of `dx` are ignored, those of the result are zeros. Loops carry
 * values and tangents together; `whileLoop` has this derivative and no other.
 *
 * @param f traceable: no reading of values; for several arguments, a function of a tuple or record
 * @param dx a tree of the structure and shapes of `x`
 * @returns `[y, dy]`, both of the structure of `f`'s value
 * @error ShapeMismatch if `dx` has not the form of `x`; NotTraceable as in `vjp`; UnsupportedOp if an op has no tangent rule
 * @example jvp((x) => tf.sin(x), tf.scalar(0), tf.scalar(2)) // => [0, 2]
 */
export const jvp = <X extends Tree, Y extends Tree>(f: (x: X) => Y, x: X, dx: X): readonly [y: Y, dy: Y] =>
  tidyTree((): readonly [Y, Y] => {
    const [leaves, def] = flatten(x, 'jvp')
    const tangents = tangentLeaves('jvp', dx, def, leaves)
    const { graph, captures, outDef } = traceTree(f, def, leaves, 'jvp')
    const inputs = [...leaves, ...captures]
    const pushed = pushforwardOf(graph, inputs, [...tangents, ...captures.map(() => null)])
    // on real tensors a result never aliases an argument
    const given = [...inputs, ...leavesOf(dx)]
    const own = (t: tf.Tensor): tf.Tensor => (given.includes(t) ? tf.clone(t) : t)
    const tangentsOut = pushed.outputs.map((y, i) => pushed.tangents[i] ?? tf.zeros(y.shape, y.dtype))
    return [unflatten<Y>(outDef, pushed.outputs.map(own)), unflatten<Y>(outDef, tangentsOut.map(own))]
  })

/**
 * The Hessian of a scalar function times a direction, without the Hessian: the derivative of the gradient along `v`, at the
 * price of two to three gradients and in the memory of one.
 *
 * @param f traceable, returns a float32 scalar
 * @param v a tree of the structure and shapes of `x`
 * @returns a tree of the structure of `x`
 * @error ShapeMismatch if the value is no scalar, or `v` has not the form of `x`
 * @source Pearlmutter (1994), "Fast exact multiplication by the Hessian"
 * @example hvp((x) => tf.sum(tf.pow(x, 3)), tf.tensor1d([1, 2]), tf.tensor1d([1, 1])) // => [6, 12]
 */
export const hvp = <X extends Tree>(f: (x: X) => tf.Tensor, x: X, v: X): X =>
  tidyTree(() => {
    const [, product] = jvp(grad(f), x, v)
    return product
  })
