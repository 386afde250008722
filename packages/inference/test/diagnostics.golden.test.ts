// R-hat, effective sample size and their kin against ArviZ (float64: 1e-9 where the fixture asks 1e-4).
import { hostArray } from '@bdl/core'
import type { HostArray } from '@bdl/core'
import { describeFixture, expectClose } from '@bdl/testing'
import { expect, test } from 'vitest'
import {
  autocorrelation,
  effectiveSampleSize,
  foldedRhat,
  highestDensityInterval,
  monteCarloError,
  rankNormalisedRhat,
  rhat,
  splitRhat
} from '../src/index'
import type { EssMethod } from '../src/index'
import { ofKind } from './hmc-json'
import type { HmcCase } from './hmc-json'

const DIGITS = { atol: 1e-9, rtol: 1e-9 }

const essMethods: Readonly<Record<string, EssMethod>> = {
  mean: 'mean',
  sd: 'sd',
  bulk: 'bulk',
  tail: 'tail',
  median: 'median',
  quantile05: { quantile: 0.05 },
  identity: 'identity'
}

const rhats: Readonly<Record<string, (draws: HostArray) => number>> = {
  rank: rankNormalisedRhat,
  split: splitRhat,
  folded: foldedRhat,
  identity: rhat
}

const known = <T>(table: Readonly<Record<string, T>>, name: string): T => {
  const found = table[name]
  if (found === undefined) throw new Error(`no diagnostic called ${name}`)
  return found
}

describeFixture<HmcCase>('hmc.json', import.meta.url, ({ cases }) => {
  for (const c of ofKind(cases, 'diagnostics')) {
    const rows = c.chains
    const draws = hostArray([rows.length, rows[0]!.length], rows.flat())

    test(`${c.name}: effective sample size, R-hat and Monte Carlo errors`, () => {
      for (const [name, expected] of Object.entries(c.ess ?? {}))
        expectClose(effectiveSampleSize(draws, known(essMethods, name)), expected, DIGITS, `ess ${name}`)
      for (const [name, expected] of Object.entries(c.rhat ?? {}))
        expectClose(known(rhats, name)(draws), expected, DIGITS, `rhat ${name}`)
      for (const [name, expected] of Object.entries(c.mcse ?? {}))
        expectClose(monteCarloError(draws, name === 'sd' ? 'sd' : 'mean'), expected, DIGITS, `mcse ${name}`)
    })

    test(`${c.name}: highest density interval and autocorrelations`, () => {
      if (c.hdi90 !== undefined) expectClose([...highestDensityInterval(draws.data, 0.9)], [...c.hdi90], DIGITS)
      const expected = c.autocorrelationChain0
      if (expected !== undefined)
        expectClose([...autocorrelation(Float64Array.from(rows[0]!), expected.length - 1)], [...expected], DIGITS)
    })

    test(`${c.name}: every diagnostic is a number or NaN, never an error`, () => {
      for (const method of Object.values(essMethods)) expect(typeof effectiveSampleSize(draws, method)).toBe('number')
      for (const f of Object.values(rhats)) expect(typeof f(draws)).toBe('number')
    })
  }

  test('the file has cases', () => {
    expect(cases.length).toBeGreaterThan(0)
  })
})
