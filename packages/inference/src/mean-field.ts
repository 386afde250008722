/**
 * Mean-field variational inference: the product of normals nearest to the posterior in KL(q ‖ p), by reparameterised
 * gradients.
 */
import * as tf from '@tensorflow/tfjs-core'
import { jit, vmap } from '@bdl/compiler'
import { disposeTree, expectInteger, mapTree, normal, ravel, scoped, splitStack, toHost } from '@bdl/core'
import type { Key, Tree } from '@bdl/core'
import type { Distribution } from '@bdl/distributions'
import type { Optimiser } from '@bdl/nn'
import { ascent } from './ascent.js'
import { mean, variance } from './diagnostics/draws.js'
import { gaussianOnTree } from './gaussian-on-tree.js'
import type { LogDensity, StochasticLogDensity } from './kernel.js'
import { runChains } from './run-chains.js'
import type { RunControl } from './run-chains.js'

/** Both [dim] of the raveled position; `logScale` is the log of the standard deviation. */
export type MeanFieldParameters = Readonly<Record<'loc' | 'logScale', tf.Tensor>>

/** Parameters centred on a position. `logScale` −3 is a narrow start, where the ELBO's gradient has little noise. */
export const meanFieldInit = <P extends Tree>(position: P, logScale = -3): MeanFieldParameters =>
  scoped(() => {
    const { vector } = ravel(position)
    return { loc: tf.clone(vector), logScale: tf.fill(vector.shape, logScale) }
  })

/**
 * The variational posterior of given parameters as a distribution over trees.
 *
 * @param like a position, whose structure and shapes the draws have
 */
export const meanFieldPosterior =
  <P extends Tree>(like: P) =>
  ({ loc, logScale }: MeanFieldParameters): Distribution<P> =>
    gaussianOnTree('meanField', like, {
      loc,
      colour: (noise) => tf.mul(noise, tf.exp(logScale)),
      whiten: (deviation) => tf.mul(deviation, tf.exp(tf.neg(logScale))),
      logDetScale: () => tf.sum(logScale),
      variance: () => tf.exp(tf.mul(2, logScale))
    })

/** Nats that the entropy of one standard normal has: log √(2πe). */
const UNIT_ENTROPY = 0.5 * Math.log(2 * Math.PI * Math.E)

/**
 * Evidence lower bound, E_q[log p(D, w)] + H(q): the expectation over reparameterised draws, the entropy in closed form.
 *
 * @param logDensity log joint of one position, nats
 * @param options `samples` draws per estimate; `like` a position
 * @returns parameters and a key -> an unbiased estimate, a scalar in nats. If `logDensity` is normalised over data and prior,
 *   its expectation is at most the log evidence
 * @source Kingma & Welling (2014), ICLR; Kucukelbir et al. (2017), Automatic differentiation variational inference, JMLR 18
 */
export const elbo =
  <P extends Tree>(
    logDensity: LogDensity<P>,
    { samples, like }: { readonly samples: number; readonly like: P }
  ): StochasticLogDensity<MeanFieldParameters> =>
  ({ loc, logScale }, key: Key) =>
    scoped(() => {
      const { unravel } = ravel(like)
      const noise = normal(key, [samples, ...loc.shape])
      const draws = tf.add(loc, tf.mul(tf.exp(logScale), noise))
      const expected = tf.mean(vmap((w: tf.Tensor) => logDensity(unravel(w)))(draws))
      return tf.add(expected, tf.add(tf.sum(logScale), UNIT_ENTROPY * (loc.shape[0] ?? 0)))
    })

export type MeanFieldOptions<P extends Tree, O extends Tree> = RunControl & {
  /** log joint of one position, nats. */
  readonly logDensity: LogDensity<P>
  /** Where the means start. */
  readonly position: P
  readonly key: Key
  readonly optimiser: Optimiser<O>
  readonly steps: number
  /** Draws per gradient; 8. */
  readonly samples?: number
  /** Start of the log standard deviations; −3. */
  readonly logScale?: number
  /** What the ELBO is multiplied by for the optimiser; 1. */
  readonly scale?: number
}

export type MeanFieldFit<P extends Tree> = {
  readonly posterior: Distribution<P>
  /** Owned by the caller: the posterior lives as long as these do. */
  readonly parameters: MeanFieldParameters
  /** ELBO estimates before each step, nats: [steps]. */
  readonly trace: tf.Tensor
  readonly isComplete: boolean
}

/**
 * Fits a product of normals to a posterior by stochastic ascent of the ELBO, compiled.
 *
 * **When to use** a posterior at the price of a few optimisations. **Gotcha** KL(q ‖ p) prefers too narrow to too wide: with
 * correlated weights the variances are too small, and one mode is all it sees.
 *
 * @returns a distribution over trees, with its parameters and the ELBO's course
 * @error InvalidArgument if `steps` or `samples` is no integer > 0
 * @source Kucukelbir et al. (2017), JMLR 18
 * @example const { posterior } = await meanFieldVi({ logDensity, position, key: key(0), optimiser, steps: 3000 })
 */
export const meanFieldVi = async <P extends Tree, O extends Tree>(
  options: MeanFieldOptions<P, O>
): Promise<MeanFieldFit<P>> => {
  const { logDensity, position, key, optimiser, steps, samples = 8, logScale, scale } = options
  expectInteger('meanFieldVi', { steps, samples }, 1)
  const objective = elbo(logDensity, { samples, like: position })
  const start = scoped(() => mapTree((leaf) => tf.expandDims(leaf, 0))(meanFieldInit(position, logScale)))
  const kernel = ascent(objective, optimiser, scale)
  const result = await runChains({ ...options, kernel, key, positions: start, steps, thin: steps })
  const parameters = mapTree((leaf) => tf.reshape(leaf, leaf.shape.slice(1)))(result.state.position)
  const trace = tf.reshape(result.infos.logDensity, [-1])
  disposeTree([start, result.state, result.positions, result.infos])
  return { posterior: meanFieldPosterior(position)(parameters), parameters, trace, isComplete: result.isComplete }
}

/** ELBO of a fit from many fresh draws, nats: mean and standard error. Reads the values back to the host. */
export const estimateElbo = async <P extends Tree>(
  logDensity: LogDensity<P>,
  {
    parameters,
    like,
    key,
    draws = 256
  }: {
    readonly parameters: MeanFieldParameters
    readonly like: P
    readonly key: Key
    readonly draws?: number
  }
): Promise<{ readonly mean: number; readonly error: number }> => {
  expectInteger('estimateElbo', { draws }, 2)
  const estimate = jit(vmap(elbo(logDensity, { samples: 1, like }), [null, 0]), { name: 'estimateElbo' })
  const keys = splitStack(key, draws)
  const estimates = await estimate(parameters, keys)
  const { data: values } = await toHost(estimates)
  tf.dispose([keys, estimates])
  await estimate.dispose()
  return { mean: mean(values), error: Math.sqrt(variance(values) / draws) }
}
