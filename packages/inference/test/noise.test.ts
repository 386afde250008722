// Box-Muller noise: standard normal in law, uncorrelated within pairs and between keys, the same eagerly and compiled.
import type * as tf from '@tensorflow/tfjs-core'
import { key, split } from '@bdl/core'
import { eagerAndCompiled, expectClose, expectKs, expectMean, expectNoLeak, expectVariance } from '@bdl/testing'
import { expect, test } from 'vitest'
import { gaussianNoise } from '../src/noise'

/** Abramowitz and Stegun 7.1.26, error below 1.5e-7. */
const normalCdf = (x: number): number => {
  const t = 1 / (1 + 0.3275911 * (Math.abs(x) / Math.SQRT2))
  const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
  const upper = 0.5 * series * Math.exp((-x * x) / 2)
  return x < 0 ? upper : 1 - upper
}

const SIZE = 40_000

test('standard normal, eagerly and compiled', async () => {
  const draws = await eagerAndCompiled((k: tf.Tensor) => gaussianNoise(k, SIZE), [key(1)])
  expectClose(draws[1], draws[0], { atol: 1e-5, rtol: 1e-5 })
  for (const z of draws) {
    const data = z.dataSync()
    expectKs(data, normalCdf)
    expectMean(data, 0, 1)
    expectVariance(data, 0, 1)
    expectMean(
      data.map((x) => x ** 4),
      3,
      Math.sqrt(96)
    )
    // the two halves are the members of the pairs
    expectMean(
      Array.from({ length: SIZE / 2 }, (_, i) => data[i]! * data[i + SIZE / 2]!),
      0,
      1
    )
    expectMean(
      Array.from({ length: SIZE / 2 }, (_, i) => (data[i]! ** 2 - 1) * (data[i + SIZE / 2]! ** 2 - 1)),
      0,
      2
    )
  }
})

test('another key gives other noise; an odd size is as good; nothing leaks', () => {
  const [a, b] = split(key(2))
  const [x, y] = [gaussianNoise(a, SIZE).dataSync(), gaussianNoise(b, SIZE).dataSync()]
  expectMean(
    x.map((v, i) => v * y[i]!),
    0,
    1
  )
  expect(expectNoLeak(() => gaussianNoise(a, 7)).shape).toEqual([7])
  expectNoLeak(() => gaussianNoise(a, 8))
  expect(() => gaussianNoise(a, 0)).toThrowError(/gaussianNoise: size/)
})
