// Log-densities, distribution functions, moments, gradients and divergences against float64.
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { grad } from '@bdl/compiler'
import {
  casesOf,
  describeFixture,
  eagerAndCompiled,
  expectClose,
  toleranceOf,
  type CaseTolerance,
  type Nested,
  type Tolerance
} from '@bdl/testing'
import { kl } from '../src/index'
import type { Tensors } from './rows/row'
import { golden as families } from './rows/rows'

type Params = Readonly<Record<string, number | readonly number[]>>
type Case = CaseTolerance & {
  readonly kind: 'distribution' | 'kl'
  readonly distribution: string
  readonly params: Params
  readonly p: Params
  readonly q: Params
  readonly kl: number
  readonly x: readonly number[]
  readonly where: readonly ('inside' | 'edge' | 'outside')[]
  readonly logProb: readonly number[]
  readonly cdf?: readonly (number | null)[] | null
  readonly icdf?: { readonly p: readonly number[]; readonly x: readonly number[] } | null
  readonly probs?: readonly number[]
  readonly mean?: number | null
  readonly variance?: number | null
  readonly mode?: number | null
  readonly median?: number | null
  readonly entropy?: number | null
  readonly grad?: Readonly<Record<string, readonly (Nested | null)[]>>
}

const tensors = (params: Params): Tensors =>
  Object.fromEntries(Object.entries(params).map(([name, value]) => [name, tf.tensor(value as tf.TensorLike)]))

/** One row of parameters per point, so that the gradient of the sum has one row per point. */
const rows = (params: Tensors, n: number): Tensors =>
  Object.fromEntries(Object.entries(params).map(([name, p]) => [name, tf.add(p, tf.zeros([n, ...p.shape]))]))

type Check = (f: (params: Tensors) => tf.Tensor, expected: Nested, what: string) => Promise<void>

const checker =
  (params: Tensors, tolerance: Tolerance): Check =>
  async (f, expected, what) => {
    for (const y of await eagerAndCompiled(f, [params])) expectClose(y, expected, tolerance, what)
  }

const isPresent = <A>(x: A | null | undefined): x is A => x !== null && x !== undefined

const scalars = ['mean', 'variance', 'mode', 'entropy'] as const

const checkValues = async (c: Case, check: Check): Promise<void> => {
  const { make, dtype } = families[c.distribution]!
  const x = tf.tensor([...c.x], undefined, dtype)
  await check((p) => make(p).logProb(x), c.logProb, 'logProb')
  for (const name of scalars) {
    const expected = c[name]
    if (isPresent(expected)) await check((p) => make(p)[name]!(), expected, name)
  }
  if (isPresent(c.cdf) && c.cdf.every(isPresent)) await check((p) => make(p).cdf!(x), c.cdf, 'cdf')
  if (isPresent(c.icdf)) {
    const at = tf.tensor([...c.icdf.p])
    await check((p) => make(p).icdf!(at), c.icdf.x, 'icdf')
  }
  if (isPresent(c.median)) await check((p) => make(p).icdf!(tf.scalar(0.5)), c.median, 'median')
  if (isPresent(c.probs))
    await check((p) => tf.exp(make(p).logProb(tf.range(0, c.probs!.length, 1, 'int32'))), c.probs, 'probs')
}

const checkGradients = async (c: Case, params: Tensors, tolerance: Tolerance): Promise<void> => {
  const { make, dtype } = families[c.distribution]!
  for (const [name, expected] of Object.entries(c.grad ?? {})) {
    const kept = expected.flatMap((row, i) => (isPresent(row) ? [i] : []))
    const x = tf.tensor(
      kept.map((i) => c.x[i]!),
      undefined,
      dtype
    )
    const all = { ...rows(params, kept.length), ...(dtype === 'float32' && { x }) }
    const slopes = grad((at: Tensors) => tf.sum(make(at).logProb(at['x'] ?? x)))
    const picked = kept.map((i) => expected[i] as Nested)
    for (const y of await eagerAndCompiled((at: Tensors) => slopes(at)[name]!, [all]))
      expectClose(y, picked, tolerance, `gradient with respect to ${name}`)
  }
}

describeFixture<Case>('distributions.json', import.meta.url, (fixture) => {
  const names = Object.keys(families)
  const ours = fixture.cases.filter((c) => names.includes(c.distribution))
  const named = (kind: Case['kind']) =>
    ours.filter((c) => c.kind === kind).map((c, i) => [`${c.distribution} ${i}`, c] as const)

  test('the file has cases of ours', () => {
    expect(casesOf(fixture, 'distribution', names).length).toBeGreaterThan(0)
  })

  test.each(named('distribution'))('%s, eagerly and compiled', async (_, c) => {
    const params = tensors(c.params)
    const tolerance = toleranceOf(fixture, c)
    await checkValues(c, checker(params, tolerance))
    await checkGradients(c, params, tolerance)
  })

  test.each(named('kl'))('kl of %s, eagerly and compiled', async (_, c) => {
    const { make } = families[c.distribution]!
    const args: [Tensors, Tensors] = [tensors(c.p), tensors(c.q)]
    for (const y of await eagerAndCompiled((p: Tensors, q: Tensors) => kl(make(p), make(q)), args))
      expectClose(y, c.kl, toleranceOf(fixture, c), 'kl')
  })
})
