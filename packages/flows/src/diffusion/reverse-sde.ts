/** Samples of a diffusion model by its process in reverse, a stochastic equation from noise to data. */
import * as tf from '@tensorflow/tfjs-core'
import { scan } from '@bdl/compiler'
import { BdlError, expectInteger, expectPositive, normal, scoped, split, splitStack, type Key } from '@bdl/core'
import { eulerMaruyama, type SdeSolver } from '@bdl/ode'
import { perRow } from '../continuous/velocity.js'
import type { Diffusion } from './diffusion.js'
import { uniformSpacing, type Spacing } from './noise-level.js'

const expectShare = (fn: string, stochasticity: number): void => {
  if (!(Number.isFinite(stochasticity) && stochasticity >= 0))
    throw new BdlError({
      code: 'InvalidArgument',
      fn,
      argument: 'stochasticity',
      expected: 'a finite number >= 0',
      got: String(stochasticity)
    })
}

/**
 * Drift and diffusion of the reverse equation, dx = (f x - (1 + s^2) g^2 score / 2) dt + s g dW with time from 1 to tMin: the
 * process backwards for s = 1, its probability flow for s = 0, the same laws at all times for every s. The terms that
 * `solveSde` takes.
 *
 * @error InvalidArgument unless the stochasticity s is a finite number >= 0
 * @source Anderson 1982, doi:10.1016/0304-4149(82)90051-5; Song et al. 2021, arXiv:2011.13456, equation 6; s: Karras et al. 2022,
 *   arXiv:2206.00364, equation 6
 * @example solveSde({ ...reverseSde(diffusion), y0: noise, t0: 1, t1: noising.tMin, key, control: fixedSteps(500) })
 */
export const reverseSde = ({ score, noising }: Omit<Diffusion, 'dimension'>, stochasticity = 1) => {
  expectShare('reverseSde', stochasticity)
  const share = (1 + stochasticity ** 2) / 2
  return {
    drift: (t: tf.Tensor, x: tf.Tensor): tf.Tensor =>
      scoped(() => {
        const pull = tf.mul(perRow(noising.drift(t)), x)
        return tf.sub(pull, tf.mul(tf.mul(perRow(tf.square(noising.diffusion(t))), share), score(t, x)))
      }),
    diffusion: (t: tf.Tensor, x: tf.Tensor): tf.Tensor =>
      scoped(() => tf.mul(perRow(noising.diffusion(t)), tf.fill(x.shape, stochasticity)))
  }
}

export interface Corrector {
  /** Langevin steps after each step of the equation; default 1. */
  readonly steps?: number
  /** Signal-to-noise ratio r: a step is 2 (r std)^2 long; default 0.16. */
  readonly ratio?: number
}

export interface ReverseSdeOptions {
  /** Default 500. */
  readonly steps?: number
  /** Default `uniformSpacing`; `noiseLevelSpacing` and `powerSpacing()` do with fewer steps. */
  readonly spacing?: Spacing
  /** Default `eulerMaruyama`. */
  readonly solver?: SdeSolver
  /** s of `reverseSde`; default 1. */
  readonly stochasticity?: number
  /** Default: none. */
  readonly corrector?: Corrector
}

/** Langevin steps at t, x + a score + sqrt(2 a) z: they leave the law at t as it is. */
const correct = ({ score, noising }: Diffusion, { steps = 1, ratio = 0.16 }: Corrector) => {
  expectInteger('reverseSdeSampler', { 'corrector.steps': steps }, 1)
  expectPositive('reverseSdeSampler', { 'corrector.ratio': ratio })
  return (key: Key, t: tf.Tensor, x: tf.Tensor): tf.Tensor => {
    // Song et al. take |z| / |score| over the batch for std: rows would not be apart, and where noise dominates it is std.
    const size = tf.mul(tf.square(tf.mul(noising.std(t), ratio)), 2)
    const move = (at: tf.Tensor, k: tf.Tensor) => {
      const drawn = tf.mul(normal(k, at.shape), tf.sqrt(tf.mul(size, 2)))
      return [tf.add(tf.add(at, tf.mul(size, score(t, at))), drawn), [] as const] as const
    }
    return scan(move, x, splitStack(key, steps))[0]
  }
}

/**
 * Draws [n, d] at tMin by the reverse equation from the prior, with Langevin steps in between if there is a corrector.
 *
 * @error InvalidArgument if a number of steps is not a positive integer, a ratio not positive, the stochasticity negative
 * @precision weak order 1 in the step. The draws keep noise of std(tMin): `dataFromScore` takes it off
 * @source Song et al. 2021, arXiv:2011.13456, section 4 and algorithms 2-5 (predictor-corrector)
 * @example reverseSdeSampler({ score, noising, dimension: 2 }, { steps: 200, spacing: noiseLevelSpacing })(key(0), 1000)
 */
export const reverseSdeSampler = (diffusion: Diffusion, options: ReverseSdeOptions = {}) => {
  const { steps = 500, spacing = uniformSpacing, solver = eulerMaruyama, stochasticity = 1, corrector } = options
  const { noising, dimension } = diffusion
  expectInteger('reverseSdeSampler', { steps }, 1)
  expectShare('reverseSdeSampler', stochasticity)
  const { drift, diffusion: spread } = reverseSde(diffusion, stochasticity)
  const terms = { drift, noise: (t: tf.Tensor, y: tf.Tensor, dW: tf.Tensor) => tf.mul(spread(t, y), dW) }
  const corrected = corrector && correct(diffusion, corrector)
  type Turn = { readonly t: tf.Tensor; readonly next: tf.Tensor; readonly keys: tf.Tensor }
  const visit = (y: tf.Tensor, { t, next, keys }: Turn) => {
    const [moveKey, correctKey] = split(keys)
    const h = tf.sub(next, t)
    const dW = tf.mul(normal(moveKey, y.shape), tf.sqrt(tf.neg(h)))
    const moved = solver.step(terms, { t, y, h, dW })
    return [corrected ? corrected(correctKey, next, moved) : moved, [] as const] as const
  }
  return (key: Key, n: number): tf.Tensor =>
    scoped(() => {
      expectInteger('reverseSdeSampler', { n }, 1)
      const [priorKey, pathKey] = split(key)
      const times = spacing(noising, steps)
      const turns = {
        t: tf.slice(times, [0], [steps]),
        next: tf.slice(times, [1], [steps]),
        keys: splitStack(pathKey, steps)
      }
      return scan(visit, noising.prior(dimension).sample(priorKey, [n]), turns)[0]
    })
}
