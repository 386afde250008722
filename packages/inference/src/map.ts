/**
 * Point estimates and ensembles of them: the maximum a posteriori, from one start or from many at once.
 */
import * as tf from '@tensorflow/tfjs-core'
import { jit, vmap } from '@bdl/compiler'
import { disposeTree, expectInteger, mapTree, scoped, split, splitStack } from '@bdl/core'
import type { Key, Tree } from '@bdl/core'
import type { Optimiser } from '@bdl/nn'
import { ascent } from './ascent.js'
import type { StochasticLogDensity } from './kernel.js'
import { runChains } from './run-chains.js'
import type { RunControl } from './run-chains.js'
import type { Samples } from './samples.js'

export type DeepEnsembleOptions<P extends Tree, O extends Tree> = RunControl & {
  /** log joint in nats, or a minibatch estimate of it. */
  readonly logDensity: StochasticLogDensity<P>
  /** A random start; one key per member. */
  readonly init: (key: Key) => P
  readonly key: Key
  /** Number of independent maximisations; 32. */
  readonly members?: number
  readonly optimiser: Optimiser<O>
  /** Optimiser steps; counted, never timed, so that a seed fixes the result. */
  readonly steps: number
  /** What the log density is multiplied by for the optimiser; 1. */
  readonly scale?: number
}

export type DeepEnsemble<P extends Tree> = Samples<P> & {
  /** Log density before each step, nats: [members, steps]. */
  readonly trace: tf.Tensor
  readonly isComplete: boolean
}

const methodName = (members: number) => (members === 1 ? 'map' : 'deepEnsemble')

/**
 * Independent maximisations of the log joint from random starts, all members in one graph.
 *
 * Not a sample of the posterior: where the members lie is decided by the optimiser's basins. A strong baseline all the same.
 *
 * @returns one stacked tree, leaves [members, ...], with the loss curves
 * @error InvalidArgument if `members` or `steps` is no integer > 0
 * @source Lakshminarayanan, Pritzel & Blundell (2017), Simple and scalable predictive uncertainty, NeurIPS
 * @example await deepEnsemble({ logDensity, init: network.init, key: key(0), members: 32, optimiser, steps: 800 })
 */
export const deepEnsemble = async <P extends Tree, O extends Tree>(
  options: DeepEnsembleOptions<P, O>
): Promise<DeepEnsemble<P>> => {
  const { logDensity, init, key, members = 32, optimiser, steps, scale } = options
  expectInteger('deepEnsemble', { members, steps }, 1)
  const [keyInit, keyRun] = split(key)
  const keys = splitStack(keyInit, members)
  const start = jit(vmap(init), { name: 'deepEnsemble.init' })
  const positions = await start(keys)
  const kernel = ascent(logDensity, optimiser, scale)
  const result = await runChains({ ...options, kernel, key: keyRun, positions, steps, thin: steps })
  const last = mapTree((leaf) => tf.clone(leaf))(result.state.position)
  disposeTree([keyInit, keyRun, keys, positions, result.state, result.positions])
  await start.dispose()
  return {
    positions: last,
    provenance: {
      method: methodName(members),
      chain: Array.from({ length: members }, (_, i) => i),
      step: Array.from({ length: members }, () => result.infos.logDensity.shape[1] ?? 0)
    },
    trace: result.infos.logDensity,
    isComplete: result.isComplete
  }
}

/**
 * Maximum a posteriori: an ensemble of one.
 *
 * @returns leaves [1, ...]: samples like any other, for `predictive`
 * @example const { positions } = await map({ logDensity, init: network.init, key: key(0), optimiser, steps: 800 })
 */
export const map = <P extends Tree, O extends Tree>(
  options: Omit<DeepEnsembleOptions<P, O>, 'members'>
): Promise<DeepEnsemble<P>> => deepEnsemble({ ...options, members: 1 })

/** Entry `index` of a stacked tree, without its leading axis. */
export const memberOf = <P extends Tree>(samples: Samples<P>, index: number): P =>
  mapTree((leaf) => scoped(() => tf.reshape(tf.slice(leaf, [index], [1]), leaf.shape.slice(1))))(samples.positions)
