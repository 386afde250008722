/**
 * Trees of float64 host arrays: weights as the canonicaliser reads and writes them.
 *
 * Inside, a network is one packed vector [d] (a collection: [K, d]) in the order of the spec's leaves, so that no tree is
 * rebuilt in an inner loop.
 */
import { BdlError, type HostArray } from '@bdl/core'
import type { SymmetrySpec } from './spec.js'

/** A host array, or an array or record of trees. */
export type HostTree = HostArray | readonly HostTree[] | { readonly [key: string]: HostTree }

/** Where a leaf lies in its tree: array indices and record keys from the root. */
export type Path = readonly (string | number)[]

export const isHostArray = (node: HostTree): node is HostArray => 'data' in node && node.data instanceof Float64Array

export const pathText = (path: Path): string => path.map((step) => `[${JSON.stringify(step)}]`).join('')

/** Applies `f` to every leaf, with its path; the static type survives. */
export const mapHostTree =
  (f: (leaf: HostArray, path: Path) => HostArray) =>
  <T extends HostTree>(tree: T): T => {
    const walk = (node: HostTree, path: Path): HostTree => {
      if (isHostArray(node)) return f(node, path)
      if (Array.isArray(node)) return node.map((child: HostTree, i) => walk(child, [...path, i]))
      return Object.fromEntries(Object.entries(node).map(([name, child]) => [name, walk(child, [...path, name])]))
    }
    return walk(tree, []) as T
  }

const leafAt = (fn: string, tree: HostTree, path: Path): HostArray => {
  const missing = () =>
    new BdlError({
      code: 'InvalidArgument',
      fn,
      argument: `weights${pathText(path)}`,
      expected: 'a host array, as the spec says',
      got: 'something else'
    })
  let node: HostTree | undefined = tree
  for (const step of path) {
    if (node === undefined || isHostArray(node)) throw missing()
    node = Array.isArray(node) ? (node as readonly HostTree[])[Number(step)] : Reflect.get(node, step)
  }
  if (node === undefined || !isHostArray(node)) throw missing()
  return node
}

/** The packed form of one network (`count` 1, `stacked` false) or of a collection [K, ...]. */
export interface Packed {
  readonly data: Float64Array
  readonly count: number
  readonly stacked: boolean
}

const expectLeaf = (fn: string, path: Path, got: readonly number[], expected: readonly number[]): void => {
  if (got.length !== expected.length || got.some((n, i) => n !== expected[i]))
    throw new BdlError({
      code: 'ShapeMismatch',
      fn,
      argument: `weights${pathText(path)}`,
      expected: `shape [${expected.join(', ')}]`,
      got: `[${got.join(', ')}]`
    })
}

/**
 * Copies the leaves that the spec names into one array [K, d].
 * @error ShapeMismatch if a leaf does not have the spec's shape (after the leading axis of a collection)
 * @error InvalidArgument if a leaf is missing, or a weight is not finite
 */
export const pack = (fn: string, spec: SymmetrySpec, tree: HostTree, stacked: boolean): Packed => {
  const found = spec.leaves.map(({ path }) => leafAt(fn, tree, path))
  const count = stacked ? (found[0]?.shape[0] ?? 1) : 1
  const data = new Float64Array(count * spec.size)
  let offset = 0
  spec.leaves.forEach(({ path, shape }, i) => {
    const leaf = found[i]!
    expectLeaf(fn, path, leaf.shape, stacked ? [count, ...shape] : shape)
    const size = shape.reduce((a, b) => a * b, 1)
    for (let k = 0; k < count; k++) data.set(leaf.data.subarray(k * size, (k + 1) * size), k * spec.size + offset)
    offset += size
  })
  const bad = data.findIndex((value) => !Number.isFinite(value))
  if (bad >= 0)
    throw new BdlError({
      code: 'InvalidArgument',
      fn,
      argument: stacked ? `weights of network ${Math.floor(bad / spec.size)}` : 'weights',
      expected: 'finite numbers',
      got: String(data[bad])
    })
  return { data, count, stacked }
}

/** The tree `like` with the spec's leaves replaced; leaves that the spec does not name are kept as they are. */
export const unpack = <T extends HostTree>(spec: SymmetrySpec, like: T, packed: Packed): T => {
  const { data, count, stacked } = packed
  const arrays = new Map<string, HostArray>()
  let offset = 0
  for (const { path, shape } of spec.leaves) {
    const size = shape.reduce((a, b) => a * b, 1)
    const leaf = new Float64Array(count * size)
    for (let k = 0; k < count; k++)
      leaf.set(data.subarray(k * spec.size + offset, k * spec.size + offset + size), k * size)
    arrays.set(pathText(path), { shape: stacked ? [count, ...shape] : shape, data: leaf })
    offset += size
  }
  return mapHostTree((leaf, path) => arrays.get(pathText(path)) ?? leaf)(like)
}
