/**
 * Samples of network weights, or of anything else: one stacked tree and where each draw came from.
 */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, leaves, mapTree } from '@bdl/core'
import type { Key, Tree } from '@bdl/core'
import type { Distribution } from '@bdl/distributions'
import type { ChainsResult } from './run-chains.js'

/** How draw i was made: by which method, in which chain (or member), after how many transitions. */
export type Provenance = {
  readonly method: string
  readonly chain: readonly number[]
  readonly step: readonly number[]
}

export type Samples<P extends Tree> = {
  /** Every leaf is [draws, ...]. */
  readonly positions: P
  readonly provenance: Provenance
}

/** Number of draws of a stacked tree. @error ShapeMismatch if its leaves disagree */
export const countDraws = (fn: string, stacked: Tree): number => {
  const counts = leaves(stacked).map((leaf) => leaf.shape[0] ?? 0)
  const draws = counts[0] ?? 0
  if (draws === 0 || counts.some((n) => n !== draws))
    throw new BdlError({
      code: 'ShapeMismatch',
      fn,
      argument: 'samples',
      expected: 'leaves [draws, ...] with the same number of draws > 0',
      got: counts.join(', ') || 'no leaves'
    })
  return draws
}

/** [chains, draws, ...] -> [chains · draws, ...], chain after chain. */
export const joinChains = <P extends Tree>(positions: P): P =>
  mapTree((leaf) => {
    const [chains = 0, draws = 0, ...rest] = leaf.shape
    return tf.reshape(leaf, [chains * draws, ...rest])
  })(positions)

/**
 * The draws of a run as one stack, chain after chain.
 *
 * @returns leaves [chains · draws, ...], owned by the caller; the run's own tensors stay the caller's too
 */
export const samplesOf = <P extends Tree>(
  method: string,
  { positions, drawnAt }: Pick<ChainsResult<P, Tree, Tree>, 'positions' | 'drawnAt'>
): Samples<P> => {
  const chains = leaves(positions)[0]?.shape[0] ?? 0
  const each = Array.from({ length: chains }, (_, chain) => drawnAt.map((step) => ({ chain, step }))).flat()
  return {
    positions: joinChains(positions),
    provenance: { method, chain: each.map(({ chain }) => chain), step: each.map(({ step }) => step) }
  }
}

/** Independent draws from a distribution as samples, so that one `predictive` serves every posterior. */
export const samplesFrom = <P extends Tree>(distribution: Distribution<P>, key: Key, draws: number): Samples<P> => ({
  positions: distribution.sample(key, [draws]),
  provenance: {
    method: distribution.name,
    chain: Array.from({ length: draws }, () => 0),
    step: Array.from({ length: draws }, (_, i) => i)
  }
})
