// Continuous flows as bijectors and distributions: laws, odd shapes, what one solve reports, estimates.
import * as tf from '@tensorflow/tfjs-core'
import { bijectorLaws } from '@bdl/bijectors/testing'
import { grad } from '@bdl/compiler'
import { key, normal } from '@bdl/core'
import { distributionLaws } from '@bdl/distributions/testing'
import { glorotUniform } from '@bdl/nn'
import { adaptive, direct, dopri5, fixedSteps, rk4, SolveStatus } from '@bdl/ode'
import { expectClose, expectNoLeak } from '@bdl/testing'
import { describe, expect, test } from 'vitest'
import {
  closedFlow,
  cnf,
  cnfBijector,
  concatSquashLayer,
  conditionalCnf,
  conditionalCnfBijector,
  conditionalVelocityMlp,
  exactTrace,
  hutchinsonTrace,
  planarVelocity,
  probeTrace,
  sampleWithEstimate,
  standardNormal,
  transport,
  transportWithCosts,
  transportWithTraces,
  velocityNetwork,
  type Velocity
} from '../src/index'

const fine = { solver: rk4, control: fixedSteps(10) }
const field = velocityNetwork({ dimension: 2, hidden: [6], layer: concatSquashLayer, lastInitialiser: glorotUniform })
const params = field.init(key(0))
const planar = planarVelocity({ dimension: 2, units: 4, gateHidden: [3] })
const points = normal(key(1), [4, 2])

const conditional = conditionalVelocityMlp({ dimension: 2, context: 2, hidden: [6], frequencies: 0 })
const conditionalParams = (() => {
  const [bottom, top] = conditional.init(key(2))
  return [bottom!, { w: tf.mul(normal(key(3), [6, 2]), 0.7), b: top!.b }]
})()
const contexts = tf.tensor2d([[1, 0], [0.3, -0.8], [-1, 2]]) // prettier-ignore

const maps = {
  network: cnfBijector({ field, ...fine }).build(params),
  planar: cnfBijector({ field: planar, ...fine, t0: 1, t1: -0.5 }).build(planar.init(key(4))),
  adaptive: cnfBijector({
    field,
    control: adaptive({ rtol: 1e-6, atol: 1e-6, maxSteps: 16 }),
    adjoint: direct()
  }).build(params),
  conditional: conditionalCnfBijector({ field: conditional, ...fine }).build(conditionalParams)(tf.tensor1d([1, 0])) // prettier-ignore
}

describe.each(Object.entries(maps))('laws of the map, %s', (_name, map) => {
  test.each(bijectorLaws(map, points, { atol: 1e-4, rtol: 1e-4 }))('$name', ({ check }) => check())
})

describe.each([
  ['of a flow', cnf({ field, base: standardNormal(2), ...fine }).build(params)],
  ['of a batch of contexts', conditionalCnf({ field: conditional, base: standardNormal(2), ...fine }).build(conditionalParams)(contexts)] // prettier-ignore
])('laws of the distribution, %s', (_name, d) => {
  test.each(distributionLaws(d, key(5), { draws: 200 }))('$name', ({ check }) => check())
})

describe('what one solve reports', () => {
  const flow = closedFlow(field.build(params), { control: adaptive({ rtol: 1e-6, atol: 1e-6 }) })

  test('the same points from all three, and how they were found', () => {
    const [plain, traced, priced] = [transport, transportWithTraces, transportWithCosts].map((f) =>
      expectNoLeak(() => f(flow, points, 'base'))
    )
    for (const way of [plain!, traced!, priced!]) {
      expectClose(way.x, plain!.x, { atol: 1e-5, rtol: 1e-5 })
      expectClose(way.status, SolveStatus.done, { atol: 0, rtol: 0 })
      const [steps, evaluations] = [way.steps, way.evaluations].map((t) => t.dataSync()[0]!)
      // The last stage of an accepted step is the first of the next, and choosing the first step takes one or two.
      expect(evaluations).toBeGreaterThanOrEqual(6 * steps!)
    }
  })

  test('trouble is a status, and points that were not reached are NaN', () => {
    const short = transport({ ...flow, control: adaptive({ rtol: 1e-6, atol: 1e-6, maxSteps: 1 }) }, points, 'data')
    expectClose(short.status, SolveStatus.stepLimit, { atol: 0, rtol: 0 })
    expect(Array.from(short.x.dataSync()).every(Number.isNaN)).toBe(true)
  })

  test('a point that is not finite has no image, and the others theirs', () => {
    const spoilt = tf.concat([points, tf.tensor2d([[1, NaN], [Infinity, 0]])]) // prettier-ignore
    const { x, status } = transportWithTraces(flow, spoilt, 'base')
    expectClose(status, SolveStatus.done, { atol: 0, rtol: 0 })
    expectClose(tf.slice(x, 0, 4), transport(flow, points, 'base').x, { atol: 1e-5, rtol: 1e-5 })
    expect(Array.from(tf.slice(x, 4, 2).dataSync()).every(Number.isNaN)).toBe(true)
    const d = cnf({ field, base: standardNormal(2), ...fine }).build(params)
    expect(Array.from(d.logProb(tf.slice(spoilt, 4, 2)).dataSync())).toEqual([-Infinity, -Infinity])
  })

  test('leading axes, probes with leading axes, and no points', () => {
    const noise = normal(key(6), [3, 2, 2, 2])
    const square = tf.reshape(points, [2, 2, 2])
    const probed = { ...flow, trace: probeTrace(noise) }
    const whole = transportWithTraces(probed, square, 'data')
    const rows = transportWithTraces({ ...flow, trace: probeTrace(tf.reshape(noise, [3, 4, 2])) }, points, 'data')
    expect([whole.x.shape, whole.traces.shape]).toEqual([[2, 2, 2], [3, 2, 2]]) // prettier-ignore
    expectClose(tf.reshape(whole.traces, [3, 4]), rows.traces, { atol: 1e-5, rtol: 1e-5 })
    const nothing = tf.zeros([0, 2])
    const none = expectNoLeak(() => transportWithCosts(flow, nothing, 'base'))
    expect([none.x.shape, none.traces.shape, none.kinetic.shape]).toEqual([[0, 2], [1, 0], [0]]) // prettier-ignore
    expect(() => transport(flow, tf.scalar(1), 'data')).toThrow(/flow: x: expected shape \[..., d\]/)
    expect(() => transportWithTraces({ ...flow, trace: probeTrace(tf.zeros([3, 5, 2])) }, points, 'data')).toThrow(
      /probeTrace: noise: expected shape \[\*, 4, 2\], got \[3, 5, 2\]/
    )
  })

  test('costs by probes are unbiased: on a linear field the exact ones are known', () => {
    // v = A x with A skew: |x| is kept, so K = |A x|^2 for every t where A^T A is a multiple of the identity, and J = |A|^2.
    const turn: Velocity = (_t, x) => tf.matMul(x, tf.tensor2d([[0, 2], [-2, 0]])) // prettier-ignore
    const x = tf.tensor2d([[1, 0], [0.6, -0.8]]) // prettier-ignore
    const exact = transportWithCosts(closedFlow(turn, { ...fine, t1: 0.5 }), x, 'data')
    expectClose(exact.kinetic, [2, 2], { atol: 1e-4, rtol: 0 })
    expectClose(exact.jacobian, [4, 4], { atol: 1e-4, rtol: 0 })
    const n = 4000
    const trace = hutchinsonTrace({ key: key(7), probes: n, distribution: 'gaussian' })
    const probed = transportWithCosts(
      closedFlow(turn, { solver: rk4, control: fixedSteps(2), t1: 0.5, trace }),
      x,
      'data'
    )
    // |e^T A|^2 = 4 |e|^2, of mean 8 and standard deviation 8; half of it.
    for (const j of probed.jacobian.dataSync()) expect(Math.abs(j - 4)).toBeLessThan((5 * 4) / Math.sqrt(n))
  })
})

describe('estimates', () => {
  test('of draws: their densities within their errors, and exact ones without', async () => {
    const velocity = field.build(params)
    const base = standardNormal(2)
    const exact = cnf({ field, base, ...fine }).build(params)
    const drawKey = key(8)
    const known = expectNoLeak(() =>
      sampleWithEstimate(velocity, base, { ...fine, trace: exactTrace() })(drawKey, [50])
    )
    const [x, logProb] = exact.sampleAndLogProb(key(8), [50])
    expectClose(known.x, x, { atol: 1e-5, rtol: 1e-5 })
    expectClose(known.logProb, logProb, { atol: 1e-5, rtol: 1e-5 })
    expectClose(known.standardError, tf.zeros([50]), { atol: 0, rtol: 0 })
    const trace = hutchinsonTrace({ key: key(9), probes: 200 })
    const probed = sampleWithEstimate(velocity, base, { solver: rk4, control: fixedSteps(8), trace })(key(8), [50])
    const z = tf.div(tf.sub(probed.logProb, logProb), probed.standardError).dataSync()
    expect(Math.max(...z.map(Math.abs))).toBeLessThan(5)
  })
})

describe('contexts', () => {
  const flow = conditionalCnf({ field: conditional, base: standardNormal(2), ...fine }).build(conditionalParams)

  test('one for all rows, one for each, one for each of a batch', () => {
    const rows = tf.unstack(contexts)
    const one = rows.map((c) => flow(c).logProb(points))
    expect(flow(rows[0]).batchShape).toEqual([])
    expect(flow(contexts).batchShape).toEqual([3])
    expect(Math.abs(tf.sub(one[0]!, one[1]!).dataSync()[0]!)).toBeGreaterThan(1e-2)
    // Points [4, 1, 2] under contexts [3, 2]: [4, 3].
    const column = tf.expandDims(points, 1)
    const table = expectNoLeak(() => flow(contexts).logProb(column))
    expectClose(table, tf.stack(one, 1), { atol: 1e-5, rtol: 1e-5 })
    // One point under all, and one under each.
    const first = tf.reshape(tf.slice(points, [0, 0], [1, 2]), [2])
    expectClose(flow(contexts).logProb(first), tf.concat(one.map((l) => tf.slice(l, [0], [1]))), { atol: 1e-5, rtol: 1e-5 }) // prettier-ignore
    expect(flow(contexts).sample(key(10), [5]).shape).toEqual([5, 3, 2])
    expect(() => flow(contexts).logProb(points)).toThrow()
  })

  test('without one it is the flow of the field without one', () => {
    const plain = cnf({ field: { init: conditional.init, build: (p: ReturnType<typeof conditional.init>) => conditional.build(p)() }, base: standardNormal(2), ...fine }) // prettier-ignore
    expectClose(flow().logProb(points), plain.build(conditionalParams).logProb(points), { atol: 1e-6, rtol: 1e-6 })
  })

  test('gradients reach contexts by every adjoint', () => {
    const control = { solver: dopri5, control: adaptive({ rtol: 1e-6, atol: 1e-6, maxSteps: 32 }) }
    const slopes = (['direct', 'backsolve', 'interpolated'] as const).map((adjoint) => {
      const at = conditionalCnf({ field: conditional, base: standardNormal(2), ...control, adjoint }).build(conditionalParams) // prettier-ignore
      return grad((c: tf.Tensor) => tf.sum(at(c).logProb(tf.slice(points, [0, 0], [3, 2]))))(contexts)
    })
    for (const slope of slopes) expectClose(slope, slopes[0]!, { atol: 1e-4, rtol: 1e-3 })
    expect(Math.max(...slopes[0]!.dataSync().map(Math.abs))).toBeGreaterThan(0.05)
  })
})
