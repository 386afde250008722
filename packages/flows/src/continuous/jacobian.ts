/**
 * A velocity with what a flow needs of its Jacobian J, for every row of a batch at once: the trace, and the squared Frobenius
 * norm. Both are sums over products e^T J, with unit vectors e all of it and with random probes an estimate.
 */
import * as tf from '@tensorflow/tfjs-core'
import { scan, vjp, vmap } from '@bdl/compiler'
import { BdlError, normal, rademacher } from '@bdl/core'
import { isPartlyKnown, type PartlyKnownVelocity } from './divergence.js'
import type { FixedTrace, Trace } from './trace.js'
import type { Velocity } from './velocity.js'

/** Value [n, d] and trace estimates [k, n]; exactly, k = 1. */
export type VelocityAndTrace = (t: tf.Tensor, x: tf.Tensor) => readonly [velocity: tf.Tensor, traces: tf.Tensor]

/** The same with |J|^2 in Frobenius norm, [n]. */
export type VelocityAndJacobian = (
  t: tf.Tensor,
  x: tf.Tensor
) => readonly [velocity: tf.Tensor, traces: tf.Tensor, squaredNorm: tf.Tensor]

/** Sum over unit vectors e of something of e^T J and e, [block, n, d] and [block, 1, d] -> [n]. */
type Measure = (products: tf.Tensor, units: tf.Tensor) => tf.Tensor

const traceOf: Measure = (products, units) => tf.sum(tf.mul(products, units), [0, 2])
const squaredNormOf: Measure = (products) => tf.sum(tf.square(products), [0, 2])

/** Rows of the identity in blocks, [blocks, block, d]; a last block is filled with zero rows, which add nothing. */
const identityBlocks = (d: number, block: number): tf.Tensor => {
  const blocks = Math.ceil(d / block)
  const data = new Float32Array(blocks * block * d)
  for (let i = 0; i < d; i++) data[i * d + i] = 1
  return tf.tensor3d(data, [blocks, block, d])
}

/** Value [n, d] and the measures of all of J, [n] each. */
const exactly =
  (velocity: Velocity, d: number, block: number, measures: readonly Measure[]) =>
  (t: tf.Tensor, x: tf.Tensor): readonly [tf.Tensor, ...tf.Tensor[]] => {
    const [v, pull] = vjp((at: tf.Tensor) => velocity(t, at), x)
    const n = x.shape[0]!
    const part = (rows: tf.Tensor): readonly tf.Tensor[] => {
      // One unit cotangent for all rows of the batch: rows do not mix, so each gets its own Jacobian's row.
      const units = tf.expandDims(rows, 1)
      const products = vmap(pull)(tf.broadcastTo(units, [rows.shape[0]!, n, d]))
      return measures.map((measure) => measure(products, units))
    }
    const blocks = identityBlocks(d, Math.min(block, d))
    if (blocks.shape[0] === 1) return [v, ...part(tf.reshape(blocks, [blocks.shape[1]!, d]))]
    const [totals] = scan(
      (sums: readonly tf.Tensor[], rows: tf.Tensor) => {
        const more = part(rows)
        return [sums.map((sum, i) => tf.add(sum, more[i]!)), [] as const] as const
      },
      measures.map(() => tf.zeros([n])),
      blocks
    )
    return [v, ...totals]
  }

/** Value [n, d] and products e^T J [k, n, d] with probes e. */
const probed =
  (velocity: Velocity, noise: tf.Tensor) =>
  (t: tf.Tensor, x: tf.Tensor): readonly [tf.Tensor, tf.Tensor] => {
    const [v, pull] = vjp((at: tf.Tensor) => velocity(t, at), x)
    return [v, vmap(pull)(noise)]
  }

const expectNoise = (noise: tf.Tensor, n: number, d: number): tf.Tensor => {
  const [k = 0] = noise.shape
  if (noise.rank >= 2 && noise.shape[noise.rank - 1] === d && noise.size === k * n * d)
    return tf.reshape(noise, [k, n, d])
  throw new BdlError({
    code: 'ShapeMismatch',
    fn: 'probeTrace',
    argument: 'noise',
    expected: `shape [*, ${n}, ${d}]`,
    got: `[${noise.shape.join(', ')}]`
  })
}

/** The same trace with its probes drawn, once for a whole solve of n rows in d dimensions. */
export const fixProbes = (trace: Trace, n: number, d: number): FixedTrace => {
  if (trace.kind === 'exact') return trace
  if (trace.kind === 'probes') return { kind: 'probes', noise: expectNoise(trace.noise, n, d) }
  const shape = [trace.probes, n, d]
  const noise =
    trace.distribution === 'gaussian' ? normal(trace.key, shape) : tf.cast(rademacher(trace.key, shape), 'float32')
  return { kind: 'probes', noise }
}

/** How many estimates of the trace there are. */
export const estimatesOf = (trace: FixedTrace): number => (trace.kind === 'exact' ? 1 : trace.noise.shape[0]!)

const tracesOfAll =
  (velocity: Velocity, trace: FixedTrace, d: number): VelocityAndTrace =>
  (t, x) => {
    if (trace.kind === 'exact') {
      const [v, sum] = exactly(velocity, d, trace.block, [traceOf])(t, x)
      return [v, tf.expandDims(sum!, 0)]
    }
    const [v, products] = probed(velocity, trace.noise)(t, x)
    return [v, tf.sum(tf.mul(products, trace.noise), -1)]
  }

const tracesOfParts =
  ({ known, rest }: PartlyKnownVelocity, trace: FixedTrace, n: number, d: number): VelocityAndTrace =>
  (t, x) => {
    const divergence = known.divergence(t, x)
    const v = known.velocity(t, x)
    if (rest === undefined) return [v, tf.add(divergence, tf.zeros([estimatesOf(trace), n]))]
    const [more, traces] = tracesOfAll(rest, trace, d)(t, x)
    return [tf.add(v, more), tf.add(traces, divergence)]
  }

/** A field with its trace, for batches [n, d]; what of the trace is known is not estimated. */
export const withTrace = (velocity: Velocity, trace: FixedTrace, n: number, d: number): VelocityAndTrace =>
  isPartlyKnown(velocity) ? tracesOfParts(velocity, trace, n, d) : tracesOfAll(velocity, trace, d)

/**
 * A field with its trace and |J|^2, from the same products: with probes, E |e^T J|^2 = |J|^2. The norm is one of the whole
 * Jacobian, so here a known divergence saves nothing.
 */
export const withJacobian =
  (velocity: Velocity, trace: FixedTrace, d: number): VelocityAndJacobian =>
  (t, x) => {
    if (trace.kind === 'exact') {
      const [v, sum, squares] = exactly(velocity, d, trace.block, [traceOf, squaredNormOf])(t, x)
      return [v, tf.expandDims(sum!, 0), squares!]
    }
    const [v, products] = probed(velocity, trace.noise)(t, x)
    return [v, tf.sum(tf.mul(products, trace.noise), -1), tf.mean(tf.sum(tf.square(products), -1), 0)]
  }
