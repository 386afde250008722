/** Derivatives along every direction: `jacobian` of a function of trees, `hessian` of a scalar one. */
import * as tf from '@tensorflow/tfjs-core'
import { isFloat, numbersIn, sizeOf } from '../graph/graph.js'
import type { Aval, Shape } from '../graph/graph.js'
import { traceGraph } from '../trace/trace-graph.js'
import { flatten, tidyTree, unflatten } from '../tree.js'
import type { Tree, TreeDef } from '../tree.js'
import { replayAllBatched } from './batching.js'
import { grad } from './grad.js'
import { pullbackOf } from './pullback.js'
import { pushforwardOf } from './pushforward.js'
import { traceTree, type TracedTree } from './tree-function.js'

/** A tree of the structure of `Y`, each leaf of which is a tree of the structure of `X`. */
export type JacobianOf<Y, X> = Y extends tf.Tensor ? X : { readonly [K in keyof Y]: JacobianOf<Y[K], X> }

export interface JacobianOptions {
  /**
   * 'forward': by columns, each as dear as one or two evaluations. 'reverse': by rows, as dear as two or three.
   * Default: forward, unless the value has fewer entries than the argument.
   */
  readonly mode?: 'forward' | 'reverse'
}

type MaybeTensor = tf.Tensor | null

/** [row of blocks for each output][block for each argument], `null` where one does not depend on the other. */
type Blocks = readonly (readonly MaybeTensor[])[]

/** The unit vectors of tensors of `shape`: [size, ...shape]. */
const unitVectors = (shape: Shape): tf.Tensor => {
  const n = sizeOf(shape)
  const index = tf.range(0, n, 1, 'int32')
  return tf.reshape(tf.cast(tf.equal(tf.reshape(index, [n, 1]), index), 'float32'), [n, ...shape])
}

/** A linear map of tensors of `shape` at every unit vector, which becomes the leading axis; `null` stays. */
const atUnitVectors = (linear: (x: tf.Tensor) => readonly MaybeTensor[], shape: Shape): readonly MaybeTensor[] => {
  const n = sizeOf(shape)
  if (n === 0) return []
  let isPresent: readonly boolean[] = []
  const { graph, captures } = traceGraph(
    (unit) => {
      const results = linear(unit!)
      isPresent = results.map((t) => t !== null)
      return results.filter((t) => t !== null)
    },
    [{ shape, dtype: 'float32' }],
    'jacobian'
  )
  const batched = [true, ...captures.map(() => false)]
  const results = [...replayAllBatched(graph, [unitVectors(shape), ...captures], batched, n)]
  return isPresent.map((flag) => (flag ? results.shift()! : null))
}

/** [n, ...y] -> [...y, n]. */
const lastAxis = (x: tf.Tensor): tf.Tensor => tf.transpose(x, [...x.shape.slice(1).map((_, i) => i + 1), 0])

const forwardBlocks = (leaves: readonly tf.Tensor[], { graph, captures }: TracedTree): Blocks => {
  const inputs = [...leaves, ...captures]
  const columns = leaves.map((leaf, i) =>
    isFloat(leaf)
      ? atUnitVectors(
          (unit) =>
            pushforwardOf(
              graph,
              inputs,
              inputs.map((_, k) => (k === i ? unit : null))
            ).tangents,
          leaf.shape
        )
      : []
  )
  return graph.outputs.map((_, j) => columns.map((column) => (column[j] ? lastAxis(column[j]) : null)))
}

const reverseBlocks = (leaves: readonly tf.Tensor[], { graph, captures }: TracedTree): Blocks => {
  const inputs = [...leaves, ...captures]
  const [, pullback] = pullbackOf(
    graph,
    inputs,
    inputs.map((t, i) => i < leaves.length && isFloat(t))
  )
  return graph.outputs.map((output, j) =>
    isFloat(output)
      ? atUnitVectors(
          (unit) => pullback(graph.outputs.map((_, k) => (k === j ? unit : null))).slice(0, leaves.length),
          output.shape
        )
      : []
  )
}

const countFloats = (all: readonly (Aval | tf.Tensor)[]): number => numbersIn(all.filter(isFloat))

const nested = (outer: TreeDef, inner: TreeDef): TreeDef =>
  outer.kind === 'leaf' ? inner : { ...outer, children: outer.children.map((child) => nested(child, inner)) }

/**
 * The derivative of `f` with respect to its first argument, as a matrix: for leaves y of the value and x of the argument a
 * tensor of shape [...y.shape, ...x.shape], in a tree of the structure of the value whose leaves are trees of the structure
 * of the argument. One batched derivative for each leaf of the one or the other.
 *
 * @param f traceable; leaves of dtype int32 and bool have zeros
 * @returns a function of the same arguments
 * @error NotTraceable as in `vjp`; UnsupportedOp in reverse mode if `f` contains `whileLoop`
 * @example jacobian((x) => tf.square(x))(tf.tensor1d([1, 2])) // => [[2, 0], [0, 4]]
 */
export const jacobian =
  <X extends Tree, R extends readonly Tree[], Y extends Tree>(
    f: (x: X, ...rest: R) => Y,
    options: JacobianOptions = {}
  ) =>
  (x: X, ...rest: R): JacobianOf<Y, X> =>
    tidyTree<Tree>(() => {
      const [leaves, def] = flatten(x, 'jacobian')
      const traced = traceTree((at: X) => f(at, ...rest), def, leaves, 'jacobian')
      const { outputs } = traced.graph
      const mode = options.mode ?? (countFloats(outputs) < countFloats(leaves) ? 'reverse' : 'forward')
      const blocks = (mode === 'forward' ? forwardBlocks : reverseBlocks)(leaves, traced)
      const all = outputs.flatMap((output, j) =>
        leaves.map((leaf, i) => {
          const shape = [...output.shape, ...leaf.shape]
          const block = blocks[j]![i]
          return block ? tf.reshape(block, shape) : tf.zeros(shape, leaf.dtype)
        })
      )
      return unflatten<Tree>(nested(traced.outDef, def), all)
    }) as JacobianOf<Y, X> // the structure is `nested`, which says of values what the type says of types

/**
 * The second derivatives of a scalar function of a tree: for leaves a and b of the argument a tensor of shape [...a.shape,
 * ...b.shape], in a tree of trees. Forward over reverse: `hvp` for every unit vector, batched, so n times the memory of a
 * gradient; where a few directions will do, use `hvp`.
 *
 * @param f traceable, returns a float32 scalar
 * @returns a function of the same arguments
 * @error ShapeMismatch if the value is no scalar; NotTraceable as in `vjp`
 * @example hessian((x) => tf.sum(tf.pow(x, 3)))(tf.tensor1d([1, 2])) // => [[6, 0], [0, 12]]
 */
export const hessian = <X extends Tree, R extends readonly Tree[]>(
  f: (x: X, ...rest: R) => tf.Tensor
): ((x: X, ...rest: R) => JacobianOf<X, X>) => jacobian(grad(f), { mode: 'forward' })
