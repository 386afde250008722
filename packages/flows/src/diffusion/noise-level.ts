/**
 * The noise-to-signal ratio of a noising process, std(t) / scale(t): it grows from tMin to 1, and every process is the same
 * one in terms of it (Karras et al. 2022). Times spread by it serve networks, training and sampling alike.
 */
import * as tf from '@tensorflow/tfjs-core'
import { foriLoop, stopGradient } from '@bdl/compiler'
import { expectInteger, expectPositive, scoped, uniform, type Key } from '@bdl/core'
import type { Noising } from './noising.js'

/** log(std / scale) at times of any shape. Its derivative is g^2 / (2 std^2). */
export const logNoiseToSignal = ({ scale, std }: Noising, t: tf.Tensor): tf.Tensor =>
  scoped(() => tf.sub(tf.log(std(t)), tf.log(scale(t))))

const endsOf = (noising: Noising) => {
  const least = logNoiseToSignal(noising, tf.scalar(noising.tMin))
  return { least, range: tf.sub(logNoiseToSignal(noising, tf.scalar(1)), least) }
}

/** The logarithm as a share of its way, 0 at tMin and 1 at t = 1: what networks are told of the time. */
export const noiseLevel = (noising: Noising, t: tf.Tensor): tf.Tensor =>
  scoped(() => {
    const { least, range } = endsOf(noising)
    return tf.div(tf.sub(logNoiseToSignal(noising, t), least), range)
  })

/** Halvings of [tMin, 1]: past the digits of a float32. */
const HALVINGS = 32

/** The times at which the logarithm has these values, between tMin and 1; without derivatives. */
const timeOf = (noising: Noising, logarithm: tf.Tensor): tf.Tensor => {
  const target = stopGradient(logarithm)
  if (noising.timeOf) return tf.clipByValue(noising.timeOf(target), noising.tMin, 1)
  const halve = (_i: tf.Tensor, { low, high }: { readonly low: tf.Tensor; readonly high: tf.Tensor }) => {
    const middle = tf.mul(tf.add(low, high), 0.5)
    const isBelow = tf.less(logNoiseToSignal(noising, middle), target)
    return { low: tf.where(isBelow, middle, low), high: tf.where(isBelow, high, middle) }
  }
  const start = { low: tf.fill(target.shape, noising.tMin), high: tf.onesLike(target) }
  const { low, high } = foriLoop(0, HALVINGS, halve, start)
  return tf.mul(tf.add(low, high), 0.5)
}

/**
 * The inverse of `noiseLevel`: shares in [0, 1] to times in [tMin, 1]. Without derivatives.
 * @precision a few ulp of the level; where the process has no formula and times are bisected, 2^-32 in t at best
 */
export const timeOfNoiseLevel = (noising: Noising, level: tf.Tensor): tf.Tensor =>
  scoped(() => {
    const { least, range } = endsOf(noising)
    return timeOf(noising, tf.add(least, tf.mul(level, range)))
  })

/** How training draws times in [tMin, 1], and with which density. */
export interface TimeLaw {
  readonly sample: (key: Key, n: number) => tf.Tensor
  readonly density: (t: tf.Tensor) => tf.Tensor
}

/** n numbers in [0, 1), each uniform, at equal distances of each other modulo 1: a mean over them varies least. */
const evenly = (key: Key, n: number): tf.Tensor => {
  const shifted = tf.add(tf.div(tf.range(0, n), n), uniform(key, []))
  return tf.sub(shifted, tf.floor(shifted))
}

/**
 * Times uniform on [tMin, 1], evenly spread over a batch.
 * @source Kingma et al. 2021, arXiv:2107.00630, appendix I.1 (low-discrepancy times)
 */
export const uniformTimes = ({ tMin }: Noising): TimeLaw => ({
  sample: (key, n) => scoped(() => tf.add(tf.mul(evenly(key, n), 1 - tMin), tMin)),
  density: (t) => scoped(() => tf.fill(t.shape, 1 / (1 - tMin)))
})

/**
 * Times at which log(std / scale) is uniform: density proportional to g^2 / std^2, which is what likelihood weighting asks for.
 * @source Song et al. 2021, arXiv:2101.09258, section 4.3; Kingma et al. 2021, arXiv:2107.00630
 */
export const noiseLevelTimes = (noising: Noising): TimeLaw => ({
  sample: (key, n) => scoped(() => timeOfNoiseLevel(noising, evenly(key, n))),
  density: (t) =>
    scoped(() => {
      const slope = tf.mul(tf.square(tf.div(noising.diffusion(t), noising.std(t))), 0.5)
      return tf.div(slope, endsOf(noising).range)
    })
})

/** Times from 1 down to tMin, [steps + 1], for a sampler to visit. */
export type Spacing = (noising: Noising, steps: number) => tf.Tensor

const shares = (fn: string, steps: number): tf.Tensor => {
  expectInteger(fn, { steps }, 1)
  return tf.linspace(0, 1, steps + 1)
}

/** The visits, with ends that are exactly 1 and tMin. */
const between = ({ tMin }: Noising, inner: tf.Tensor, steps: number): tf.Tensor =>
  steps === 1
    ? tf.tensor1d([1, tMin])
    : tf.concat([tf.tensor1d([1]), tf.slice(inner, [1], [steps - 1]), tf.tensor1d([tMin])])

/** Equal steps of time. */
export const uniformSpacing: Spacing = (noising, steps) =>
  scoped(() => between(noising, tf.sub(1, tf.mul(shares('uniformSpacing', steps), 1 - noising.tMin)), steps))

/** Equal steps of log(std / scale): geometric noise levels. */
export const noiseLevelSpacing: Spacing = (noising, steps) =>
  scoped(() => between(noising, timeOfNoiseLevel(noising, tf.sub(1, shares('noiseLevelSpacing', steps))), steps))

/**
 * Equal steps of (std / scale)^(1 / rho); the larger rho, the more steps at little noise.
 * @error InvalidArgument unless rho is a finite number > 0
 * @source Karras et al. 2022, arXiv:2206.00364, equation 5: rho = 7
 */
export const powerSpacing = (rho = 7): Spacing => {
  expectPositive('powerSpacing', { rho })
  return (noising, steps) =>
    scoped(() => {
      const { least, range } = endsOf(noising)
      const rootOf = (logarithm: tf.Tensor): tf.Tensor => tf.exp(tf.div(logarithm, rho))
      const [low, high] = [rootOf(least), rootOf(tf.add(least, range))]
      const root = tf.add(high, tf.mul(shares('powerSpacing', steps), tf.sub(low, high)))
      return between(noising, timeOf(noising, tf.mul(tf.log(root), rho)), steps)
    })
}
