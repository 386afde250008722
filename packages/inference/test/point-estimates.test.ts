// MAP and ensembles: maxima that are known, members that differ, determinism, lifetimes.
import * as tf from '@tensorflow/tfjs-core'
import { key, leaves, normal, scoped } from '@bdl/core'
import type { Key } from '@bdl/core'
import { adam, cosineSchedule } from '@bdl/nn'
import { eagerAndCompiled, expectClose } from '@bdl/testing'
import { expect, test } from 'vitest'
import { ascent, deepEnsemble, map, memberOf } from '../src/index'

type Line = { readonly slope: tf.Tensor; readonly offset: tf.Tensor }

const x = tf.tensor1d([-1, 0, 1, 2])
const y = tf.tensor1d([-1.2, 0.9, 3.1, 4.8])

/** Least squares with a weak ridge: the maximum solves two linear equations. */
const logJoint = ({ slope, offset }: Line): tf.Tensor => {
  const residual = tf.sub(y, tf.add(tf.mul(slope, x), offset))
  const penalty = tf.add(tf.sum(tf.square(slope)), tf.sum(tf.square(offset)))
  return tf.mul(-0.5, tf.add(tf.sum(tf.square(residual)), tf.mul(0.5, penalty)))
}

// (Σx² + ½) a + Σx b = Σxy and Σx a + (n + ½) b = Σy
const [sxx, sx, sxy, sy] = [6.5, 2, 13.9, 7.6]
const determinant = sxx * 4.5 - sx * sx
const best = { slope: (sxy * 4.5 - sx * sy) / determinant, offset: (sxx * sy - sx * sxy) / determinant }

const init = (k: Key): Line =>
  scoped(() => {
    const start = normal(k, [2])
    return { slope: tf.slice(start, [0], [1]), offset: tf.slice(start, [1], [1]) }
  })

const optimiser = adam({ learningRate: cosineSchedule(0.1, 400) })

test('every member of an ensemble finds the one maximum of a concave log joint', async () => {
  const result = await deepEnsemble({ logDensity: logJoint, init, key: key(1), members: 5, optimiser, steps: 400 })
  expectClose(result.positions.slope, tf.fill([5, 1], best.slope), { atol: 1e-3, rtol: 0 })
  expectClose(result.positions.offset, tf.fill([5, 1], best.offset), { atol: 1e-3, rtol: 0 })
  expect(result.trace.shape).toEqual([5, 400])
  expect(result.provenance).toEqual({ method: 'deepEnsemble', chain: [0, 1, 2, 3, 4], step: [400, 400, 400, 400, 400] })
  const starts = result.trace.arraySync() as number[][]
  expect(new Set(starts.map((row) => row[0])).size).toBe(5) // members start from different keys
  expectClose(memberOf(result, 3).slope, [best.slope], { atol: 1e-3, rtol: 0 })
})

test('map is an ensemble of one, and the same key gives the same numbers', async () => {
  const options = { logDensity: logJoint, init, key: key(2), optimiser, steps: 50 }
  const [a, b] = [await map(options), await map(options)]
  expect(a.provenance.method).toBe('map')
  expect(Array.from(a.positions.slope.dataSync())).toEqual(Array.from(b.positions.slope.dataSync()))
})

test('a step is the optimiser’s, eagerly and compiled', async () => {
  const kernel = ascent(logJoint, adam({ learningRate: 0.1 }), 0.5)
  const once = (line: Line) => kernel.step(key(0), kernel.init(line))
  for (const [next, info] of await eagerAndCompiled(once, [{ slope: tf.tensor1d([0]), offset: tf.tensor1d([0]) }])) {
    // Adam's first step has the length of the learning rate; both gradients point up
    expectClose(next.position.slope, [0.1], { atol: 1e-5, rtol: 0 })
    expectClose(next.position.offset, [0.1], { atol: 1e-5, rtol: 0 })
    expectClose(info.logDensity, -0.5 * (1.44 + 0.81 + 9.61 + 23.04), { atol: 1e-4, rtol: 0 })
  }
})

test('only what is returned stays alive; progress is told', async () => {
  const [k, done] = [key(3), [] as number[]]
  const before = tf.memory().numTensors
  const onProgress = (progress: { readonly done: number }) => void done.push(progress.done)
  const result = await deepEnsemble({
    logDensity: logJoint,
    init,
    key: k,
    members: 2,
    optimiser,
    steps: 50,
    onProgress
  })
  expect(tf.memory().numTensors - before).toBe(leaves([result.positions, result.trace]).length)
  expect([done.length, done.at(-1)]).toEqual([25, 50])
})

test('bad counts are errors that name the argument', async () => {
  const options = { logDensity: logJoint, init, key: key(4), optimiser, steps: 5 }
  await expect(deepEnsemble({ ...options, members: 0 })).rejects.toThrowError(/deepEnsemble: members/)
  await expect(deepEnsemble({ ...options, steps: 1.5 })).rejects.toThrowError(/deepEnsemble: steps/)
})
