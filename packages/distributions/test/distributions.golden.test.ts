// Log-densities, distribution functions, moments, gradients and divergences against float64.
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { grad } from '@bdl/compiler'
import {
  describeFixture,
  eagerAndCompiled,
  expectClose,
  toleranceOf,
  type CaseTolerance,
  type Nested,
  type Tolerance
} from '@bdl/testing'
import { kl } from '../src/index'
import type { GoldenFamily, Tensors } from './rows/row'
import { golden as families } from './rows/rows'

type Params = Readonly<Record<string, Nested>>
type Case = CaseTolerance & {
  readonly kind: 'distribution' | 'kl'
  readonly distribution: string
  readonly params: Params
  readonly p: Params
  readonly q: Params
  readonly kl: number
  readonly x: readonly Nested[]
  readonly logProb: readonly number[]
  readonly cdf?: readonly (number | null)[] | null
  readonly icdf?: { readonly p: readonly number[]; readonly x: readonly number[] } | null
  readonly median?: number | null
  readonly grad?: Readonly<Record<string, readonly (Nested | null)[]>>
  readonly logits?: number
}

const tensors = (params: Params): Tensors =>
  Object.fromEntries(Object.entries(params).map(([name, value]) => [name, tf.tensor(value as tf.TensorLike)]))

/** One row of parameters per point, so that the gradient of the sum has one row per point. */
const rows = (params: Tensors, n: number): Tensors =>
  Object.fromEntries(Object.entries(params).map(([name, p]) => [name, tf.add(p, tf.zeros([n, ...p.shape]))]))

const isPresent = <A>(x: A | null | undefined): x is A => x !== null && x !== undefined

const pointsOf = (x: readonly Nested[], { dtype }: GoldenFamily): tf.Tensor =>
  tf.tensor(x as tf.TensorLike, undefined, dtype)

type Check = (f: (params: Tensors) => tf.Tensor, expected: Nested, what: string) => Promise<void>

const checker =
  (params: Tensors, tolerance: Tolerance): Check =>
  async (f, expected, what) => {
    for (const y of await eagerAndCompiled(f, [params])) expectClose(y, expected, tolerance, what)
  }

/** Fields of a case that are methods without an argument. */
const MOMENTS = ['mean', 'variance', 'mode', 'covariance'] as const
const ENTROPIES = ['entropy', 'entropyNumeric'] as const

const fieldOf = (c: Case, name: string): Nested | null | undefined =>
  new Map<string, unknown>(Object.entries(c)).get(name) as Nested | null | undefined

const checkMoments = async (c: Case, check: Check): Promise<void> => {
  const { make, fields } = families[c.distribution]!
  for (const name of MOMENTS) {
    const expected = fieldOf(c, name)
    if (isPresent(expected)) await check((p) => make(p)[name]!(), expected, name)
  }
  for (const name of ENTROPIES) {
    const expected = fieldOf(c, name)
    if (isPresent(expected)) await check((p) => make(p).entropy!(), expected, name)
  }
  for (const [name, read] of Object.entries(fields ?? {})) {
    const expected = fieldOf(c, name)
    if (isPresent(expected)) await check((p) => read(make(p)), expected, name)
  }
}

const checkFunctions = async (c: Case, check: Check): Promise<void> => {
  const family = families[c.distribution]!
  const { make } = family
  await check((p) => make(p).logProb(pointsOf(c.x, family)), c.logProb, 'logProb')
  const kept = (c.cdf ?? []).flatMap((value, i) => (value === null ? [] : [i]))
  if (kept.length > 0) {
    const x = pointsOf(
      kept.map((i) => c.x[i]!),
      family
    )
    await check(
      (p) => make(p).cdf!(x),
      kept.map((i) => c.cdf![i]!),
      'cdf'
    )
  }
  if (isPresent(c.icdf)) {
    const at = tf.tensor([...c.icdf.p])
    await check((p) => make(p).icdf!(at), c.icdf.x, 'icdf')
  }
  if (isPresent(c.median)) await check((p) => make(p).icdf!(tf.scalar(0.5)), c.median, 'median')
}

const symmetrised = (g: tf.Tensor): tf.Tensor => {
  const flip = [...g.shape.keys()]
  ;[flip[g.rank - 2], flip[g.rank - 1]] = [g.rank - 1, g.rank - 2]
  return tf.mul(tf.add(g, tf.transpose(g, flip)), 0.5)
}

/** The parameters with `name` among them: a case made of probabilities has gradients in the logits too. */
const parametersWith = (c: Case, name: string): Params => {
  if (name === 'x' || name in c.params || name !== 'logits' || c.logits === undefined) return c.params
  const { probs: _, ...others } = c.params
  return { ...others, logits: c.logits }
}

const checkGradients = async (c: Case, tolerance: Tolerance): Promise<void> => {
  const family = families[c.distribution]!
  for (const [name, expected] of Object.entries(c.grad ?? {})) {
    const kept = expected.flatMap((row, i) => (isPresent(row) ? [i] : []))
    const x = pointsOf(
      kept.map((i) => c.x[i]!),
      family
    )
    const params = rows(tensors(parametersWith(c, name)), kept.length)
    const all = { ...params, ...(family.dtype === 'float32' && { x }) }
    const slopes = grad((at: Tensors) => tf.sum(family.make(at).logProb(at['x'] ?? x)))
    const f = (at: Tensors): tf.Tensor => {
      const slope = slopes(at)[name]!
      return family.symmetric?.includes(name) ? symmetrised(slope) : slope
    }
    const picked = kept.map((i) => expected[i] as Nested)
    for (const y of await eagerAndCompiled(f, [all])) expectClose(y, picked, tolerance, `gradient in ${name}`)
  }
}

describeFixture<Case>('distributions.json', import.meta.url, (fixture) => {
  const ours = fixture.cases.filter((c) => c.distribution in families)
  const named = (kind: Case['kind']) =>
    ours.filter((c) => c.kind === kind).map((c, i) => [`${c.distribution} ${i}`, c] as const)

  test('every family of the file is made here', () => {
    const missing = fixture.cases.map((c) => c.distribution).filter((name) => !(name in families))
    expect([...new Set(missing)]).toEqual([])
  })

  test.each(named('distribution'))('%s, eagerly and compiled', async (_, c) => {
    const tolerance = toleranceOf(fixture, c)
    const check = checker(tensors(c.params), tolerance)
    await checkFunctions(c, check)
    await checkMoments(c, check)
    await checkGradients(c, tolerance)
  })

  test.each(named('kl'))('kl of %s, eagerly and compiled', async (_, c) => {
    const { make } = families[c.distribution]!
    const args: [Tensors, Tensors] = [tensors(c.p), tensors(c.q)]
    for (const y of await eagerAndCompiled((p: Tensors, q: Tensors) => kl(make(p), make(q)), args))
      expectClose(y, c.kl, toleranceOf(fixture, c), 'kl')
  })
})
