/**
 * Any transformations of any program, nested up to three deep, in any order: in float64 they equal nested finite differences
 * and loops in plain JavaScript, and eager and compiled results equal those.
 */
import * as tf from '@tensorflow/tfjs-core'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { jit, vmap } from '../src/index'
import { evaluateReference } from '../src/graph/evaluate'
import { traceGraph } from '../src/trace/trace-graph'
import { expectNear } from './support/laws'
import {
  functionOf,
  instructions,
  nameOf,
  nestings,
  transformations,
  type Instruction,
  type Plain,
  type Transformation,
  type Vector,
  withFinerSteps
} from './support/smooth-programs'

const X = [0.375, -0.625, 0.25]

/** A function of tensors on the reference engine. */
const inFloat64 = (f: Vector): Plain => {
  const { graph } = traceGraph((x) => [f(x!)], [{ shape: [3], dtype: 'float32' }], 'test')
  return (x) =>
    Array.from(evaluateReference(graph, [{ shape: [3], dtype: 'float32', data: Float64Array.from(x) }])[0]!.data)
}

const nest = (f: Vector, nesting: readonly Transformation[]): Vector => nesting.reduce((g, { apply }) => apply(g), f)

const truthOf = (f: Vector, nesting: readonly Transformation[]): readonly number[] =>
  nesting.reduce((g, { plain }) => plain(g), inFloat64(f))(X)

const programs = fc.tuple(instructions, nestings)

const each = transformations.flatMap((inner) =>
  transformations
    .filter((outer) => !(inner.isForwardOnly && outer.isReverse))
    .map((outer) => ({ title: nameOf([inner, outer]), nesting: [inner, outer] }))
)

/** 1 + x² sin(x y), with something of each kind in it. */
const fixed: readonly Instruction[] = [
  { op: 0, a: 0, b: 0 },
  { op: 17, a: 0, b: 1 },
  { op: 9, a: 2, b: 0 },
  { op: 18, a: 3, b: 1 },
  { op: 20, a: 4, b: 2 }
]

describe('every pair', () => {
  test.each(each)('$title', async ({ nesting }) => {
    const f = functionOf(fixed)
    const truth = truthOf(f, nesting)
    expectNear('float64', inFloat64(nest(f, nesting))(X), truth, 1e-7)
    const own = nest(f, nesting)
    expectNear('eager', own(tf.tensor1d(X)).dataSync(), truth, 1e-4)
    const compiled = jit(own)
    expectNear('compiled', (await compiled(tf.tensor1d(X))).dataSync(), truth, 1e-4)
    await compiled.dispose()
  })
})

test('any three of any program, in float64', () => {
  fc.assert(
    fc.property(programs, ([list, nesting]) => {
      const f = functionOf(list)
      const truth = truthOf(f, nesting)
      fc.pre(truth.every((v) => Math.abs(v) < 1e4))
      // differences of differences may not have converged where a program bends sharply
      const finer = withFinerSteps(() => truthOf(f, nesting))
      fc.pre(truth.every((v, i) => Math.abs(v - finer[i]!) <= 2e-6 * (1 + Math.abs(v))))
      expectNear(nameOf(nesting), inFloat64(nest(f, nesting))(X), truth, 1e-5)
    }),
    { numRuns: 150 }
  )
})

test('any three of any program, eager and compiled', async () => {
  await fc.assert(
    fc.asyncProperty(programs, async ([list, nesting]) => {
      const f = nest(functionOf(list), nesting)
      const want = inFloat64(f)(X)
      fc.pre(want.every((v) => Math.abs(v) < 1e3))
      const eager = f(tf.tensor1d(X)).dataSync()
      expectNear(`eager ${nameOf(nesting)}`, eager, want, 1e-3)
      const compiled = jit(f)
      const got = (await compiled(tf.tensor1d(X))).dataSync()
      await compiled.dispose()
      expectNear(`compiled ${nameOf(nesting)}`, got, want, 1e-3)
    }),
    { numRuns: 60 }
  )
})

test('the truth is one: finite differences of known derivatives', () => {
  const sine: Vector = (x) => tf.sin(x)
  const [gradient, along] = transformations
  const weights = [1, -0.5, 0.75]
  expectNear(
    'grad',
    truthOf(sine, [gradient!]),
    X.map((x, i) => weights[i]! * Math.cos(x)),
    1e-12
  )
  expectNear(
    'jvp of grad',
    truthOf(sine, [gradient!, along!]),
    X.map((x, i) => -weights[i]! * [0.5, 1, -0.25][i]! * Math.sin(x)),
    1e-10
  )
  expect(each.length).toBeGreaterThan(100)
})

test('a tensor and a reshape of it, which share their data, may both be closed over', async () => {
  const w = tf.tensor1d([1, 2, 3, 4])
  const matrix = tf.reshape(w, [2, 2])
  const f: Vector = (x) => tf.add(tf.add(tf.mul(x, w), tf.sum(matrix)), tf.mul(w, tf.sum(tf.square(matrix))))
  const want = [1, 2, 3, 4].map((v) => v + 10 + v * 30)
  const compiled = jit(f)
  expectNear('compiled', (await compiled(tf.ones([4]))).dataSync(), want, 1e-6)
  expectNear('vmap', vmap(f)(tf.ones([1, 4])).dataSync(), want, 1e-6)
  await compiled.dispose()
})
