// Forward, inverse and log-det of every bijector built here, against float64.
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import {
  casesOf,
  describeFixture,
  eagerAndCompiled,
  expectClose,
  flattenNested,
  toleranceOf,
  type CaseTolerance,
  type Nested,
  type Tolerance
} from '@bdl/testing'
import type { Bijector } from '../src/index'
import type { Named, Params } from './rows/row'
import { golden as families } from './rows/rows'

type BijectorCase = CaseTolerance & {
  readonly bijector: string
  readonly params: Params
  /** A case of the inverse alone has neither these. */
  readonly x?: Nested
  readonly forward?: Nested
  readonly forwardLogDetJacobian?: Nested
  readonly inverseLogDetJacobian?: Nested
  readonly inverse: { readonly y: Nested; readonly x: Nested }
}

const build = ({ bijector, params = {} }: Named): Bijector => {
  const family = families[bijector]
  if (family === undefined) throw new Error(`no row for ${bijector}`)
  return family.make(params, build)
}

/** A chain is ours if all of its links are. */
const isOurs = ({ bijector, params }: Named): boolean =>
  bijector in families &&
  (bijector !== 'Chain' || ((params?.['bijectors'] ?? []) as unknown as readonly Named[]).every(isOurs))

const isRecoverable =
  (name: string) =>
  (y: number): boolean =>
    (families[name]?.ends ?? []).every((end) => Math.abs(end - y) > 1e-3)

const picked = (x: tf.Tensor, indices: readonly number[]): number[] => {
  const data = x.dataSync()
  return indices.map((i) => data[i]!)
}

const tensor = (nested: Nested): tf.Tensor => tf.tensor(nested as tf.TensorLike)

const checkForward = async (b: Bijector, c: BijectorCase, tolerance: Tolerance): Promise<void> => {
  const { x, forward, forwardLogDetJacobian: logDets } = c
  if (x === undefined || forward === undefined || logDets === undefined) return
  for (const [value, logDet] of await eagerAndCompiled(b.forwardAndLogDet, [tensor(x)])) {
    expectClose(value, forward, tolerance, `${c.bijector} forward`)
    expectClose(logDet, logDets, tolerance, `${c.bijector} log-det`)
  }
  const [values, expected] = [flattenNested(forward), flattenNested(logDets)]
  const kept = expected.flatMap((_, i) =>
    values.length !== expected.length || isRecoverable(c.bijector)(values[i]!) ? [i] : []
  )
  for (const logDet of await eagerAndCompiled((v: tf.Tensor) => b.inverseAndLogDet(b.forward(v))[1], [tensor(x)]))
    expectClose(
      picked(logDet, kept),
      kept.map((i) => -expected[i]!),
      tolerance,
      `${c.bijector} inverse log-det`
    )
}

const checkInverse = async (b: Bijector, c: BijectorCase, tolerance: Tolerance): Promise<void> => {
  const [ys, xs] = [flattenNested(c.inverse.y), flattenNested(c.inverse.x)]
  // an event whose number of entries changes is recoverable or not as a whole
  const inside = xs.flatMap((_, i) => (ys.length !== xs.length || isRecoverable(c.bijector)(ys[i]!) ? [i] : []))
  for (const [value, logDet] of await eagerAndCompiled(b.inverseAndLogDet, [tensor(c.inverse.y)])) {
    expectClose(
      picked(value, inside),
      inside.map((i) => xs[i]!),
      tolerance,
      `${c.bijector} inverse`
    )
    const { inverseLogDetJacobian: expected } = c
    if (expected !== undefined)
      expectClose(logDet, typeof expected === 'number' ? tf.fill(logDet.shape, expected) : expected, tolerance)
  }
}

describeFixture<BijectorCase>('bijectors.json', import.meta.url, (fixture) => {
  const names = Object.keys(families)
  const present = names.filter((name) => fixture.cases.some((c) => c.bijector === name))

  test('the file has cases of ours', () => {
    expect(casesOf(fixture, 'bijector', names).length).toBeGreaterThan(0)
  })

  // a folder of one's own may have kinds that no row knows
  test.runIf(fixture.source.startsWith('closed forms in jax'))('every case of the file beside is run', () => {
    expect(fixture.cases.filter((c) => !isOurs(c)).map((c) => c.bijector)).toEqual([])
    expect(fixture.cases.length).toBe(60)
  })

  test.each(present)('%s, eagerly and compiled', async (name) => {
    for (const c of casesOf(fixture, 'bijector', [name]).filter(isOurs)) {
      const b = build(c)
      const tolerance = toleranceOf(fixture, c)
      await checkForward(b, c, tolerance)
      await checkInverse(b, c, tolerance)
    }
  })
})
