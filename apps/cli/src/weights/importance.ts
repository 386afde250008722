/** Stage 4: importance weights of generated networks against the true unnormalised posterior, and the repair by HMC. */
import * as tf from '@tensorflow/tfjs-core'
import { scoped } from '@bdl/core'
import type { Key } from '@bdl/core'
import { hmc, importanceReport, runChains } from '@bdl/inference'
import type { MlpParams } from '@bdl/nn'
import { canonicaliseAll, logGroupSize, mlpSpec } from '@bdl/symmetry'
import { logJoints, mean, standardDeviation } from './convergence.js'
import { evaluate } from './evaluate.js'
import type { Scores } from './evaluate.js'
import type { WithDensity } from './fields/generate.js'
import type { Watch } from './job.js'
import { fromRows, toHostNetworks } from './networks.js'
import type { HostLayer } from './networks.js'
import { priorConstant } from './problem.js'
import type { Problem } from './problem.js'
import type { Settings } from './settings.js'

export interface ImportanceFacts {
  readonly networks: number
  /** Share of networks in the reference's region of the permutation group; the others have weight zero. */
  readonly inRegion: number
  /** log p(D, w) + log n! − log q(w), nats, over networks of the region; null if none is there. */
  readonly logWeight: { readonly mean: number; readonly sd: number } | null
  /** Median standard error of log q from its probes, nats. */
  readonly logDensityError: number
  readonly ess: number
  readonly paretoK: number | null
  /** Nats; null if no network is in the region. */
  readonly logEvidence: { readonly value: number; readonly error: number } | null
}

/** Which networks are fixed points of the alignment: no unit would move. */
export const inRegion = (
  sizes: readonly number[],
  networks: readonly HostLayer[],
  reference: readonly HostLayer[]
): readonly boolean[] => {
  const spec = mlpSpec([...sizes], 'relu')
  const { elements } = canonicaliseAll(spec, { gauge: 'none', reference, isReferenceScaled: false })(networks)
  return elements.map((element) => element.every(({ permutation }) => permutation.every((from, to) => from === to)))
}

/** log of the number of permutations of hidden units. */
export const logPermutations = (sizes: readonly number[]): number => logGroupSize(mlpSpec([...sizes], 'relu'))

const finite = (values: Float64Array): Float64Array => values.filter((v) => Number.isFinite(v))

const median = (values: Float64Array): number => Float64Array.from(values).sort()[Math.floor(values.length / 2)] ?? NaN

/** Facts from log weights that may be −∞ outside the region; no network inside is an effective size of zero. */
export const importanceFacts = (logWeights: Float64Array, standardError: Float64Array): ImportanceFacts => {
  const inside = finite(logWeights)
  const common = { networks: logWeights.length, logDensityError: median(standardError) }
  if (inside.length === 0) return { ...common, inRegion: 0, logWeight: null, ess: 0, paretoK: null, logEvidence: null }
  const report = importanceReport(logWeights)
  return {
    ...common,
    inRegion: inside.length / logWeights.length,
    logWeight: { mean: mean(inside), sd: standardDeviation(inside) },
    ess: report.ess,
    paretoK: Number.isFinite(report.k) ? report.k : null,
    logEvidence: { value: report.logEvidence, error: report.logEvidenceError }
  }
}

/** Weights of networks whose density is that of one aligned copy of the posterior. */
export const weigh = async (
  problem: Problem,
  drawn: WithDensity,
  reference: readonly HostLayer[]
): Promise<ImportanceFacts> => {
  const networks = fromRows(problem.sizes, drawn.networks)
  const [joint, host] = [await logJoints(problem, networks), await toHostNetworks(networks)]
  tf.dispose(networks.flatMap(({ w, b }) => [w, b]))
  const inside = inRegion(problem.sizes, host, reference)
  const constant = priorConstant(problem) + logPermutations(problem.sizes)
  const logWeights = joint.map((value, i) => (inside[i] ? value + constant - drawn.logDensity[i]! : -Infinity))
  return importanceFacts(logWeights, drawn.standardError)
}

export interface RepairRow {
  readonly transitions: number
  readonly logJoint: number
  readonly scores: Pick<Scores, 'accuracy' | 'nll' | 'one'>
}

/**
 * Of the step size that warm-up found in the bulk of the posterior. Networks start outside of it, where the density is steeper:
 * some refuse every proposal of a whole step, and a few that stay at -2,000 nats decide the mean.
 */
const REPAIR_STEP = 0.75

/** A few HMC transitions from each of the networks, looked at on the way. */
export const repair = async (
  problem: Problem,
  settings: Settings,
  start: MlpParams,
  options: Watch & { readonly key: Key; readonly stepSize: number }
): Promise<readonly RepairRow[]> => {
  const { key, stepSize, onProgress, signal } = options
  const marks = settings.repair
  const last = marks.at(-1)!
  const row = async (transitions: number, positions: MlpParams): Promise<RepairRow> => {
    const { accuracy, nll, one } = (await evaluate(problem, positions, settings.averaged)).scores
    return { transitions, logJoint: mean(await logJoints(problem, positions)), scores: { accuracy, nll, one } }
  }
  const rows = [await row(0, start)]
  const result = await runChains({
    kernel: hmc(problem.logJoint, { stepSize: REPAIR_STEP * stepSize, steps: settings.hmc.leapfrogSteps, jitter: 0.2 }),
    key,
    positions: start,
    steps: last,
    thin: 1,
    signal,
    onProgress
  })
  for (const mark of marks) {
    if (mark > result.drawnAt.length) break
    const positions = scoped(() => result.positions.map(({ w, b }) => ({ w: at(w, mark - 1), b: at(b, mark - 1) })))
    rows.push(await row(mark, positions))
    tf.dispose(positions.flatMap(({ w, b }) => [w, b]))
  }
  tf.dispose(result.positions.flatMap(({ w, b }) => [w, b]))
  return rows
}

/** Draw `index` of every chain: [chains, draws, ...] -> [chains, ...]. */
const at = (leaf: tf.Tensor, index: number): tf.Tensor => {
  const [chains, , ...rest] = leaf.shape as [number, number, ...number[]]
  return tf.reshape(tf.slice(leaf, [0, index, ...rest.map(() => 0)], [chains, 1, ...rest]), [chains, ...rest])
}
