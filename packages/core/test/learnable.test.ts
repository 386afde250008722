// Functor and graded-applicative laws, on learnables whose parameters are random numbers and which build functions of them.
import type * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { pipe } from 'fp-ts/lib/function.js'
import { describe, expect, test } from 'vitest'
import { expectNoLeak } from '@bdl/testing'
import { key, learnable, normal, split, type Learnable } from '../src/index'

type P = { readonly w: tf.Tensor }

/** Draws n numbers, builds k times their sum. */
const summed = (n: number, k = 1): Learnable<P, number> => ({
  init: (keyInit) => ({ w: normal(keyInit, [n]) }),
  build: ({ w }) => k * Array.from(w.dataSync()).reduce((s, x) => s + x, 0)
})

const seeds = fc.integer({ min: 0, max: 1000 })
const slopes = fc.integer({ min: -5, max: 5 })

/** Initialises with the seed and builds. */
const run = <Q, A>(seed: number, l: Learnable<Q, A>): A => l.build(l.init(key(seed)))

describe('functor', () => {
  test('identity', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        expect(run(seed, learnable.map((a: number) => a)(summed(3)))).toBe(run(seed, summed(3)))
      })
    )
  })

  test('composition, also through the fp-ts instance', () => {
    const law = fc.property(seeds, slopes, slopes, (seed, a, b) => {
      const f = (x: number): number => a * x + 1
      const g = (x: number): number => x * x - b
      const twice = pipe(summed(2), learnable.map(f), learnable.map(g))
      const once = learnable.Functor.map(summed(2), (x) => g(f(x)))
      expect(run(seed, twice)).toBe(run(seed, once))
    })
    fc.assert(law)
  })

  test('map leaves the parameters alone', () => {
    const [a, b] = [summed(3).init(key(1)), learnable.map(String)(summed(3)).init(key(1))]
    expect(b.w.arraySync()).toEqual(a.w.arraySync())
  })
})

describe('apply, graded by the parameters', () => {
  test('what is built is the function built, of the argument built, each from its own key', () => {
    const f = learnable.map((w: number) => (x: number) => w * x)(summed(2))
    const both = pipe(f, learnable.ap(summed(3)))
    const [keyF, keyX] = split(key(5))
    expect(run(5, both)).toBe(summed(2).build(summed(2).init(keyF)) * summed(3).build(summed(3).init(keyX)))
  })

  test('identity and homomorphism', () => {
    const constant = pipe(
      learnable.of((x: number) => x + 1),
      learnable.ap(learnable.of(2))
    )
    expect(run(0, constant)).toBe(3)
    const same = pipe(
      learnable.of((x: number) => x),
      learnable.ap(summed(3))
    )
    const params = same.init(key(3))
    expect(same.build(params)).toBe(summed(3).build(params[1]))
  })

  test('composition: re-associating the parameters re-associates the application', () => {
    const f = learnable.map((w: number) => (x: number) => w + x)(summed(1))
    const g = learnable.map((w: number) => (x: number) => w * x)(summed(1))
    const compose = (u: (x: number) => number) => (v: (x: number) => number) => (x: number) => u(v(x))
    const left = pipe(f, learnable.map(compose), learnable.ap(g), learnable.ap(summed(2)))
    const right = pipe(f, learnable.ap(pipe(g, learnable.ap(summed(2)))))
    const [pf, pg, px] = [f.init(key(1)), g.init(key(2)), summed(2).init(key(3))]
    expect(left.build([[pf, pg], px])).toBeCloseTo(right.build([pf, [pg, px]]), 10)
  })
})

describe('sequence', () => {
  test('a tuple gets one key each, in order', () => {
    const both = learnable.sequence([summed(2), learnable.map(String)(summed(3))])
    const [keyA, keyB] = split(key(7))
    const [a, b] = run(7, both)
    const typed: readonly [number, string] = [a, b]
    expect(typed).toEqual([run2(keyA, summed(2)), String(run2(keyB, summed(3)))])
    expect(run(0, learnable.sequence([]))).toEqual([])
  })

  test('a record is initialised by name, not by the order it is written in', () => {
    const ab = learnable.sequenceRecord({ a: summed(2), b: summed(3, 2) })
    const ba = learnable.sequenceRecord({ b: summed(3, 2), a: summed(2) })
    expect(run(9, ba)).toEqual(run(9, ab))
    const [keyA, keyB] = split(key(9))
    expect(run(9, ab)).toEqual({ a: run2(keyA, summed(2)), b: run2(keyB, summed(3, 2)) })
  })

  test('naturality: mapping every entry is mapping the whole', () => {
    const plusOne = (x: number): number => x + 1
    const entries = learnable.sequence([learnable.map(plusOne)(summed(2)), learnable.map(plusOne)(summed(3))])
    const whole = pipe(
      learnable.sequence([summed(2), summed(3)]),
      learnable.map(([a, b]) => [plusOne(a), plusOne(b)] as const)
    )
    fc.assert(
      fc.property(seeds, (seed) => {
        expect(run(seed, entries)).toEqual(run(seed, whole))
      }),
      { numRuns: 20 }
    )
  })

  test('init leaks nothing', () => {
    const l = learnable.sequenceRecord({
      a: learnable.sequence([summed(2), summed(3)]),
      b: pipe(learnable.of(Math.abs), learnable.ap(summed(1)))
    })
    const k = key(0)
    const params = expectNoLeak(() => l.init(k))
    expect(params.a[0].w.shape).toEqual([2])
  })
})

const run2 = <Q, A>(k: tf.Tensor, l: Learnable<Q, A>): A => l.build(l.init(k))
