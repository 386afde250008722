// Calibrated bounds for correlated draws: means within five standard errors, those taken from the effective sample size.
import { hostArray } from '@bdl/core'
import type { HostArray } from '@bdl/core'
import { effectiveSampleSize } from '../src/index'

const SIGMAS = 5

/** One coordinate of [chains, draws, dim]. */
export const coordinate = ({ shape, data }: HostArray, index: number): HostArray => {
  const [chains = 0, draws = 0, dim = 1] = shape
  return hostArray(
    [chains, draws],
    Float64Array.from({ length: chains * draws }, (_, i) => data[i * dim + index]!)
  )
}

const moments = ({ data }: HostArray) => {
  const mean = data.reduce((a, b) => a + b, 0) / data.length
  const variance = data.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (data.length - 1)
  return { mean, variance }
}

/** Fails unless the mean of [chains, draws] is `expected` within five Monte Carlo standard errors, `error` added. */
export const expectChainMean = (draws: HostArray, expected: number, what: string, error = 0): void => {
  const { mean, variance } = moments(draws)
  const bound = SIGMAS * Math.sqrt(variance / effectiveSampleSize(draws, 'mean') + error ** 2)
  if (!(Math.abs(mean - expected) <= bound))
    throw new Error(`${what}: mean ${mean}, expected ${expected} within ${bound}`)
}

/** The same for a function of the draws. */
export const expectChainExpectation = (
  draws: HostArray,
  f: (x: number) => number,
  expected: number,
  what: string,
  error = 0
): void => expectChainMean({ shape: draws.shape, data: draws.data.map(f) }, expected, what, error)

/** Mean and variance around the true mean. */
export const expectChainMoments = (draws: HostArray, mean: number, sd: number, what: string): void => {
  expectChainMean(draws, mean, `${what}, mean`)
  expectChainExpectation(draws, (x) => (x - mean) ** 2, sd ** 2, `${what}, variance`)
}
