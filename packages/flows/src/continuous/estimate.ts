/** Log densities of continuous flows with what random probes leave uncertain in them. */
import * as tf from '@tensorflow/tfjs-core'
import { scoped, type Key } from '@bdl/core'
import type { Distribution } from '@bdl/distributions'
import { closedFlow, transportWithTraces, type FlowOptions } from './transport.js'
import type { Velocity } from './velocity.js'

/** Log density and the standard error that random probes leave in it, [...] each: 0 for an exact trace, NaN for one probe. */
export type LogProbEstimate = { readonly logProb: tf.Tensor; readonly standardError: tf.Tensor }

/** Mean of [k, ...] over k, with its standard error. */
const overProbes = (
  traces: tf.Tensor,
  { trace }: FlowOptions
): readonly [mean: tf.Tensor, standardError: tf.Tensor] => {
  const k = traces.shape[0]!
  const mean = tf.mean(traces, 0)
  if (trace === undefined || trace.kind === 'exact') return [mean, tf.zerosLike(mean)]
  const spread = tf.sum(tf.square(tf.sub(traces, mean)), 0)
  return [mean, tf.sqrt(tf.div(spread, k * (k - 1)))]
}

/**
 * Log density of x [..., d] with its standard error over probes: trust importance weights only where it is small.
 */
export const estimateLogProb =
  (velocity: Velocity, base: Distribution, options: FlowOptions = {}) =>
  (x: tf.Tensor): LogProbEstimate =>
    scoped(() => {
      const { x: z, traces } = transportWithTraces(closedFlow(velocity, options), x, 'base')
      const [mean, standardError] = overProbes(traces, options)
      return { logProb: tf.add(base.logProb(z), mean), standardError }
    })

/** Draws, and what is known of their log densities. */
export type SampleEstimate = LogProbEstimate & { readonly x: tf.Tensor }

/**
 * Draws [...sampleShape, d] with estimates of their log densities, in one solve.
 * @param key uses it up; of the draws, not of the probes
 */
export const sampleWithEstimate =
  (velocity: Velocity, base: Distribution, options: FlowOptions = {}) =>
  (key: Key, sampleShape: readonly number[] = []): SampleEstimate =>
    scoped(() => {
      const [z, baseLogProb] = base.sampleAndLogProb(key, sampleShape)
      const { x, traces } = transportWithTraces(closedFlow(velocity, options), z, 'data')
      const [mean, standardError] = overProbes(traces, options)
      return { x, logProb: tf.sub(baseLogProb, mean), standardError }
    })
