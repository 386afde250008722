/**
 * Rank normalisation: draws become normal quantiles of their fractional ranks, so that diagnostics need no moments.
 */
import type { Chains } from './draws.js'
import { pooled } from './draws.js'

const horner = (coefficients: readonly number[], x: number): number => coefficients.reduce((sum, c) => sum * x + c, 0)

// Wichura's AS 241 (PPND16): rational approximations with relative error near 1e-16
const CENTRE = [
  [
    2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946, 1971.5909503065513,
    133.14166789178438, 3.3871328727963665
  ],
  [
    5226.495278852546, 28729.085735721943, 39307.89580009271, 21213.794301586597, 5394.196021424751, 687.1870074920579,
    42.31333070160091, 1
  ]
] as const
const SHOULDER = [
  [
    0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684, 3.6478483247632045,
    5.769497221460691, 4.630337846156546, 1.4234371107496835
  ],
  [
    1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008, 0.6897673349851,
    1.6763848301838038, 2.053191626637759, 1
  ]
] as const
const TAIL = [
  [
    2.0103343992922881e-7, 0.000027115555687434876, 0.0012426609473880784, 0.026532189526576124, 0.29656057182850487,
    1.7848265399172913, 5.463784911164114, 6.657904643501103
  ],
  [
    2.0442631033899397e-15, 1.421511758316446e-7, 0.000018463183175100548, 0.0007868691311456133, 0.014875361290850615,
    0.1369298809227358, 0.599832206555888, 1
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
  // sorting values, natively, and looking ranks up is several times faster than sorting indices
  const sorted = xs.slice().sort()
  const rankOf = new Map<number, number>()
  for (let start = 0; start < sorted.length;) {
    let end = start + 1
    while (end < sorted.length && sorted[end] === sorted[start]) end++
    rankOf.set(sorted[start]!, (start + 1 + end) / 2)
    start = end
  }
  return xs.map((x) => rankOf.get(x) ?? NaN)
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
