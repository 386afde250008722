/**
 * Families x = loc + scale z of one standard variable z: a family is its standard law, and the rest is the same for all. A
 * standard law on [0, inf) makes one on [loc, inf).
 */
import * as tf from '@tensorflow/tfjs-core'
import type { Key } from '@bdl/core'
import { real, type Constraint } from '../constraint.js'
import { distribution, type Distribution } from '../distribution.js'
import {
  batchShapeOf,
  expectFiniteParameter,
  expectPositiveParameter,
  filled,
  logOf,
  type Parameter
} from '../parameters.js'
import { atLeast } from './half-lines.js'

/** The law of z. Functions are elementwise, for finite z (z >= 0 where `isHalf`) and p in [0, 1]. */
export interface Standard {
  readonly isHalf?: boolean
  readonly draw: (key: Key, shape: readonly number[]) => tf.Tensor
  readonly logDensity: (z: tf.Tensor) => tf.Tensor
  readonly cdf: (z: tf.Tensor) => tf.Tensor
  readonly icdf: (p: tf.Tensor) => tf.Tensor
  readonly mean?: number
  readonly variance?: number
  readonly mode: number
  readonly entropy: number
}

export interface LocationScale<Name extends string> extends Distribution {
  readonly name: Name
  readonly loc: Parameter
  readonly scale: Parameter
}

/** How x is read as z: by a scale or, so that it need not be inverted, by a rate. */
export interface Reading {
  readonly batchShape: readonly number[]
  readonly support: Constraint
  readonly standardise: (x: tf.Tensor) => tf.Tensor
  readonly place: (z: tf.Tensor) => tf.Tensor
  /** [...B] */
  readonly scale: () => tf.Tensor
  readonly logScale: () => Parameter
}

/** `f` where `isIn`, else `other`; f never sees what is out. */
const guarded = (z: tf.Tensor, isIn: tf.Tensor, f: (z: tf.Tensor) => tf.Tensor, other: number): tf.Tensor =>
  tf.where(isIn, f(tf.where(isIn, z, tf.zerosLike(z))), other)

/** Chances have quantiles; what is none has NaN. */
const quantileOf = (p: tf.Tensor, icdf: (p: tf.Tensor) => tf.Tensor): tf.Tensor => {
  const isChance = tf.logicalAnd(tf.greaterEqual(p, 0), tf.lessEqual(p, 1))
  return tf.where(isChance, icdf(tf.where(isChance, p, tf.mul(tf.onesLike(p), 0.5))), NaN)
}

/** The family's distribution, by its standard law and its reading of x. */
export const fromStandard = <Extra extends { readonly name: string }>(
  extra: Extra,
  { batchShape, support, standardise, place, scale, logScale }: Reading,
  standard: Standard
): Distribution & Extra => {
  const { mean, variance, mode, isHalf = false } = standard
  const least = isHalf ? 0 : -Infinity
  const isInside = (z: tf.Tensor): tf.Tensor =>
    tf.logicalAnd(tf.greaterEqual(z, isHalf ? 0 : -3.4e38), tf.lessEqual(z, 3.4e38))
  const constant = (value: number): tf.Tensor => place(tf.fill([...batchShape], value))
  return distribution<tf.Tensor, Extra>({
    ...extra,
    batchShape,
    eventShape: [],
    isReparameterised: true,
    support,
    logProb: (x) => {
      const z = standardise(x)
      return tf.sub(guarded(z, isInside(z), standard.logDensity, -Infinity), logScale())
    },
    sample: (key, sampleShape) => place(standard.draw(key, [...sampleShape, ...batchShape])),
    sampleAndLogProb: (key, sampleShape) => {
      const z = standard.draw(key, [...sampleShape, ...batchShape])
      return [place(z), tf.sub(standard.logDensity(z), logScale())]
    },
    ...(mean !== undefined && { mean: () => constant(mean) }),
    ...(variance !== undefined && { variance: () => tf.mul(tf.square(scale()), variance) }),
    mode: () => constant(mode),
    entropy: () => tf.add(tf.log(scale()), standard.entropy),
    cdf: (x) => {
      const z = standardise(x)
      return guarded(z, tf.greater(z, least), standard.cdf, 0)
    },
    icdf: (p) => place(quantileOf(p, standard.icdf))
  })
}

/** The family of `standard` in a location and a scale, checked. */
export const locationScale = <const Name extends string>(
  name: Name,
  loc: Parameter,
  scale: Parameter,
  standard: Standard
): LocationScale<Name> => {
  expectFiniteParameter(name, 'loc', loc)
  expectPositiveParameter(name, 'scale', scale)
  const batchShape = batchShapeOf(name, { loc, scale })
  return fromStandard(
    { name, loc, scale },
    {
      batchShape,
      support: standard.isHalf === true ? atLeast(loc) : real,
      standardise: (x) => tf.div(tf.sub(x, loc), scale),
      place: (z) => tf.add(tf.mul(z, scale), loc),
      scale: () => filled(scale, batchShape),
      logScale: () => logOf(scale)
    },
    standard
  )
}
