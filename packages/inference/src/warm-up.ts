/**
 * Warm-up of many chains together: one step size by dual averaging, and one metric, from all chains' positions.
 */
import * as tf from '@tensorflow/tfjs-core'
import { jit, scan, vmap } from '@bdl/compiler'
import { disposeTree, expectInteger, foldIn, mapTree, ravelBatch, scoped, split, splitStack } from '@bdl/core'
import type { Key, Tree } from '@bdl/core'
import { adaptationInit, adaptationUpdate, expectAdaptation, momentsOf, searchAt, tuningOf } from './adaptation.js'
import type {
  Adaptation,
  AdaptationOptions,
  MassMatrix,
  Moment,
  StepSizeSearch,
  TunableKernel,
  Tuning
} from './adaptation.js'
import { chunkSizes } from './chunks.js'
import { hmc } from './hmc.js'
import type { LogDensity } from './kernel.js'
import { denseMetric, diagonalMetric, identityMetric } from './metric.js'
import type { Metric } from './metric.js'
import type { RunControl } from './run-chains.js'

/** What a warm-up of any kernel is told. */
type Common<P extends Tree> = RunControl & {
  readonly key: Key
  /** Starting points: every leaf is [chains, ...]. */
  readonly positions: NoInfer<P>
  /** Warm-up transitions. */
  readonly transitions: number
  /** Mean acceptance over chains to reach; 0.8. */
  readonly targetAccept?: number
}

export type WarmUpOptions<
  P extends Tree,
  S extends Tree & { readonly position: P },
  I extends Tree & { readonly acceptProb: tf.Tensor }
> = Common<P> &
  AdaptationOptions & {
    /** Such as `(tuning) => nuts(logDensity, tuning)`. */
    readonly kernel: TunableKernel<P, S, I>
    /** First guess of ε; 1. Dual averaging tries ten times as much at once. */
    readonly stepSize?: number
    /** Finds a better guess, at the start and wherever the metric changed; none by default. */
    readonly search?: StepSizeSearch<S>
  }

export type WarmUpHmcOptions<P extends Tree> = Common<P> & {
  readonly logDensity: LogDensity<P>
  /** Leapfrog steps of a transition. */
  readonly steps: number
  /** First guess of ε; 0.01. Dual averaging tries ten times as much at once. */
  readonly stepSize?: number
  /** Relative jitter of ε; 0.2. */
  readonly jitter?: number
  /** 'identity' (default): step size alone. 'diagonal' or 'dense': Stan's windows learn the metric too. */
  readonly massMatrix?: MassMatrix
}

export type WarmUp<P extends Tree> = {
  /** Where the chains are now: every leaf is [chains, ...]. */
  readonly positions: P
  /** ε̄, the averaged step size. */
  readonly stepSize: number
  /** Learnt variances, [dim] of the raveled position, or covariance, [dim, dim]; of the identity where none were learnt. */
  readonly inverseMass: tf.Tensor
  /** The Cholesky factor of a covariance, [dim, dim]; nothing otherwise. */
  readonly factor: readonly tf.Tensor[]
  /** Step size and metric as a kernel takes them; it holds the tensors above. */
  readonly tuning: Tuning
  /** Mean acceptance over chains per transition: [transitions]. */
  readonly acceptance: Float64Array
  readonly isComplete: boolean
}

type Carry<S extends Tree> = { readonly chains: S; readonly adaptation: Adaptation }

/** All that is settled about a warm-up. */
type Settled<
  P extends Tree,
  S extends Tree & { readonly position: P },
  I extends Tree & { readonly acceptProb: tf.Tensor }
> = Omit<WarmUpOptions<P, S, I>, 'stepSize' | 'massMatrix'> & {
  readonly fn: string
  readonly stepSize: number
  readonly massMatrix: MassMatrix
}

/** The mean over chains, in log ε. */
const searchOver =
  <S extends Tree>(search: StepSizeSearch<S>) =>
  (keys: tf.Tensor, chains: S, tuning: Tuning): tf.Tensor => {
    const one = (key: Key, state: S) => tf.log(search(key, state, tuning))
    return tf.exp(tf.mean(vmap(one, [0, 0])(keys, chains)))
  }

/** Two keys for each chain if a search needs one of them; as they are otherwise. */
const keysAt = (keys: tf.Tensor, time: tf.Tensor, isSearching: boolean): readonly [tf.Tensor, tf.Tensor] => {
  const now = vmap((own: Key, at: tf.Tensor) => foldIn(own, at), [0, null])(keys, time)
  return isSearching ? vmap((own: Key) => split(own))(now) : [now, now]
}

const chunkOf = <
  P extends Tree,
  S extends Tree & { readonly position: P },
  I extends Tree & { readonly acceptProb: tf.Tensor }
>({
  kernel,
  search,
  massMatrix,
  targetAccept = 0.8
}: Settled<P, S, I>) => {
  return (keys: tf.Tensor, carry: Carry<S>, moments: Moment): { carry: Carry<S>; acceptance: tf.Tensor } => {
    const one = ({ chains, adaptation }: Carry<S>, moment: Moment): readonly [Carry<S>, tf.Tensor] => {
      const [keysSearch, keysStep] = keysAt(keys, moment.time, search !== undefined)
      const begun =
        search === undefined
          ? adaptation
          : searchAt(adaptation, moment.isFresh, () =>
              searchOver(search)(keysSearch, chains, tuningOf(adaptation, massMatrix))
            )
      const { step } = kernel(tuningOf(begun, massMatrix))
      const [next, info] = vmap(step, [0, 0])(keysStep, chains)
      const acceptProb = tf.mean(info.acceptProb)
      const points = ravelBatch(next.position).vector
      const learnt = adaptationUpdate(begun, acceptProb, points, moment, { targetAccept, massMatrix })
      return [{ chains: next, adaptation: learnt }, acceptProb]
    }
    const [last, acceptance] = scan(one, carry, moments)
    return { carry: last, acceptance }
  }
}

const start =
  <P extends Tree, S extends Tree & { readonly position: P }, I extends Tree & { readonly acceptProb: tf.Tensor }>({
    kernel,
    stepSize,
    massMatrix
  }: Settled<P, S, I>) =>
  (positions: P): Carry<S> => ({
    chains: vmap(kernel({ stepSize, metric: identityMetric }).init, [0])(positions),
    adaptation: adaptationInit(ravelBatch(positions).vector.shape[1] ?? 0, stepSize, massMatrix)
  })

const metrics: Readonly<Record<MassMatrix, (inverseMass: tf.Tensor, factor?: tf.Tensor) => Metric>> = {
  identity: () => identityMetric,
  diagonal: diagonalMetric,
  dense: denseMetric
}

const report = async <P extends Tree, S extends Tree & { readonly position: P }>(
  { chains, adaptation }: Carry<S>,
  acceptance: Float64Array,
  transitions: number,
  massMatrix: MassMatrix
): Promise<WarmUp<P>> => {
  const { averaging, welford, inverseMass, factor } = adaptation
  const [last = NaN] = await averaging.logStepSize.data()
  const [averaged = NaN] = await averaging.logStepSizeAveraged.data()
  const positions = mapTree((leaf) => tf.clone(leaf))(chains.position)
  disposeTree([averaging, welford, chains])
  const isComplete = acceptance.length === transitions
  const stepSize = Math.exp(acceptance.length > 0 ? averaged : last) // before the first update there is no average
  const tuning = { stepSize, metric: metrics[massMatrix](inverseMass, factor[0]) }
  return { positions, stepSize, inverseMass, factor, tuning, acceptance, isComplete }
}

const run = async <
  P extends Tree,
  S extends Tree & { readonly position: P },
  I extends Tree & { readonly acceptProb: tf.Tensor }
>(
  settled: Settled<P, S, I>
): Promise<WarmUp<P>> => {
  const { fn, key, positions, transitions, massMatrix, onProgress, signal } = settled
  expectAdaptation(fn, settled)
  const keys = scoped(() => splitStack(key, ravelBatch(positions).vector.shape[0] ?? 0))
  const init = jit(start(settled), { name: `${fn}.init` })
  const advance = jit(chunkOf(settled), { name: fn })
  const all = momentsOf(transitions, massMatrix)
  const acceptance: number[] = []
  let carry = await init(positions)
  try {
    for (const size of chunkSizes(transitions, Math.ceil(transitions / 10))) {
      if (signal?.aborted === true) break
      const moments = mapTree((leaf) => tf.slice(leaf, [acceptance.length], [size]))(all)
      const next = await advance(keys, carry, moments)
      acceptance.push(...(await next.acceptance.data()))
      disposeTree([carry, moments, next.acceptance])
      carry = next.carry
      onProgress?.({ done: acceptance.length, total: transitions })
    }
    return await report(carry, Float64Array.from(acceptance), transitions, massMatrix)
  } finally {
    disposeTree([keys, all])
    await Promise.all([init.dispose(), advance.dispose()])
  }
}

/**
 * Warms up a Hamiltonian kernel: moves all chains towards the typical set while they learn one tuning together, the step size
 * from their mean acceptance and the metric from where all of them are.
 *
 * Reads the step size back to the host: a driver, not to be traced. For a warm-up inside a graph, or of each chain by itself,
 * see `adaptive`.
 *
 * @param options `kernel` makes a kernel of a tuning; `massMatrix` is 'diagonal' by default
 * @returns positions to start from, and the tuning; the caller owns the tensors
 * @error InvalidArgument if `transitions` is no integer > 0, `stepSize` not positive or `targetAccept` outside (0, 1)
 * @source Hoffman & Gelman (2014), JMLR 15; Stan Reference Manual. One step size from the mean acceptance of all chains
 * @example
 * const kernel = (tuning: Tuning) => nuts(logDensity, tuning)
 * const { positions, tuning } = await warmUp({ kernel, key: key(0), positions: starts, transitions: 300 })
 * const run = await runChains({ kernel: kernel(tuning), key: key(1), positions, steps: 500 })
 */
export const warmUp = <
  P extends Tree,
  S extends Tree & { readonly position: P },
  I extends Tree & { readonly acceptProb: tf.Tensor }
>(
  options: WarmUpOptions<P, S, I>
): Promise<WarmUp<P>> => run({ stepSize: 1, massMatrix: 'diagonal', ...options, fn: 'warmUp' })

/**
 * `warmUp` of HMC with a fixed number of leapfrog steps; by default of its step size alone.
 *
 * @returns positions to start from, ε for `hmc`, and for the metric `diagonalMetric(inverseMass)`; the caller owns the tensors
 * @error InvalidArgument as `warmUp`, and if `steps` is no integer > 0
 * @example
 * const { positions, stepSize } = await warmUpHmc({ logDensity, key: key(0), positions: starts, transitions: 80, steps: 30 })
 */
export const warmUpHmc = async <P extends Tree>(options: WarmUpHmcOptions<P>): Promise<WarmUp<P>> => {
  const { logDensity, steps, jitter, ...rest } = options
  expectInteger('warmUpHmc', { steps }, 1)
  const kernel = (tuning: Tuning) => hmc(logDensity, { ...tuning, steps, ...(jitter === undefined ? {} : { jitter }) })
  return run({ stepSize: 0.01, massMatrix: 'identity', ...rest, kernel, fn: 'warmUpHmc' })
}
