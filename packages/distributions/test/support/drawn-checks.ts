// What must hold of a family whatever its parameters and shapes are; what the laws of `src/laws` say is asked of them.
import * as tf from '@tensorflow/tfjs-core'
import { grad } from '@bdl/compiler'
import { leaves, sizeOfShape, split, type Key } from '@bdl/core'
import type { Distribution } from '../../src/index'
import { batchLaw, shapesLaw } from '../../src/laws/calls'
import { expectEntries, expectNear, expectShapeOf, fail, numbersOf } from '../../src/laws/check'
import { fromRealsLaw, massLaw, modeLaw } from '../../src/laws/values'
import type { Tensors } from '../rows/row'
import { batchOf, drawParameters, tiled, type DrawnFamily, type Layout } from './drawn'

/** Draws per entry of the batch. */
const DRAWS = 4

/** A draw is rounded: how far each entry may be off, relative to the largest of its event. */
const ROUNDING = 2 ** -22

const slopeIn = (d: Distribution, x: tf.Tensor): tf.Tensor => grad((v: tf.Tensor) => tf.sum(d.logProb(v)))(x)

/** log p of the pair is log p of its value, up to the rounding of the value: |dlog p / dx| |x| 2^-22 on top of the tolerance. */
const pairAgrees = (d: Distribution, k: Key, tolerance: number): void => {
  const [x, logProb] = d.sampleAndLogProb(k, [DRAWS])
  const lead = [DRAWS, ...d.batchShape]
  expectShapeOf('value', x, [...lead, ...d.eventShape])
  expectShapeOf('log-probability', logProb, lead)
  expectNear('sample alone', d.sample(k, [DRAWS]), x, 0)
  expectEntries('log-probability of a draw', logProb, Number.isFinite)
  const again = d.logProb(x)
  const moves = x.dtype === 'float32' ? tf.abs(tf.mul(slopeIn(d, x), x)) : tf.zeros(x.shape)
  expectEntries('derivative in x', moves, Number.isFinite)
  const perValue = tf.sum(tf.reshape(moves, [sizeOfShape(lead), sizeOfShape(d.eventShape)]), -1)
  const [one, other, slack] = [numbersOf(logProb), numbersOf(again), numbersOf(tf.mul(perValue, ROUNDING))]
  one.forEach((v, i) => {
    if (!(Math.abs(v - other[i]!) <= tolerance * (1 + Math.abs(v)) + slack[i]!))
      fail(`the pair has log-probability ${v}, logProb of its value is ${other[i]}`)
  })
}

/** Infinities, a step beyond either end of what was drawn, and what lies between integers. */
const probes = (x: tf.Tensor): readonly tf.Tensor[] => [
  ...[-Infinity, Infinity, -1e10, -0.5, 1.5].map((v) => tf.fill(x.shape, v)),
  ...[tf.neg(x), tf.add(x, 0.25), tf.add(x, 1e6)]
]

/** Draws are members; what is none has log-probability -inf, of either kind none has NaN. */
const supportAgrees = (d: Distribution, k: Key): void => {
  const draws = tf.cast(d.sample(k), 'float32')
  expectEntries('draws are in the support', d.support.contains(draws), (v) => v === 1)
  const x = tf.stack(probes(draws) as tf.Tensor[])
  const members = d.support.contains(x)
  const axes = d.eventShape.map((_, i) => x.rank - 1 - i).filter((axis) => axis < members.rank)
  const inside = numbersOf(axes.length === 0 ? members : tf.all(members, axes))
  const logProbs = numbersOf(d.logProb(x))
  if (inside.length !== logProbs.length) fail(`${inside.length} memberships, ${logProbs.length} log-probabilities`)
  logProbs.forEach((v, i) => {
    if (Number.isNaN(v) || (inside[i] === 0 && v !== -Infinity))
      fail(`log-probability ${v} of probe ${i}, ${inside[i] === 1 ? 'inside' : 'outside'}: ${numbersOf(x)[i]}`)
  })
}

const smooth = ({ parameters }: DrawnFamily, p: Tensors, wanted: boolean): Tensors =>
  Object.fromEntries(Object.entries(p).filter(([name]) => (parameters[name]?.isCount === true) !== wanted))

/** Derivatives of log p, of draws that say they have them, and of moments, in every float parameter. */
const derivativesAreFinite = (family: DrawnFamily, p: Tensors, k: Key): void => {
  const [free, counts] = [smooth(family, p, true), smooth(family, p, false)]
  const x = family.make(p).sample(k, [DRAWS])
  const total = (q: Tensors): tf.Tensor => {
    const d = family.make({ ...q, ...counts })
    const drawn = d.isReparameterised ? tf.sum(d.sample(k, [DRAWS])) : tf.scalar(0)
    return tf.add(tf.sum(d.logProb(x)), drawn)
  }
  const slopes = grad(total)({ ...free })
  for (const [name, slope] of Object.entries(slopes)) {
    expectShapeOf(`derivative in ${name}`, slope, free[name]!.shape)
    expectEntries(`derivative in ${name}`, slope, Number.isFinite)
  }
}

/** F never falls, and lies in [0, 1]. */
const cdfRises = (d: Distribution, k: Key): void => {
  if (d.cdf === undefined) return
  const [a, b] = split(k)
  const [x, y] = [d.sample(a, [DRAWS]), d.sample(b, [DRAWS])].map((v) => tf.cast(v, 'float32'))
  const [low, high] = [d.cdf(tf.minimum(x!, y!)), d.cdf(tf.maximum(x!, y!))]
  expectEntries('cdf', low, (v) => v >= 0 && v <= 1 + 1e-6)
  // F is right to an ulp of 1 or so: of two points that are near to each other it may say either order
  expectEntries('rise of cdf', tf.sub(high, low), (v) => v >= -1e-6)
}

/** F(icdf(p)) is p, or where there are atoms the first F that reaches p. */
const quantilesInvert = (d: Distribution, tolerance: number): void => {
  const { cdf, icdf, batchShape } = d
  if (cdf === undefined || icdf === undefined) return
  const levels = [0.001, 0.25, 0.5, 0.9, 0.999]
  const p = tf.stack(levels.map((level) => tf.fill([...batchShape], level)))
  const x = icdf(p)
  expectShapeOf('icdf', x, p.shape)
  const before = tf.sub(x, tf.mul(tf.add(tf.abs(x), 1), 1e-5))
  const [wanted, reached, below] = [numbersOf(p), numbersOf(cdf(x)), numbersOf(cdf(before))]
  reached.forEach((f, i) => {
    const isHit = Math.abs(f - wanted[i]!) <= tolerance
    if (!isHit && !(f >= wanted[i]! && below[i]! <= wanted[i]! + tolerance))
      fail(`cdf(icdf(${wanted[i]})) is ${f}, and ${below[i]} below it`)
  })
}

const METHODS = ['mean', 'variance', 'mode', 'covariance', 'entropy'] as const

/** What broadcasts is what is repeated. */
const broadcastIsTiled = (d: Distribution, tiles: Distribution, k: Key, tolerance: number): void => {
  const x = d.sample(k, [DRAWS])
  expectNear('draws of tiled parameters', tiles.sample(k, [DRAWS]), x, tolerance)
  expectNear('logProb of tiled parameters', tiles.logProb(x), d.logProb(x), tolerance)
  for (const name of METHODS) {
    const [mine, other] = [d[name]?.(), tiles[name]?.()]
    if ((mine === undefined) !== (other === undefined)) fail(`${name} is there for one of the two`)
    if (mine === undefined || other === undefined) continue
    const [a, b] = [numbersOf(mine), numbersOf(other)]
    expectShapeOf(`${name} of tiled parameters`, other, mine.shape)
    // NaN says that there is none
    const at = a.findIndex((v, i) => !Object.is(v, b[i]) && !(Math.abs(v - b[i]!) <= tolerance * (1 + Math.abs(v))))
    if (at >= 0) fail(`${name} of tiled parameters: entry ${at} is ${b[at]}, expected ${a[at]}`)
  }
}

/** Everything, for the parameters that a key draws in the shapes of a layout. */
export const checkDrawn = (family: DrawnFamily, k: Key, layout: Layout): void => {
  const [keyParameters, key] = split(k)
  const { tolerance = 1e-4 } = family
  const p = drawParameters(family, keyParameters, layout)
  const d = family.make(p)
  const [batch, used] = [batchOf(layout), leaves(p).map((x) => x.shape)]
  if (used.length > 1 && d.batchShape.join() !== batch.join()) fail(`batch [${d.batchShape.join(', ')}]`)
  pairAgrees(d, key, tolerance)
  batchLaw(d, key, tolerance)
  shapesLaw(d, key)
  supportAgrees(d, key)
  derivativesAreFinite(family, p, key)
  cdfRises(d, key)
  quantilesInvert(d, tolerance)
  massLaw(d)
  modeLaw(d, key, tolerance)
  if (sizeOfShape(d.batchShape) > 0) fromRealsLaw(d, key, tolerance)
  broadcastIsTiled(d, family.make(tiled(family, p, d.batchShape)), key, tolerance)
}
