// Cases of inference.json that HMC, VI and Laplace are held against, as unconstrained log densities of a vector.
import * as tf from '@tensorflow/tfjs-core'
import type { CaseTolerance } from '@bdl/testing'
import { logsumexp, softplus } from '@bdl/core'
import { potential } from './potentials'

type Rows = readonly (readonly number[])[]
type Data = Readonly<Record<string, unknown>>
type LogDensity = (q: tf.Tensor) => tf.Tensor

type Moments<T> = { readonly mean: T; readonly sd: T }

/** The moments of a hierarchical model come by the names of its parameters. */
type Schools = {
  readonly mu?: Moments<number>
  readonly logTau?: Moments<number>
  readonly thetaTilde?: Moments<readonly number[]>
}

/** What a sampler in float64 found, with its Monte Carlo standard errors. */
export type Sampled = Readonly<Record<'mean' | 'sd' | 'mcseMean' | 'mcseSd', readonly number[]>>

export type InferenceCase = CaseTolerance & {
  readonly model: string
  readonly data: Data
  readonly posterior: { readonly mean?: readonly number[]; readonly sd?: readonly number[] } & Schools
  readonly logEvidence: number
  readonly nuts?: Sampled | { readonly unconstrained: Sampled }
  readonly points?: { readonly x: Rows; readonly logDensity: readonly number[]; readonly grad: Rows }
  readonly laplace?: {
    readonly map: readonly number[]
    readonly hessian: Rows
    readonly cov: Rows
    readonly logMarginalLikelihood: number
  }
}

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI)
const num = (data: Data, name: string): number => data[name] as number
const vec = (data: Data, name: string): tf.Tensor => tf.tensor1d(data[name] as number[])
const mat = (data: Data, name: string): tf.Tensor => tf.tensor2d(data[name] as number[][])
const sizeOf = (data: Data, name: string): number => (data[name] as readonly unknown[]).length

const logDeterminant = (a: Rows): number => {
  const rows = a.map((row) => [...row])
  let sum = 0
  for (let i = 0; i < rows.length; i++) {
    sum += Math.log(rows[i]![i]!)
    for (let k = i + 1; k < rows.length; k++) {
      const factor = rows[k]![i]! / rows[i]![i]!
      rows[k] = rows[k]!.map((x, j) => x - factor * rows[i]![j]!)
    }
  }
  return sum
}

/** Normalised normal density. */
const gaussian = (mean: readonly number[], cov: Rows): LogDensity => {
  const core = potential('correlatedNormal', { mean, cov })
  const constant = 0.5 * logDeterminant(cov) + HALF_LOG_TWO_PI * mean.length
  return (q) => tf.sub(core(q), constant)
}

const residuals = (w: tf.Tensor, data: Data): tf.Tensor =>
  tf.sub(vec(data, 'y'), tf.reshape(tf.matMul(mat(data, 'X'), tf.reshape(w, [-1, 1])), [-1]))

const models: Readonly<Record<string, (data: Data) => LogDensity>> = {
  normalNormal: (data) => {
    const [m, s, sigma, n] = [num(data, 'priorMean'), num(data, 'priorSd'), num(data, 'sigma'), sizeOf(data, 'y')]
    const constant = HALF_LOG_TWO_PI * (n + 1) + Math.log(s) + n * Math.log(sigma)
    return (q) => {
      const prior = tf.sum(tf.square(tf.div(tf.sub(q, m), s)))
      const fit = tf.sum(tf.square(tf.div(tf.sub(vec(data, 'y'), q), sigma)))
      return tf.sub(tf.mul(-0.5, tf.add(prior, fit)), constant)
    }
  },
  linearRegression: (data) => {
    const [alpha, beta] = [num(data, 'priorPrecision'), num(data, 'noisePrecision')]
    const [n, d] = [sizeOf(data, 'y'), (data['X'] as Rows)[0]!.length]
    const constant = 0.5 * d * Math.log(alpha) + 0.5 * n * Math.log(beta) - HALF_LOG_TWO_PI * (n + d)
    return (w) => {
      const penalty = tf.mul(alpha, tf.sum(tf.square(w)))
      return tf.add(tf.mul(-0.5, tf.add(penalty, tf.mul(beta, tf.sum(tf.square(residuals(w, data)))))), constant)
    }
  },
  logisticRegression: (data) => {
    const core = potential('logisticRegression', data)
    const [d, s] = [(data['X'] as Rows)[0]!.length, num(data, 'priorSd')]
    return (w) => tf.sub(core(w), d * (HALF_LOG_TWO_PI + Math.log(s)))
  },
  banana: (data) => {
    const core = potential('banana', data)
    return (q) => tf.sub(core(q), 2 * HALF_LOG_TWO_PI + Math.log(num(data, 'a')))
  },
  funnel: (data) => {
    const core = potential('funnel', data)
    return (q) => tf.sub(core(q), 2 * HALF_LOG_TWO_PI + Math.log(num(data, 'sd')))
  },
  gaussian: (data) => gaussian(data['mean'] as readonly number[], data['cov'] as Rows),
  gaussianMixture: (data) => {
    const weights = data['weights'] as readonly number[]
    const [means, covs] = [data['means'] as Rows, data['covs'] as readonly Rows[]]
    const parts = weights.map((_, i) => gaussian(means[i]!, covs[i]!))
    return (q) => logsumexp(tf.stack(parts.map((part, i) => tf.add(part(q), Math.log(weights[i]!)))))
  },
  gammaPoisson: (data) => {
    // Gamma(concentration, rate) prior and Poisson data on the log scale, with the Jacobian; constants dropped
    const y = data['y'] as readonly number[]
    const total = num(data, 'concentration') + y.reduce((sum, x) => sum + x, 0)
    return (u) => tf.sum(tf.sub(tf.mul(total, u), tf.mul(num(data, 'rate') + y.length, tf.exp(u))))
  },
  eightSchoolsNonCentred: (data) => {
    const [muSd, tauScale, schools] = [num(data, 'muSd'), num(data, 'tauScale'), sizeOf(data, 'y')]
    const sigmas = data['sigma'] as readonly number[]
    const constant =
      HALF_LOG_TWO_PI * (1 + 2 * schools) +
      Math.log(muSd) +
      sigmas.reduce((sum, s) => sum + Math.log(s), 0) +
      Math.log((Math.PI * tauScale) / 2)
    return (q) => {
      const [mu, logTau, tilde] = tf.split(q, [1, 1, schools]) as [tf.Tensor, tf.Tensor, tf.Tensor]
      const theta = tf.add(mu, tf.mul(tf.exp(logTau), tilde))
      const squares = [tf.div(mu, muSd), tilde, tf.div(tf.sub(vec(data, 'y'), theta), vec(data, 'sigma'))]
      const normals = tf.sum(tf.concat(squares.map((x) => tf.square(x))))
      const halfCauchy = softplus(tf.mul(2, tf.sub(logTau, Math.log(tauScale)))) // log(1 + (τ/s)²)
      return tf.sub(tf.sum(tf.sub(logTau, halfCauchy)), tf.add(tf.mul(0.5, normals), constant))
    }
  },
  betaBernoulli: (data) => {
    // Beta(a, b) prior and Bernoulli data on the logit scale: (a + Σy) log p + (b + n − Σy) log(1 − p) − log B(a, b)
    const y = data['y'] as readonly number[]
    const ones = y.reduce((sum, x) => sum + x, 0)
    const [a, b] = [num(data, 'a'), num(data, 'b')]
    const constant = logBeta(a, b)
    return (u) =>
      tf.sub(
        tf.neg(tf.sum(tf.add(tf.mul(a + ones, softplus(tf.neg(u))), tf.mul(b + y.length - ones, softplus(u))))),
        constant
      )
  }
}

const logBeta = (a: number, b: number): number => logGamma(a) + logGamma(b) - logGamma(a + b)

/** Stirling's series, after a shift that makes its error less than 1e-12. */
const logGamma = (x: number): number =>
  x < 12
    ? logGamma(x + 1) - Math.log(x)
    : (x - 0.5) * Math.log(x) - x + HALF_LOG_TWO_PI + 1 / (12 * x) - 1 / (360 * x ** 3) + 1 / (1260 * x ** 5)

/** Posterior moments in the order of the position's entries. */
export const momentsOf = ({ posterior }: InferenceCase): Moments<readonly number[]> => {
  const { mean, sd, mu, logTau, thetaTilde } = posterior
  if (mean !== undefined && sd !== undefined) return { mean, sd }
  if (mu === undefined || logTau === undefined || thetaTilde === undefined) throw new Error('no moments in this case')
  return { mean: [mu.mean, logTau.mean, ...thetaTilde.mean], sd: [mu.sd, logTau.sd, ...thetaTilde.sd] }
}

/** The log density of a case, or null for a model that is not of this slice. */
export const logDensityOf = ({ model, data }: InferenceCase): LogDensity | null => models[model]?.(data) ?? null

/** The moments that a case's own sampler found, in the order of the position's entries. */
export const sampledOf = ({ nuts }: InferenceCase): Sampled | undefined =>
  nuts === undefined || 'mean' in nuts ? nuts : nuts.unconstrained
