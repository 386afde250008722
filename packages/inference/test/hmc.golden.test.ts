// Leapfrog, dual averaging, warm-up schedule and running moments against NumPy, BlackJAX and Stan's formulas.
import * as tf from '@tensorflow/tfjs-core'
import { grad, scan } from '@bdl/compiler'
import { hostArray } from '@bdl/core'
import { describeFixture, eagerAndCompiled, expectClose, toleranceOf } from '@bdl/testing'
import { expect, test } from 'vitest'
import {
  denseMetric,
  diagonalMetric,
  dualAveragingInit,
  dualAveragingUpdate,
  energy,
  identityMetric,
  leapfrog,
  phasePoint,
  regularisedVariance,
  trajectory,
  warmupSchedule,
  welfordInit,
  welfordUpdate,
  welfordVariance
} from '../src/index'
import type { DualAveragingState, Metric } from '../src/index'
import { ofKind } from './hmc-json'
import type { HmcCase, LeapfrogCase } from './hmc-json'
import { potential } from './potentials'

type Rows = readonly (readonly number[])[]

const metricOf = ({ inverseMass, inverseMassKind }: LeapfrogCase): Metric => {
  if (inverseMassKind === 'identity') return identityMetric
  if (inverseMassKind === 'diag') return diagonalMetric(tf.tensor1d([...(inverseMass as readonly number[])]))
  const rows = inverseMass as Rows
  return denseMetric(hostArray([rows.length, rows.length], rows.flat()))
}

const runLeapfrog = (c: LeapfrogCase) => {
  const dynamics = { logDensity: potential(c.potential, c.potentialParams), metric: metricOf(c) }
  return (q: tf.Tensor, p: tf.Tensor) => {
    const start = phasePoint(dynamics, q, p)
    const path = trajectory(dynamics, start, c.stepSize, c.numSteps)
    const end = leapfrog(dynamics, start, c.stepSize, c.numSteps)
    return {
      q: path.position,
      p: path.momentum,
      logDensity: path.logDensity,
      end,
      gradient: grad(dynamics.logDensity)(q),
      energies: tf.stack([energy(dynamics.metric, start), energy(dynamics.metric, end)])
    }
  }
}

describeFixture<HmcCase>('hmc.json', import.meta.url, (fixture) => {
  for (const [index, c] of ofKind(fixture.cases, 'leapfrog').entries())
    test(`leapfrog ${index}: ${c.potential}, ${c.inverseMassKind} mass`, async () => {
      const tolerance = toleranceOf<HmcCase>(fixture, c)
      for (const r of await eagerAndCompiled(runLeapfrog(c), [tf.tensor1d([...c.q0]), tf.tensor1d([...c.p0])])) {
        expectClose(r.q, c.q.slice(1), tolerance, 'q')
        expectClose(r.p, c.p.slice(1), tolerance, 'p')
        expectClose(
          r.logDensity,
          c.potentialEnergy.slice(1).map((u) => -u),
          tolerance,
          'log density'
        )
        expectClose(tf.neg(r.gradient), [...c.gradPotential0], tolerance, 'gradient')
        expectClose(r.end.position, [...c.q.at(-1)!], tolerance, 'joined kicks: q')
        expectClose(r.end.momentum, [...c.p.at(-1)!], tolerance, 'joined kicks: p')
        expectClose(r.energies, [c.energy[0]!, c.energy.at(-1)!], tolerance, 'energy')
        const [before, after] = Array.from(r.energies.dataSync())
        expectClose(Math.min(1, Math.exp(before! - after!)), c.acceptProbability, tolerance, 'acceptance')
      }
    })

  for (const [index, c] of ofKind(fixture.cases, 'dualAveraging').entries())
    test(`dual averaging ${index}`, async () => {
      const { targetAccept, t0, gamma, kappa } = c
      const run = (acceptance: tf.Tensor) => {
        const start = dualAveragingInit(c.initialStepSize)
        const [, states] = scan(
          (state: DualAveragingState, a: tf.Tensor): readonly [DualAveragingState, DualAveragingState] => {
            const next = dualAveragingUpdate(state, a, { targetAccept, t0, gamma, kappa })
            return [next, next]
          },
          start,
          acceptance
        )
        return { mu: start.shrinkage, step: tf.exp(states.logStepSize), averaged: tf.exp(states.logStepSizeAveraged) }
      }
      const tolerance = toleranceOf<HmcCase>(fixture, c)
      for (const r of await eagerAndCompiled(run, [tf.tensor1d([...c.acceptProbability])])) {
        expectClose(r.mu, c.mu, tolerance, 'mu')
        expectClose(r.step, [...c.stepSize], tolerance, 'step size')
        expectClose(r.averaged, [...c.stepSizeAveraged], tolerance, 'averaged step size')
      }
    })

  for (const c of ofKind(fixture.cases, 'warmupSchedule'))
    test(`warm-up schedule of ${c.numSteps} steps`, () => {
      const { isSlow, isWindowEnd } = warmupSchedule(c.numSteps)
      expect(isSlow.map(Number)).toEqual(c.stage)
      expect(isWindowEnd.map(Number)).toEqual(c.windowEnd)
    })

  for (const [index, c] of ofKind(fixture.cases, 'welford').entries())
    test(`Welford ${index}: one by one and in batches, diagonal and dense`, async () => {
      const tolerance = toleranceOf<HmcCase>(fixture, c)
      const dim = c.x[0]!.length
      const cuts = [0, 1, 3, Math.ceil(c.x.length / 2), c.x.length].filter((n, i, all) => i === 0 || n > all[i - 1]!)
      const singles = c.x.map((_, i) => [i, i + 1] as const)
      const batches = cuts.slice(1).map((end, i) => [cuts[i]!, end] as const)
      for (const pieces of [singles, batches])
        for (const kind of ['diagonal', 'dense'] as const) {
          const run = (x: tf.Tensor) => {
            const state = pieces.reduce(
              (s, [from, to]) => welfordUpdate(s, tf.slice(x, [from, 0], [to - from, dim])),
              welfordInit(dim, kind)
            )
            return { mean: state.mean, variance: welfordVariance(state), regularised: regularisedVariance(state) }
          }
          for (const r of await eagerAndCompiled(run, [tf.tensor2d(c.x.map((row) => [...row]))])) {
            expectClose(r.mean, [...c.mean], tolerance, 'mean')
            const [variance, stan] =
              kind === 'dense' ? [c.covariance, c.stanRegularized.covariance] : [c.variance, c.stanRegularized.variance]
            expectClose(r.variance, variance, tolerance, kind)
            expectClose(r.regularised, stan, tolerance, `${kind}, regularised`)
          }
        }
    })

  test('the file has cases, and every kind of it is known here', () => {
    expect(fixture.cases.length).toBeGreaterThan(0)
    const kinds = ['leapfrog', 'dualAveraging', 'warmupSchedule', 'welford', 'diagnostics']
    expect(fixture.cases.filter((c) => !kinds.includes(c.kind)).map((c) => c.kind)).toEqual([])
  })
})
