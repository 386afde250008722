// The criterion without recursion against the criterion on the blocks themselves; integers, so that sums are exact.
import * as tf from '@tensorflow/tfjs-core'
import { scan } from '@bdl/compiler'
import { eagerAndCompiled, expectClose } from '@bdl/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { blockSizes, checkpointsOf, flipCheckpoints, recordLeaf, turningBlocks } from '../src/u-turn'
import type { Checkpoints } from '../src/u-turn'
import { goesOn } from './nuts-reference'

type Rows = readonly (readonly number[])[]

const DEPTH = 4
const LEAVES = 2 ** DEPTH

/** Whether the block of 2^t leaves that ends with leaf n turns, for each t >= 1; false where none ends. */
const expected = (momenta: Rows): readonly (readonly boolean[])[] =>
  momenta.slice(1).map((row, i) =>
    Array.from({ length: DEPTH }, (_, t) => {
      const [end, size] = [i + 2, 2 ** (t + 1)]
      const unit = row.map(() => 1)
      return end % size === 0 && !goesOn(momenta.slice(end - size, end), unit)
    })
  )

const row = (leaves: tf.Tensor, i: number) => tf.reshape(tf.slice(leaves, [i, 0], [1, -1]), [-1])

const judge = (leaves: tf.Tensor): tf.Tensor => {
  const sizes = blockSizes(DEPTH)
  const first = row(leaves, 0)
  type State = { readonly checkpoints: Checkpoints; readonly z: tf.Tensor; readonly sum: tf.Tensor }
  const [, turning] = scan(
    (state: State, x: { readonly z: tf.Tensor; readonly number: tf.Tensor }) => {
      const leaf = { number: x.number, z: x.z, before: state.z, sum: state.sum }
      const checkpoints = recordLeaf(state.checkpoints, leaf, sizes)
      const next = { checkpoints, z: tf.clone(x.z), sum: tf.add(state.sum, x.z) }
      return [next, turningBlocks(checkpoints, leaf, sizes)] as const
    },
    { checkpoints: checkpointsOf(first, DEPTH), z: first, sum: first },
    { z: tf.slice(leaves, [1, 0]), number: tf.range(1, LEAVES) }
  )
  return turning
}

/** Integers that wander, so that blocks of all sizes turn now and then. */
const wandering = (dim: number) =>
  fc.array(fc.array(fc.integer({ min: -3, max: 5 }), { minLength: dim, maxLength: dim }), {
    minLength: LEAVES,
    maxLength: LEAVES
  })

test('each block is judged at its last leaf as its leaves say', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 3 }).chain(wandering), async (momenta) => {
      const truth = expected(momenta).map((leaf) => leaf.map(Number))
      for (const found of await eagerAndCompiled(judge, [tf.tensor2d(momenta)]))
        expectClose(found, truth, { atol: 0, rtol: 0 })
    }),
    { numRuns: 20, seed: 1 }
  )
})

test('the cases that it was tried on have blocks of every size that turn, and some that do not', () => {
  const counts = fc.sample(wandering(2), { numRuns: 200, seed: 1 }).map(expected)
  for (let t = 0; t < DEPTH; t++) {
    const ends = counts.flatMap((leaves) => leaves.filter((_, i) => (i + 2) % 2 ** (t + 1) === 0).map((all) => all[t]))
    expect([ends.includes(true), ends.includes(false)]).toEqual([true, true])
  }
})

test('a trajectory once around a circle turns, though its two ends are alike', () => {
  const angles = Array.from({ length: LEAVES }, (_, i) => (2 * Math.PI * i) / 7)
  const circle = angles.map((a) => [Math.cos(a), Math.sin(a)])
  const once = circle.slice(0, 8)
  const rho = [0, 1].map((k) => once.reduce((sum, z) => sum + z[k]!, 0))
  for (const end of [once[0]!, once[7]!]) expect(end[0]! * rho[0]! + end[1]! * rho[1]!).toBeGreaterThan(0.99)
  const ofEight = tf.slice(judge(tf.tensor2d(circle)), [6, 0], [1, 3])
  expectClose(ofEight, [[0, 0, 1]], { atol: 0, rtol: 0 }) // leaf 7 ends blocks of 2, 4 and 8
})

test('a flip gives larger blocks a new first leaf, and leaves the others', () => {
  const sizes = blockSizes(3)
  const before = checkpointsOf(tf.tensor1d([1, 2]), 3)
  const flipped = flipCheckpoints(before, tf.scalar(2), tf.scalar(true, 'bool'), tf.tensor1d([7, 8]), sizes)
  expectClose(
    flipped.first,
    [
      [1, 2],
      [1, 2],
      [7, 8],
      [7, 8]
    ],
    { atol: 0, rtol: 0 }
  )
  const kept = flipCheckpoints(before, tf.scalar(2), tf.scalar(false, 'bool'), tf.tensor1d([7, 8]), sizes)
  expectClose(kept.first, before.first, { atol: 0, rtol: 0 })
  expectClose(flipped.sum, before.sum, { atol: 0, rtol: 0 })
})
