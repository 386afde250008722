// M2, M3 (negative control), M4, M6 of graph metanets.
import * as tf from '@tensorflow/tfjs-core'
import { grad, jit, vmap } from '@bdl/compiler'
import { flatten, key, normal, split, unflatten, type Tree } from '@bdl/core'
import type { MlpParams } from '@bdl/nn'
import { eagerAndCompiled, expectClose, expectNoLeak } from '@bdl/testing'
import { describe, expect, test } from 'vitest'
import { fieldMetanet, propertyMetanet, standardisationOf, type FieldParams, type MetanetOptions } from '../src/index'
import { largestDifference, network, numbers, permutationOf, permuted, shaken, stacked } from './support/networks'

const SIZES = [3, 6, 5, 2]
const OPTIONS: MetanetOptions = { sizes: SIZES, channels: 8, hidden: 12, extraChannels: 1, timeFrequencies: 4 }

const time = tf.scalar(0.3)

const fieldOf = (options: MetanetOptions, seed: number) => {
  const net = fieldMetanet(options)
  return net.build(shaken(net.init(key(seed)), seed + 1))
}

const propertyOf = (options: MetanetOptions, seed: number) => {
  const net = propertyMetanet({ ...options, outputs: 3 })
  return net.build(shaken(net.init(key(seed)), seed + 1))
}

const CASES = [
  [3, 6, 2],
  [3, 6, 5, 2],
  [3, 4, 4, 4, 2]
]

describe('M2: hidden units can be relabelled', () => {
  test.each(CASES.map((sizes) => [sizes.join('-'), sizes] as const))('%s', (_, sizes) => {
    const options = { ...OPTIONS, sizes }
    for (let seed = 1; seed <= 3; seed++) {
      const [w, extra] = [network(sizes, seed), network(sizes, seed + 10)]
      const g = permutationOf(sizes, seed + 20)
      const field = fieldOf(options, seed)
      const answer = field({ weights: w, time, extra: [extra] })
      const moved = field({ weights: permuted(w, g), time, extra: [permuted(extra, g)] })
      expect(largestDifference(moved, permuted(answer, g))).toBeLessThan(1e-5)
      // The law says nothing where the answer is the same for all units.
      expect(largestDifference(answer, permuted(answer, g))).toBeGreaterThan(0.05)
      const property = propertyOf(options, seed)
      const before = property({ weights: w, time, extra: [extra] })
      expectClose(property({ weights: permuted(w, g), time, extra: [permuted(extra, g)] }), numbers(before), {
        atol: 1e-5,
        rtol: 1e-5
      })
    }
  })

  test('with a standardisation, too', () => {
    const standardisation = standardisationOf(stacked([network(SIZES, 1), network(SIZES, 2)]))
    const field = fieldOf({ sizes: SIZES, standardisation }, 3)
    const g = permutationOf(SIZES, 4)
    const w = network(SIZES, 5)
    expect(largestDifference(field({ weights: permuted(w, g) }), permuted(field({ weights: w }), g))).toBeLessThan(1e-5)
  })
})

describe('M3, M4: what it is not', () => {
  const w = network(SIZES, 1)
  const extra = [network(SIZES, 2)]

  test('not scale-equivariant (negative control): the function is kept, the answer is another', () => {
    const scale = (sizes: readonly number[]) =>
      sizes.slice(1, -1).map((n) => ({
        permutation: Int32Array.from({ length: n }, (_, i) => i),
        scale: new Float64Array(n).fill(2)
      }))
    const property = propertyOf({ sizes: SIZES }, 1)
    expect(
      largestDifference(property({ weights: permuted(w, scale(SIZES)) }), property({ weights: w }))
    ).toBeGreaterThan(0.01)
    const field = fieldOf({ sizes: SIZES }, 1)
    const moved = field({ weights: permuted(w, scale(SIZES)) })
    expect(largestDifference(moved, permuted(field({ weights: w }), scale(SIZES)))).toBeGreaterThan(0.01)
  })

  test('hidden-unit embeddings break the equivariance (negative control)', () => {
    const g = permutationOf(SIZES, 7)
    const field = fieldOf({ ...OPTIONS, unitEmbeddings: 'all' }, 1)
    const moved = field({ weights: permuted(w, g), time, extra: extra.map((tree) => permuted(tree, g)) })
    expect(largestDifference(moved, permuted(field({ weights: w, time, extra }), g))).toBeGreaterThan(0.01)
  })

  test('inputs and outputs are told apart', () => {
    const property = propertyOf(OPTIONS, 2)
    const before = property({ weights: w, time, extra })
    const inputs = [{ ...w[0]!, w: tf.gather(w[0]!.w, [1, 2, 0]) }, ...w.slice(1)]
    expect(largestDifference(property({ weights: inputs, time, extra }), before)).toBeGreaterThan(0.01)
    const last = w[2]!
    const outputs = [...w.slice(0, 2), { w: tf.gather(last.w, [1, 0], 1), b: tf.gather(last.b, [1, 0]) }]
    expect(largestDifference(property({ weights: outputs, time, extra }), before)).toBeGreaterThan(0.01)
  })

  test('layers are told apart: two square layers exchanged give another answer', () => {
    const sizes = [3, 4, 4, 4, 2]
    const net = network(sizes, 3)
    const exchanged = [net[0]!, net[2]!, net[1]!, net[3]!]
    const property = propertyOf({ sizes }, 4)
    expect(largestDifference(property({ weights: exchanged }), property({ weights: net }))).toBeGreaterThan(0.01)
  })

  test('time and further channels are read', () => {
    const field = fieldOf(OPTIONS, 5)
    const before = field({ weights: w, time, extra })
    expect(largestDifference(field({ weights: w, time: tf.scalar(0.7), extra }), before)).toBeGreaterThan(0.01)
    expect(largestDifference(field({ weights: w, time, extra: [w] }), before)).toBeGreaterThan(0.01)
  })
})

describe('before training', () => {
  test('the field is 0; with gates of 1 alone it is the channel itself', () => {
    const net = fieldMetanet(OPTIONS)
    const params = net.init(key(1))
    const [w, extra] = [network(SIZES, 1), network(SIZES, 2)]
    const zero = net.build(params)({ weights: w, time, extra: [extra] })
    expect(numbers(zero).every((x) => x === 0)).toBe(true)
    // Gates: [edge channel 0, edge channel 1, node channel 0, node channel 1].
    const gated: FieldParams = { ...params, gates: { ...params.gates, b: tf.tensor1d([0, 1, 0, 1]) } }
    expect(largestDifference(net.build(gated)({ weights: w, time, extra: [extra] }), extra)).toBe(0)
  })
})

const ofDirection = (at: Tree, direction: Tree, h: number): Tree => {
  const [all, def] = flatten(at)
  const along = flatten(direction)[0]
  return unflatten(
    def,
    all.map((leaf, i) => tf.add(leaf, tf.mul(along[i]!, h)))
  )
}

const inner = (a: Tree, b: Tree): number => {
  const other = numbers(b)
  return numbers(a).reduce((sum, x, i) => sum + x * other[i]!, 0)
}

describe('M6: one set of parameters, many networks', () => {
  test('runs on several widths and depths', () => {
    const field = fieldOf({ sizes: [3, 6, 2] }, 1)
    const property = propertyOf({ sizes: [3, 6, 2] }, 1)
    for (const sizes of [
      [3, 2],
      [3, 1, 2],
      [3, 9, 2],
      [3, 4, 7, 2],
      [3, 4, 4, 4, 2]
    ]) {
      const w = network(sizes, 2)
      const answer = field({ weights: w })
      answer.forEach((layer, l) => {
        expect(layer.w.shape).toEqual(w[l]!.w.shape)
        expect(layer.b.shape).toEqual(w[l]!.b.shape)
      })
      expect(numbers([answer, property({ weights: w })]).every(Number.isFinite)).toBe(true)
    }
  })

  test('zero weights and dead units give no NaN, in gradients neither', async () => {
    const net = fieldMetanet(OPTIONS)
    const params = shaken(net.init(key(1)), 2)
    const zero = network(SIZES, 1).map(({ w, b }) => ({ w: tf.zerosLike(w), b: tf.zerosLike(b) }))
    const loss = (p: FieldParams, w: MlpParams) =>
      net
        .build(p)({ weights: w, time, extra: [w] })
        .reduce((sum: tf.Tensor, layer) => tf.add(sum, tf.sum(tf.square(layer.w))), tf.scalar(0))
    for (const slopes of await eagerAndCompiled((p: FieldParams, w: MlpParams) => grad(loss)(p, w), [params, zero]))
      expect(numbers(slopes).every(Number.isFinite)).toBe(true)
  })

  test('a batch by vmap is the loop over its items, eager and compiled', async () => {
    const nets = [1, 2, 3].map((seed) => network(SIZES, seed))
    const field = fieldOf(OPTIONS, 4)
    const batched = (w: MlpParams, t: tf.Tensor) =>
      vmap((one: MlpParams, t1: tf.Tensor) => field({ weights: one, time: t1, extra: [one] }))(w, t)
    const times = tf.tensor1d([0.1, 0.5, 0.9])
    const expected = numbers(
      stacked(nets.map((net, i) => field({ weights: net, time: tf.scalar([0.1, 0.5, 0.9][i]!), extra: [net] })))
    )
    for (const answer of await eagerAndCompiled(batched, [stacked(nets), times]))
      expectClose(numbers(answer), expected, { atol: 1e-5, rtol: 1e-4 })
  })

  test('gradients in parameters and in weights are those of finite differences', async () => {
    const net = fieldMetanet(OPTIONS)
    const params = shaken(net.init(key(1)), 2)
    const [w, target] = [network(SIZES, 3), network(SIZES, 4)]
    const loss = (p: FieldParams, weights: MlpParams): tf.Tensor =>
      net
        .build(p)({ weights, time, extra: [target] })
        .reduce((sum: tf.Tensor, layer) => tf.add(sum, tf.sum(tf.sin(layer.w))), tf.scalar(0))
    // The reference engine computes in float64, so that a difference of two losses keeps its digits.
    const exact = jit(loss, { engine: 'reference' })
    const central = async (at: (s: number) => readonly [FieldParams, MlpParams], h: number) => {
      const [up, down] = [await exact(...at(h)), await exact(...at(-h))]
      return (up.dataSync()[0]! - down.dataSync()[0]!) / (2 * h)
    }
    // Richardson's step takes the h² error away.
    const rate = async (at: (s: number) => readonly [FieldParams, MlpParams]) =>
      (4 * (await central(at, 2 ** -8)) - (await central(at, 2 ** -7))) / 3
    const check = (slope: number, expected: number) =>
      expect(Math.abs(slope - expected)).toBeLessThan(2e-3 * (1 + Math.abs(expected)))
    const ofWeights = (weights: MlpParams, p: FieldParams) => loss(p, weights)
    for (const gradient of await eagerAndCompiled((p: FieldParams, v: MlpParams) => grad(loss)(p, v), [params, w]))
      for (const seed of [5, 6, 7]) {
        const direction = shaken(params, seed, 0.1)
        check(inner(gradient, direction), await rate((s) => [ofDirection(params, direction, s) as FieldParams, w]))
      }
    for (const gradient of await eagerAndCompiled((v: MlpParams, p: FieldParams) => grad(ofWeights)(v, p), [w, params]))
      for (const seed of [8, 9, 10]) {
        const direction = network(SIZES, seed)
        check(inner(gradient, direction), await rate((s) => [params, ofDirection(w, direction, s) as MlpParams]))
      }
    exact.dispose()
  })

  test('eager and compiled agree', async () => {
    const w = network(SIZES, 1)
    const property = propertyOf(OPTIONS, 2)
    const [eager, compiled] = await eagerAndCompiled(
      (v: MlpParams, t: tf.Tensor) => property({ weights: v, time: t, extra: [v] }),
      [w, time]
    )
    expectClose(compiled, numbers(eager), { atol: 1e-5, rtol: 1e-4 })
  })
})

describe('contract', () => {
  const w = network(SIZES, 1)

  test('initialisation and answers leak nothing', () => {
    const k = key(3)
    for (const net of [fieldMetanet(OPTIONS), fieldMetanet({ sizes: SIZES })]) expectNoLeak(() => net.init(k))
    const net = fieldMetanet(OPTIONS)
    const params = net.init(k)
    expectNoLeak(() => net.build(params)({ weights: w, time, extra: [w] }))
    const property = propertyMetanet({ sizes: SIZES, outputs: 2 })
    const ps = property.init(k)
    expectNoLeak(() => property.build(ps)({ weights: w }))
  })

  test('the same key gives the same parameters, another key others', () => {
    const net = fieldMetanet(OPTIONS)
    expect(largestDifference(net.init(key(1)), net.init(key(1)))).toBe(0)
    expect(largestDifference(net.init(key(1)), net.init(key(2)))).toBeGreaterThan(0.1)
  })

  test('what does not fit is named', () => {
    const field = fieldOf(OPTIONS, 1)
    expect(() => field({ weights: w, extra: [w] })).toThrow(/time: expected a scalar/)
    expect(() => field({ weights: w, time })).toThrow(/extra: expected 1 trees, got 0/)
    expect(() => field({ weights: network([4, 6, 2], 1), time, extra: [w] })).toThrow(/an MLP 3-\.\.\.-2, got 4-6-2/)
    expect(() => fieldOf({ sizes: SIZES }, 1)({ weights: w, time })).toThrow(/time: expected none/)
    const all = fieldOf({ sizes: SIZES, unitEmbeddings: 'all' }, 1)
    expect(() => all({ weights: network([3, 6, 2], 1) })).toThrow(/an MLP 3-6-5-2/)
    expect(() => fieldMetanet({ sizes: [3] })).toThrow(/number of sizes/)
    expect(() => fieldMetanet({ sizes: SIZES, channels: 0 })).toThrow(/channels/)
    expect(() => propertyMetanet({ sizes: SIZES, outputs: 0 })).toThrow(/outputs/)
  })

  test('one hidden layer with all units embedded still reads every unit', () => {
    const sizes = [3, 4, 2]
    const keys = split(key(1), 2)
    const field = fieldOf({ sizes, unitEmbeddings: 'all' }, 2)
    const net = [
      { w: normal(keys[0], [3, 4]), b: tf.zeros([4]) },
      { w: normal(keys[1], [4, 2]), b: tf.zeros([2]) }
    ]
    expect(numbers(field({ weights: net })).every(Number.isFinite)).toBe(true)
  })
})
