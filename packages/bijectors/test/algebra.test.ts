// Bijectors as a monoid under composition, and as a group as far as inverses go, on random chains.
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { pipe } from 'fp-ts/lib/function.js'
import { describe, expect, test } from 'vitest'
import { key, learnable, normal, type Learnable } from '@bdl/core'
import { expectClose } from '@bdl/testing'
import { bijectorLaws } from '../src/testing'
import {
  affine,
  affineCoupling,
  asEvent,
  blockwise,
  chain,
  exp,
  flatten,
  householder,
  identity,
  invert,
  learnableAffine,
  learnableChain,
  learnableLuLinear,
  MonoidBijector,
  permute,
  reshape,
  reverse,
  scale,
  shift,
  sigmoid,
  softmaxCentered,
  stickBreaking,
  tanh,
  type Bijector
} from '../src/index'
import { points } from './rows/row'

const close = { atol: 1e-5, rtol: 1e-5 }

/** Of vectors of three numbers, onto all of them or near: any of them after any other. */
const links: readonly Bijector[] = [
  affine({ shift: 0.5, scale: -2 }),
  affine({ shift: tf.tensor1d([0.1, -0.2, 0.3]), logScale: tf.tensor1d([0.2, 0, -0.3]) }),
  tanh,
  reverse,
  shift(-1),
  permute([1, 2, 0]),
  asEvent(1)(scale(0.5)),
  householder({ vectors: tf.tensor2d([[1, -2, 0.5]]) }),
  chain(sigmoid, scale(3)),
  affineCoupling({ numMasked: 1, conditioner: (x) => tf.mul(tf.sin(x), tf.tensor1d([1, -1, 0.5, 0.25])) }),
  chain(reshape([3], [3, 1]), flatten([3, 1])),
  blockwise({ sizes: [2, 1], bijectors: [reverse, shift(1)] }),
  chain(softmaxCentered, invert(stickBreaking))
]
const link = fc.constantFrom(...links)
const chains = fc.array(link, { maxLength: 3 }).map((bs) => chain(...bs))

/** Event ranks of a whole chain do not depend on how it is bracketed; a batch stays a batch. */
const same = (a: Bijector, b: Bijector): void => {
  const [[ya, la], [yb, lb]] = [a.forwardAndLogDet(points), b.forwardAndLogDet(points)]
  expectClose(ya, yb, close)
  expectClose(la, lb, close)
  expect([a.forwardEventNdims, a.inverseEventNdims]).toEqual([b.forwardEventNdims, b.inverseEventNdims])
}
const { concat, empty } = MonoidBijector

describe('monoid', () => {
  test('associativity', () => {
    const law = fc.property(chains, chains, chains, (a, b, c) => same(concat(concat(a, b), c), concat(a, concat(b, c))))
    fc.assert(law, { numRuns: 60, seed: 2026 })
  })

  test('identity on both sides', () => {
    const law = fc.property(chains, (b) => {
      same(concat(empty, b), b)
      same(concat(b, empty), b)
    })
    fc.assert(law, { numRuns: 30, seed: 2026 })
  })

  test('concat is composition: values one after another, log-dets add up', () => {
    const law = fc.property(chains, chains, (a, b) => {
      const [y, first] = a.forwardAndLogDet(points)
      const [z, second] = b.forwardAndLogDet(y)
      const [value, logDet] = concat(a, b).forwardAndLogDet(points)
      const summed = (l: tf.Tensor): tf.Tensor => (l.rank > logDet.rank ? tf.sum(l, -1) : l)
      expectClose(value, z, close)
      expectClose(logDet, tf.add(summed(first), summed(second)), close)
      expectClose(concat(a, b).forward(points), z, close)
    })
    fc.assert(law, { numRuns: 40, seed: 2026 })
  })
})

describe('inverses', () => {
  test('invert is an involution, to the very object', () => {
    fc.assert(
      fc.property(chains, (b) => {
        expect(invert(invert(b))).toBe(b)
      }),
      { numRuns: 20, seed: 2026 }
    )
  })

  test('invert is an anti-homomorphism: the inverse of a chain is the reversed chain of inverses', () => {
    const law = fc.property(chains, chains, (a, b) => {
      const ab = chain(a, b)
      const y = ab.forward(points)
      const [whole, parts] = [invert(ab), chain(invert(b), invert(a))]
      const [[xa, la], [xb, lb]] = [whole.forwardAndLogDet(y), parts.forwardAndLogDet(y)]
      expectClose(xa, xb, close)
      expectClose(la, lb, close)
    })
    fc.assert(law, { numRuns: 40, seed: 2026 })
  })

  test('a bijector after its inverse is the identity', () => {
    const [affineLink] = links as readonly [Bijector]
    same(chain(affineLink, invert(affineLink)), identity)
    const law = fc.property(link, (b) => {
      const [x, logDet] = chain(b, invert(b)).forwardAndLogDet(points)
      expectClose(x, points, { atol: 1e-4, rtol: 1e-4 })
      expectClose(logDet, tf.zerosLike(logDet), { atol: 1e-4, rtol: 0 })
    })
    fc.assert(law, { numRuns: 40, seed: 2026 })
  })
})

describe('order and ranks', () => {
  test('left to right: the first link is applied first', () => {
    expectClose(chain(shift(1), scale(2)).forward(tf.scalar(3)), 8, { atol: 0, rtol: 0 })
  })

  test('an elementwise link beside a vector link has one log-det a vector', () => {
    const mixed = chain(exp, reverse, asEvent(0)(shift(1)))
    expect([mixed.forwardEventNdims, mixed.inverseEventNdims]).toEqual([1, 1])
    expect(mixed.forwardAndLogDet(points)[1].shape).toEqual([2])
    expect(chain().forwardAndLogDet(points)[1].shape).toEqual([2, 3])
  })

  test('ranks and shapes that change along the chain', () => {
    const b = chain(reshape([4], [2, 2]), exp, flatten([2, 2]), softmaxCentered)
    expect([b.forwardEventNdims, b.inverseEventNdims]).toEqual([1, 1])
    expect([b.forwardEventShape([4]), b.inverseEventShape([5])]).toEqual([[5], [4]])
    expect(b.forwardAndLogDet(tf.zeros([3, 4])).map((part) => part.shape)).toEqual([[3, 5], [3]])
  })
})

describe('with parameters to learn', () => {
  const linear: Learnable<tf.Tensor, (x: tf.Tensor) => tf.Tensor> = {
    init: (k) => tf.mul(normal(k, [1, 4]), 0.3), // larger ones are ill-conditioned: scales are their exponentials
    build: (w) => (x) => tf.reshape(tf.matMul(tf.reshape(x, [-1, 1]), w), [...x.shape.slice(0, -1), 4])
  }
  const layer = pipe(
    linear,
    learnable.map((conditioner) => affineCoupling({ numMasked: 1, conditioner }))
  )

  test('a learnable conditioner makes a learnable coupling, and learnables chain', async () => {
    const flow = learnableChain(layer, learnable.of(reverse), layer)
    const [first, none, last] = flow.init(key(0))
    expect([first.shape, none, last.shape]).toEqual([[1, 4], [], [1, 4]])
    for (const { check } of bijectorLaws(flow.build([first, none, last]), points)) await check()
  })

  test('learnableChain is sequence, mapped to chain', () => {
    const parts = [learnableAffine({ shape: [3] }), learnableLuLinear({ size: 3 })] as const
    const mapped = pipe(
      learnable.sequence(parts),
      learnable.map((bs) => chain(...bs))
    )
    const params = mapped.init(key(3))
    same(learnableChain(...parts).build(params), mapped.build(params))
    same(learnableChain(...parts).build(learnableChain(...parts).init(key(3))), mapped.build(params))
  })
})
