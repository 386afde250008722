// The joint law of independent named variables: a distribution over records.
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, sizeOfShape, split, type Key, type Tree } from '@bdl/core'
import { recordOf, type Constraint } from '../constraint.js'
import { distribution, type AnyDistribution, type Distribution } from '../distribution.js'

/** What each of the parts draws. */
export type JointValue<Ds> = {
  readonly [K in keyof Ds]: Ds[K] extends { readonly sample: (key: Key) => infer T } ? T : never
}

type Moment = 'mean' | 'variance' | 'mode'

export interface Joint<Ds, T extends Tree> extends Distribution<T> {
  readonly name: 'joint'
  readonly parts: Ds
}

/** Terms of one shape [...S, ...B], summed. */
const sum = (terms: readonly tf.Tensor[]): tf.Tensor =>
  terms.length === 0 ? tf.scalar(0) : terms.reduce((a, b) => tf.add(a, b))

const expectOneBatch = (
  entries: readonly (readonly [string, AnyDistribution])[],
  batchShape: readonly number[]
): void => {
  const odd = entries.find(([, d]) => d.batchShape.join() !== batchShape.join())
  if (odd !== undefined)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn: 'joint',
      argument: odd[0],
      expected: `batch shape [${batchShape.join(', ')}]`,
      got: `[${odd[1].batchShape.join(', ')}]`
    })
}

/** How many leaves an entry's values have: one, or as many as its tree. */
const supportOf = (entries: readonly (readonly [string, AnyDistribution])[]): Constraint =>
  recordOf(entries.map(([name, d]) => [name, d.support]))

/**
 * Independent named variables: a distribution over records, whose log-probability and entropy are sums over the entries.
 * Entries may be distributions over trees: weights of a network beside its noise. Keys are given out in the order of the
 * sorted names.
 *
 * @param parts one distribution per name; all of one batch shape
 * @returns moments exist where all entries have them
 * @error ShapeMismatch if batch shapes differ
 * @example joint({ slope: normal(0, 1), noise: transformed(normal(0, 1), exp) }).sample(key) // => { slope, noise }
 */
export const joint = <const Ds extends Readonly<Record<string, AnyDistribution>>>(
  parts: Ds
): Joint<Ds, JointValue<Ds> & Tree> => {
  type Value = JointValue<Ds> & Tree
  const entries = Object.entries(parts).sort(([a], [b]) => (a < b ? -1 : 1))
  const batchShape = entries[0]?.[1].batchShape ?? []
  expectOneBatch(entries, batchShape)
  const record = (values: readonly Tree[]): Value =>
    Object.fromEntries(entries.map(([name], i) => [name, values[i]!])) as Value
  const draw = <R>(key: Key, f: (d: AnyDistribution, k: Key) => R): readonly R[] => {
    const keys = entries.length === 0 ? [] : split(key, entries.length)
    return entries.map(([, d], i) => f(d, keys[i]!))
  }
  const moment = (name: Moment): { readonly [M in Moment]?: () => Value } =>
    entries.every(([, d]) => d[name] !== undefined) ? { [name]: () => record(entries.map(([, d]) => d[name]!())) } : {}
  const hasEntropy = entries.every(([, d]) => d.entropy !== undefined)
  return distribution<Value, Pick<Joint<Ds, Value>, 'name' | 'parts'>>({
    name: 'joint',
    parts,
    batchShape,
    eventShape: [entries.reduce((n, [, d]) => n + sizeOfShape(d.eventShape), 0)],
    isReparameterised: entries.every(([, d]) => d.isReparameterised),
    support: supportOf(entries),
    logProb: (value) =>
      sum(entries.map(([name, d]) => d.logProb((value as Readonly<Record<string, Tree>>)[name] as never))),
    sample: (key, sampleShape) => record(draw(key, (d, k) => d.sample(k, sampleShape))),
    sampleAndLogProb: (key, sampleShape) => {
      const pairs = draw(key, (d, k) => d.sampleAndLogProb(k, sampleShape))
      return [record(pairs.map(([value]) => value)), sum(pairs.map(([, logProb]) => logProb))]
    },
    ...moment('mean'),
    ...moment('variance'),
    ...moment('mode'),
    ...(hasEntropy && { entropy: () => sum(entries.map(([, d]) => d.entropy!())) })
  })
}
