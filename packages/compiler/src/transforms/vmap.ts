/** Vectorisation: write a function for one, run it for many. */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError } from '../errors.js'
import { avalOf, isTracing } from '../trace/context.js'
import { traceGraph } from '../trace/trace-graph.js'
import { whereabouts } from '../trace/user-line.js'
import { flatten, unflatten } from '../tree.js'
import type { Tree, TreeDef } from '../tree.js'
import { replayAllBatched } from './batching.js'

/** 0: this argument has one entry per member along axis 0 of every leaf. null: it is shared by all. */
export type InAxis = 0 | null

const memberCount = (leaves: readonly tf.Tensor[], batched: readonly boolean[]): number => {
  const sizes = leaves.filter((_, i) => batched[i]).map((leaf) => leaf.shape[0])
  const [size] = sizes
  if (size === undefined || sizes.some((n) => n !== size))
    throw new BdlError({
      code: 'ShapeMismatch',
      fn: 'vmap',
      argument: 'batched arguments',
      expected: 'at least one, and one size of axis 0 in all of them',
      got: sizes.length === 0 ? 'none' : sizes.map(String).join(', '),
      ...whereabouts()
    })
  return size
}

/**
 * Maps `f` over axis 0 of its arguments, as one batched program rather than a loop.
 *
 * @param f traceable, written for one member
 * @param inAxes one of 0 (batched) or null (shared) per argument; default: all 0
 * @returns a function of the batched arguments; every leaf of the result has the members as axis 0
 * @error ShapeMismatch if no argument is batched or their sizes differ; NotTraceable as in `vjp`
 * @example vmap((w: tf.Tensor, x: tf.Tensor) => tf.dot(w, x), [0, null])(tf.ones([3, 2]), tf.ones([2])).shape // => [3]
 */
export const vmap =
  <A extends readonly Tree[], R extends Tree>(f: (...args: A) => R, inAxes?: { readonly [K in keyof A]: InAxis }) =>
  (...args: A): R => {
    const axes: readonly InAxis[] = inAxes ?? args.map(() => 0 as const)
    if (axes.length !== args.length)
      throw new BdlError({
        code: 'InvalidArgument',
        fn: 'vmap',
        argument: 'inAxes',
        expected: `${args.length} entries`,
        got: String(axes.length),
        ...whereabouts()
      })
    const parts = args.map((arg) => flatten(arg, 'vmap'))
    const leaves = parts.flatMap(([own]) => own)
    const batched = parts.flatMap(([own], i) => own.map(() => axes[i] === 0))
    const size = memberCount(leaves, batched)
    const def: TreeDef = { kind: 'array', children: parts.map(([, own]) => own) }
    const avals = leaves.map((leaf, i) => {
      const aval = avalOf(leaf, 'vmap')
      return batched[i] ? { ...aval, shape: aval.shape.slice(1) } : aval
    })
    let outDef: TreeDef | undefined
    const { graph, captures } = traceGraph(
      (...members) => {
        const [outputs, own] = flatten(f(...unflatten<A>(def, members)), 'vmap')
        outDef = own
        return outputs
      },
      avals,
      'vmap'
    )
    const inputs = [...leaves, ...captures]
    const run = (): readonly tf.Tensor[] =>
      replayAllBatched(graph, inputs, [...batched, ...captures.map(() => false)], size)
    const outputs = isTracing() ? run() : tf.tidy(() => run().map((t) => (inputs.includes(t) ? tf.clone(t) : t)))
    return unflatten<R>(outDef!, outputs)
  }
