// The public laws of kernels, over every kernel of this package; and that a broken kernel breaks them.
import * as tf from '@tensorflow/tfjs-core'
import { addTrees, key, mapTree, normal, scaleTree, scoped } from '@bdl/core'
import type { Key } from '@bdl/core'
import { normalTree } from '@bdl/distributions'
import { adam } from '@bdl/nn'
import { describe, expect, test } from 'vitest'
import {
  adaptive,
  ascent,
  cyclicalCosine,
  diagonalMetric,
  hmc,
  nuts,
  reasonableStepSize,
  sghmc,
  sgld
} from '../src/index'
import type { Kernel, Tuning } from '../src/index'
import { kernelLaws } from '../src/testing'

type Weights = { readonly w: tf.Tensor; readonly b: tf.Tensor }

const like: Weights = { w: tf.zeros([2, 2]), b: tf.zeros([1]) }
const prior = normalTree(like, [1, 0.5])
const position = prior.sample(key(1))
const logDensity = (p: Weights) => prior.logProb(p)
const invariance = {
  exact: (k: Key, n: number) => prior.sample(k, [n]),
  statistic: (p: Weights) => tf.add(tf.sum(tf.square(p.w)), tf.sum(p.b))
}

/** Trajectories of many lengths in lock step take their time eagerly. */
const shorter = { ...invariance, draws: 1000 }

const metric = diagonalMetric(tf.tensor1d([0.25, 1, 1, 2, 1]))

describe('hmc', () => {
  const kernel = hmc(logDensity, { stepSize: 0.7, steps: 3 })
  for (const { name, check } of kernelLaws(kernel, { key: key(2), position, invariance })) test(name, check)
})

describe('hmc with a diagonal metric', () => {
  const kernel = hmc(logDensity, { stepSize: 0.7, steps: 2, metric, jitter: 0 })
  for (const { name, check } of kernelLaws(kernel, { key: key(3), position, invariance })) test(name, check)
})

describe('nuts', () => {
  const kernel = nuts(logDensity, { stepSize: 0.7, maxTreeDepth: 5 })
  for (const { name, check } of kernelLaws(kernel, { key: key(9), position, invariance: shorter })) test(name, check)
})

describe('nuts with a diagonal metric', () => {
  const kernel = nuts(logDensity, { stepSize: 0.9, metric, maxTreeDepth: 3 })
  for (const { name, check } of kernelLaws(kernel, { key: key(10), position, invariance: shorter })) test(name, check)
})

const tunable = (tuning: Tuning) => nuts(logDensity, tuning)

describe('nuts that adapts', () => {
  const kernel = adaptive(tunable, { transitions: 30, search: reasonableStepSize(logDensity) })
  for (const { name, check } of kernelLaws(kernel, { key: key(11), position })) test(name, check)
})

describe('nuts that adapts a dense metric', () => {
  const kernel = adaptive(tunable, { transitions: 30, massMatrix: 'dense' })
  for (const { name, check } of kernelLaws(kernel, { key: key(12), position })) test(name, check)
})

describe('sgld', () => {
  const kernel = sgld(logDensity, { stepSize: 1e-3 })
  for (const { name, check } of kernelLaws(kernel, { key: key(4), position, invariance })) test(name, check)
})

describe('sghmc', () => {
  const kernel = sghmc(logDensity, { stepSize: cyclicalCosine({ initial: 1e-3, cycleLength: 10 }) })
  for (const { name, check } of kernelLaws(kernel, { key: key(5), position })) test(name, check)
})

describe('ascent', () => {
  const kernel = ascent(logDensity, adam({ learningRate: 0.1 }))
  for (const { name, check } of kernelLaws(kernel, { key: key(6), position })) test(name, check)
})

type Only = { readonly position: Weights }

const broken = (step: Kernel<Weights, Only, readonly []>['step']): Kernel<Weights, Only, readonly []> => ({
  init: (p) => ({ position: mapTree((leaf) => tf.clone(leaf))(p) }),
  step
})

const failures = (kernel: Kernel<Weights, Only, readonly []>): readonly string[] =>
  kernelLaws(kernel, { key: key(7), position, invariance }).flatMap(({ name, check }) => {
    try {
      check()
      return []
    } catch {
      return [name]
    }
  })

test('broken kernels fail the law that they break', () => {
  const shrinking = broken((_, { position: p }) => [{ position: scaleTree(0.8)(p) }, []])
  expect(failures(shrinking)).toEqual(['exact draws stay exact'])
  const leaking = broken((_, { position: p }) => {
    tf.zeros([1])
    return [{ position: mapTree((leaf) => tf.clone(leaf))(p) }, []]
  })
  expect(failures(leaking)).toEqual(['nothing leaks, and results are no arguments'])
  const aliasing = broken((_, state) => [state, []])
  expect(failures(aliasing)).toContain('nothing leaks, and results are no arguments')
  const noisy = scoped(() => normal(key(8), [5]))
  const growing = broken((_, { position: p }) => [{ position: { w: p.w, b: tf.add(p.b, noisy) } }, []])
  expect(failures(growing)).toContain('a step keeps the form of the state and is a function of its arguments')
  const calls = { count: 0 }
  const impure = broken((_, { position: p }) => {
    calls.count++
    return [{ position: addTrees(p, mapTree((leaf) => tf.fill(leaf.shape, calls.count))(p)) }, []]
  })
  expect(failures(impure)).toContain('a step keeps the form of the state and is a function of its arguments')
})
