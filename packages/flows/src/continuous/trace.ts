/**
 * The trace of a velocity field's Jacobian, for every row of a batch at once: exactly, by one vector-Jacobian product per
 * dimension (batched in blocks), or estimated by random probes.
 */
import * as tf from '@tensorflow/tfjs-core'
import { scan, vjp, vmap } from '@bdl/compiler'
import { BdlError, expectInteger, normal, rademacher, type Key } from '@bdl/core'
import type { Velocity } from './velocity.js'

export type Trace =
  | { readonly kind: 'exact'; readonly block: number }
  | {
      readonly kind: 'hutchinson'
      readonly key: Key
      readonly probes: number
      readonly distribution: 'rademacher' | 'gaussian'
    }
  | { readonly kind: 'probes'; readonly noise: tf.Tensor }

/** All d products, `block` (default 64) of them at a time. */
export const exactTrace = (block = 64): Trace => {
  expectInteger('exactTrace', { block }, 1)
  return { kind: 'exact', block }
}

export interface HutchinsonOptions {
  /** Of the probes: the same key gives the same probes, so they are fixed for a solve and from call to call. */
  readonly key: Key
  /** Default 1. More than one gives a standard error. */
  readonly probes?: number
  /** Default `rademacher`, whose variance is the least among independent probes. */
  readonly distribution?: 'rademacher' | 'gaussian'
}

/**
 * The mean of e^T J e over random probes e, unbiased for a log density, not for the density or its inverse.
 * @source Hutchinson 1989; Grathwohl et al. 2018 (FFJORD), arXiv:1810.01367
 */
export const hutchinsonTrace = ({ key, probes = 1, distribution = 'rademacher' }: HutchinsonOptions): Trace => {
  expectInteger('hutchinsonTrace', { probes }, 1)
  return { kind: 'hutchinson', key, probes, distribution }
}

/** Probes of one's own: noise [k, n, d] for a batch [n, d]. */
export const probeTrace = (noise: tf.Tensor): Trace => ({ kind: 'probes', noise })

/** Value [n, d] and trace estimates [k, n]; exactly, k = 1. */
export type VelocityAndTrace = (t: tf.Tensor, x: tf.Tensor) => readonly [velocity: tf.Tensor, traces: tf.Tensor]

/** Rows of the identity in blocks, [blocks, block, d]; a last block is filled with zero rows, which add nothing. */
const identityBlocks = (d: number, block: number): tf.Tensor => {
  const blocks = Math.ceil(d / block)
  const data = new Float32Array(blocks * block * d)
  for (let i = 0; i < d; i++) data[i * d + i] = 1
  return tf.tensor3d(data, [blocks, block, d])
}

const exactly =
  (velocity: Velocity, d: number, block: number): VelocityAndTrace =>
  (t, x) => {
    const [v, pull] = vjp((at: tf.Tensor) => velocity(t, at), x)
    const n = x.shape[0]!
    const part = (rows: tf.Tensor): tf.Tensor => {
      // One unit cotangent for all rows of the batch: rows do not mix, so each gets its own Jacobian's row.
      const units = tf.expandDims(rows, 1)
      const products = vmap(pull)(tf.add(units, tf.zeros([rows.shape[0]!, n, d])))
      return tf.sum(tf.mul(products, units), [0, 2])
    }
    const blocks = identityBlocks(d, Math.min(block, d))
    if (blocks.shape[0] === 1) return [v, tf.expandDims(part(tf.reshape(blocks, [blocks.shape[1]!, d])), 0)]
    const [total] = scan(
      (sum: tf.Tensor, rows: tf.Tensor) => [tf.add(sum, part(rows)), [] as const] as const,
      tf.zeros([n]),
      blocks
    )
    return [v, tf.expandDims(total, 0)]
  }

const byProbes =
  (velocity: Velocity, noise: tf.Tensor): VelocityAndTrace =>
  (t, x) => {
    const [v, pull] = vjp((at: tf.Tensor) => velocity(t, at), x)
    return [v, tf.sum(tf.mul(vmap(pull)(noise), noise), -1)]
  }

const probesFor = (trace: Exclude<Trace, { kind: 'exact' }>, n: number, d: number): tf.Tensor => {
  if (trace.kind === 'hutchinson') {
    const shape = [trace.probes, n, d]
    return trace.distribution === 'gaussian'
      ? normal(trace.key, shape)
      : tf.cast(rademacher(trace.key, shape), 'float32')
  }
  const [, rows, size] = trace.noise.shape
  if (trace.noise.rank !== 3 || rows !== n || size !== d)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn: 'probeTrace',
      argument: 'noise',
      expected: `shape [*, ${n}, ${d}]`,
      got: `[${trace.noise.shape.join(', ')}]`
    })
  return trace.noise
}

/** The same trace with its probes drawn, once for a whole solve of n rows in d dimensions. */
export const fixProbes = (trace: Trace, n: number, d: number): Trace =>
  trace.kind === 'exact' ? trace : { kind: 'probes', noise: probesFor(trace, n, d) }

/** A field with its trace, for batches [n, d]. */
export const withTrace = (velocity: Velocity, trace: Trace, n: number, d: number): VelocityAndTrace =>
  trace.kind === 'exact' ? exactly(velocity, d, trace.block) : byProbes(velocity, probesFor(trace, n, d))

/** How many estimates `withTrace` gives. */
export const estimatesOf = (trace: Trace): number =>
  trace.kind === 'exact' ? 1 : trace.kind === 'hutchinson' ? trace.probes : trace.noise.shape[0]!
