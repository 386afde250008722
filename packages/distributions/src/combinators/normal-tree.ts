// The usual prior over the weights of a network: all of them Gaussian.
import * as tf from '@tensorflow/tfjs-core'
import {
  BdlError,
  expectPositive,
  flatten,
  leaves,
  normal as standardNormal,
  sizeOfShape,
  split,
  unflatten,
  type Key,
  type Tree
} from '@bdl/core'
import { real } from '../constraint.js'
import { distribution, type Distribution } from '../distribution.js'
import { sumLast } from './independent.js'

const HALF_LOG_TAU = 0.5 * Math.log(2 * Math.PI)

const total = (terms: readonly tf.Tensor[], shape: readonly number[]): tf.Tensor =>
  terms.reduce((sum, term) => tf.add(sum, term), tf.zeros([...shape]))

const expectLeaves = (fn: string, got: number, expected: number): void => {
  if (got !== expected)
    throw new BdlError({
      code: 'InvalidArgument',
      fn,
      argument: 'value',
      expected: `${expected} leaves`,
      got: String(got)
    })
}

const keysFor = (key: Key, n: number): readonly Key[] => (n === 0 ? [] : split(key, n))

/**
 * Every entry of every leaf is N(0, scale^2), independently: the usual prior over the weights of a network.
 *
 * @param like a tree of the shapes wanted; shapes are read now, the tensors are not kept
 * @param scale one standard deviation for all leaves, or one per leaf in flatten order; > 0
 * @returns values have leaves [...S, ...leaf shape], log-probabilities are [...S]
 * @error InvalidArgument if a scale is not finite and positive, or there are not as many as leaves
 * @example normalTree({ w: tf.zeros([64, 16]), b: tf.zeros([16]) }, 1).logProb(params)
 */
export const normalTree = <T extends Tree>(like: T, scale: number | readonly number[]): Distribution<T> => {
  const [all, def] = flatten(like, 'normalTree')
  const shapes = all.map((leaf) => leaf.shape)
  const scales = typeof scale === 'number' ? shapes.map(() => scale) : scale
  expectLeaves('normalTree', scales.length, shapes.length)
  scales.forEach((s) => expectPositive('normalTree', { scale: s }))
  const size = shapes.reduce((n, shape) => n + sizeOfShape(shape), 0)
  const constant = shapes.reduce((c, shape, i) => c - sizeOfShape(shape) * (HALF_LOG_TAU + Math.log(scales[i]!)), 0)
  const energy = (z: tf.Tensor, i: number): tf.Tensor => tf.mul(sumLast(tf.square(z), shapes[i]!.length), -0.5)
  const fill = (value: (shape: readonly number[], i: number) => tf.Tensor): T => unflatten<T>(def, shapes.map(value))
  return distribution<T>({
    name: 'normalTree',
    batchShape: [],
    eventShape: [size],
    isReparameterised: true,
    support: real,
    logProb: (value) => {
      const values = leaves(value)
      expectLeaves('normalTree.logProb', values.length, shapes.length)
      const sampleShape = values[0]?.shape.slice(0, values[0].rank - shapes[0]!.length) ?? []
      return tf.add(
        total(
          values.map((x, i) => energy(tf.div(x, scales[i]!), i)),
          sampleShape
        ),
        constant
      )
    },
    sampleAndLogProb: (key, sampleShape) => {
      const keys = keysFor(key, shapes.length)
      const noise = shapes.map((shape, i) => standardNormal(keys[i]!, [...sampleShape, ...shape]))
      const value = unflatten<T>(
        def,
        noise.map((z, i) => tf.mul(z, scales[i]!))
      )
      return [value, tf.add(total(noise.map(energy), sampleShape), constant)]
    },
    mean: () => fill((shape) => tf.zeros([...shape])),
    mode: () => fill((shape) => tf.zeros([...shape])),
    variance: () => fill((shape, i) => tf.fill([...shape], scales[i]! ** 2)),
    entropy: () => tf.scalar(size / 2 - constant)
  })
}
