// The flat loop against the recursive sampler: the same trajectories, decisions, numbers and draws.
import * as tf from '@tensorflow/tfjs-core'
import { bitsToUnit, jit, threefry2x32 } from '@bdl/compiler'
import { key, scoped } from '@bdl/core'
import { expectClose } from '@bdl/testing'
import { expect, test } from 'vitest'
import { diagonalMetric, phasePoint } from '../src/index'
import { drawFromTrajectory } from '../src/nuts-tree'
import { transition } from './nuts-reference'
import type { Model, Outcome, Settings, Vector } from './nuts-reference'

type Target = Model & { readonly graph: (q: tf.Tensor) => tf.Tensor }

/** Independent normals. */
const normals = (sd: Vector): Target => ({
  logDensity: (q) => -0.5 * q.reduce((s, x, i) => s + (x / sd[i]!) ** 2, 0),
  gradient: (q) => q.map((x, i) => -x / sd[i]! ** 2),
  graph: (q) => tf.mul(-0.5, tf.sum(tf.square(tf.div(q, tf.tensor1d([...sd])))))
})

/** Neal's funnel: q₁ ~ N(0, 3²), q₂ ~ N(0, exp(q₁)). */
const funnel: Target = {
  logDensity: ([a, b]) => -0.5 * ((a! / 3) ** 2 + b! ** 2 * Math.exp(-a!) + a!),
  gradient: ([a, b]) => [-a! / 9 + 0.5 * b! ** 2 * Math.exp(-a!) - 0.5, -b! * Math.exp(-a!)],
  graph: (q) => {
    const [a, b] = tf.unstack(q) as [tf.Tensor, tf.Tensor]
    const inner = tf.mul(tf.square(b), tf.exp(tf.neg(a)))
    return tf.mul(-0.5, tf.add(tf.add(tf.square(tf.div(a, 3)), inner), a))
  }
}

const uniformsOf =
  (seed: number) =>
  (leaf: number): readonly [number, number] =>
    scoped(() => {
      const [k0, k1] = tf.unstack(key(seed)) as [tf.Tensor, tf.Tensor]
      const words = threefry2x32(k0, k1, tf.scalar(0, 'int32'), tf.scalar(leaf, 'int32'))
      return words.map((word) => bitsToUnit(word).dataSync()[0]!) as [number, number]
    })

type Case = Omit<Settings, 'model' | 'isForward' | 'uniforms'> & {
  readonly name: string
  readonly target: Target
  readonly q: Vector
  readonly p: Vector
}

const cases: readonly Case[] = [
  {
    name: 'normals',
    target: normals([1, 1, 1]),
    inverseMass: [1, 1, 1],
    stepSize: 0.3,
    maxTreeDepth: 6,
    divergenceThreshold: 1000,
    q: [0.3, -0.8, 1.2],
    p: [0.9, 0.2, -1.1]
  },
  {
    name: 'normals of different scales, with a metric',
    target: normals([0.2, 1, 4]),
    inverseMass: [0.05, 1.3, 11],
    stepSize: 0.17,
    maxTreeDepth: 7,
    divergenceThreshold: 1000,
    q: [0.1, 1.1, -3],
    p: [2.5, -0.4, 0.2]
  },
  {
    name: 'a funnel, whose neck diverges',
    target: funnel,
    inverseMass: [1, 1],
    stepSize: 0.9,
    maxTreeDepth: 6,
    divergenceThreshold: 20,
    q: [-2, 0.2],
    p: [-1.4, 0.5]
  },
  {
    name: 'steps too small for the greatest depth',
    target: normals([1, 2]),
    inverseMass: [1, 1],
    stepSize: 0.02,
    maxTreeDepth: 3,
    divergenceThreshold: 1000,
    q: [0.5, -1],
    p: [0.4, 0.3]
  }
]

const outcomeOf = (c: Case, seed: number): Outcome => {
  const uniforms = uniformsOf(seed)
  const [digits] = uniforms(0)
  const isForward = (doubling: number) => Math.floor(digits * 2 ** (doubling + 1)) % 2 === 1
  return transition({ ...c, model: c.target, isForward, uniforms }, { q: c.q, p: c.p })
}

const draw = (c: Case) => (k: tf.Tensor, q: tf.Tensor, p: tf.Tensor) => {
  const metric = diagonalMetric(tf.tensor1d([...c.inverseMass]))
  const dynamics = { logDensity: c.target.graph, metric }
  return drawFromTrajectory({ ...c, dynamics }, k, phasePoint(dynamics, q, p))
}

const seeds = Array.from({ length: 12 }, (_, i) => i)
const tolerance = { atol: 2e-4, rtol: 2e-4 }

for (const c of cases)
  test(`${c.name}: the recursive sampler's tree and draw`, async () => {
    const [eager, compiled] = [draw(c), jit(draw(c))]
    for (const seed of seeds) {
      const truth = outcomeOf(c, seed)
      const inputs = [key(seed), tf.tensor1d([...c.q]), tf.tensor1d([...c.p])] as const
      for (const found of [eager(...inputs), await compiled(...inputs)]) {
        const flags = [found.steps, found.treeDepth, found.isTurning, found.isDivergent].map((t) => t.dataSync()[0])
        const { steps, treeDepth, isTurning, isDivergent } = truth
        expect(flags, `seed ${seed}`).toEqual([steps, treeDepth, Number(isTurning), Number(isDivergent)])
        expectClose(found.acceptProb, truth.acceptProb, tolerance, 'acceptance')
        expectClose(found.chosen.position, [...truth.chosen.q], tolerance, 'position')
        expectClose(found.chosen.energy, truth.energy, tolerance, 'energy')
        expectClose(found.chosen.logDensity, c.target.logDensity(truth.chosen.q), tolerance, 'log density')
        expectClose(found.chosen.gradient, [...c.target.gradient(truth.chosen.q)], tolerance, 'gradient')
      }
    }
    await compiled.dispose()
  })

test('the cases see every end of a trajectory, many depths, and draws from many leaves', () => {
  const all = cases.map((c) => seeds.map((seed) => outcomeOf(c, seed)))
  const [normal, , neck, small] = all as [Outcome[], Outcome[], Outcome[], Outcome[]]
  expect(normal.every(({ isTurning }) => isTurning)).toBe(true)
  expect(neck.some(({ isDivergent }) => isDivergent)).toBe(true)
  expect(small.every((o) => !o.isTurning && !o.isDivergent && o.steps === 7 && o.treeDepth === 3)).toBe(true)
  expect(new Set(all.flat().map(({ treeDepth }) => treeDepth)).size).toBeGreaterThan(3)
  expect(new Set(normal.map(({ chosen }) => chosen.q.join())).size).toBeGreaterThan(4)
  // some trees end inside a doubling, some at its end
  const isPower = ({ steps }: Outcome) => Number.isInteger(Math.log2(steps + 1))
  expect([all.flat().some(isPower), all.flat().some((o) => !isPower(o))]).toEqual([true, true])
})
