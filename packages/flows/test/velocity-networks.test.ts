// Velocity networks: time in each layer against its formula, times per row, divergences that are known.
import * as tf from '@tensorflow/tfjs-core'
import { grad } from '@bdl/compiler'
import { key, normal, ravel, type Learnable, type Tree } from '@bdl/core'
import { glorotUniform, normal as normalWeights } from '@bdl/nn'
import { fixedSteps, rk4 } from '@bdl/ode'
import { expectClose, expectNoLeak } from '@bdl/testing'
import { describe, expect, test } from 'vitest'
import { withJacobian, withTrace } from '../src/continuous/jacobian'
import {
  addVelocities,
  blendLayer,
  cnf,
  concatLayer,
  concatSquashLayer,
  correctedVelocity,
  exactTrace,
  gaussianVelocity,
  ignoreLayer,
  planarVelocity,
  squashLayer,
  standardNormal,
  velocityMlp,
  velocityNetwork,
  withDivergence,
  type Velocity
} from '../src/index'
import { gradientByDifferences } from './differences'

const close = { atol: 1e-5, rtol: 1e-5 }
const x = tf.tensor2d([[0.3, -1.2], [2, 0.5], [-0.4, 0.1]]) // prettier-ignore
const w = [[1, 2, -1], [0.5, -0.3, 0.7]] // prettier-ignore
const b = [0.1, -0.2, 0.3]
const rows = x.arraySync() as number[][]
const affine = (row: readonly number[], weights = w, offset = b): number[] =>
  offset.map((c, j) => row.reduce((sum, v, i) => sum + v * weights[i]![j]!, c))
const sigmoid = (a: number): number => 1 / (1 + Math.exp(-a))

describe('layers against their formulas', () => {
  const layer = { w: tf.tensor2d(w), b: tf.tensor1d(b) }
  const gate = { w: tf.tensor1d([1, -2, 0.5]), b: tf.tensor1d([0, 0.3, -0.1]) }
  const gateAt = (t: number, j: number): number => sigmoid([1, -2, 0.5][j]! * t + [0, 0.3, -0.1][j]!)
  const shift = [0.2, 0.4, -0.6]
  const options = { inputs: 2, outputs: 3 }
  const end = { w: tf.tensor2d([[0, 1, 1], [1, 0, 2]]), b: tf.zeros([3]) } // prettier-ignore
  const wider = { w: tf.concat([layer.w, tf.tensor2d([shift])]), b: layer.b }
  const table: readonly (readonly [string, Velocity, (t: number, row: readonly number[]) => readonly number[]])[] = [
    ['ignore', ignoreLayer(options).build(layer), (_t, row) => affine(row)],
    ['concat', concatLayer(options).build(wider), (t, row) => affine(row).map((v, j) => v + t * shift[j]!)],
    ['squash', squashLayer(options).build({ layer, gate }), (t, row) => affine(row).map((v, j) => v * gateAt(t, j))],
    [
      'concatSquash',
      concatSquashLayer(options).build({ layer, gate, shift: tf.tensor1d(shift) }),
      (t, row) => affine(row).map((v, j) => v * gateAt(t, j) + t * shift[j]!)
    ],
    [
      'blend',
      blendLayer(options).build({ start: layer, end }),
      (t, row) => affine(row).map((v, j) => (1 - t) * v + t * affine(row, [[0, 1, 1], [1, 0, 2]], [0, 0, 0])[j]!) // prettier-ignore
    ]
  ]

  test.each(table)('%s, at one time and at one for each row', (_name, apply, truth) => {
    const t = tf.scalar(0.7)
    expectClose(expectNoLeak(() => apply(t, x)), rows.map((row) => truth(0.7, row)), close) // prettier-ignore
    const times = [0, 0.5, 1]
    expectClose(apply(tf.tensor1d(times), x), rows.map((row, i) => truth(times[i]!, row)), close) // prettier-ignore
    expectClose(apply(t, tf.reshape(x, [3, 1, 2])), rows.map((row) => [truth(0.7, row)]), close) // prettier-ignore
  })
})

describe('networks', () => {
  const t = tf.scalar(0.4)
  const each = <P extends Tree>(layer: Parameters<typeof velocityNetwork<P>>[0]['layer']) => {
    const still = velocityNetwork({ dimension: 2, hidden: [5, 4], layer })
    const params = still.init(key(0))
    const moved = velocityNetwork({ dimension: 2, hidden: [5, 4], layer, lastInitialiser: glorotUniform })
    return { still: still.build(params), moved: moved.build(moved.init(key(0))), params }
  }
  const all = { ignore: each(ignoreLayer), concat: each(concatLayer), squash: each(squashLayer), concatSquash: each(concatSquashLayer), blend: each(blendLayer) } // prettier-ignore

  test.each(Object.entries(all))('%s moves nothing before training, unless asked to', (_name, { still, moved }) => {
    expectClose(still(t, x), tf.zerosLike(x), { atol: 0, rtol: 0 })
    const v = Array.from(moved(t, x).dataSync())
    expect(Math.max(...v.map(Math.abs))).toBeGreaterThan(0.01)
  })

  test('a residual one is the network less the state', () => {
    const options = { dimension: 2, hidden: [4], layer: squashLayer, lastInitialiser: glorotUniform }
    const params = velocityNetwork(options).init(key(1))
    const plain = velocityNetwork(options).build(params)
    const residual = velocityNetwork({ ...options, isResidual: true }).build(params)
    expectClose(
      expectNoLeak(() => residual(t, x)),
      tf.sub(plain(t, x), x),
      close
    )
  })

  const gradientCase = async <P extends Tree>(field: Learnable<P, Velocity>) => {
    const flow = cnf({ field, base: standardNormal(2), solver: rk4, control: fixedSteps(4) })
    const { vector, unravel } = ravel(field.init(key(3)))
    const start = tf.add(vector, tf.mul(normal(key(4), vector.shape), 0.2))
    const nll = (p: tf.Tensor): tf.Tensor => tf.neg(tf.mean(flow.build(unravel(p)).logProb(x)))
    const slope = grad(nll)(start)
    expectClose(slope, await gradientByDifferences(nll, start), { atol: 1e-5, rtol: 1e-4 })
    expect(Array.from(slope.dataSync()).filter((g) => g === 0)).toEqual([])
  }

  test.each([
    ['concat', () => gradientCase(velocityNetwork({ dimension: 2, hidden: [4], layer: concatLayer }))],
    ['squash', () => gradientCase(velocityNetwork({ dimension: 2, hidden: [4], layer: squashLayer }))],
    ['concatSquash', () => gradientCase(velocityNetwork({ dimension: 2, hidden: [4], layer: concatSquashLayer }))],
    ['blend', () => gradientCase(velocityNetwork({ dimension: 2, hidden: [4], layer: blendLayer, isResidual: true }))],
    ['ignore', () => gradientCase(velocityNetwork({ dimension: 2, hidden: [4], layer: ignoreLayer }))],
    ['planar', () => gradientCase(planarVelocity({ dimension: 2, units: 3 }))],
    ['gated planar', () => gradientCase(planarVelocity({ dimension: 2, units: 3, gateHidden: [4] }))]
  ])('%s: the gradient of a log density reaches every parameter, as differences in float64 have it', (_name, run) =>
    run()
  )
})

describe('divergences that are known', () => {
  const t = tf.scalar(0.4)
  const planar = planarVelocity({ dimension: 2, units: 3, gateHidden: [4] })
  const known = planar.build(planar.init(key(5)))
  const gaussian = gaussianVelocity(tf.tensor1d([1, -2]), tf.tensor1d([0.5, 3]), 0.7)
  const network = velocityMlp({ dimension: 2, hidden: [6] })
  const [bottom] = network.init(key(6))
  const learnt = network.build([bottom!, { w: normalWeights(1)(key(7), [6, 2]), b: tf.zeros([2]) }])
  /** What it knows is hidden in a function around it. */
  const hidden =
    (v: Velocity): Velocity =>
    (at, y) =>
      v(at, y)

  test.each([
    ['planar', known],
    ['Gaussian', gaussian],
    ['Gaussian and planar', addVelocities(gaussian, known)],
    ['Gaussian and a network', addVelocities(gaussian, learnt)],
    ['a network and Gaussian', addVelocities(learnt, gaussian)],
    ['two networks', addVelocities(learnt, learnt)],
    ['a sum of sums', addVelocities(addVelocities(learnt, known), addVelocities(gaussian, learnt))],
    ['corrected', correctedVelocity(gaussian)({ init: () => [], build: () => learnt }).build([])]
  ])('%s: value and trace are those of the whole', (_name, v) => {
    const [, traces] = withTrace(v, exactTrace(), 3, 2)(t, x)
    const [truth, expected] = withTrace(hidden(v), exactTrace(), 3, 2)(t, x)
    expectClose(expectNoLeak(() => v(t, x)), truth, close) // prettier-ignore
    expectClose(traces, expected, close)
    // |J|^2 is of the whole field, whatever is known of its trace.
    expectClose(withJacobian(v, exactTrace(), 2)(t, x)[2], withJacobian(hidden(v), exactTrace(), 2)(t, x)[2], close)
  })

  test('times of their own for rows', () => {
    const times = tf.tensor1d([0, 0.5, 1])
    const v = addVelocities(gaussian, known)
    const [, traces] = withTrace(v, exactTrace(), 3, 2)(times, x)
    expectClose(traces, withTrace(hidden(v), exactTrace(), 3, 2)(times, x)[1], close)
  })

  test('no probe is spent on what is known, and probes that are spent see the rest', () => {
    const noise = normal(key(8), [4, 3, 2])
    const probes = { kind: 'probes', noise } as const
    const exact = withTrace(known, exactTrace(), 3, 2)(t, x)[1]
    expectClose(withTrace(known, probes, 3, 2)(t, x)[1], tf.add(exact, tf.zeros([4, 1])), close)
    const [, corrected] = withTrace(addVelocities(known, learnt), probes, 3, 2)(t, x)
    expectClose(corrected, tf.add(withTrace(learnt, probes, 3, 2)(t, x)[1], exact), close)
  })

  test('a wrong one is believed: it is the author who knows', () => {
    const wrong = withDivergence((_t, at) => tf.mul(at, 2), () => tf.scalar(7)) // prettier-ignore
    expectClose(withTrace(wrong, exactTrace(), 3, 2)(t, x)[1], [[7, 7, 7]], close)
  })
})
