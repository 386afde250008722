// The laws over a registry of every public bijector, and the algebra of their composition.
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { pipe } from 'fp-ts/lib/function.js'
import { describe, expect, test } from 'vitest'
import { grad, jit, vmap } from '@bdl/compiler'
import { key, learnable, leaves, normal, type Learnable, type Tree } from '@bdl/core'
import { eagerAndCompiled, expectClose } from '@bdl/testing'
import * as index from '../src/index'
import { bijectorLaws } from '../src/testing'
import {
  additiveCoupling,
  affine,
  affineCoupling,
  asEvent,
  chain,
  coupling,
  exp,
  identity,
  invert,
  leakyRelu,
  MonoidBijector,
  permute,
  power,
  reverse,
  scale,
  shift,
  sigmoid,
  softplus,
  tanh,
  type Bijector
} from '../src/index'
import { points } from './rows/row'
import { laws, learnables } from './rows/rows'

describe.each(Object.entries(laws))('%s', (_, [b, x, options]) => {
  test.each(bijectorLaws(b, x, options).map(({ name, check }) => [name, check] as const))('%s', (__, check) => check())

  test('compiled is eager, also under vmap', async () => {
    const pair = (v: tf.Tensor) => vmap((u: tf.Tensor) => b.forwardAndLogDet(u))(v)
    const [value, logDet] = b.forwardAndLogDet(x)
    for (const [y, l] of await eagerAndCompiled(pair, [x])) {
      expectClose(y, value, { atol: 1e-6, rtol: 1e-5 })
      expectClose(l, logDet, { atol: 1e-6, rtol: 1e-5 })
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
    const loss = (p: Tree, v: tf.Tensor): tf.Tensor => {
      const [y, logDet] = made.build(p).forwardAndLogDet(v)
      const [u, inverseLogDet] = made.build(p).inverseAndLogDet(tf.mul(y, 0.9))
      return [tf.sin(y), logDet, tf.sin(u), inverseLogDet].reduce((s, term) => tf.add(s, tf.sum(term)), tf.scalar(0))
    }
    const eager = leaves(grad(loss)(params, x))
    for (const leaf of eager) {
      const values = Array.from(leaf.dataSync())
      expect(values.every(Number.isFinite)).toBe(true)
      expect(values.some((v) => v !== 0)).toBe(true)
    }
    const compiled = jit((p: Tree, v: tf.Tensor) => [...leaves(grad(loss)(p, v))])
    const slopes = await compiled(params, x)
    slopes.forEach((slope, i) => expectClose(slope, eager[i]!, { atol: 1e-4, rtol: 1e-4 }))
    compiled.dispose()
  })
})

test('every public factory has a row', () => {
  const rows = new Set([laws, learnables].flatMap((table) => Object.keys(table).map((row) => row.split(' ')[0])))
  const without = Object.keys(index).filter((name) => !rows.has(name))
  expect(without.sort()).toEqual(['MonoidBijector', 'bijector'])
})

describe('the laws catch what is wrong', () => {
  const failures = (b: Bijector): string[] =>
    bijectorLaws(b, points).flatMap(({ name, check }) => {
      try {
        check()
        return []
      } catch {
        return [name]
      }
    })

  test('a log-det of the wrong sign', () => {
    const wrong = index.bijector({
      name: 'wrong',
      eventNdims: 0,
      forwardAndLogDet: (x) => [tf.exp(x), tf.neg(x)],
      inverseAndLogDet: (y) => [tf.log(y), tf.log(y)]
    })
    expect(failures(wrong)).toEqual(['the log-det is log|det| of the Jacobian'])
  })

  test('an inverse that is none', () => {
    const wrong = index.bijector({
      name: 'wrong',
      eventNdims: 0,
      forwardAndLogDet: (x) => [tf.mul(x, 2), tf.fill(x.shape, Math.LN2)],
      inverseAndLogDet: (y) => [tf.clone(y), tf.fill(y.shape, -Math.LN2)]
    })
    expect(failures(wrong)).toContain('inverse after forward is the identity')
  })
})

describe('monoid and group', () => {
  const small = fc.constantFrom(
    affine({ shift: 0.5, scale: 2 }),
    tanh,
    reverse,
    shift(-1),
    permute([1, 2, 0]),
    asEvent(1)(scale(0.5))
  )
  const same = (a: Bijector, b: Bijector): void => {
    const [[ya, la], [yb, lb]] = [a.forwardAndLogDet(points), b.forwardAndLogDet(points)]
    expectClose(ya, yb, { atol: 1e-5, rtol: 1e-5 })
    expectClose(la, lb, { atol: 1e-5, rtol: 1e-5 })
  }
  const { concat, empty } = MonoidBijector

  test('associativity', () => {
    const law = fc.property(small, small, small, (a, b, c) => same(concat(concat(a, b), c), concat(a, concat(b, c))))
    fc.assert(law, { numRuns: 40 })
  })

  test('identity on both sides', () => {
    fc.assert(
      fc.property(small, (b) => {
        same(concat(empty, b), b)
        same(concat(b, empty), b)
      })
    )
  })

  test('invert is an involution and reverses a chain', () => {
    expect(invert(invert(tanh))).toBe(tanh)
    const law = fc.property(small, small, (a, b) =>
      same(invert(invert(chain(a, b))), chain(invert(invert(a)), invert(invert(b))))
    )
    fc.assert(law, { numRuns: 20 })
    const linear = [affine({ shift: 0.5, scale: 2 }), reverse] as const
    same(invert(chain(...linear)), chain(invert(linear[1]), invert(linear[0])))
    same(chain(linear[0], invert(linear[0])), identity)
  })

  test('left to right: the first link is applied first', () => {
    expectClose(chain(shift(1), scale(2)).forward(tf.scalar(3)), 8, { atol: 0, rtol: 0 })
  })

  test('ranks: an elementwise link beside a vector link has one log-det a vector', () => {
    const mixed = chain(exp, reverse, asEvent(0)(shift(1)))
    expect([mixed.forwardEventNdims, mixed.inverseEventNdims]).toEqual([1, 1])
    expect(mixed.forwardAndLogDet(points)[1].shape).toEqual([2])
    expect(chain().forwardAndLogDet(points)[1].shape).toEqual([2, 3])
  })
})

describe('with parameters to learn', () => {
  test('a learnable conditioner makes a learnable coupling, and learnables chain', () => {
    const linear: Learnable<tf.Tensor, (x: tf.Tensor) => tf.Tensor> = {
      init: (k) => normal(k, [1, 4]),
      build: (w) => (x) => tf.reshape(tf.matMul(tf.reshape(x, [-1, 1]), w), [...x.shape.slice(0, -1), 4])
    }
    const layer = pipe(
      linear,
      learnable.map((conditioner) => affineCoupling({ numMasked: 1, conditioner }))
    )
    const flow = pipe(
      learnable.sequence([layer, layer]),
      learnable.map(([a, b]) => chain(a, reverse, b))
    )
    const b = flow.build(flow.init(key(0)))
    for (const { check } of bijectorLaws(b, points)) check()
  })
})

describe('edges', () => {
  const at = (b: Bijector, ...x: number[]): readonly [number[], number[]] => {
    const [y, l] = b.forwardAndLogDet(tf.tensor1d(x))
    return [Array.from(y.dataSync()), Array.from(l.dataSync())]
  }

  test('saturated maps keep a finite log-det', () => {
    expect(at(tanh, 1e3, -1e3)).toEqual([
      [1, -1],
      [2 * (Math.fround(Math.LN2) - 1000), 2 * (Math.fround(Math.LN2) - 1000)].map(Math.fround)
    ])
    expect(at(sigmoid, 100, -100)[1]).toEqual([-100, -100])
    expect(at(softplus, 1e4, -1e4)).toEqual([
      [1e4, 0],
      [-0, -1e4]
    ])
  })

  test('infinite where the domain ends', () => {
    const [x, l] = exp.inverseAndLogDet(tf.tensor1d([0]))
    expect([x.dataSync()[0], l.dataSync()[0]]).toEqual([-Infinity, Infinity])
  })

  test('errors', () => {
    expect(() => scale(0)).toThrow(/scale: scale: expected a number other than 0, got 0/)
    expect(() => affine({ shift: 0, scale: 0 })).toThrow(/affine: scale/)
    expect(() => leakyRelu(-1)).toThrow(/leakyRelu: slope/)
    expect(() => power(0)).toThrow(/power: p/)
    expect(() => permute([0, 0, 1])).toThrow(/permute: order: expected a permutation of 0, ..., 2, got \[0, 0, 1\]/)
    expect(() => asEvent(-1)).toThrow(/asEvent: n/)
    expect(() => coupling({ numMasked: 0, conditioner: () => identity })).toThrow(/coupling: numMasked/)
    const wide = additiveCoupling({ numMasked: 3, conditioner: (x) => x })
    expect(() => wide.forward(points)).toThrow(/a last axis longer than numMasked = 3, got \[2, 3\]/)
    expect(() => affineCoupling({ numMasked: 2, conditioner: (x) => tf.sum(x, -1, true) }).forward(points)).toThrow(
      /even last axis/
    )
  })
})
