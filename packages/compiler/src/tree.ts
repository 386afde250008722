/**
 * A tree is a tensor, or an array or record of trees. Parameters, states and gradients are trees; every transformation
 * takes and returns them. Flattening order: arrays by index, records by sorted key (as in JAX), so that two records with
 * the same keys in another order are the same structure.
 */
import * as tf from '@tensorflow/tfjs-core'
import type { Tensor } from '@tensorflow/tfjs-core'
import { BdlError } from './errors.js'
import { whereabouts } from './trace/user-line.js'

export type Tree = Tensor | readonly Tree[] | { readonly [key: string]: Tree }

/** The shape of a tree without its tensors. */
export type TreeDef =
  | { readonly kind: 'leaf' }
  | { readonly kind: 'array'; readonly children: readonly TreeDef[] }
  | { readonly kind: 'record'; readonly keys: readonly string[]; readonly children: readonly TreeDef[] }

const LEAF: TreeDef = { kind: 'leaf' }

export const isTensor = (x: unknown): x is Tensor =>
  typeof x === 'object' && x !== null && 'dataId' in x && 'dtype' in x && 'shape' in x

const isArray = (x: unknown): x is readonly unknown[] => Array.isArray(x)

/** A promise whose rejection nobody else will see: what is wrong with it is said here. */
const isThenable = (x: unknown): x is PromiseLike<unknown> =>
  typeof x === 'object' && x !== null && 'then' in x && typeof x.then === 'function'

const kindOf = (x: unknown): string => {
  if (x === null) return 'null'
  return typeof x === 'object' ? (x.constructor?.name ?? 'object') : `${typeof x} ${String(x)}`
}

const notATree = (fn: string, path: string, got: unknown): BdlError => {
  if (isThenable(got)) void got.then(undefined, () => undefined)
  const hint = isThenable(got)
    ? 'A traced function cannot be async'
    : typeof got === 'number'
      ? 'Wrap numbers with tf.scalar, or close over them'
      : undefined
  return new BdlError({
    code: 'InvalidArgument',
    fn,
    argument: path === '' ? 'tree' : `tree at '${path}'`,
    expected: 'a tensor, or an array or record of trees',
    got: kindOf(got),
    ...(hint !== undefined && { hint }),
    ...whereabouts()
  })
}

/** `{...}` and the like: not a promise, a map, a typed array or an instance of a class. */
const isRecord = (x: unknown): x is Readonly<Record<string, unknown>> => {
  if (typeof x !== 'object' || x === null) return false
  const prototype: unknown = Object.getPrototypeOf(x)
  return prototype === null || Object.getPrototypeOf(prototype) === null // an object of another realm is fine
}

/** Leaves in order, and the structure to put them back with. `fn` names the caller in errors. */
export const flatten = (tree: Tree, fn = 'flatten'): readonly [leaves: readonly Tensor[], def: TreeDef] => {
  const leaves: Tensor[] = []
  const walk = (node: unknown, path: string): TreeDef => {
    if (isTensor(node)) {
      leaves.push(node)
      return LEAF
    }
    if (isArray(node)) return { kind: 'array', children: node.map((child, i) => walk(child, `${path}[${i}]`)) }
    if (isRecord(node)) {
      const entries = Object.entries(node).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      return {
        kind: 'record',
        keys: entries.map(([key]) => key),
        children: entries.map(([key, child]) => walk(child, path === '' ? key : `${path}.${key}`))
      }
    }
    throw notATree(fn, path, node)
  }
  const def = walk(tree, '')
  return [leaves, def]
}

/** Inverse of `flatten`. The caller states the static type: `T` must be the type of the tree that `def` came from. */
export const unflatten = <T extends Tree = Tree>(def: TreeDef, leaves: readonly Tensor[]): T => {
  let next = 0
  const build = (d: TreeDef): Tree => {
    switch (d.kind) {
      case 'leaf': {
        const leaf = leaves[next++]
        if (leaf === undefined)
          throw new BdlError({
            code: 'InvalidArgument',
            fn: 'unflatten',
            argument: 'leaves',
            expected: `${countLeaves(def)} tensors`,
            got: String(leaves.length)
          })
        return leaf
      }
      case 'array':
        return d.children.map(build)
      case 'record':
        return Object.fromEntries(d.keys.map((key, i) => [key, build(d.children[i]!)]))
    }
  }
  return build(def) as T
}

export const countLeaves = (def: TreeDef): number =>
  def.kind === 'leaf' ? 1 : def.children.reduce((n, child) => n + countLeaves(child), 0)

/** A canonical text of a structure: equal exactly for equal structures. */
export const describeDef = (def: TreeDef): string => {
  switch (def.kind) {
    case 'leaf':
      return '*'
    case 'array':
      return `[${def.children.map(describeDef).join(',')}]`
    case 'record':
      return `{${def.keys.map((key, i) => `${JSON.stringify(key)}:${describeDef(def.children[i]!)}`).join(',')}}`
  }
}

/** Leaves of a tree, in order. */
export const leaves = (tree: Tree): readonly Tensor[] => flatten(tree, 'leaves')[0]

/** Applies `f` to every leaf; the static type survives. */
export const mapTree =
  (f: (leaf: Tensor, index: number) => Tensor) =>
  <T extends Tree>(tree: T): T => {
    const [all, def] = flatten(tree, 'mapTree')
    return unflatten<T>(def, all.map(f))
  }

/** Applies `f` leaf by leaf to trees of one structure. @error InvalidArgument if the structures differ */
export const zipTrees =
  (f: (...leaves: Tensor[]) => Tensor) =>
  <T extends Tree>(first: T, ...rest: readonly T[]): T => {
    const [head, def] = flatten(first, 'zipTrees')
    const others = rest.map((tree, i) => {
      const [all, other] = flatten(tree, 'zipTrees')
      if (describeDef(other) !== describeDef(def))
        throw new BdlError({
          code: 'InvalidArgument',
          fn: 'zipTrees',
          argument: `tree ${i + 1}`,
          expected: `the structure ${describeDef(def)}`,
          got: describeDef(other)
        })
      return all
    })
    return unflatten<T>(
      def,
      head.map((leaf, i) => f(leaf, ...others.map((all) => all[i]!)))
    )
  }

/** `tf.tidy` for a body that returns a tree: keeps the leaves of the result, releases the rest. */
export const tidyTree = <T extends Tree>(body: () => T): T => {
  let result: T | undefined
  tf.tidy(() => {
    result = body()
    return [...leaves(result)]
  })
  return result!
}

/** `tidyTree` whose result shares no tensor with what was there before: arguments and captured tensors are cloned. */
export const tidyOwned = <T extends Tree>(body: () => T): T =>
  tidyTree(() => mapTree((leaf) => (leaf.scopeId === tf.engine().state.activeScope.id ? leaf : tf.clone(leaf)))(body()))
