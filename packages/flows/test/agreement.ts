// What every learnt density in two dimensions is held to: it integrates to one, and draws fall where it says.
import * as tf from '@tensorflow/tfjs-core'
import { jit } from '@bdl/compiler'
import { gammaincc, type Key } from '@bdl/core'
import type { Distribution } from '@bdl/distributions'
import { expect } from 'vitest'
import { grid } from './grid'

export interface SquareOptions {
  /** The square is [-half, half]^2; default 3. */
  readonly half?: number
  /** Cells of the midpoint rule, per side; default 100. */
  readonly cells?: number
  /** Bins of the histogram, per side; divides `cells`; default 20. */
  readonly bins?: number
}

const defaults = { half: 3, cells: 100, bins: 20 }

type LogProb = (x: tf.Tensor) => tf.Tensor

/** The density times the area of each cell, row by row. */
export const cellMasses = async (logProb: LogProb, options: SquareOptions): Promise<Float32Array> => {
  const { half, cells } = { ...defaults, ...options }
  const { points, area } = grid(half, cells)
  const compiled = jit((x: tf.Tensor) => tf.mul(tf.exp(logProb(x)), area))
  const masses = await compiled(points)
  compiled.dispose()
  return masses.data<'float32'>()
}

const sum = (numbers: Iterable<number>): number => Array.from(numbers).reduce((a, b) => a + b, 0)

/** The midpoint sum of the density over the square. */
export const massOf = async (logProb: LogProb, options: SquareOptions = {}): Promise<number> =>
  sum(await cellMasses(logProb, options))

/** Cells joined to bins: chances of the bins, row by row. */
const binMasses = (masses: Float32Array, cells: number, bins: number): number[] => {
  const width = cells / bins
  const joined = Array.from({ length: bins * bins }, () => 0)
  masses.forEach((mass, i) => {
    const bin = Math.floor(Math.floor(i / cells) / width) * bins + Math.floor((i % cells) / width)
    joined[bin] = joined[bin]! + mass
  })
  return joined
}

const counts = (samples: tf.Tensor, half: number, bins: number): number[] => {
  const xy = samples.dataSync()
  const binOf = (v: number) => Math.floor(((v + half) / (2 * half)) * bins)
  const found = Array.from({ length: bins * bins }, () => 0)
  for (let i = 0; i < xy.length; i += 2) {
    const [row, column] = [binOf(xy[i]!), binOf(xy[i + 1]!)]
    if (row >= 0 && row < bins && column >= 0 && column < bins) found[row * bins + column]! += 1
  }
  return found
}

/** Pearson's statistic as a p-value. Bins that expect fewer than ten draws are one. */
const pearson = (expected: readonly number[], observed: readonly number[]): number => {
  const isLarge = expected.map((e) => e >= 10)
  const pooled = (of: readonly number[]) => [
    ...of.filter((_, i) => isLarge[i]),
    sum(of.filter((_, i) => !isLarge[i])) // may expect few, but always some: densities have tails
  ]
  const [e, o] = [pooled(expected), pooled(observed)]
  const statistic = sum(e.map((mean, i) => (o[i]! - mean) ** 2 / mean))
  return tf.tidy(() => gammaincc(tf.scalar((e.length - 1) / 2), tf.scalar(statistic / 2)).dataSync()[0]!)
}

/** Pearson's test of draws [n, 2] against the masses of cells, among the draws in the square: its p-value. */
export const pValueOf = (samples: tf.Tensor, cells: Float32Array, options: SquareOptions): number => {
  const { half, cells: perSide, bins } = { ...defaults, ...options }
  const masses = binMasses(cells, perSide, bins)
  const observed = counts(samples, half, bins)
  const perMass = sum(observed) / sum(masses)
  return pearson(masses.map((mass) => mass * perMass), observed) // prettier-ignore
}

/** The same against a density. */
export const histogramPValue = async (
  samples: tf.Tensor,
  logProb: LogProb,
  options: SquareOptions = {}
): Promise<number> => pValueOf(samples, await cellMasses(logProb, options), options)

export interface AgreementOptions extends SquareOptions {
  readonly key: Key
  /** How many; default 20000. */
  readonly samples?: number
}

/** The density of a distribution integrates to 1 within 1 %, and a histogram of its draws is not rejected at 1e-4. */
export const expectAgreement = async (distribution: Distribution, options: AgreementOptions): Promise<void> => {
  const { key, samples = 20000 } = options
  const cells = await cellMasses(distribution.logProb, options)
  expect(Math.abs(sum(cells) - 1)).toBeLessThan(0.01)
  const draw = jit((k: Key) => distribution.sample(k, [samples]))
  const drawn = await draw(key)
  draw.dispose()
  expect(pValueOf(drawn, cells, options)).toBeGreaterThan(1e-4)
}
