// Laws about many draws: moments and entropy within 5 standard errors, the distribution function by Kolmogorov-Smirnov.
import * as tf from '@tensorflow/tfjs-core'
import { sizeOfShape, type Key } from '@bdl/core'
import type { Distribution } from '../distribution.js'
import { fail, numbersOf } from './check.js'

/** Columns of a row-major [rows, n] array. */
const columnsOf = (data: Float64Array, n: number): readonly Float64Array[] =>
  Array.from({ length: n }, (_, j) => Float64Array.from({ length: data.length / n }, (_, i) => data[i * n + j]!))

const meanOf = (x: Float64Array): number => x.reduce((sum, v) => sum + v, 0) / x.length

/** The mean of a column lies within 5 standard errors of what is expected; `rounding` comes on top. */
const expectMeanOf = (what: string, column: Float64Array, expected: number, rounding: number): void => {
  if (!Number.isFinite(expected)) return
  const mean = meanOf(column)
  const error = Math.sqrt(meanOf(column.map((v) => (v - mean) ** 2)) / column.length)
  const distance = Math.abs(mean - expected)
  if (!(distance <= 5 * error + rounding * (1 + Math.abs(expected))))
    fail(`${what}: expected ${expected}, got ${mean}, ${distance / error} standard errors away`)
}

/** Rounding of one float32 number, of a function of several of them. */
const ROUNDING = 1e-5

const covarianceLaw = (d: Distribution, columns: readonly Float64Array[], means: Float64Array): void => {
  if (d.covariance === undefined) return
  const n = d.eventShape.at(-1)!
  const expected = numbersOf(d.covariance())
  columns.forEach((a, i) => {
    const start = i - (i % n)
    columns.slice(start, start + n).forEach((b, j) => {
      const products = a.map((v, k) => (v - means[i]!) * (b[k]! - means[start + j]!))
      expectMeanOf(`covariance [${i}, ${start + j}]`, products, expected[i * n + j]!, ROUNDING)
    })
  })
}

/** Many draws, however they were made. */
export type Draws = {
  /** [draws, ...B, ...E] */
  readonly values: tf.Tensor
  /** [draws, ...B] */
  readonly logProbs: tf.Tensor
  /** [draws, ...B], the distribution function at the values, where there is one. */
  readonly cdfs?: tf.Tensor
}

/** `n` draws of `d`, to be checked by `momentsLaw` and `cdfLaw`. Traceable. */
export const drawsOf = (d: Distribution, key: Key, n: number): Draws => {
  const [values, logProbs] = d.sampleAndLogProb(key, [n])
  return { values, logProbs, ...(d.cdf && { cdfs: d.cdf(values) }) }
}

const entropyLaw = (d: Distribution, logProb: tf.Tensor): void => {
  if (d.entropy === undefined) return
  const entropies = numbersOf(d.entropy())
  columnsOf(numbersOf(tf.neg(logProb)), sizeOfShape(d.batchShape)).forEach((c, i) =>
    expectMeanOf(`entropy [${i}]`, c, entropies[i]!, ROUNDING)
  )
}

/** Of angles: sines about the mean direction average to 0, and cosines to 1 less the variance. */
const circularLaw = (d: Distribution, columns: readonly Float64Array[], logProb: tf.Tensor): void => {
  const [means, variances] = [d.mean && numbersOf(d.mean()), d.variance && numbersOf(d.variance())]
  columns.forEach((c, i) => {
    const about = c.map((v) => v - (means?.[i] ?? NaN))
    expectMeanOf(`mean direction [${i}]`, about.map(Math.sin), 0, ROUNDING)
    expectMeanOf(
      `circular variance [${i}]`,
      about.map((v) => 2 * Math.sin(v / 2) ** 2),
      variances?.[i] ?? NaN,
      ROUNDING
    )
  })
  entropyLaw(d, logProb)
}

/** Means, variances, covariances and entropies of the draws are those stated. */
export const momentsLaw = (d: Distribution, { values: x, logProbs: logProb }: Draws): void => {
  const n = sizeOfShape([...d.batchShape, ...d.eventShape])
  const columns = columnsOf(numbersOf(tf.cast(x, 'float32')), n)
  const [means, variances] = [d.mean && numbersOf(d.mean()), d.variance && numbersOf(d.variance())]
  if (d.isCircular === true) return circularLaw(d, columns, logProb)
  if (means !== undefined) columns.forEach((c, i) => expectMeanOf(`mean [${i}]`, c, means[i]!, ROUNDING))
  if (means !== undefined && variances !== undefined)
    columns.forEach((c, i) => {
      if (Number.isFinite(means[i]!))
        expectMeanOf(
          `variance [${i}]`,
          c.map((v) => (v - means[i]!) ** 2),
          variances[i]!,
          ROUNDING
        )
    })
  if (means !== undefined) covarianceLaw(d, columns, means)
  entropyLaw(d, logProb)
}

/** sup over the draws of |F_n - F|, times sqrt(n). Ties count once, so that atoms are allowed. */
const kolmogorov = (x: Float64Array, f: Float64Array): number => {
  const order = Float64Array.from(x.keys()).sort((i, j) => x[i]! - x[j]!)
  const n = x.length
  const gaps = order.map((at, i) => (i + 1 < n && x[order[i + 1]!] === x[at] ? 0 : Math.abs((i + 1) / n - f[at]!)))
  return Math.sqrt(n) * gaps.reduce((worst, gap) => Math.max(worst, gap), 0)
}

/** By Kolmogorov's tail 2 exp(-2 t^2), sqrt(n) D exceeds 2.7 once in 10^6 keys; for atoms it is rarer still. */
const KOLMOGOROV_BOUND = 2.7

/** For vectors: how often a draw is nowhere above each of the first ones. */
const vectorCdfLaw = (x: Float64Array, f: Float64Array, size: number, batch: number): void => {
  const draws = f.length / batch
  const entry = (draw: number, b: number, e: number): number => x[(draw * batch + b) * size + e]!
  const isBelow = (i: number, j: number, b: number): boolean =>
    Array.from({ length: size }).every((_, e) => entry(i, b, e) <= entry(j, b, e))
  for (let b = 0; b < batch; b++)
    for (let j = 0; j < 5; j++) {
      const hits = Float64Array.from({ length: draws }, (_, i) => Number(isBelow(i, j, b)))
      expectMeanOf('distribution function of a vector', hits, f[j * batch + b]!, ROUNDING)
    }
}

/** Draws follow the distribution function, where there is one. */
export const cdfLaw = (d: Distribution, draws: Draws): void => {
  if (draws.cdfs === undefined) return
  const batch = sizeOfShape(d.batchShape)
  const [values, f] = [numbersOf(draws.values), numbersOf(draws.cdfs)]
  if (d.eventShape.length > 0) return vectorCdfLaw(values, f, sizeOfShape(d.eventShape), batch)
  const columns = columnsOf(f, batch)
  columnsOf(values, batch).forEach((column, b) => {
    const worst = kolmogorov(column, columns[b]!)
    if (!(worst <= KOLMOGOROV_BOUND)) fail(`distribution function [${b}]: sqrt(n) D = ${worst}`)
  })
}
