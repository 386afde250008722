import { expect, test } from 'vitest'
import { featureStatistics, loadBreastCancer, loadDigits, loadIris, loadWine } from '../src/index.js'
import { right } from './support.js'

// Sizes and class counts as the UCI repository states them for each set.
test.each([
  [loadDigits, 'digits', 1797, 64, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]],
  [loadIris, 'iris', 150, 4, [50, 50, 50]],
  [loadWine, 'wine', 178, 13, [59, 71, 48]],
  [loadBreastCancer, 'breast cancer', 569, 30, [212, 357]]
] as const)('%o loads', async (load, name, n, d, counts) => {
  const dataset = right(await load()())
  expect(dataset.name).toBe(name)
  expect(dataset.features.shape).toEqual([n, d])
  expect(dataset.featureNames.length).toBe(d)
  expect(Array.from({ length: dataset.classes }, (_, c) => dataset.labels.filter((y) => y === c).length)).toEqual(
    counts
  )
})

test('the digits are images of integers 0 to 16', async () => {
  const digits = right(await loadDigits()())
  expect(digits.imageShape).toEqual([8, 8])
  expect(digits.features.data.every((v) => Number.isInteger(v) && v >= 0 && v <= 16)).toBe(true)
  expect(Array.from(digits.features.data.subarray(0, 8))).toEqual([0, 0, 5, 13, 9, 1, 0, 0])
})

test('the means of iris are those of the literature', async () => {
  const { mean } = featureStatistics(right(await loadIris()()))
  expect(Array.from(mean, (m) => Number(m.toFixed(4)))).toEqual([5.8433, 3.0573, 3.758, 1.1993])
})
