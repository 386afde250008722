// The judge is judged: it accepts what is right and sees what is wrong.
import * as tf from '@tensorflow/tfjs-core'
import { key, normal } from '@bdl/core'
import { ksStatistic } from '@bdl/testing'
import { expect, test } from 'vitest'
import { standardNormal } from '../src/index'
import { cellMasses, expectAgreement, histogramPValue, massOf, pValueOf } from './agreement'

const { logProb } = standardNormal(2)
const square = { half: 5, cells: 100 }

test('mass of a density, and of one that is 3 % too large', async () => {
  expect(Math.abs((await massOf(logProb, square)) - 1)).toBeLessThan(1e-4)
  expect(Math.abs((await massOf((x) => tf.add(logProb(x), Math.log(1.03)), square)) - 1.03)).toBeLessThan(1e-4)
  await expectAgreement(standardNormal(2), { ...square, key: key(0) })
})

test('p-values of right draws are uniform, and those of draws 5 % too wide or off by 0.06 vanish', async () => {
  const draws = (seed: number) => normal(key(seed), [20000, 2])
  const cells = await cellMasses(logProb, square)
  const found: number[] = []
  for (let seed = 0; seed < 40; seed++) found.push(pValueOf(draws(seed), cells, square))
  expect(ksStatistic(found, (p) => p)).toBeLessThan(1.95 / Math.sqrt(found.length)) // one in a thousand
  expect(await histogramPValue(tf.mul(draws(1), 1.05), logProb, square)).toBeLessThan(1e-4)
  expect(await histogramPValue(tf.add(draws(1), 0.06), logProb, square)).toBeLessThan(1e-4)
})
