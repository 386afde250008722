// Any prior over a tree of parameters, in one line: a distribution for each leaf.
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, flatten, leaves, sizeOfShape, split, unflatten, type Tree } from '@bdl/core'
import { recordOf } from '../constraint.js'
import { distribution, type Distribution } from '../distribution.js'
import { sumLast } from './independent.js'

/** A leaf of a tree: its shape, and where it is, names and indices from the root. */
export interface Leaf {
  readonly shape: readonly number[]
  readonly path: readonly string[]
}

/** Paths of the leaves, in the order of `flatten`: arrays by index, records by sorted name. */
const pathsOf = (tree: Tree, at: readonly string[] = []): readonly (readonly string[])[] => {
  if (tree === null || typeof tree !== 'object' || 'dataId' in tree) return [at]
  const isArray = Array.isArray(tree)
  const entries: readonly (readonly [string, Tree])[] = Object.entries(tree as Readonly<Record<string, Tree>>)
  const sorted = isArray ? entries : [...entries].sort(([a], [b]) => (a < b ? -1 : 1))
  return sorted.flatMap(([name, child]) => pathsOf(child, [...at, name]))
}

/** A distribution spread over a leaf: its batch and event are the last axes of the leaf, the others are copies. */
interface Spread {
  readonly d: Distribution
  readonly shape: readonly number[]
  /** Axes of copies. */
  readonly copies: readonly number[]
}

const spread = (d: Distribution, { shape, path }: Leaf): Spread => {
  const own = [...d.batchShape, ...d.eventShape]
  const copies = shape.slice(0, shape.length - own.length)
  if (own.length > shape.length || [...copies, ...own].join() !== shape.join())
    throw new BdlError({
      code: 'ShapeMismatch',
      fn: 'priorTree',
      argument: path.join('.') || 'prior',
      expected: `batch and event that are the last axes of [${shape.join(', ')}]`,
      got: `[${own.join(', ')}]`
    })
  return { d, shape, copies }
}

/** Sums the log-probabilities of a leaf [...S, ...copies, ...B] to [...S]. */
const total = ({ d, copies }: Spread, logProb: tf.Tensor): tf.Tensor =>
  sumLast(logProb, copies.length + d.batchShape.length)

const copied = (x: tf.Tensor, { shape }: Spread): tf.Tensor => tf.broadcastTo(x, [...shape])

/**
 * Independent leaves, each with a distribution of its own: a prior over the weights of a network. A distribution of scalars
 * is one for every entry; of vectors [n], one for every row of n.
 *
 * @param like a tree of the shapes wanted; shapes are read now, the tensors are not kept
 * @param prior the distribution of a leaf, from its shape and its path ('layers', '0', 'w'); or one for all leaves
 * @returns values have leaves [...S, ...leaf shape], log-probabilities are [...S]; moments exist where all leaves have them
 * @error ShapeMismatch if batch and event of a distribution are not the last axes of its leaf; InvalidArgument if a value has
 *   not as many leaves
 * @example priorTree(params, ({ shape }) => laplace(0, 1 / Math.sqrt(shape[0] ?? 1))).logProb(params)
 */
export const priorTree = <T extends Tree>(
  like: T,
  prior: Distribution | ((leaf: Leaf) => Distribution)
): Distribution<T> => {
  const [all, def] = flatten(like, 'priorTree')
  const paths = pathsOf(like)
  const parts = all.map(({ shape }, i) => {
    const leaf: Leaf = { shape: [...shape], path: paths[i]! }
    return spread(typeof prior === 'function' ? prior(leaf) : prior, leaf)
  })
  const tree = (values: readonly tf.Tensor[]): T => unflatten<T>(def, values)
  const sum = (terms: readonly tf.Tensor[]): tf.Tensor =>
    terms.length === 0 ? tf.scalar(0) : terms.reduce((a, b) => tf.add(a, b))
  return distribution<T>({
    name: 'priorTree',
    batchShape: [],
    eventShape: [all.reduce((n, { shape }) => n + sizeOfShape(shape), 0)],
    isReparameterised: parts.every(({ d }) => d.isReparameterised),
    support: recordOf(parts.map(({ d }, i) => [paths[i]!.join('.'), d.support])),
    logProb: (value) => {
      const values = leaves(value)
      expectLeaves(values.length, parts.length)
      return sum(parts.map((part, i) => total(part, part.d.logProb(values[i]!))))
    },
    sampleAndLogProb: (key, sampleShape) => {
      const keys = parts.length === 0 ? [] : split(key, parts.length)
      const pairs = parts.map(({ d, copies }, i) => d.sampleAndLogProb(keys[i]!, [...sampleShape, ...copies]))
      return [tree(pairs.map(([x]) => x)), sum(pairs.map(([, logProb], i) => total(parts[i]!, logProb)))]
    },
    ...moments(parts, tree),
    ...(parts.every(({ d }) => d.entropy !== undefined) && { entropy: () => sum(parts.map(entropyOf)) })
  })
}

const expectLeaves = (got: number, expected: number): void => {
  if (got !== expected)
    throw new BdlError({
      code: 'InvalidArgument',
      fn: 'priorTree.logProb',
      argument: 'value',
      expected: `${expected} leaves`,
      got: String(got)
    })
}

const entropyOf = ({ d, copies }: Spread): tf.Tensor => {
  const one = d.entropy!()
  return tf.mul(tf.sum(one), sizeOfShape(copies))
}

const moments = <T extends Tree>(
  parts: readonly Spread[],
  tree: (values: readonly tf.Tensor[]) => T
): Partial<Pick<Distribution<T>, 'mean' | 'variance' | 'mode'>> => {
  const names = ['mean', 'variance', 'mode'] as const
  const known = names.filter((name) => parts.every(({ d }) => d[name] !== undefined))
  return Object.fromEntries(known.map((name) => [name, () => tree(parts.map((part) => copied(part.d[name]!(), part)))]))
}
