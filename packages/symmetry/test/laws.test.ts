// S1 to S9: what a canonical form must keep, over random networks and random elements of the whole group.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  act,
  align,
  canonicalise,
  compose,
  identityElement,
  inverse,
  mlpSpec,
  type CanonicalOptions
} from '../src/index'
import {
  arbitraryActivation,
  arbitrarySeed,
  arbitrarySizes,
  flat,
  forward,
  inputs,
  largestDifference,
  norm,
  randomAction,
  randomMlp
} from './support/mlp'

const anyNet = fc.record({ sizes: arbitrarySizes, activation: arbitraryActivation, seed: arbitrarySeed })

const largest = (xs: ArrayLike<number>): number => Array.from(xs).reduce((most, x) => Math.max(most, Math.abs(x)), 0)

const expectSameFunction = (sizes: readonly number[], difference: number, outputs: Float64Array): void =>
  expect(difference).toBeLessThanOrEqual(1e-12 * sizes.length * (1 + largest(outputs)) * 10)

const OPTIONS: readonly (readonly [string, CanonicalOptions])[] = [
  ['balanced, sorted', {}],
  ['unit, sorted', { gauge: 'unit' }],
  ['balanced, not sorted', { order: 'none' }]
]

describe('S1, S2: the group and its action', () => {
  test('g·w computes the same function', () => {
    fc.assert(
      fc.property(anyNet, ({ sizes, activation, seed }) => {
        const spec = mlpSpec(sizes, activation)
        const net = randomMlp(sizes, seed)
        const x = inputs(8, sizes[0]!, seed + 1)
        const before = forward(net, activation, x)
        const after = forward(act(spec, randomAction(spec, seed + 2))(net), activation, x)
        // Scales up to e^3 per layer cancel by rounding only: the tolerance is relative to the intermediate numbers.
        expect(largestDifference(before, after)).toBeLessThanOrEqual(1e-11 * (1 + largest(before)))
      })
    )
  })

  test('composition, inverse and identity', () => {
    fc.assert(
      fc.property(anyNet, ({ sizes, activation, seed }) => {
        const spec = mlpSpec(sizes, activation)
        const net = randomMlp(sizes, seed)
        const [g1, g2] = [randomAction(spec, seed + 1), randomAction(spec, seed + 2)]
        const twice = flat(act(spec, g1)(act(spec, g2)(net)))
        const size = 1 + largest(twice)
        expect(largestDifference(flat(act(spec, compose(g1, g2))(net)), twice)).toBeLessThanOrEqual(1e-13 * size)
        const back = flat(act(spec, inverse(g1))(act(spec, g1)(net)))
        expect(largestDifference(back, flat(net))).toBeLessThanOrEqual(1e-13 * (1 + largest(flat(net))))
        expect(flat(act(spec, identityElement(spec))(net))).toEqual(flat(net))
      })
    )
  })

  test('elements that the activation does not allow are refused', () => {
    const net = randomMlp([2, 3, 1], 1)
    const spec = mlpSpec([2, 3, 1], 'silu')
    const scaled = [{ permutation: Int32Array.of(0, 1, 2), scale: Float64Array.of(1, 2, 1) }]
    expect(() => act(spec, scaled)(net)).toThrow(/scale of hidden1/)
    expect(() => act(mlpSpec([2, 3, 1], 'relu'), scaled)(net)).not.toThrow()
    const twice = [{ permutation: Int32Array.of(0, 0, 2), scale: Float64Array.of(1, 1, 1) }]
    expect(() => act(spec, twice)(net)).toThrow(/permutation of hidden1/)
  })
})

describe.each(OPTIONS)('S3 to S5, %s', (_, options) => {
  test('the function is kept and w = g·w with the returned g', () => {
    fc.assert(
      fc.property(anyNet, ({ sizes, activation, seed }) => {
        const spec = mlpSpec(sizes, activation)
        const net = randomMlp(sizes, seed)
        const { weights, element } = canonicalise(spec, options)(net)
        const x = inputs(8, sizes[0]!, seed + 1)
        const before = forward(net, activation, x)
        expectSameFunction(sizes, largestDifference(before, forward(weights, activation, x)), before)
        const moved = flat(act(spec, element)(net))
        expect(largestDifference(moved, flat(weights))).toBeLessThanOrEqual(1e-11 * (1 + largest(moved)))
      })
    )
  })

  test('idempotent: permutations and signs exactly the identity, scales 1', () => {
    fc.assert(
      fc.property(anyNet, ({ sizes, activation, seed }) => {
        const spec = mlpSpec(sizes, activation)
        const once = canonicalise(spec, options)(randomMlp(sizes, seed))
        const twice = canonicalise(spec, options)(once.weights)
        expect(largestDifference(flat(once.weights), flat(twice.weights))).toBeLessThanOrEqual(1e-10)
        twice.element.forEach(({ permutation, scale }) => {
          expect(Array.from(permutation)).toEqual(Array.from(permutation.keys()))
          scale.forEach((s) => expect(Math.abs(s - 1)).toBeLessThanOrEqual(1e-6))
        })
      })
    )
  })

  test('invariant under the whole group (scales alone where nothing is sorted)', () => {
    fc.assert(
      fc.property(anyNet, ({ sizes, activation, seed }) => {
        const spec = mlpSpec(sizes, activation)
        const net = randomMlp(sizes, seed)
        const drawn = randomAction(spec, seed + 1)
        const g = options.order === 'none' ? onlyPositiveScales(drawn) : drawn
        const canon = flat(canonicalise(spec, options)(net).weights)
        const moved = flat(canonicalise(spec, options)(act(spec, g)(net)).weights)
        expect(largestDifference(canon, moved)).toBeLessThanOrEqual(1e-9 * (1 + largest(canon)))
      })
    )
  })
})

const onlyPositiveScales = (g: ReturnType<typeof randomAction>) =>
  g.map(({ permutation, scale }) => ({ permutation: permutation.map((_, i) => i), scale: scale.map(Math.abs) }))

describe('alignment', () => {
  test('S5: align(g·w, ref) = align(w, ref), whatever frame w comes in', () => {
    fc.assert(
      fc.property(anyNet, ({ sizes, activation, seed }) => {
        const spec = mlpSpec(sizes, activation)
        const [net, reference] = [randomMlp(sizes, seed), randomMlp(sizes, seed + 7)]
        const once = flat(align(spec, reference)(net).weights)
        const moved = flat(align(spec, reference)(act(spec, randomAction(spec, seed + 1))(net)).weights)
        expect(largestDifference(once, moved)).toBeLessThanOrEqual(1e-9 * (1 + largest(once)))
      })
    )
  })

  test('S3, S4: keeps the function and is idempotent', () => {
    fc.assert(
      fc.property(anyNet, ({ sizes, activation, seed }) => {
        const spec = mlpSpec(sizes, activation)
        const [net, reference] = [randomMlp(sizes, seed), randomMlp(sizes, seed + 7)]
        const once = align(spec, reference)(net)
        const x = inputs(8, sizes[0]!, seed + 1)
        const before = forward(net, activation, x)
        expectSameFunction(sizes, largestDifference(before, forward(once.weights, activation, x)), before)
        const twice = align(spec, reference)(once.weights)
        expect(largestDifference(flat(once.weights), flat(twice.weights))).toBeLessThanOrEqual(1e-10)
        twice.element.forEach(({ permutation }) =>
          expect(Array.from(permutation)).toEqual(Array.from(permutation.keys()))
        )
      })
    )
  })

  test('S6: a planted element is found: align(g·ref, ref) = ref in its gauge', () => {
    fc.assert(
      fc.property(anyNet, ({ sizes, activation, seed }) => {
        const spec = mlpSpec(sizes, activation)
        const reference = randomMlp(sizes, seed)
        const planted = act(spec, randomAction(spec, seed + 1))(reference)
        const gauged = flat(canonicalise(spec, { order: 'none' })(reference).weights)
        const found = flat(align(spec, reference)(planted).weights)
        expect(largestDifference(found, gauged)).toBeLessThanOrEqual(1e-9 * (1 + largest(gauged)))
      })
    )
  })

  test('S6: networks of different orbits stay different', () => {
    fc.assert(
      fc.property(anyNet, ({ sizes, activation, seed }) => {
        const spec = mlpSpec(sizes, activation)
        const canon = (s: number) => flat(canonicalise(spec)(randomMlp(sizes, s)).weights)
        expect(largestDifference(canon(seed), canon(seed + 1))).toBeGreaterThan(1e-3)
      })
    )
  })
})

describe('S7: norms', () => {
  test('permutations and signs keep the norm, hence a Gaussian prior', () => {
    fc.assert(
      fc.property(
        arbitrarySizes,
        fc.constantFrom('tanh' as const, 'silu' as const),
        arbitrarySeed,
        (sizes, act0, seed) => {
          const spec = mlpSpec(sizes, act0)
          const net = randomMlp(sizes, seed)
          const moved = act(spec, randomAction(spec, seed + 1))(net)
          expect(norm(flat(moved))).toBeCloseTo(norm(flat(net)), 12)
        }
      )
    )
  })

  test('balanced has the least norm among 100 random rescalings', () => {
    fc.assert(
      fc.property(arbitrarySizes, arbitrarySeed, (sizes, seed) => {
        const spec = mlpSpec(sizes, 'relu')
        const { weights } = canonicalise(spec)(randomMlp(sizes, seed))
        const least = norm(flat(weights))
        for (let r = 0; r < 100; r++)
          expect(norm(flat(act(spec, randomAction(spec, seed + r, 1))(weights)))).toBeGreaterThanOrEqual(
            least * (1 - 1e-12)
          )
      }),
      { numRuns: 20 }
    )
  })

  test('unit: every hidden unit writes with norm 1', () => {
    fc.assert(
      fc.property(arbitrarySizes, arbitrarySeed, (sizes, seed) => {
        const { weights } = canonicalise(mlpSpec(sizes, 'relu'), { gauge: 'unit' })(randomMlp(sizes, seed))
        weights.slice(0, -1).forEach(({ w, b }) => {
          const n = b.data.length
          b.data.forEach((bias, i) => {
            const incoming = Array.from(w.data).filter((_, at) => at % n === i)
            expect(norm([bias, ...incoming])).toBeCloseTo(1, 12)
          })
        })
      })
    )
  })
})
