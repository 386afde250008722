/**
 * Draws of one scalar quantity, [chains, draws], as rows of float64: what every diagnostic works on. Host code.
 */
import { BdlError } from '@bdl/core'
import type { HostArray } from '@bdl/core'

/** One row per chain. */
export type Chains = readonly Float64Array[]

/** @error ShapeMismatch unless the shape is [chains, draws] with at least one chain and `least` draws */
export const chainsOf = (fn: string, { shape, data }: HostArray, least = 4): Chains => {
  const [chains = 0, draws = 0] = shape
  if (shape.length !== 2 || chains < 1 || draws < least)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn,
      argument: 'draws',
      expected: `shape [chains >= 1, draws >= ${least}]`,
      got: `[${shape.join(', ')}]`
    })
  return Array.from({ length: chains }, (_, i) => data.subarray(i * draws, (i + 1) * draws))
}

/** Each chain as its two halves; the middle draw of an odd number is left out. */
export const splitChains = (chains: Chains): Chains => {
  const half = Math.floor((chains[0]?.length ?? 0) / 2)
  return [...chains.map((c) => c.subarray(0, half)), ...chains.map((c) => c.subarray(c.length - half))]
}

/** Applies a function to every draw. */
export const mapChains = (f: (x: number) => number, chains: Chains): Chains => chains.map((c) => c.map(f))

export const mean = (xs: Float64Array): number => {
  let sum = 0
  for (const x of xs) sum += x
  return sum / xs.length
}

/** Unbiased variance; 0 for fewer than two numbers. */
export const variance = (xs: Float64Array): number => {
  if (xs.length < 2) return 0
  const centre = mean(xs)
  let sum = 0
  for (const x of xs) sum += (x - centre) ** 2
  return sum / (xs.length - 1)
}

/** All draws of all chains in one array, chain after chain. */
export const pooled = (chains: Chains): Float64Array => {
  const size = chains.reduce((n, c) => n + c.length, 0)
  const out = new Float64Array(size)
  let at = 0
  for (const chain of chains) {
    out.set(chain, at)
    at += chain.length
  }
  return out
}

/** Quantile by linear interpolation between order statistics (R's type 7). `sorted` ascends. */
export const quantileOfSorted = (sorted: Float64Array, probability: number): number => {
  const at = probability * (sorted.length - 1)
  const [low, high] = [Math.floor(at), Math.ceil(at)]
  const [a, b] = [sorted[low] ?? NaN, sorted[high] ?? NaN]
  return a + (at - low) * (b - a)
}

/** Quantile of all draws together. */
export const quantile = (xs: Float64Array, probability: number): number =>
  quantileOfSorted(xs.slice().sort(), probability)
