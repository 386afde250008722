// Special functions over wide ranges, against 60-digit values.
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import {
  casesOf,
  describeFixture,
  eagerAndCompiled,
  expectClose,
  toleranceOf,
  type CaseTolerance,
  type Nested
} from '@bdl/testing'
import {
  betainc,
  digamma,
  erf,
  erfc,
  erfinv,
  gammainc,
  gammaincc,
  i0e,
  i1e,
  lbeta,
  lgamma,
  log1mexp,
  logaddexp,
  logNdtr,
  logSigmoid,
  logsumexp,
  ndtr,
  ndtri,
  polygamma,
  sigmoid,
  softplus,
  softplusInverse
} from '../src/index'

type SpecialCase = CaseTolerance & {
  readonly fn: string
  readonly args: Readonly<Record<string, readonly number[]>>
  readonly value: Nested
}

const functions: Readonly<Record<string, (...args: tf.Tensor[]) => tf.Tensor>> = {
  betainc: (a, b, x) => betainc(a!, b!, x!),
  digamma: (x) => digamma(x!),
  erf: (x) => erf(x!),
  erfc: (x) => erfc(x!),
  erfinv: (x) => erfinv(x!),
  gammainc: (a, x) => gammainc(a!, x!),
  gammaincc: (a, x) => gammaincc(a!, x!),
  i0e: (x) => i0e(x!),
  i1e: (x) => i1e(x!),
  lbeta: (a, b) => lbeta(a!, b!),
  lgamma: (x) => lgamma(x!),
  log1mexp: (x) => log1mexp(x!),
  logaddexp: (a, b) => logaddexp(a!, b!),
  logNdtr: (x) => logNdtr(x!),
  logSigmoid: (x) => logSigmoid(x!),
  logsumexp: (x) => logsumexp(x!),
  ndtr: (x) => ndtr(x!),
  ndtri: (x) => ndtri(x!),
  sigmoid: (x) => sigmoid(x!),
  softplus: (x) => softplus(x!),
  softplusInverse: (x) => softplusInverse(x!),
  trigamma: (x) => polygamma(1, x!)
}

describeFixture<SpecialCase>('special.json', import.meta.url, (fixture) => {
  const names = Object.keys(functions)
  const present = names.filter((name) => fixture.cases.some((c) => c.fn === name))

  test('the file has cases of ours, and none that is not', () => {
    expect(present.length).toBeGreaterThan(0)
    expect(fixture.cases.filter((c) => !names.includes(c.fn))).toEqual([])
  })

  test.each(present)('%s, eagerly and compiled', async (name) => {
    for (const c of casesOf(fixture, 'fn', [name])) {
      const args = Object.values(c.args).map((values) => tf.tensor1d([...values]))
      for (const y of await eagerAndCompiled(functions[name]!, args)) {
        expectClose(y, c.value, toleranceOf(fixture, c), name)
        y.dispose()
      }
      tf.dispose(args)
    }
  })
})
