// Sets made of others: events out of batch axes, images under bijectors, parts of a record.
import * as tf from '@tensorflow/tfjs-core'
import { asEvent, chain, type Bijector } from '@bdl/bijectors'
import { isTensor, leaves, scoped, type Tree } from '@bdl/core'
import { allLast, constraint, type Constraint } from './constraint.js'

/** The last n batch axes become event axes: all of their entries lie in the set. */
export const everyOf =
  (n: number) =>
  (set: Constraint): Constraint =>
    n === 0
      ? set
      : constraint({
          name: `everyOf(${n})(${set.name})`,
          eventNdims: set.eventNdims + n,
          isDiscrete: set.isDiscrete === true,
          contains: (x) => allLast(set.contains(x), n),
          ...(set.fromReals && { fromReals: asEvent(n)(set.fromReals) })
        })

/** Relative error that going back and forth is forgiven in float32. */
const ROUND_TRIP = 1e-4

const isNear = (a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
  tf.lessEqual(tf.abs(tf.sub(a, b)), tf.mul(tf.add(tf.abs(b), 1), ROUND_TRIP))

/**
 * The image of a set under a bijector: y such that b^-1(y) is in the set.
 *
 * Events are as large as b's, or as the set's where those are larger. Where b embeds vectors in a larger space (the
 * simplex, triangular matrices), b(b^-1(y)) must be y too, up to 1e-4.
 */
export const imageOf = (set: Constraint, b: Bijector): Constraint => {
  const below = Math.max(0, b.forwardEventNdims - set.eventNdims)
  const above = Math.max(0, set.eventNdims - b.forwardEventNdims)
  const eventNdims = b.inverseEventNdims + above
  return constraint({
    name: `imageOf(${set.name}, ${b.name})`,
    eventNdims,
    isDiscrete: set.isDiscrete === true,
    contains: (y) => {
      const x = b.inverse(y)
      const isMember = allLast(set.contains(x), below)
      return x.size < y.size ? tf.logicalAnd(isMember, allLast(isNear(b.forward(x), y), eventNdims)) : isMember
    },
    ...(set.fromReals && { fromReals: chain(set.fromReals, b) })
  })
}

/** An entry of a record by its name, else leaf `i` of a tree. */
const partOf = (value: Tree, name: string, i: number): Tree =>
  isTensor(value) || !(name in value) ? leaves(value)[i]! : (value as Readonly<Record<string, Tree>>)[name]!

/** Records whose entries lie in the sets given by name (of other trees: their leaves, in order): one scalar for the whole. */
export const recordOf = (sets: readonly (readonly [name: string, set: Constraint])[]): Constraint =>
  Object.freeze<Constraint>({
    name: `{ ${sets.map(([name, set]) => `${name}: ${set.name}`).join(', ')} }`,
    eventNdims: 0,
    contains: (value) =>
      scoped(() => {
        const inside = sets.map(([name, set], i) => tf.all(set.contains(partOf(value, name, i))))
        return inside.reduce((so, next) => tf.logicalAnd(so, next), tf.scalar(true, 'bool'))
      })
  })
