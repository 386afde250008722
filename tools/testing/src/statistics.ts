/**
 * Calibrated statistical checks: a fixed key makes them deterministic, and a bound of 5 standard errors (false-alarm rate
 * 6e-7 per check, were the key drawn anew) makes a failure mean something.
 */
const SIGMAS = 5

const mean = (xs: readonly number[]): number => xs.reduce((s, x) => s + x, 0) / xs.length

/** Mean of independent draws with known standard deviation `sd`. */
export const expectMean = (draws: ArrayLike<number>, expected: number, sd: number): void => {
  const actual = mean(Array.from(draws))
  const bound = (SIGMAS * sd) / Math.sqrt(draws.length)
  if (!(Math.abs(actual - expected) <= bound))
    throw new Error(`expectMean: ${actual}, expected ${expected} within ${bound} (${draws.length} draws)`)
}

/** Variance of independent draws around a known mean; the standard error comes from the draws' fourth moment. */
export const expectVariance = (draws: ArrayLike<number>, expectedMean: number, expected: number): void => {
  const squares = Array.from(draws, (x) => (x - expectedMean) ** 2)
  const actual = mean(squares)
  const spread = Math.sqrt(mean(squares.map((s) => (s - actual) ** 2)))
  const bound = (SIGMAS * spread) / Math.sqrt(draws.length)
  if (!(Math.abs(actual - expected) <= bound))
    throw new Error(`expectVariance: ${actual}, expected ${expected} within ${bound} (${draws.length} draws)`)
}

/** Kolmogorov-Smirnov statistic sup |F_n - F|. */
export const ksStatistic = (draws: ArrayLike<number>, cdf: (x: number) => number): number => {
  const sorted = Array.from(draws).sort((a, b) => a - b)
  const n = sorted.length
  return sorted.reduce((worst, x, i) => Math.max(worst, Math.abs(cdf(x) - i / n), Math.abs(cdf(x) - (i + 1) / n)), 0)
}

/** Fails if sqrt(n) D exceeds 2.7: by Kolmogorov's tail 2 exp(-2 t^2) a right sampler does so once in 10^6 keys. */
export const expectKs = (draws: ArrayLike<number>, cdf: (x: number) => number): void => {
  const scaled = Math.sqrt(draws.length) * ksStatistic(draws, cdf)
  if (!(scaled <= 2.7)) throw new Error(`expectKs: sqrt(n) D = ${scaled}, expected at most 2.7 (${draws.length} draws)`)
}
