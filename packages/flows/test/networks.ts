// The networks of the golden file as ours: its weights are stored [out, in], as its `networks` says, ours are [in, out].
import * as tf from '@tensorflow/tfjs-core'
import type { Tree } from '@bdl/core'
import { tanh } from '@bdl/nn'
import type { Nested } from '@bdl/testing'
import { concatSquashLayer, planarVelocity, velocityMlp, velocityNetwork, type Velocity } from '../src/index'

type Leaf = tf.Tensor
type Squash = { readonly W: Leaf; readonly b: Leaf; readonly gateW: Leaf; readonly gateB: Leaf; readonly hyperW: Leaf }
export type ConcatParams = { readonly weights: readonly Leaf[]; readonly biases: readonly Leaf[] }
export type SquashParams = { readonly layers: readonly Squash[] }
export type PlanarParams = { readonly w: Leaf; readonly b: Leaf; readonly u: Leaf }

const widths = (weights: readonly Leaf[]): readonly number[] => weights.slice(0, -1).map((w) => w.shape[0] ?? 0)

export const concat = ({ weights, biases }: ConcatParams): Velocity =>
  velocityMlp({
    dimension: biases.at(-1)?.size ?? 0,
    hidden: widths(weights),
    activation: tanh,
    frequencies: 0
  }).build(weights.map((w, i) => ({ w: tf.transpose(w), b: biases[i]! })))

export const concatSquash = ({ layers }: SquashParams): Velocity =>
  velocityNetwork({
    dimension: layers.at(-1)?.b.size ?? 0,
    hidden: widths(layers.map(({ W }) => W)),
    layer: concatSquashLayer
  }).build(
    layers.map(({ W, b, gateW, gateB, hyperW }) => ({
      layer: { w: tf.transpose(W), b },
      gate: { w: gateW, b: gateB },
      shift: hyperW
    }))
  )

export const planarCnf = ({ w, b, u }: PlanarParams): Velocity =>
  planarVelocity({ dimension: u.shape[1] ?? 0, units: b.size }).build({ w: tf.transpose(w), b, u, gate: [] })

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
