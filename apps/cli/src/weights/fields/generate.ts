/**
 * New networks by Heun's method from the prior, and their log densities by the instantaneous change of variables along the
 * same path: log q(x₁) = log p₀(x₀) − ∫ div v dt (Chen et al. 2018; J = ∂v/∂x, the state's Jacobian). The base's divergence
 * is exact; the correction's is Hutchinson's estimate with Rademacher probes that stay fixed for the whole solve.
 */
import * as tf from '@tensorflow/tfjs-core'
import { jit } from '@bdl/compiler'
import { foldIn, rademacher, scoped, split } from '@bdl/core'
import type { Key, Tree } from '@bdl/core'
import { probeTrace, transport, transportWithTraces } from '@bdl/flows'
import { fixedSteps, heun } from '@bdl/ode'
import type { Watch } from '../job.js'
import { rowVelocity } from './field.js'
import { drawSource } from './train.js'
import type { TrainedField } from './train.js'

export interface GenerateOptions extends Watch {
  readonly key: Key
  readonly count: number
  readonly dim: number
  readonly sourceScale: number
  readonly steps: number
  /** Networks per compiled call; bounds memory. */
  readonly chunk?: number
}

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI)

const chunks = (count: number, chunk: number): readonly number[] =>
  Array.from({ length: Math.ceil(count / chunk) }, (_, i) => Math.min(chunk, count - i * chunk))

/** Raveled networks [count, d] from N(0, σ₀² I) through the field. */
export const generate = async <P extends Tree>(
  trained: TrainedField<P>,
  options: GenerateOptions
): Promise<tf.Tensor> => {
  const { key, count, dim, sourceScale, steps, chunk = 64, onProgress, signal } = options
  const velocity = rowVelocity(trained.field)
  const carry = jit(
    (params: P, source: tf.Tensor) =>
      transport({ velocity, params, solver: heun, control: fixedSteps(steps) }, source, 'data').x,
    { name: 'generate' }
  )
  const parts: tf.Tensor[] = []
  for (const [i, size] of chunks(count, chunk).entries()) {
    if (signal.aborted && i > 0) break
    const source = drawSource(foldIn(key, i), size, dim, sourceScale)
    parts.push(await carry(trained.params, source))
    source.dispose()
    onProgress({ done: Math.min(count, (i + 1) * chunk), total: count })
  }
  await carry.dispose()
  const all = tf.concat(parts)
  tf.dispose(parts)
  return all
}

export interface WithDensity {
  /** [n, d]. */
  readonly networks: tf.Tensor
  /** log q of each, nats. */
  readonly logDensity: Float64Array
  /** Standard error of each log q from its probes, nats; zero where the divergence is exact, NaN for a single probe. */
  readonly standardError: Float64Array
}

/** Networks with their log densities, in one solve of the augmented state. */
export const generateWithDensity = async <P extends Tree>(
  trained: TrainedField<P>,
  options: GenerateOptions & { readonly probes: number }
): Promise<WithDensity> => {
  const { key, count, dim, sourceScale, steps, probes, chunk = 32, onProgress, signal } = options
  const velocity = rowVelocity(trained.field)
  const carry = jit(
    (params: P, source: tf.Tensor, noise: tf.Tensor) => {
      const flow = { velocity, params, solver: heun, control: fixedSteps(steps), trace: probeTrace(noise) }
      const { x, traces } = transportWithTraces(flow, source, 'data')
      return { x, divergence: traces }
    },
    { name: 'generateWithDensity' }
  )
  const networks: tf.Tensor[] = []
  const logDensity: number[] = []
  const standardError: number[] = []
  for (const [i, size] of chunks(count, chunk).entries()) {
    if (signal.aborted && i > 0) break
    const [keySource, keyProbes] = split(foldIn(key, i))
    const source = drawSource(keySource, size, dim, sourceScale)
    const noise = scoped(() => tf.cast(tf.transpose(rademacher(keyProbes, [size, probes, dim]), [1, 0, 2]), 'float32'))
    const end = await carry(trained.params, source, noise)
    const norms = scoped(() => tf.sum(tf.square(source), 1))
    const [squares, integrals] = await Promise.all([norms.data(), end.divergence.data()])
    networks.push(end.x)
    for (let n = 0; n < size; n++) {
      const estimates = Array.from({ length: probes }, (_, probe) => integrals[probe * size + n]!)
      const mean = estimates.reduce((a, b) => a + b, 0) / probes
      const variance = estimates.reduce((s, e) => s + (e - mean) ** 2, 0) / (probes - 1)
      logDensity.push(-squares[n]! / (2 * sourceScale ** 2) - dim * (Math.log(sourceScale) + HALF_LOG_TWO_PI) - mean)
      standardError.push(Math.sqrt(variance / probes))
    }
    tf.dispose([source, noise, norms, end.divergence, keySource, keyProbes])
    onProgress({ done: Math.min(count, (i + 1) * chunk), total: count })
  }
  await carry.dispose()
  const all = tf.concat(networks)
  tf.dispose(networks)
  return { networks: all, logDensity: Float64Array.from(logDensity), standardError: Float64Array.from(standardError) }
}
