/** How the trace of a velocity's Jacobian is found: exactly, by one product per dimension, or by random probes. */
import type * as tf from '@tensorflow/tfjs-core'
import { expectInteger, type Key } from '@bdl/core'

export interface ExactTrace {
  readonly kind: 'exact'
  readonly block: number
}

/** Noise [k, n, d] for a batch [n, d]. */
export interface ProbeTrace {
  readonly kind: 'probes'
  readonly noise: tf.Tensor
}

export interface HutchinsonTrace extends Required<HutchinsonOptions> {
  readonly kind: 'hutchinson'
}

export type Trace = ExactTrace | HutchinsonTrace | ProbeTrace

/** A trace whose probes are drawn: what a solve holds fixed along its way. */
export type FixedTrace = ExactTrace | ProbeTrace

/**
 * All d products, `block` (default 64) of them at a time. The compiler finds that a network with up to two hidden layers
 * takes fewer: the price of one for each block, whatever d is.
 */
export const exactTrace = (block = 64): ExactTrace => {
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
 * The mean of e^T J e over random probes e, unbiased for a log density, not for the density or its inverse. Its variance is
 * |J + J^T|^2 / 2 in Frobenius norm for Gaussian probes, for Rademacher ones the same without the diagonal.
 * @source Hutchinson 1989; Grathwohl et al. 2018 (FFJORD), arXiv:1810.01367
 */
export const hutchinsonTrace = ({
  key,
  probes = 1,
  distribution = 'rademacher'
}: HutchinsonOptions): HutchinsonTrace => {
  expectInteger('hutchinsonTrace', { probes }, 1)
  return { kind: 'hutchinson', key, probes, distribution }
}

/** Probes of one's own: noise [k, n, d] for a batch [n, d], [k, ..., d] for one [..., d]. */
export const probeTrace = (noise: tf.Tensor): ProbeTrace => ({ kind: 'probes', noise })
