/**
 * The scaling and sign gauges as tensor code: traceable, differentiable, the same maps as on the host.
 *
 * Written for one network; batch with `vmap`. Data-dependent order (sorting, matching) stays on the host.
 */
import * as tf from '@tensorflow/tfjs-core'
import { foriLoop } from '@bdl/compiler'
import { BdlError, isTensor, scoped, type Tree } from '@bdl/core'
import { pathText, type Path } from './host-tree.js'
import type { Slot, SymmetrySpec, UnitGroup } from './spec.js'

type Leaves = Readonly<Record<string, tf.Tensor>>
type UnitVector = tf.Tensor

const NORM_TOLERANCE = 1e-7 // as on the host: of the unit's norm

const isRecord = (node: Tree): node is { readonly [key: string]: Tree } => !isTensor(node) && !Array.isArray(node)

const mapPaths = (tree: Tree, f: (leaf: tf.Tensor, name: string) => tf.Tensor, path: Path = []): Tree => {
  if (isTensor(tree)) return f(tree, pathText(path))
  if (isRecord(tree))
    return Object.fromEntries(Object.entries(tree).map(([name, child]) => [name, mapPaths(child, f, [...path, name])]))
  return tree.map((child, i) => mapPaths(child, f, [...path, i]))
}

const readLeaves = (fn: string, spec: SymmetrySpec, tree: Tree): Leaves => {
  const all: Record<string, tf.Tensor> = {}
  mapPaths(tree, (leaf, name) => (all[name] = leaf))
  return Object.fromEntries(
    spec.leaves.map(({ path, shape }) => {
      const leaf = all[pathText(path)]
      if (leaf === undefined || !tf.util.arraysEqual(leaf.shape, [...shape]))
        throw new BdlError({
          code: 'ShapeMismatch',
          fn,
          argument: `weights${pathText(path)}`,
          expected: `shape [${shape.join(', ')}]`,
          got: leaf === undefined ? 'no leaf' : `[${leaf.shape.join(', ')}]`
        })
      return [pathText(path), leaf]
    })
  )
}

/** A slot's entries, unit by unit: [size, fan]. */
const unitRows = (leaves: Leaves, group: UnitGroup, slot: Slot): tf.Tensor => {
  const leaf = leaves[pathText(slot.path)]!
  const front = [slot.axis, ...leaf.shape.map((_, i) => i).filter((i) => i !== slot.axis)]
  return tf.reshape(slot.axis === 0 ? leaf : tf.transpose(leaf, front), [group.size, leaf.size / group.size])
}

const rowsOf = (leaves: Leaves, group: UnitGroup, role: Slot['role']): tf.Tensor =>
  tf.concat(
    group.slots.filter((slot) => slot.role === role).map((slot) => unitRows(leaves, group, slot)),
    1
  )

const squares = (leaves: Leaves, group: UnitGroup, role: Slot['role']): UnitVector =>
  tf.sum(tf.square(rowsOf(leaves, group, role)), 1)

/** Multiplies each slot by a factor per unit [size], one for what is written and one for what is read. */
const multiply = (leaves: Leaves, group: UnitGroup, write: UnitVector, read: UnitVector): Leaves =>
  group.slots.reduce((all, { path, axis, role, repeat = 1 }) => {
    const name = pathText(path)
    const leaf = all[name]!
    const factor = tf.tile(tf.reshape(role === 'write' ? write : read, [group.size, 1]), [1, repeat])
    const shape = leaf.shape.map((n, i) => (i === axis ? n : 1))
    return { ...all, [name]: tf.mul(leaf, tf.reshape(factor, shape)) }
  }, leaves)

const positiveGroups = (spec: SymmetrySpec): readonly UnitGroup[] =>
  spec.groups.filter(({ kind }) => kind === 'positive')

/** 1 for units that contribute, 0 for dead ones: [size]. */
const alive = (leaves: Leaves, group: UnitGroup): UnitVector =>
  tf.cast(
    tf.logicalAnd(tf.greater(squares(leaves, group, 'write'), 0), tf.greater(squares(leaves, group, 'read'), 0)),
    'float32'
  )

/** The dead rule. A death without input spreads forward, one without reader backward: one pass each way is enough. */
const zeroDead = (leaves: Leaves, groups: readonly UnitGroup[]): Leaves => {
  const passes = groups.length > 1 ? [...groups, ...[...groups].reverse()] : groups
  return passes.reduce((all, group) => {
    const mask = alive(all, group)
    return multiply(all, group, mask, mask)
  }, leaves)
}

/** x where it is positive, 1 elsewhere: keeps roots and quotients of dead units, and their gradients, finite. */
const orOne = (x: UnitVector): UnitVector => tf.where(tf.greater(x, 0), x, tf.onesLike(x))

const scaleBy = (leaves: Leaves, group: UnitGroup, factor: UnitVector): Leaves =>
  multiply(leaves, group, factor, tf.div(1, factor))

const gaugeOf =
  (fn: string, spec: SymmetrySpec, gauge: (leaves: Leaves) => Leaves) =>
  <T extends Tree>(weights: T): T =>
    scoped(() => {
      const done = gauge(readLeaves(fn, spec, weights))
      const owned = (leaf: tf.Tensor, moved: tf.Tensor = leaf) => (moved === leaf ? tf.clone(leaf) : moved)
      return mapPaths(weights, (leaf, name) => owned(leaf, done[name])) as T
    })

/**
 * The `unit` gauge as tensor code: every unit of a positive kind writes with norm 1; the last layer takes up the rest.
 * @error ShapeMismatch if a leaf does not have the spec's shape
 * @precision float32; gradients are finite at dead units, where they are 0
 */
export const unitGauge = (spec: SymmetrySpec) =>
  gaugeOf('unitGauge', spec, (leaves) => {
    const groups = positiveGroups(spec)
    return groups.reduce(
      (all, group) => scaleBy(all, group, tf.div(1, tf.sqrt(orOne(squares(all, group, 'write'))))),
      zeroDead(leaves, groups)
    )
  })

const balanceOnce = (leaves: Leaves, groups: readonly UnitGroup[]): Leaves =>
  groups.reduce((all, group) => {
    const ratio = tf.div(orOne(squares(all, group, 'read')), orOne(squares(all, group, 'write')))
    return scaleBy(all, group, tf.sqrt(tf.sqrt(ratio)))
  }, leaves)

/**
 * The `balanced` gauge as tensor code: the point of least norm on the scaling orbit.
 * @param options.sweeps default 1 for one hidden layer, where it is exact, else 60 (20 to 50 usually reach float32)
 * @error ShapeMismatch if a leaf does not have the spec's shape
 * @precision float32
 * @source Laurent et al. (2024), arXiv:2310.08287
 */
export const balancedGauge = (spec: SymmetrySpec, options: { readonly sweeps?: number } = {}) => {
  const groups = positiveGroups(spec)
  const isOnePass =
    groups.length === 1 && new Set(groups[0]!.slots.map(({ path }) => pathText(path))).size === groups[0]!.slots.length
  const { sweeps = isOnePass ? 1 : 60 } = options
  return gaugeOf('balancedGauge', spec, (leaves) => {
    const start = zeroDead(leaves, groups)
    return sweeps === 1
      ? balanceOnce(start, groups)
      : foriLoop(0, sweeps, (_i: tf.Tensor, all: Leaves) => balanceOnce(all, groups), start)
  })
}

/** ±1 by the first key that decides: the first entry (the bias), the sum of cubes, the other entries in order. [size] */
const keySigns = (leaves: Leaves, group: UnitGroup): UnitVector => {
  const rows = rowsOf(leaves, group, 'write')
  const [size, fan] = [rows.shape[0]!, rows.shape[1]!]
  const floor = tf.mul(tf.sqrt(tf.sum(tf.square(rows), 1, true)), NORM_TOLERANCE)
  const cubes = tf.sum(tf.mul(rows, tf.square(rows)), 1, true)
  const [first, rest] = [tf.slice(rows, [0, 0], [size, 1]), tf.slice(rows, [0, 1], [size, fan - 1])]
  const isAbove = (x: tf.Tensor, least: tf.Tensor) => tf.greater(tf.abs(x), least)
  const decides = tf.concat(
    [isAbove(first, floor), isAbove(cubes, tf.mul(floor, tf.square(floor))), isAbove(rest, floor)].map((mask) =>
      tf.cast(mask, 'float32')
    ),
    1
  )
  // argMax takes the first of the largest: the first key that decides, or the first key where none does.
  const chosen = tf.oneHot(tf.cast(tf.argMax(decides, 1), 'int32'), fan + 1)
  const key = tf.sum(tf.mul(tf.concat([first, cubes, rest], 1), tf.cast(chosen, 'float32')), 1)
  return tf.where(tf.less(key, 0), tf.fill([size], -1), tf.onesLike(key))
}

/**
 * The sign gauge as tensor code: the deciding key of every unit of an odd activation becomes positive.
 *
 * The gradient is that of the signs held fixed.
 * @error ShapeMismatch if a leaf does not have the spec's shape
 */
export const signGauge = (spec: SymmetrySpec) =>
  gaugeOf('signGauge', spec, (leaves) =>
    spec.groups
      .filter(({ kind }) => kind === 'sign')
      .reduce((all, group) => {
        const signs = keySigns(all, group)
        return multiply(all, group, signs, signs)
      }, leaves)
  )
