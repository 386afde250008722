/**
 * Poisson and binomial counts. Few are searched for from 0 upwards by one uniform number; many are drawn by transformed
 * rejection. Both loops run only where something needs them, and no longer than the batch needs.
 */
import * as tf from '@tensorflow/tfjs-core'
import { stopGradient, whileLoop } from '@bdl/compiler'
import { scoped } from '../scope.js'
import { log1pmx } from '../special/remainders.js'
import { lgammaCorrection } from '../special/stirling.js'
import { uniform } from './bits.js'
import { split, type Key } from './key.js'
import { shapeOfParameters, spread, type SamplerParameter } from './parameters.js'
import { untilAccepted } from './rejection.js'

/** Below this mean a search is quicker, and above it the rejection's constants hold. */
const MANY = 10

/** Uniform on (0, 1), with steps of 2^-46: chances of 1e-10 come out right. */
const fineUniform = (key: Key, shape: readonly number[]): tf.Tensor => {
  const [keyHigh, keyLow] = split(key)
  return tf.maximum(tf.add(uniform(keyHigh, shape), tf.mul(uniform(keyLow, shape), 2 ** -23)), 2 ** -46)
}

/**
 * The smallest k with P(X > k) < v, v uniform, for a mean below 10.
 * @param beyond P(X > 0), @param none P(X = 0), @param ratio p(k + 1) / p(k) as a function of k
 */
const search = (key: Key, beyond: tf.Tensor, none: tf.Tensor, ratio: (k: tf.Tensor) => tf.Tensor): tf.Tensor => {
  const v = fineUniform(key, beyond.shape)
  const [k] = whileLoop(
    ([, tail]): tf.Tensor => tf.any(tf.less(v, tail)),
    ([count, tail, p]) => {
      const goesOn = tf.less(v, tail)
      const next = tf.mul(p, ratio(count))
      return [
        tf.where(goesOn, tf.add(count, 1), count),
        // what is left of the tail is rounding where it falls below the term itself
        tf.where(goesOn, tf.maximum(tf.sub(tail, next), 0), tail),
        tf.where(goesOn, next, p)
      ] as const
    },
    [tf.zerosLike(v), beyond, none] as const
  )
  return k
}

/** What Hörmann's two algorithms share: floor of a ratio of uniforms, whose tails are heavier than the target's. */
interface Hat {
  /** Entries that are drawn another way. */
  readonly isDone: tf.Tensor
  readonly centre: tf.Tensor
  readonly a: tf.Tensor
  readonly b: tf.Tensor
  /** Of the region that is accepted without the exact test. */
  readonly vr: tf.Tensor
  readonly logAlpha: tf.Tensor
  /** log p(k), for the binomial relative to its mode; -inf outside of the support. */
  readonly logDensity: (k: tf.Tensor) => tf.Tensor
}

const transformedRejection = (key: Key, shape: readonly number[], hat: Hat): tf.Tensor =>
  untilAccepted(
    key,
    shape,
    (use) => {
      const [keyU, keyV] = split(use)
      const u = tf.sub(uniform(keyU, shape), 0.5)
      const v = uniform(keyV, shape)
      const us = tf.maximum(tf.sub(0.5, tf.abs(u)), 2 ** -24)
      const k = tf.floor(tf.add(tf.mul(tf.add(tf.div(tf.mul(hat.a, 2), us), hat.b), u), hat.centre))
      const isEasy = tf.logicalAnd(tf.greaterEqual(us, 0.07), tf.lessEqual(v, hat.vr))
      const spreadHat = tf.log(tf.add(tf.div(hat.a, tf.square(us)), hat.b))
      const test = tf.sub(tf.add(tf.log(v), hat.logAlpha), spreadHat)
      const logDensity = hat.logDensity(k)
      const isOutside = tf.logicalOr(tf.less(k, 0), tf.equal(logDensity, -Infinity))
      const isRejected = tf.logicalOr(isOutside, tf.greater(test, logDensity))
      return { value: k, isAccepted: tf.logicalOr(isEasy, tf.logicalNot(isRejected)) }
    },
    hat.isDone
  )

/** log(λ^k exp(-λ) / k!) for k >= 1, without the cancellation. */
const logPoisson = (k: tf.Tensor, rate: tf.Tensor): tf.Tensor =>
  tf.sub(
    tf.sub(tf.mul(k, log1pmx(tf.div(tf.sub(rate, k), k))), lgammaCorrection(k)),
    tf.mul(tf.log(tf.mul(k, 2 * Math.PI)), 0.5)
  )

const manyPoisson = (key: Key, rate: tf.Tensor, isDone: tf.Tensor): tf.Tensor => {
  const b = tf.add(tf.mul(tf.sqrt(rate), 2.53), 0.931)
  const inverseAlpha = tf.add(tf.div(1.1328, tf.sub(b, 3.4)), 1.1239)
  return transformedRejection(key, rate.shape, {
    isDone,
    centre: tf.add(rate, 0.43),
    a: tf.add(tf.mul(b, 0.02483), -0.059),
    b,
    vr: tf.sub(0.9277, tf.div(3.6224, tf.sub(b, 2))),
    logAlpha: tf.log(inverseAlpha),
    logDensity: (k) => tf.where(tf.less(k, 1), tf.neg(rate), logPoisson(tf.maximum(k, 1), rate))
  })
}

/**
 * Poisson counts, int32 of `shape`.
 *
 * @param rate λ >= 0, a number or a tensor that broadcasts to `shape`; below 1e9. Counts have no derivative in it
 * @param shape default: that of the rate
 * @precision below λ = 10 chances are right to 1e-7 (relatively for P(X > 0)); above, counts are rounded to float32 beyond 2^24
 * @source λ >= 10: Hörmann (1993), The transformed rejection method for generating Poisson random variables, Insurance:
 *   Mathematics and Economics 12(1), 39-45 (PTRS)
 * @example poisson(key(0), 3.5, [1000])
 */
export const poisson = (
  key: Key,
  rate: SamplerParameter,
  shape: readonly number[] = shapeOfParameters('poisson', { rate })
): tf.Tensor =>
  scoped(() => {
    const [keyFew, keyMany] = split(key)
    const all = stopGradient(spread('poisson', 'rate', rate, shape))
    const isMany = tf.greaterEqual(all, MANY)
    const few = tf.where(isMany, tf.zerosLike(all), all)
    const searched = search(keyFew, tf.neg(tf.expm1(tf.neg(few))), tf.exp(tf.neg(few)), (k) =>
      tf.div(few, tf.add(k, 1))
    )
    const drawn = manyPoisson(keyMany, tf.where(isMany, all, tf.fill([...shape], MANY)), tf.logicalNot(isMany))
    return tf.cast(tf.where(isMany, drawn, searched), 'int32')
  })

/** log of the binomial density at 0 < k < n, as a deviance from its mean (Loader 2000). */
const logBinomial = (k: tf.Tensor, n: tf.Tensor, p: tf.Tensor): tf.Tensor => {
  const rest = tf.sub(n, k)
  const distance = tf.sub(tf.mul(n, p), k) // n p - k, and k - n p for the failures
  const deviance = tf.add(
    tf.mul(k, log1pmx(tf.div(distance, k))),
    tf.mul(rest, log1pmx(tf.div(tf.neg(distance), rest)))
  )
  const corrections = tf.sub(lgammaCorrection(n), tf.add(lgammaCorrection(k), lgammaCorrection(rest)))
  const normaliser = tf.mul(tf.log(tf.mul(tf.mul(k, 2 * Math.PI), tf.div(rest, n))), 0.5)
  return tf.sub(tf.add(deviance, corrections), normaliser)
}

/** Of p <= 1/2 and n p >= 10. */
const manyBinomial = (key: Key, n: tf.Tensor, p: tf.Tensor, isDone: tf.Tensor): tf.Tensor => {
  const mean = tf.mul(n, p)
  const deviation = tf.sqrt(tf.mul(mean, tf.sub(1, p)))
  const b = tf.add(tf.mul(deviation, 2.53), 1.15)
  const logDensity = (k: tf.Tensor): tf.Tensor => {
    const isBetween = tf.logicalAnd(tf.greater(k, 0), tf.less(k, n))
    const body = logBinomial(tf.where(isBetween, k, tf.onesLike(k)), n, p)
    const ends = tf.where(tf.equal(k, n), tf.mul(n, tf.log(p)), tf.mul(n, tf.log1p(tf.neg(p))))
    return tf.where(tf.greater(k, n), -Infinity, tf.where(isBetween, body, ends))
  }
  const atMode = logDensity(tf.floor(tf.mul(tf.add(n, 1), p)))
  return transformedRejection(key, n.shape, {
    isDone,
    centre: tf.add(mean, 0.5),
    a: tf.add(tf.add(tf.mul(b, 0.0248), -0.0873), tf.mul(p, 0.01)),
    b,
    vr: tf.sub(0.92, tf.div(4.2, b)),
    logAlpha: tf.log(tf.mul(tf.add(tf.div(5.1, b), 2.83), deviation)),
    logDensity: (k) => tf.sub(logDensity(k), atMode)
  })
}

/**
 * Binomial counts, int32 of `shape`: successes among n trials of chance p.
 *
 * @param n trials, an integer >= 0 (number, or tensor of either dtype) @param p chance, in [0, 1]; both broadcast to `shape`
 * @param shape default: that of the parameters together. Counts have no derivative
 * @precision chances are right to 1e-7 absolutely; n up to 2^24 is exact
 * @source n p >= 10: Hörmann (1993), The generation of binomial random variates, Journal of Statistical Computation and
 *   Simulation 46(1-2), 101-110 (BTRS)
 * @example binomial(key(0), 20, 0.25, [1000])
 */
export const binomial = (
  key: Key,
  n: SamplerParameter,
  p: SamplerParameter,
  shape: readonly number[] = shapeOfParameters('binomial', { n, p })
): tf.Tensor =>
  scoped(() => {
    const [keyFew, keyMany] = split(key)
    const trials = stopGradient(spread('binomial', 'n', n, shape))
    const chance = stopGradient(spread('binomial', 'p', p, shape))
    const isFlipped = tf.greater(chance, 0.5)
    const rare = tf.where(isFlipped, tf.sub(1, chance), chance)
    const isMany = tf.greaterEqual(tf.mul(trials, rare), MANY)
    const few = tf.where(isMany, tf.zerosLike(rare), rare)
    const logNone = tf.mul(trials, tf.log1p(tf.neg(few)))
    const odds = tf.div(few, tf.sub(1, few))
    const searched = search(keyFew, tf.neg(tf.expm1(logNone)), tf.exp(logNone), (k) =>
      tf.mul(tf.div(tf.sub(trials, k), tf.add(k, 1)), odds)
    )
    const [safeTrials, safeChance] = [tf.fill([...shape], 4 * MANY), tf.fill([...shape], 0.5)]
    const [n0, p0] = [tf.where(isMany, trials, safeTrials), tf.where(isMany, rare, safeChance)]
    const drawn = manyBinomial(keyMany, n0, p0, tf.logicalNot(isMany))
    const successes = tf.where(isMany, drawn, searched)
    return tf.cast(tf.where(isFlipped, tf.sub(trials, successes), successes), 'int32')
  })
