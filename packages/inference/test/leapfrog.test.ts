// Laws of the integrator: reversible, volume preserving, of second order; kinetic energies that fit their momenta.
import * as tf from '@tensorflow/tfjs-core'
import { vjp, vmap } from '@bdl/compiler'
import { hostArray, key, normal, splitStack } from '@bdl/core'
import { eagerAndCompiled, expectClose, expectNoLeak, expectVariance } from '@bdl/testing'
import { expect, test } from 'vitest'
import { denseMetric, diagonalMetric, identityMetric, leapfrog, leapfrogStep, phasePoint } from '../src/index'
import { inverse } from './potentials'

/** Anharmonic and coupled: −(x⁴ + y²)/4 − x y / 3. */
const logDensity = (q: tf.Tensor): tf.Tensor => {
  const [x, y] = tf.split(q, 2) as [tf.Tensor, tf.Tensor]
  const quartic = tf.add(tf.square(tf.square(x)), tf.square(y))
  return tf.neg(tf.sum(tf.add(tf.div(quartic, 4), tf.div(tf.mul(x, y), 3))))
}

const dynamics = { logDensity, metric: diagonalMetric(tf.tensor1d([0.5, 2])) }
const q0 = tf.tensor1d([0.7, -0.4])
const p0 = tf.tensor1d([-0.3, 1.1])

test('reversible: with the momentum turned round, the way back ends at the start', async () => {
  const thereAndBack = (q: tf.Tensor, p: tf.Tensor) => {
    const there = leapfrog(dynamics, phasePoint(dynamics, q, p), 0.05, 40)
    const back = leapfrog(dynamics, { ...there, momentum: tf.neg(there.momentum) }, 0.05, 40)
    return { q: back.position, p: tf.neg(back.momentum) }
  }
  for (const r of await eagerAndCompiled(thereAndBack, [q0, p0])) {
    expectClose(r.q, q0, { atol: 5e-6, rtol: 0 })
    expectClose(r.p, p0, { atol: 5e-6, rtol: 0 })
  }
})

test('a negative step undoes a positive one', () => {
  const start = phasePoint(dynamics, q0, p0)
  const back = leapfrogStep(dynamics, leapfrogStep(dynamics, start, 0.3), -0.3)
  expectClose(back.position, q0, { atol: 1e-6, rtol: 0 })
  expectClose(back.momentum, p0, { atol: 1e-6, rtol: 0 })
})

test('volume preserving: the Jacobian of (q, p) has determinant 1', () => {
  const flow = (z: tf.Tensor) => {
    const [q, p] = tf.split(z, 2) as [tf.Tensor, tf.Tensor]
    const end = leapfrog(dynamics, phasePoint(dynamics, q, p), 0.2, 5)
    return tf.concat([end.position, end.momentum])
  }
  const z = tf.concat([q0, p0])
  const rows = vmap((cotangent: tf.Tensor) => vjp(flow, z)[1](cotangent))(tf.eye(4))
  expectClose(determinant(tf.unstack(rows).map((row) => Array.from(row.dataSync()))), 1, { atol: 2e-5, rtol: 0 })
})

const determinant = (m: number[][]): number =>
  m.length === 1
    ? m[0]![0]!
    : m[0]!.reduce((sum, x, j) => {
        const minor = m.slice(1).map((row) => row.filter((_, k) => k !== j))
        return sum + (j % 2 === 0 ? 1 : -1) * x * determinant(minor)
      }, 0)

test('of second order: the error of a harmonic oscillator falls by four when the step is halved', () => {
  const harmonic = { logDensity: (q: tf.Tensor) => tf.mul(-0.5, tf.sum(tf.square(q))), metric: identityMetric }
  const start = phasePoint(harmonic, tf.tensor1d([1]), tf.tensor1d([0]))
  const errors = [8, 16, 32].map((steps) => {
    const end = leapfrog(harmonic, start, 2 / steps, steps)
    return Math.hypot(end.position.dataSync()[0]! - Math.cos(2), end.momentum.dataSync()[0]! + Math.sin(2))
  })
  const orders = [Math.log2(errors[0]! / errors[1]!), Math.log2(errors[1]! / errors[2]!)]
  for (const order of orders) expect(Math.abs(order - 2)).toBeLessThan(0.2)
})

test('momenta have the covariance M of their metric', () => {
  const inverseMass = [
    [1.5, 0.4],
    [0.4, 0.7]
  ]
  const metrics = [
    { metric: identityMetric, mass: [1, 1] },
    { metric: diagonalMetric(tf.tensor1d([0.25, 4])), mass: [4, 0.25] },
    { metric: denseMetric(hostArray([2, 2], inverseMass.flat())), mass: inverse(inverseMass).map((row, i) => row[i]!) }
  ]
  for (const { metric, mass } of metrics) {
    const draws = vmap((k: tf.Tensor) => metric.momentum(k, 2))(splitStack(key(3), 5000))
    const columns = tf.unstack(draws, 1).map((column) => column.dataSync())
    columns.forEach((column, i) => expectVariance(column, 0, mass[i]!))
    // velocity undoes mass: p · M⁻¹ p has mean 2 in two dimensions
    const energies = vmap((p: tf.Tensor) => tf.sum(tf.mul(p, metric.velocity(p))))(draws)
    expectClose(tf.mean(energies), 2, { atol: 5 * Math.sqrt(4 / 5000), rtol: 0 })
  }
})

test('nothing leaks', () => {
  expectNoLeak(() => leapfrog(dynamics, phasePointOnce, 0.1, 3))
  expectNoLeak(() => phasePoint(dynamics, q0, p0))
  expectNoLeak(() => normal(key0, [3]))
})

const phasePointOnce = phasePoint(dynamics, q0, p0)
const key0 = key(0)
