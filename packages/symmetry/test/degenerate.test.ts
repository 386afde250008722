// S9: zero units, zero columns, duplicates, equal norms, single units, no biases; S10: shared groups and repeated blocks.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  act,
  align,
  canonicalise,
  logGroupSize,
  mlpSpec,
  symmetrySpec,
  unitKind,
  type SymmetrySpec
} from '../src/index'
import {
  arbitrarySeed,
  flat,
  forward,
  gaussian,
  generator,
  host,
  inputs,
  largestDifference,
  randomAction,
  randomMlp,
  type HostMlp
} from './support/mlp'

const SIZES = [3, 4, 3, 2]

/** Sets chosen entries of a random network: `f` gets layer, leaf, row (input), column (unit) and the value. */
const edit = (seed: number, f: (l: number, leaf: 'w' | 'b', j: number, i: number, value: number) => number): HostMlp =>
  randomMlp(SIZES, seed).map(({ w, b }, l) => ({
    w: host(w.shape, (at) => f(l, 'w', Math.floor(at / w.shape[1]!), at % w.shape[1]!, w.data[at]!)),
    b: host(b.shape, (at) => f(l, 'b', -1, at, b.data[at]!))
  }))

const CASES: readonly (readonly [string, HostMlp, number])[] = [
  ['a zero unit', edit(1, (l, _, __, i, v) => (l === 0 && i === 1 ? 0 : v)), 1],
  ['a unit without readers', edit(2, (l, leaf, j, _, v) => (l === 1 && leaf === 'w' && j === 2 ? 0 : v)), 1],
  ['duplicate units', edit(3, (l, leaf, j, i, v) => (l === 0 ? (leaf === 'w' ? j + 1 : 0.5) : l === 1 ? i + 1 : v)), 0],
  ['no biases', edit(4, (_, leaf, __, ___, v) => (leaf === 'b' ? 0 : v)), 0],
  [
    'a dead second layer kills the first',
    edit(5, (l, leaf, __, i, v) => (l === 1 && (leaf === 'w' || i >= 0) ? 0 : v)),
    7
  ],
  ['all zero', edit(6, () => 0), 7]
]

describe('S9: degenerate networks', () => {
  test.each(CASES)('%s: finite, the same function, reported', (_, net, degenerate) => {
    const spec = mlpSpec(SIZES, 'relu')
    const x = inputs(16, 3, 1)
    const before = forward(net, 'relu', x)
    for (const options of [{}, { gauge: 'unit' as const }, { reference: randomMlp(SIZES, 50) }]) {
      const { weights, report } = canonicalise(spec, options)(net)
      expect(flat(weights).every(Number.isFinite)).toBe(true)
      expect(largestDifference(forward(weights, 'relu', x), before)).toBeLessThanOrEqual(1e-12)
      expect(report.degenerate.length).toBe(degenerate)
      const again = canonicalise(spec, options)(weights)
      expect(largestDifference(flat(again.weights), flat(weights))).toBeLessThanOrEqual(1e-10)
    }
  })

  test('duplicates have a tie gap of 0, others not', () => {
    const spec = mlpSpec(SIZES, 'relu')
    expect(canonicalise(spec)(CASES[2]![1]).report.tieGap).toBe(0)
    expect(canonicalise(spec)(randomMlp(SIZES, 1)).report.tieGap).toBeGreaterThan(0)
  })

  test('a zero row with a bias is alive; a nearly dead unit is reported and kept', () => {
    const spec = mlpSpec(SIZES, 'relu')
    const alive = edit(7, (l, leaf, _, i, v) => (l === 0 && leaf === 'w' && i === 0 ? 0 : v))
    expect(canonicalise(spec)(alive).report.degenerate).toEqual([])
    const faint = edit(8, (l, _, __, i, v) => (l === 0 && i === 3 ? 1e-12 * v : v))
    const { report } = canonicalise(spec)(faint)
    expect(report.degenerate).toEqual([])
    expect(report.nearlyDead).toEqual([{ group: 'hidden1', unit: 3 }])
  })

  test('one unit, no hidden layer', () => {
    const one = randomMlp([2, 1, 1], 3)
    expect(flat(canonicalise(mlpSpec([2, 1, 1], 'tanh'))(one).weights).every(Number.isFinite)).toBe(true)
    const linear = randomMlp([2, 3], 3)
    expect(flat(canonicalise(mlpSpec([2, 3], 'relu'))(linear).weights)).toEqual(flat(linear))
  })

  test('weights that are not finite, or of another shape, are refused', () => {
    const spec = mlpSpec([2, 3, 1], 'relu')
    expect(() => canonicalise(spec)(randomMlp([2, 4, 1], 1))).toThrow(/expected shape \[3\], got \[4\]/)
    const bad = randomMlp([2, 3, 1], 1)
    bad[0]!.w.data[0] = NaN
    expect(() => canonicalise(spec)(bad)).toThrow(/finite numbers, got NaN/)
    expect(() => canonicalise(spec)([])).toThrow(/a host array/)
    expect(() => canonicalise(spec, { restarts: 2 })(randomMlp([2, 3, 1], 1))).toThrow(/a key/)
  })

  test('softmax shift: logits move together, the class mean of the last layer is 0', () => {
    const spec = mlpSpec(SIZES, 'relu')
    const net = randomMlp(SIZES, 9)
    const x = inputs(8, 3, 2)
    const { weights } = canonicalise(spec, { output: 'softmax-shift' })(net)
    const [before, after] = [forward(net, 'relu', x), forward(weights, 'relu', x)]
    for (let r = 0; r < 8; r++)
      expect(after[2 * r]! - after[2 * r + 1]!).toBeCloseTo(before[2 * r]! - before[2 * r + 1]!, 12)
    const last = weights.at(-1)!
    expect(last.b.data[0]! + last.b.data[1]!).toBeCloseTo(0, 14)
    expect(canonicalise(spec)(net).weights.at(-1)!.b.data).toEqual(net.at(-1)!.b.data)
  })
})

describe('specs', () => {
  test('what each activation allows', () => {
    expect(['relu', 'tanh', 'gelu'].map(unitKind)).toEqual(['positive', 'sign', 'permutation'])
    expect(() => unitKind('step')).toThrow(/one of relu/)
    expect(() => mlpSpec([3], 'relu')).toThrow(/number of sizes/)
    expect(logGroupSize(mlpSpec([1, 16, 1], 'relu'))).toBeCloseTo(Math.log(20922789888000), 12)
  })

  test('a slot of the wrong length or an unknown leaf is refused', () => {
    const build = (size: number, name: string) =>
      symmetrySpec({
        groups: [{ id: 'g', size, kind: 'positive', slots: [{ path: [name], axis: 0, role: 'write' }] }],
        leaves: [{ path: ['w'], shape: [6, 2] }],
        outputs: []
      })
    expect(() => build(5, 'w')).toThrow(/axis 0 of length 5/)
    expect(() => build(6, 'v')).toThrow(/a leaf of the spec/)
    expect(build(6, 'w').size).toBe(12)
  })
})

/** h = relu(x W1 + b1); h += relu(h W2 + b2); y = h W3: one stream, so one group writes and reads W2. */
type Residual = Readonly<Record<'w1' | 'b1' | 'w2' | 'b2' | 'w3', ReturnType<typeof host>>>

const STREAM = 4

const residualSpec: SymmetrySpec = symmetrySpec({
  groups: [
    {
      id: 'stream',
      size: STREAM,
      kind: 'positive',
      slots: [
        { path: ['b1'], axis: 0, role: 'write' },
        { path: ['w1'], axis: 1, role: 'write' },
        { path: ['b2'], axis: 0, role: 'write' },
        { path: ['w2'], axis: 1, role: 'write' },
        { path: ['w2'], axis: 0, role: 'read' },
        { path: ['w3'], axis: 0, role: 'read' }
      ]
    }
  ],
  leaves: [
    { path: ['b1'], shape: [STREAM] },
    { path: ['w1'], shape: [3, STREAM] },
    { path: ['b2'], shape: [STREAM] },
    { path: ['w2'], shape: [STREAM, STREAM] },
    { path: ['w3'], shape: [STREAM, 2] }
  ],
  outputs: [{ path: ['w3'], axis: 1 }]
})

const randomResidual = (seed: number): Residual => {
  const draw = gaussian(generator(seed))
  return {
    w1: host([3, STREAM], draw),
    b1: host([STREAM], draw),
    w2: host([STREAM, STREAM], draw),
    b2: host([STREAM], draw),
    w3: host([STREAM, 2], draw)
  }
}

const residualForward = ({ w1, b1, w2, b2, w3 }: Residual, x: ReturnType<typeof host>): Float64Array => {
  const first = forward(
    [
      { w: w1, b: b1 },
      { w: identity(STREAM), b: host([STREAM], () => 0) }
    ],
    'relu',
    x
  )
  const rows = x.shape[0]!
  const h = host([rows, STREAM], (i) => first[i]!)
  const branch = forward(
    [
      { w: w2, b: b2 },
      { w: identity(STREAM), b: host([STREAM], () => 0) }
    ],
    'relu',
    h
  )
  return forward(
    [{ w: w3, b: host([2], () => 0) }],
    'relu',
    host([rows, STREAM], (i) => h.data[i]! + branch[i]!)
  )
}

const identity = (n: number) => host([n, n], (i) => (i % (n + 1) === 0 ? 1 : 0))

const entries = (net: Residual): readonly number[] => Object.values(net).flatMap(({ data }) => Array.from(data))

describe('S10: a residual stream', () => {
  test('the action keeps the function; sorting and alignment keep it and are invariant', () => {
    fc.assert(
      fc.property(arbitrarySeed, (seed) => {
        const net = randomResidual(seed)
        const x = inputs(8, 3, seed + 1)
        const moved = act(residualSpec, randomAction(residualSpec, seed + 2))(net)
        const close = (a: ArrayLike<number>, b: ArrayLike<number>) => expect(largestDifference(a, b)).toBeLessThan(1e-8)
        close(residualForward(moved, x), residualForward(net, x))
        const reference = randomResidual(seed + 3)
        for (const canon of [canonicalise(residualSpec), align(residualSpec, reference)]) {
          close(residualForward(canon(net).weights, x), residualForward(net, x))
          close(entries(canon(moved).weights), entries(canon(net).weights))
          close(entries(canon(canon(net).weights).weights), entries(canon(net).weights))
        }
      })
    )
  })

  test('has no unit gauge', () => {
    expect(() => canonicalise(residualSpec, { gauge: 'unit' })(randomResidual(1))).toThrow(/two axes/)
  })

  test('an axis of repeated blocks moves block by block', () => {
    const spec = symmetrySpec({
      groups: [
        {
          id: 'channels',
          size: 2,
          kind: 'positive',
          slots: [
            { path: ['kernel'], axis: 0, role: 'write' },
            { path: ['dense'], axis: 0, role: 'read', repeat: 3 }
          ]
        }
      ],
      leaves: [
        { path: ['kernel'], shape: [2, 2] },
        { path: ['dense'], shape: [6, 1] }
      ],
      outputs: []
    })
    const net = { kernel: host([2, 2], (i) => i + 1), dense: host([6, 1], (i) => 10 * (i + 1)) }
    const g = [{ permutation: Int32Array.of(1, 0), scale: Float64Array.of(2, 1) }]
    const moved = act(spec, g)(net)
    expect(Array.from(moved.kernel.data)).toEqual([6, 8, 1, 2])
    expect(Array.from(moved.dense.data)).toEqual([20, 25, 30, 10, 20, 30])
  })
})
