// The networks of the golden file as velocity fields; weights are stored [out, in], as the file's `networks` says.
import * as tf from '@tensorflow/tfjs-core'
import type { Tree } from '@bdl/core'
import type { Nested } from '@bdl/testing'
import type { Velocity } from '../src/index'

type Leaf = tf.Tensor
type Squash = { readonly W: Leaf; readonly b: Leaf; readonly gateW: Leaf; readonly gateB: Leaf; readonly hyperW: Leaf }
export type ConcatParams = { readonly weights: readonly Leaf[]; readonly biases: readonly Leaf[] }
export type SquashParams = { readonly layers: readonly Squash[] }
export type PlanarParams = { readonly w: Leaf; readonly b: Leaf; readonly u: Leaf }

const timesTransposed = (x: tf.Tensor, w: tf.Tensor): tf.Tensor => tf.matMul(x, w, false, true)

const column = (t: tf.Tensor, n: number): tf.Tensor => tf.add(tf.zeros([n, 1]), t.rank === 0 ? t : tf.expandDims(t, -1))

export const concat =
  ({ weights, biases }: ConcatParams): Velocity =>
  (t, z) =>
    weights.reduce(
      (h, w, i) => {
        const out = tf.add(timesTransposed(h, w), biases[i]!)
        return i === weights.length - 1 ? out : tf.tanh(out)
      },
      tf.concat([z, column(t, z.shape[0]!)], 1) as tf.Tensor
    )

export const concatSquash =
  ({ layers }: SquashParams): Velocity =>
  (t, z) =>
    layers.reduce((h, { W, b, gateW, gateB, hyperW }, i) => {
      const at = column(t, z.shape[0]!)
      const gate = tf.sigmoid(tf.add(tf.mul(at, gateW), gateB))
      const out = tf.add(tf.mul(tf.add(timesTransposed(h, W), b), gate), tf.mul(at, hyperW))
      return i === layers.length - 1 ? out : tf.tanh(out)
    }, z)

export const planarCnf =
  ({ w, b, u }: PlanarParams): Velocity =>
  (_t, z) =>
    tf.matMul(tf.tanh(tf.add(timesTransposed(z, w), b)), u)

/**
 * JSON as a tree of tensors: numbers nested in regular arrays are one tensor, except that lists of matrices or vectors of
 * different layers stay lists. `isList` names the fields that are lists of layers.
 */
export const toTree = (json: unknown, isList = false): Tree => {
  if (Array.isArray(json))
    return isList ? json.map((child) => toTree(child)) : tf.tensor(json as tf.TensorLike, undefined, 'float32')
  return Object.fromEntries(
    Object.entries(json as Readonly<Record<string, unknown>>).map(([name, value]) => [
      name,
      toTree(value, ['weights', 'biases', 'layers'].includes(name))
    ])
  )
}

/** Numbers of the same JSON, field by field, to compare a tree of gradients with: [path, numbers]. */
export const numbersOf = (json: unknown, tree: Tree, path = ''): readonly (readonly [string, tf.Tensor, Nested])[] => {
  if ('dataId' in tree) return [[path, tree as tf.Tensor, json as Nested]]
  return Object.entries(tree as Readonly<Record<string, Tree>>).flatMap(([name, child]) =>
    numbersOf((json as Readonly<Record<string, unknown>>)[name], child, `${path}.${name}`)
  )
}
