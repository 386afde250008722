// Laws about values: the support, its outside, mass, mode, quantiles, and the way from the reals.
import * as tf from '@tensorflow/tfjs-core'
import { grad } from '@bdl/compiler'
import { normal as standardNormal, type Key } from '@bdl/core'
import type { Distribution } from '../distribution.js'
import { expectEntries, expectNear, fail, numbersOf } from './check.js'

/** Points in, on the edge of and far outside of most supports. */
const PROBES = [-Infinity, -1e10, -1, -0.5, 0, 0.5, 1, 1.5, 2.5, 1e10, Infinity]

const probesOf = (d: Distribution, key: Key): readonly tf.Tensor[] => {
  const shape = [...d.batchShape, ...d.eventShape]
  const x = tf.cast(d.sample(key), 'float32')
  const near = [tf.neg(x), tf.add(x, 0.5), tf.mul(x, 2), tf.add(x, 1e6)]
  return [...near, ...PROBES.map((v) => tf.fill(shape, v))]
}

/** [...B]: whether the whole event is a member. */
const isInside = (d: Distribution, x: tf.Tensor): tf.Tensor => {
  const inside = d.support.contains(x)
  const axes = Array.from({ length: inside.rank - (x.rank - d.eventShape.length) }, (_, i) => inside.rank - 1 - i)
  return axes.length === 0 ? inside : tf.all(inside, axes)
}

/** Draws lie in the support; what does not has log-probability -inf, with no NaN in its gradient. */
export const supportLaw = (d: Distribution, key: Key, draws: number): void => {
  if (numbersOf(tf.all(d.support.contains(d.sample(key, [draws]))))[0] !== 1) fail('a draw lies outside the support')
  for (const x of probesOf(d, key)) {
    const [inside, logProbs] = [numbersOf(isInside(d, x)), numbersOf(d.logProb(x))]
    inside.forEach((so, i) => {
      if (so === 1 ? Number.isNaN(logProbs[i]!) : logProbs[i] !== -Infinity)
        fail(`logProb ${so === 1 ? 'inside' : 'outside'} of the support is ${logProbs[i]}, at ${x.toString()}`)
    })
    const isOutside = inside.every((so) => so === 0) && numbersOf(x).every(Number.isFinite)
    const slope = isOutside && grad((v: tf.Tensor) => tf.sum(d.logProb(v)))(x)
    if (slope !== false) expectEntries('gradient outside of the support', slope, Number.isFinite)
  }
}

/** Of a finite support the probabilities sum to one. */
export const massLaw = (d: Distribution): void => {
  const { members } = d.support
  if (members === undefined) return
  const all = members()
  const event = all.shape.slice(1)
  const each = tf.reshape(all, [all.shape[0]!, ...d.batchShape.map(() => 1), ...event])
  const values = tf.tile(each, [1, ...d.batchShape, ...event.map(() => 1)])
  const mass = tf.sum(tf.exp(d.logProb(values)), 0)
  expectNear('probabilities of all members', mass, tf.ones([...d.batchShape]), 1e-5)
}

/** No draw is likelier than the mode, where there is one: NaN says that there is none. */
export const modeLaw = (d: Distribution, key: Key, tolerance: number): void => {
  if (d.mode === undefined) return
  const mode = tf.cast(d.mode(), 'float32')
  const axes = d.eventShape.map((_, i) => mode.rank - 1 - i)
  const isMissing = axes.length === 0 ? tf.isNaN(mode) : tf.any(tf.isNaN(mode), axes)
  const most = tf.where(isMissing, Infinity, d.logProb(d.mode()))
  expectEntries('logProb of the mode', most, (v) => !Number.isNaN(v))
  const slack = tf.mul(tf.add(tf.abs(tf.where(tf.isFinite(most), most, 0)), 1), tolerance)
  const excess = tf.sub(tf.max(d.logProb(d.sample(key, [100])), 0), tf.add(most, slack))
  expectEntries('how much likelier than the mode a draw is', excess, (v) => !(v > 0))
}

/** cdf(icdf(p)) is p, and where there are atoms icdf(p) is the least value whose cdf reaches p. */
export const quantileLaw = (d: Distribution, key: Key, tolerance: number): void => {
  const { cdf, icdf } = d
  if (cdf === undefined || icdf === undefined) return
  for (const level of [0.001, 0.1, 0.25, 0.5, 0.75, 0.9, 0.999]) {
    const p = tf.fill([...d.batchShape], level)
    const x = icdf(p)
    const [reached, below] = [numbersOf(cdf(x)), numbersOf(cdf(tf.sub(x, tf.mul(tf.add(tf.abs(x), 1), 1e-5))))]
    reached.forEach((f, i) => {
      const isHit = Math.abs(f - level) <= tolerance
      if (!isHit && !(f >= level && below[i]! <= level + tolerance))
        fail(`cdf(icdf(${level})) is ${f}, and ${below[i]} below it`)
    })
  }
  const x = d.sample(key, [20])
  // one bit down from F(x): F itself may be rounded up, beyond the last value at which it is reached
  const back = icdf(tf.mul(cdf(x), 1 - 2 ** -21))
  expectEntries(
    'icdf(cdf(x)) above x',
    tf.sub(back, tf.add(x, tf.mul(tf.add(tf.abs(x), 1), tolerance))),
    (v) => !(v > 0)
  )
}

/** The support's bijector carries reals into it, and back. */
export const fromRealsLaw = (d: Distribution, key: Key, tolerance: number): void => {
  const { fromReals } = d.support
  if (fromReals === undefined) return
  const z = standardNormal(key, [7, ...d.batchShape, ...fromReals.inverseEventShape(d.eventShape)])
  const y = fromReals.forward(z)
  if (numbersOf(tf.all(d.support.contains(y)))[0] !== 1) fail('fromReals leads out of the support')
  expectNear('reals, there and back', fromReals.inverse(y), z, 10 * tolerance)
}
