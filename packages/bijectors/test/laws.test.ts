// The laws over a registry of every public bijector.
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { grad, jit, vmap } from '@bdl/compiler'
import { key } from '@bdl/core'
import { eagerAndCompiled, expectClose } from '@bdl/testing'
import * as index from '../src/index'
import { bijector, type Bijector } from '../src/index'
import { bijectorLaws } from '../src/testing'
import { points } from './rows/row'
import { laws, learnables } from './rows/rows'

describe.each(Object.entries(laws))('%s', (_, [b, x, options]) => {
  test.each(bijectorLaws(b, x, options).map(({ name, check }) => [name, check] as const))('%s', (__, check) => check())

  test('compiled under vmap', async () => {
    const pair = (v: tf.Tensor) => vmap((u: tf.Tensor) => b.forwardAndLogDet(u))(v)
    const [value, logDet] = b.forwardAndLogDet(x)
    for (const [y, l] of await eagerAndCompiled(pair, [x])) {
      expectClose(y, value, { atol: 2e-6, rtol: 1e-5 })
      expectClose(l, logDet, { atol: 2e-6, rtol: 1e-5 })
    }
  })
})

describe.each(Object.entries(learnables))('%s', (_, [made, x, options]) => {
  const params = made.init(key(7))
  test.each(bijectorLaws(made.build(params), x, options).map(({ name, check }) => [name, check] as const))(
    '%s',
    (__, check) => check()
  )

  test('every parameter learns: the gradient in it is finite, not 0, and compiled the same', async () => {
    const loss = (p: readonly tf.Tensor[], v: tf.Tensor): tf.Tensor => {
      const [y, logDet] = made.build(p).forwardAndLogDet(v)
      const [u, inverseLogDet] = made.build(p).inverseAndLogDet(tf.mul(y, 0.9))
      return [tf.sin(y), logDet, tf.sin(u), inverseLogDet].reduce((s, term) => tf.add(s, tf.sum(term)), tf.scalar(0))
    }
    const eager = grad(loss)(params, x)
    for (const leaf of eager) {
      const values = Array.from(leaf.dataSync())
      expect(values.every(Number.isFinite)).toBe(true)
      expect(values.some((v) => v !== 0)).toBe(true)
    }
    const compiled = jit(grad(loss))
    const slopes = await compiled(params, x)
    slopes.forEach((slope, i) => expectClose(slope, eager[i]!, { atol: 1e-4, rtol: 1e-4 }))
    compiled.dispose()
  })

  test('parameters are drawn: the same of one key', () => {
    made.init(key(7)).forEach((leaf, i) => expectClose(leaf, params[i]!, { atol: 0, rtol: 0 }))
  })
})

test('every public factory has a row', () => {
  const rows = new Set([laws, learnables].flatMap((table) => Object.keys(table).map((row) => row.split(/[ ,]/)[0])))
  const without = Object.keys(index).filter((name) => !rows.has(name))
  expect(without.sort()).toEqual(NOT_BIJECTORS)
})

/** What is no bijector and makes none by itself; each has tests of its own. */
const NOT_BIJECTORS = ['MonoidBijector', 'bijector', 'numericalInverse']

describe('the laws catch what is wrong', () => {
  const failures = async (b: Bijector): Promise<readonly string[]> => {
    const names: string[] = []
    for (const { name, check } of bijectorLaws(b, points)) {
      try {
        await check()
      } catch {
        names.push(name)
      }
    }
    return names
  }
  const double: Parameters<typeof bijector>[0] = {
    name: 'double',
    eventNdims: 0,
    forwardAndLogDet: (x) => [tf.mul(x, 2), tf.fill(x.shape, Math.LN2)],
    inverseAndLogDet: (y) => [tf.div(y, 2), tf.fill(y.shape, -Math.LN2)]
  }
  const wrongs: readonly (readonly [what: string, b: Bijector, failing: readonly string[]])[] = [
    ['nothing wrong', bijector(double), []],
    [
      'a log-det of the wrong sign',
      bijector({
        name: 'wrong',
        eventNdims: 0,
        forwardAndLogDet: (x) => [tf.exp(x), tf.neg(x)],
        inverseAndLogDet: (y) => [tf.log(y), tf.log(y)]
      }),
      ['the log-det is log|det| of the Jacobian', "the log-det's derivative is that of log|det| of the Jacobian"]
    ],
    [
      'a log-det that is a constant to the derivative',
      bijector({
        name: 'wrong',
        eventNdims: 0,
        forwardAndLogDet: (x) => [tf.exp(x), tf.tensor(x.dataSync(), x.shape)],
        inverseAndLogDet: (y) => [tf.log(y), tf.neg(tf.log(y))]
      }),
      ["the log-det's derivative is that of log|det| of the Jacobian", 'a batch is its members']
    ],
    [
      'an inverse that is none',
      bijector({ ...double, inverseAndLogDet: (y) => [tf.clone(y), tf.fill(y.shape, -Math.LN2)] }),
      ['inverse after forward is the identity', 'forward after inverse is the identity']
    ],
    [
      'a log-det of the inverse alone that is wrong',
      bijector({ ...double, inverseAndLogDet: (y) => [tf.div(y, 2), tf.fill(y.shape, Math.LN2)] }),
      ["the inverse's log-det is minus the forward one"]
    ],
    [
      'a log-det summed over the batch',
      bijector({ ...double, forwardAndLogDet: (x) => [tf.mul(x, 2), tf.scalar(Math.LN2)] }),
      ['shapes are the stated ones', 'the log-det is log|det| of the Jacobian']
    ],
    ['a leak', bijector({ ...double, forwardAndLogDet: (x) => [tf.mul(x, tf.keep(tf.scalar(2))), tf.fill(x.shape, Math.LN2)] }), ['nothing leaks']], // prettier-ignore
    ['a derivative that is not finite', bijector({ ...double, forwardAndLogDet: (x) => [tf.add(tf.mul(x, 2), tf.mul(tf.sqrt(tf.zerosLike(x)), 0)), tf.where(tf.greater(x, -9), tf.fill(x.shape, Math.LN2), tf.log(tf.mul(x, 0)))] }), ['first and second derivatives are finite']] // prettier-ignore
  ]

  test.each(wrongs)('%s', async (_, b, failing) => {
    const found = await failures(b)
    for (const name of failing) expect(found).toContain(name)
    if (failing.length === 0) expect(found).toEqual([])
  })
})
