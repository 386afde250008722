import * as tf from '@tensorflow/tfjs-core'
import { grad, jit } from '@bdl/compiler'
import type { Tree } from '@bdl/core'
import { adaptive, backsolve, direct, interpolated, SolveStatus } from '@bdl/ode'
import { describeFixture, eagerAndCompiled, expectClose, type CaseTolerance, type Nested } from '@bdl/testing'
import { describe, expect, test } from 'vitest'
import { withTrace } from '../src/continuous/jacobian'
import {
  closedFlow,
  cnf,
  estimateLogProb,
  exactTrace,
  flowBijector,
  probeTrace,
  standardNormal,
  transportCosts,
  transportWithCosts,
  type FlowOptions,
  type Velocity
} from '../src/index'
import { concat, concatSquash, numbersOf, planarCnf, toTree } from './networks'

type Case = CaseTolerance & {
  readonly network: string
  readonly params: unknown
  readonly dim: number
  readonly t0: number
  readonly t1: number
  readonly x: Nested
  readonly z0: Nested
  readonly logDet: Nested
  readonly logProb: Nested
  readonly kineticEnergy: Nested
  readonly jacobianFrobenius: Nested
  readonly times: readonly number[]
  readonly trajectory: readonly (readonly Nested[])[]
  readonly field: {
    readonly t: readonly number[]
    readonly z: readonly Nested[]
    readonly value: Nested
    readonly trace: Nested
  }
  readonly hutchinson: Readonly<Record<string, { readonly noise: Nested; readonly logDet: Nested }>>
  readonly meanNll: number
  readonly grad: { readonly params: unknown; readonly x: Nested }
}

// The casts say what the file's schema says: which parameters go with which network.
const networks: Readonly<Record<string, (params: Tree) => Velocity>> = {
  concat: (p) => concat(p as Parameters<typeof concat>[0]),
  concatSquash: (p) => concatSquash(p as Parameters<typeof concatSquash>[0]),
  planarCnf: (p) => planarCnf(p as Parameters<typeof planarCnf>[0])
}

const tensor = (numbers: Nested): tf.Tensor => tf.tensor(numbers as tf.TensorLike, undefined, 'float32')

describeFixture<Case>('cnf.json', import.meta.url, (fixture) => {
  const cases = fixture.cases.filter((c) => c.network in networks)

  test('the file has cases of ours', () => {
    expect(cases.length).toBeGreaterThan(0)
  })

  describe.each(cases.map((c, i) => [`${i} ${c.network}, dimension ${c.dim}`, c] as const))('%s', (_title, c) => {
    const tolerance = c.tolerance?.float32 ?? fixture.tolerance.float32
    const velocity = networks[c.network]!
    const params = toTree(c.params)
    const x = tensor(c.x)
    const options: FlowOptions = { t0: c.t0, t1: c.t1, control: adaptive({ rtol: 1e-6, atol: 1e-6 }) }

    test('field and exact trace', async () => {
      const n = c.field.t.length
      const at = (z: tf.Tensor, t: tf.Tensor) => withTrace(velocity(params), exactTrace(), n, c.dim)(t, z)
      for (const [value, trace] of await eagerAndCompiled(at, [tensor(c.field.z), tf.tensor1d([...c.field.t])])) {
        expectClose(value, c.field.value, tolerance)
        expectClose(tf.reshape(trace, [n]), c.field.trace, tolerance)
      }
    })

    test('map, log-determinant, both directions', async () => {
      const back = (at: tf.Tensor) => flowBijector(velocity(params), options).inverseAndLogDet(at)
      const forth = (at: tf.Tensor) => flowBijector(velocity(params), options).forwardAndLogDet(at)
      for (const [z0, logDet] of await eagerAndCompiled(back, [x])) {
        expectClose(z0, c.z0, tolerance)
        expectClose(tf.neg(logDet), c.logDet, tolerance)
      }
      for (const [x1, logDet] of await eagerAndCompiled(forth, [tensor(c.z0)])) {
        expectClose(x1, c.x, tolerance)
        expectClose(logDet, c.logDet, tolerance)
      }
    })

    test('trajectory', async () => {
      for (const [i, t] of c.times.entries()) {
        if (t === c.t0) continue
        const expected = c.trajectory.map((path) => path[i]!)
        const run = (z: tf.Tensor) => flowBijector(velocity(params), { ...options, t1: t }).forward(z)
        for (const z of await eagerAndCompiled(run, [tensor(c.z0)])) expectClose(z, expected, tolerance, `t = ${t}`)
      }
    })

    test('log density, and the gradient of its mean in parameters and data', async () => {
      const flow = cnf({ field: { init: () => params, build: velocity }, base: standardNormal(c.dim), ...options })
      const logProb = (p: Tree, at: tf.Tensor) => flow.build(p).logProb(at)
      for (const value of await eagerAndCompiled(logProb, [params, x])) {
        expectClose(value, c.logProb, tolerance)
        expectClose(tf.neg(tf.mean(value)), c.meanNll, tolerance)
      }
      const slope = grad(({ p, at }: { p: Tree; at: tf.Tensor }) => tf.neg(tf.mean(logProb(p, at))))
      for (const g of await eagerAndCompiled(slope, [{ p: params, at: x }])) {
        expectClose(g.at, c.grad.x, tolerance, 'x')
        for (const [path, actual, expected] of numbersOf(c.grad.params, g.p))
          expectClose(actual, expected, tolerance, path)
      }
    })

    test.each([direct(), backsolve(), interpolated()])('the gradient by $kind', async (adjoint) => {
      // Buffers of the steps are as long as their limit: no case takes 64.
      const control = adaptive({ rtol: 1e-6, atol: 1e-6, maxSteps: 64 })
      const field = { init: () => params, build: velocity }
      const flow = cnf({ field, base: standardNormal(c.dim), ...options, control, adjoint })
      const slope = jit(grad(({ p, at }: { p: Tree; at: tf.Tensor }) => tf.neg(tf.mean(flow.build(p).logProb(at)))))
      const g = await slope({ p: params, at: x })
      slope.dispose()
      expectClose(g.at, c.grad.x, tolerance, 'x')
      for (const [path, actual, expected] of numbersOf(c.grad.params, g.p))
        expectClose(actual, expected, tolerance, path)
    })

    test('the way as the golden file has it, from both ends', () => {
      const there = transportWithCosts(closedFlow(velocity(params), options), tensor(c.z0), 'data')
      const back = transportWithCosts(closedFlow(velocity(params), options), x, 'base')
      for (const [way, sign] of [
        [there, 1],
        [back, -1]
      ] as const) {
        // prettier-ignore
        expectClose(tf.mul(tf.reshape(way.traces, [x.shape[0]!]), sign), c.logDet, tolerance)
        expectClose(way.kinetic, c.kineticEnergy, tolerance)
        expectClose(way.jacobian, c.jacobianFrobenius, tolerance)
        expectClose(way.status, SolveStatus.done, { atol: 0, rtol: 0 })
      }
      expectClose(there.x, c.x, tolerance)
      expectClose(back.x, c.z0, tolerance)
    })

    test.each(Object.keys(c.hutchinson))('Hutchinson with given %s probes', async (kind) => {
      const { noise, logDet } = c.hutchinson[kind]!
      // A function around a velocity hides what it knows of its divergence: all of it is estimated.
      const plain: Velocity = (t, at) => velocity(params)(t, at)
      const run = (at: tf.Tensor, e: tf.Tensor) =>
        flowBijector(plain, { ...options, trace: probeTrace(tf.expandDims(e, 0)) }).inverseAndLogDet(at)[1]
      for (const value of await eagerAndCompiled(run, [x, tensor(noise)])) expectClose(tf.neg(value), logDet, tolerance)
    })

    test('kinetic energy and Jacobian norm', async () => {
      for (const costs of await eagerAndCompiled(transportCosts(velocity(params), options), [x])) {
        expectClose(costs.kinetic, c.kineticEnergy, tolerance)
        expectClose(costs.jacobian, c.jacobianFrobenius, tolerance)
      }
    })

    test('an exact estimate has no standard error', () => {
      const { logProb, standardError } = estimateLogProb(velocity(params), standardNormal(c.dim), options)(x)
      expectClose(logProb, c.logProb, tolerance)
      expect(Array.from(standardError.dataSync()).every((s) => s === 0)).toBe(true)
    })
  })
})
