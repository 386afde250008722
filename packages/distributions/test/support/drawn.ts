// Families with parameters drawn at random: of sensible magnitudes, their shapes broadcasting against each other.
import * as tf from '@tensorflow/tfjs-core'
import { normal, split, uniform, type Key } from '@bdl/core'
import type { Distribution } from '../../src/index'
import type { Tensors } from '../rows/row'

export interface DrawnParameter {
  readonly draw: (k: Key, shape: readonly number[]) => tf.Tensor
  /** Shape of one entry of the batch; default a number. */
  readonly event?: readonly number[]
  /** Has the whole batch, whatever the others have: weights of classes, which make the batch. */
  readonly isWhole?: boolean
  /** Counts, which have no derivative. */
  readonly isCount?: boolean
}

export interface DrawnFamily {
  readonly parameters: Readonly<Record<string, DrawnParameter>>
  readonly make: (p: Tensors) => Distribution
  /** Of laws in float32, absolute and relative; default 1e-4. */
  readonly tolerance?: number
}

/** Any number, most within 4 of 0. */
export const location: DrawnParameter = { draw: (k, shape) => tf.mul(normal(k, shape), 2) }

/** low <= x < high, equally likely by its logarithm. */
export const between = (low: number, high: number): DrawnParameter => ({
  draw: (k, shape) => tf.exp(uniform(k, shape, { minval: Math.log(low), maxval: Math.log(high) }))
})

/** A scale: two decades around 1. */
export const size = between(0.1, 10)

export const chance: DrawnParameter = { draw: (k, shape) => uniform(k, shape, { minval: 0.05, maxval: 0.95 }) }

/** 0, 1, ..., 30. */
export const count: DrawnParameter = {
  draw: (k, shape) => tf.floor(uniform(k, shape, { minval: 0, maxval: 31 })),
  isCount: true
}

/** `of` for each entry of an event. */
export const eventOf = (of: DrawnParameter, ...event: readonly number[]): DrawnParameter => ({ ...of, event })

export const whole = (of: DrawnParameter): DrawnParameter => ({ ...of, isWhole: true })

/** Any n x n matrix near to the identity: its triangles and its square are well conditioned. */
export const matrix = (n: number): DrawnParameter => ({
  draw: (k, shape) => tf.add(tf.mul(normal(k, shape), 0.2), tf.eye(n)),
  event: [n, n]
})

/** Shapes that parameters take in turn, the first of them first. */
export type Layout = readonly (readonly number[])[]

/** Parameters of those shapes; the whole batch is the shape that they broadcast to. */
export const drawParameters = ({ parameters }: DrawnFamily, k: Key, layout: Layout): Tensors => {
  const names = Object.keys(parameters)
  const all = batchOf(layout)
  const keys = split(k, names.length)
  return Object.fromEntries(
    Object.entries(parameters).map(([name, { draw, event = [], isWhole = false }], i) => {
      const batch = isWhole ? all : layout[i % layout.length]!
      return [name, draw(keys[i]!, [...batch, ...event])]
    })
  )
}

export const batchOf = (layout: Layout): readonly number[] =>
  layout.reduce<number[]>((a, b) => tf.broadcast_util.assertAndGetBroadcastShape(a, [...b]), [])

/** Every parameter of the whole batch's shape. */
export const tiled = ({ parameters }: DrawnFamily, p: Tensors, batch: readonly number[]): Tensors =>
  Object.fromEntries(
    Object.entries(p).map(([name, x]) => [name, tf.add(x, tf.zeros([...batch, ...(parameters[name]?.event ?? [])]))])
  )
