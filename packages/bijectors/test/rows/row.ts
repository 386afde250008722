// What a room gives to the tables: how cases of the golden file are made, and what the laws run over.
import * as tf from '@tensorflow/tfjs-core'
import { flatten, key, unflatten, type Key, type Learnable, type Tree } from '@bdl/core'
import type { Nested } from '@bdl/testing'
import type { Bijector } from '../../src/index'
import type { LawOptions } from '../../src/testing'

export type Json = number | string | boolean | null | readonly Json[] | { readonly [key: string]: Json }
export type Params = Readonly<Record<string, Json>>
export interface Named {
  readonly bijector: string
  readonly params?: Params
}

export interface GoldenFamily {
  readonly make: (p: Params, build: (named: Named) => Bijector) => Bijector
  /** Ends of the image, near which float32 has lost the inverse (the file says so): tested where more than 1e-3 away. */
  readonly ends?: readonly number[]
}

/** The bijector and points of its domain [batch, ...E]. */
export type LawRow = readonly [bijector: Bijector, points: tf.Tensor, options?: LawOptions]
/** With parameters to learn, as the list of their leaves. */
export type LearnableRow = readonly [
  learnable: Learnable<readonly tf.Tensor[], Bijector>,
  points: tf.Tensor,
  options?: LawOptions
]

export const learnableRow = <P extends Tree>(
  made: Learnable<P, Bijector>,
  at: tf.Tensor,
  options: LawOptions = {}
): LearnableRow => {
  const [, def] = flatten(made.init(key(0)))
  const init = (k: Key): readonly tf.Tensor[] => flatten(made.init(k))[0]
  return [{ init, build: (all) => made.build(unflatten<P>(def, all)) }, at, options]
}

export interface Rows {
  /** By the name that the golden file has. */
  readonly golden: Readonly<Record<string, GoldenFamily>>
  /** By a name whose first word is the public function, so that none is forgotten. */
  readonly laws: Readonly<Record<string, LawRow>>
  /** As `laws`, of public functions that give a `Learnable`. */
  readonly learnables?: Readonly<Record<string, LearnableRow>>
}

/** Numbers of a case, nested, as a tensor. */
export const tensorOf = (json: Json | undefined): tf.Tensor => tf.tensor(json as tf.TensorLike)
export const numberOf = (json: Json | undefined): number => {
  if (typeof json !== 'number') throw new Error(`a number, not ${JSON.stringify(json)}`)
  return json
}
export const numbersOf = (json: Json | undefined): readonly number[] => {
  if (!Array.isArray(json)) throw new Error(`an array, not ${JSON.stringify(json)}`)
  return json.map(numberOf)
}

/** h = tanh(W h + b), last layer linear, of `{ weights, biases }`; W is [out, in] in the file. */
export const mlpOf =
  (json: Json | undefined) =>
  (x: tf.Tensor): tf.Tensor => {
    const { weights, biases } = json as unknown as {
      readonly weights: readonly Nested[]
      readonly biases: readonly Nested[]
    }
    return weights.reduce<tf.Tensor>((h, w, i) => {
      const z = tf.add(tf.matMul(h, tensorOf(w as Json), false, true), tensorOf(biases[i] as Json))
      return i === weights.length - 1 ? z : tf.tanh(z)
    }, x)
  }

export const points = tf.tensor2d([
  [-1.5, 0.25, 2],
  [0.75, -0.5, 1.25]
])
export const positive = tf.tensor2d([
  [0.1, 1.5, 4],
  [0.75, 2.5, 0.3]
])
export const row = tf.tensor1d([0.5, -2, 3])
