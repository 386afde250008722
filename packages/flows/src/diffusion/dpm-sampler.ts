/** Samples of a diffusion model in few steps: the linear part of the probability flow is solved exactly. */
import * as tf from '@tensorflow/tfjs-core'
import { scan } from '@bdl/compiler'
import { BdlError, expectInteger, scoped, type Key } from '@bdl/core'
import type { Diffusion } from './diffusion.js'
import { logNoiseToSignal, noiseLevelSpacing, type Spacing } from './noise-level.js'
import { dataFromScore } from './score.js'

export interface DpmSamplerOptions {
  /** Evaluations of the score, one per step; default 20. */
  readonly steps?: number
  /** 1 is DDIM; 2 (default) carries the prediction before along, DPM-Solver++(2M). */
  readonly order?: 1 | 2
  /** Default `noiseLevelSpacing`. */
  readonly spacing?: Spacing
}

type Turn = Readonly<Record<'t' | 'next' | 'ratio' | 'isFirst', tf.Tensor>>
type State = { readonly x: tf.Tensor; readonly before: tf.Tensor }

/** For each step: its ends, half the inverse ratio of the step before to it in log(scale / std), and whether none was before. */
const turnsOf = ({ noising }: Diffusion, times: tf.Tensor, steps: number): Turn => {
  const logarithm = logNoiseToSignal(noising, times)
  const lengths = tf.sub(tf.slice(logarithm, [0], [steps]), tf.slice(logarithm, [1], [steps]))
  const shifted = tf.concat([tf.slice(lengths, [0], [1]), tf.slice(lengths, [0], [steps - 1])])
  return {
    t: tf.slice(times, [0], [steps]),
    next: tf.slice(times, [1], [steps]),
    ratio: tf.mul(tf.div(lengths, shifted), 0.5),
    isFirst: tf.equal(tf.range(0, steps, 1), 0)
  }
}

/**
 * Draws [n, d] at tMin. With l = log(scale / std), h its increase over a step from t to s, and x0(t, x) the data's mean:
 *
 * x(s) = std(s) / std(t) x(t) - scale(s) expm1(-h) D, D = x0 (order 1), x0 + (x0 - previous x0) h / (2 previous h) (order 2)
 *
 * @error InvalidArgument if `steps` is not a positive integer or the order is another
 * @precision the order is that of the global error in 1 / steps, as the tests measure it. Deterministic in the prior's draw
 * @source Song et al. 2020 (DDIM), arXiv:2010.02502; Lu et al. 2022 (DPM-Solver++), arXiv:2211.01095, algorithm 2
 * @example dpmSampler({ score, noising, dimension: 2 }, { steps: 15 })(key(0), 1000)
 */
export const dpmSampler = (diffusion: Diffusion, options: DpmSamplerOptions = {}) => {
  const { steps = 20, order = 2, spacing = noiseLevelSpacing } = options
  const { noising, dimension } = diffusion
  expectInteger('dpmSampler', { steps }, 1)
  if (order !== 1 && order !== 2)
    throw new BdlError({
      code: 'InvalidArgument',
      fn: 'dpmSampler',
      argument: 'order',
      expected: '1 or 2',
      got: String(order)
    })
  const dataAt = dataFromScore(noising)(diffusion.score)
  const visit = ({ x, before }: State, { t, next, ratio, isFirst }: Turn): readonly [State, readonly []] => {
    const data = dataAt(t, x)
    const slope = tf.where(isFirst, tf.zerosLike(data), tf.mul(tf.sub(data, before), ratio))
    const end = order === 1 ? data : tf.add(data, slope)
    const h = tf.sub(logNoiseToSignal(noising, t), logNoiseToSignal(noising, next))
    const kept = tf.mul(tf.div(noising.std(next), noising.std(t)), x)
    const moved = tf.sub(kept, tf.mul(tf.mul(noising.scale(next), tf.expm1(tf.neg(h))), end))
    return [{ x: moved, before: data }, []]
  }
  return (key: Key, n: number): tf.Tensor =>
    scoped(() => {
      expectInteger('dpmSampler', { n }, 1)
      const x = noising.prior(dimension).sample(key, [n])
      return scan(visit, { x, before: tf.zerosLike(x) }, turnsOf(diffusion, spacing(noising, steps), steps))[0].x
    })
}
