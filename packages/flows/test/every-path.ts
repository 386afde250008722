// Every path of the package with its weights written again in JavaScript, and Gaussian data on it, where all is known.
import {
  bridgePath,
  diffusionPath,
  linearPath,
  optimalTransportPath,
  probabilityPath,
  subVariancePreserving,
  trigonometricPath,
  varianceExploding,
  variancePreserving,
  type ProbabilityPath
} from '../src/index'
import * as tf from '@tensorflow/tfjs-core'

type OfNumber = (t: number) => number

export interface KnownPath {
  readonly name: string
  readonly path: ProbabilityPath
  readonly alpha: OfNumber
  /** Weight of the source's end, and standard deviation of the noise between. */
  readonly sigma: OfNumber
  readonly width: OfNumber
  readonly sourceStd: number
}

const none: OfNumber = () => 0
const beta: OfNumber = (t) => 0.1 * (1 - t) + (19.9 / 2) * (1 - t) ** 2
const one: OfNumber = () => 1
const [identity, backwards]: readonly [OfNumber, OfNumber] = [(t) => t, (t) => 1 - t]

const known = (
  name: string,
  path: ProbabilityPath,
  alpha: OfNumber,
  sigma: OfNumber,
  width: OfNumber = none,
  sourceStd = 1
): KnownPath => ({ name, path, alpha, sigma, width, sourceStd })

export const everyPath: readonly KnownPath[] = [
  known('linear', linearPath(), identity, backwards),
  known('linear with a width', linearPath({ width: 0.3 }), identity, backwards, () => 0.3),
  known('linear from a wide source', linearPath({ sourceStd: 3 }), identity, backwards, none, 3),
  known('optimal transport', optimalTransportPath({ sigmaMin: 0.1 }), identity, (t) => 1 - 0.9 * t),
  known(
    'trigonometric',
    trigonometricPath(),
    (t) => Math.sin((Math.PI * t) / 2),
    (t) => Math.cos((Math.PI * t) / 2)
  ),
  known('bridge', bridgePath({ sigma: 0.5 }), identity, backwards, (t) => 0.5 * Math.sqrt(t * (1 - t))),
  known(
    'variance preserving',
    diffusionPath(variancePreserving()),
    (t) => Math.exp(-beta(t) / 2),
    (t) => Math.sqrt(-Math.expm1(-beta(t)))
  ),
  known(
    'sub-variance preserving',
    diffusionPath(subVariancePreserving()),
    (t) => Math.exp(-beta(t) / 2),
    (t) => -Math.expm1(-beta(t))
  ),
  known(
    'variance exploding',
    diffusionPath(varianceExploding({ sigmaMax: 5 })),
    one,
    (t) => (0.01 / 5) * 500 ** (1 - t),
    none,
    5
  ),
  known(
    'of our own',
    probabilityPath({ name: 'squared', alpha: tf.square, sigma: (t) => tf.sub(1, tf.square(t)) }),
    (t) => t * t,
    (t) => 1 - t * t
  )
]

/** Central difference, right to about 1e-10. */
export const rateOf = (f: OfNumber, t: number): number => (f(t + 1e-5) - f(t - 1e-5)) / 2e-5

/** Standard deviation of x_t given the data. */
export const stdOf = ({ sigma, width, sourceStd }: KnownPath, t: number): number =>
  Math.hypot(sigma(t) * sourceStd, width(t))

/** What can be predicted at x at time t of data N(mean, std^2). */
export const gaussianTruth = (known: KnownPath, mean: number, std: number, t: number, x: number) => {
  const [a, s] = [known.alpha(t), stdOf(known, t)]
  const [aRate, sRate] = [rateOf(known.alpha, t), rateOf((at) => stdOf(known, at), t)]
  const variance = a * a * std * std + s * s
  const off = (x - a * mean) / variance
  const data = mean + a * std * std * off
  const noise = s * off
  return { data, noise, velocity: aRate * data + sRate * noise, score: -off, variance }
}
