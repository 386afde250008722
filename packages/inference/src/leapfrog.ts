/**
 * The leapfrog (velocity Verlet) integrator of Hamilton's equations with H(q, p) = −log π(q) + K(p): explicit, of second
 * order, reversible, volume preserving. It works on one vector; trees are raveled before it.
 */
import * as tf from '@tensorflow/tfjs-core'
import { foriLoop, grad, scan, valueAndGrad } from '@bdl/compiler'
import { scoped } from '@bdl/core'
import type { LogDensity } from './kernel.js'
import { kineticEnergy } from './metric.js'
import type { Metric } from './metric.js'

/** A point of phase space with its cached log density (scalar) and gradient; the others are [dim]. */
export type PhasePoint = Readonly<Record<'position' | 'momentum' | 'logDensity' | 'gradient', tf.Tensor>>

export type Dynamics = {
  /** log π of a vector [dim]. */
  readonly logDensity: LogDensity<tf.Tensor>
  readonly metric: Metric
}

/** q, p with log π(q) and ∇log π(q). */
export const phasePoint = (dynamics: Dynamics, position: tf.Tensor, momentum: tf.Tensor): PhasePoint => {
  const [logDensity, gradient] = valueAndGrad(dynamics.logDensity)(position)
  return { position: tf.clone(position), momentum: tf.clone(momentum), logDensity, gradient }
}

/** H(q, p) = −log π(q) + pᵀ M⁻¹ p / 2, a scalar in nats. */
export const energy = (metric: Metric, { momentum, logDensity }: PhasePoint): tf.Tensor =>
  scoped(() => tf.sub(kineticEnergy(metric, momentum), logDensity))

const kick = (momentum: tf.Tensor, stepSize: tf.Tensor | number, gradient: tf.Tensor) =>
  tf.add(momentum, tf.mul(stepSize, gradient))

const drift = (metric: Metric, position: tf.Tensor, momentum: tf.Tensor, stepSize: tf.Tensor | number) =>
  tf.add(position, tf.mul(stepSize, metric.velocity(momentum)))

/** p ← p + w ∇log π after q ← q + ε M⁻¹ p. One gradient. */
const driftAndKick = (
  { logDensity, metric }: Dynamics,
  point: PhasePoint,
  stepSize: tf.Tensor | number,
  kickSize: tf.Tensor | number
): PhasePoint => {
  const position = drift(metric, point.position, point.momentum, stepSize)
  const [value, gradient] = valueAndGrad(logDensity)(position)
  return { position, momentum: kick(point.momentum, kickSize, gradient), logDensity: value, gradient }
}

/**
 * One leapfrog step: half a kick, a drift, half a kick.
 *
 * @param stepSize ε, a number or a scalar; −ε goes back
 * @returns the next point; local error O(ε³)
 */
export const leapfrogStep = (dynamics: Dynamics, point: PhasePoint, stepSize: tf.Tensor | number): PhasePoint =>
  scoped(() => {
    const half = tf.mul(stepSize, 0.5)
    const momentum = kick(point.momentum, half, point.gradient)
    return driftAndKick(dynamics, { ...point, momentum }, stepSize, half)
  })

/**
 * `steps` leapfrog steps with one gradient each: inner half kicks are joined into whole ones.
 *
 * @returns the last point; global error O(ε²)
 * @source Duane, Kennedy, Pendleton & Roweth (1987), Physics Letters B 195(2), 216-222
 */
export const leapfrog = (
  dynamics: Dynamics,
  start: PhasePoint,
  stepSize: tf.Tensor | number,
  steps: number
): PhasePoint =>
  scoped(() => {
    const half = tf.mul(stepSize, 0.5)
    const first = { position: start.position, momentum: kick(start.momentum, half, start.gradient) }
    // inner steps need no value of the log density, which for a network is a pass over all predictions
    const inner = (_: tf.Tensor, { position, momentum }: typeof first) => {
      const moved = drift(dynamics.metric, position, momentum, stepSize)
      return { position: moved, momentum: kick(momentum, stepSize, grad(dynamics.logDensity)(moved)) }
    }
    const beforeLast = steps > 1 ? foriLoop(0, steps - 1, inner, first) : first
    return driftAndKick(dynamics, { ...start, ...beforeLast }, stepSize, half)
  })

/**
 * All points of a trajectory after the start, stacked: position and momentum are [steps, dim], log density [steps].
 *
 * For teaching, tests and plots; a sampler needs `leapfrog` alone.
 */
export const trajectory = (
  dynamics: Dynamics,
  start: PhasePoint,
  stepSize: tf.Tensor | number,
  steps: number
): PhasePoint =>
  scoped(() => {
    const advance = (point: PhasePoint): readonly [PhasePoint, PhasePoint] => {
      const next = leapfrogStep(dynamics, point, stepSize)
      return [next, next]
    }
    return scan((point: PhasePoint, _: readonly []) => advance(point), start, [], { length: steps })[1]
  })
