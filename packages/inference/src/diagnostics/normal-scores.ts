/**
 * Rank normalisation: draws become normal quantiles of their fractional ranks, so that diagnostics need no moments.
 */
import type { Chains } from './draws.js'
import { pooled } from './draws.js'

const horner = (coefficients: readonly number[], x: number): number => coefficients.reduce((sum, c) => sum * x + c, 0)

// Wichura's AS 241 (PPND16): rational approximations with relative error near 1e-16
const CENTRE = [
  [
    2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457, 13731.693765509461125,
    1971.5909503065514427, 133.14166789178437745, 3.387132872796366608
  ],
  [
    5226.495278852545925, 28729.085735721942674, 39307.89580009271061, 21213.794301586595867, 5394.1960214247511077,
    687.1870074920579083, 42.313330701600911252, 1
  ]
] as const
const SHOULDER = [
  [
    7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177, 1.27045825245236838258,
    3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959, 1.42343711074968357734
  ],
  [
    1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966, 0.14810397642748007459,
    0.68976733498510000455, 1.6763848301838038494, 2.05319162663775882187, 1
  ]
] as const
const TAIL = [
  [
    2.01033439929228813265e-7, 2.71155556874348757815e-5, 0.0012426609473880784386, 0.026532189526576123093,
    0.29656057182850489123, 1.7848265399172913358, 5.4637849111641143699, 6.6579046435011037772
  ],
  [
    2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5, 7.868691311456132591e-4,
    0.0148753612908506148525, 0.13692988092273580531, 0.59983220655588793769, 1
  ]
] as const

const ratio = ([top, bottom]: readonly [readonly number[], readonly number[]], x: number): number =>
  horner(top, x) / horner(bottom, x)

/**
 * Standard normal quantile in float64.
 *
 * @param p in (0, 1); 0 and 1 give -Infinity and Infinity
 * @precision relative error about 1e-15
 * @source Wichura (1988), Algorithm AS 241, Applied Statistics 37(3), 477-484
 */
export const normalQuantile = (p: number): number => {
  const q = p - 0.5
  if (Math.abs(q) <= 0.425) return q * ratio(CENTRE, 0.180625 - q * q)
  const tail = q < 0 ? p : 1 - p
  if (!(tail > 0)) return tail === 0 ? Math.sign(q) * Infinity : NaN
  const r = Math.sqrt(-Math.log(tail))
  const z = r <= 5 ? ratio(SHOULDER, r - 1.6) : ratio(TAIL, r - 5)
  return q < 0 ? -z : z
}

/** Ranks from 1; ties share their average rank. */
export const averageRanks = (xs: Float64Array): Float64Array => {
  const order = Array.from(xs.keys()).sort((i, j) => xs[i]! - xs[j]!)
  const ranks = new Float64Array(xs.length)
  for (let start = 0; start < order.length;) {
    let end = start + 1
    while (end < order.length && xs[order[end]!] === xs[order[start]!]) end++
    for (let i = start; i < end; i++) ranks[order[i]!] = (start + 1 + end) / 2
    start = end
  }
  return ranks
}

/** Blom's offset of fractional ranks. */
const OFFSET = 3 / 8

/**
 * Normal scores of the ranks among all draws: Φ⁻¹((rank − 3/8) / (S + 1/4)).
 *
 * @source Vehtari, Gelman, Simpson, Carpenter & Bürkner (2021), Bayesian Analysis 16(2), eq. 14
 */
export const normalScores = (chains: Chains): Chains => {
  const ranks = averageRanks(pooled(chains))
  const scores = ranks.map((rank) => normalQuantile((rank - OFFSET) / (ranks.length - 2 * OFFSET + 1)))
  const starts = chains.reduce<readonly number[]>((at, c) => [...at, (at.at(-1) ?? 0) + c.length], [0])
  return chains.map((_, i) => scores.subarray(starts[i], starts[i + 1]))
}
