// The standard normal on the host in float64, for metrics.

const SQRT_2 = Math.SQRT2
const SQRT_PI = Math.sqrt(Math.PI)

/** Below this |x| the series is used: its terms stay small enough to lose at most two digits. */
const SERIES_LIMIT = 2.5

// erf x = 2/sqrt(pi) exp(-x^2) sum_n 2^n x^(2n+1) / (2n+1)!!: all terms positive, so nothing cancels.
const erfSeries = (x: number): number => {
  let [term, total] = [x, x]
  for (let n = 1; Math.abs(term) > Math.abs(total) * 1e-17; n++) {
    term *= (2 * x * x) / (2 * n + 1)
    total += term
  }
  return (2 / SQRT_PI) * Math.exp(-x * x) * total
}

const FRACTION_DEPTH = 60

// erfc x = exp(-x^2)/sqrt(pi) / (x + 1/2/(x + 1/(x + 3/2/(x + ...)))), x >= 2.5: 60 levels give full precision.
const erfcFraction = (x: number): number => {
  let tail = x
  for (let k = FRACTION_DEPTH; k >= 1; k--) tail = x + k / 2 / tail
  return Math.exp(-x * x) / SQRT_PI / tail
}

/** Standard normal distribution function. @source Abramowitz & Stegun (1964), 7.1.6 and 7.1.14 */
export const normalCdf = (z: number): number => {
  const x = Math.abs(z) / SQRT_2
  const upper = x < SERIES_LIMIT ? (1 - erfSeries(x)) / 2 : erfcFraction(x) / 2
  return z > 0 ? 1 - upper : upper
}

/** Standard normal density. */
export const normalPdf = (z: number): number => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)

/** Standard normal quantile by bisection to the last bit; p in (0, 1). Not for inner loops. */
export const normalQuantile = (p: number): number => {
  let [low, high] = [-40, 40]
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2
    if (normalCdf(middle) < p) low = middle
    else high = middle
  }
  return (low + high) / 2
}
