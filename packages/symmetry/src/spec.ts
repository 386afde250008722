/**
 * What leaves a network's function unchanged, as data.
 *
 * A unit group is a set of interchangeable units (the units of a hidden layer, the channels of a residual stage). It says
 * along which axes of which leaves its units write and read; permuting, scaling, signs, matching costs and sort keys all
 * follow from that. A new architecture is a new spec, not new code.
 *
 * @source the table of activations and their groups: Godfrey et al. (2022), arXiv:2205.14258
 */
import { BdlError, expectInteger } from '@bdl/core'
import type { Path } from './host-tree.js'

/**
 * What one unit may do on its own, besides changing places: nothing (`permutation`), be scaled by s > 0 (`positive`), or
 * change sign (`sign`).
 */
export type UnitKind = 'permutation' | 'positive' | 'sign'

/** One axis of one leaf that belongs to a group. */
export interface Slot {
  readonly path: Path
  readonly axis: number
  /** `write`: the axis is produced by the group and multiplied by s. `read`: it is consumed and multiplied by 1/s. */
  readonly role: 'write' | 'read'
  /** The axis is `size` blocks of `repeat` entries (a flattened convolution feeding a dense layer). Default 1. */
  readonly repeat?: number
}

export interface UnitGroup {
  readonly id: string
  readonly size: number
  readonly kind: UnitKind
  /** In the order of the sort key: the first write slot decides first (the bias, for an MLP). */
  readonly slots: readonly Slot[]
}

/** A leaf that the spec speaks of: its path and its shape, in packing order. */
export interface SpecLeaf {
  readonly path: Path
  readonly shape: readonly number[]
}

export interface SymmetrySpec {
  /** From input to output: a group is canonicalised after the groups that it reads from. */
  readonly groups: readonly UnitGroup[]
  readonly leaves: readonly SpecLeaf[]
  /** Number of weights that the leaves hold together. */
  readonly size: number
  /** The axes that run over the outputs, for the shift that a softmax does not see. */
  readonly outputs: readonly { readonly path: Path; readonly axis: number }[]
}

const KINDS = {
  relu: 'positive',
  leakyRelu: 'positive',
  tanh: 'sign',
  erf: 'sign',
  atan: 'sign',
  softsign: 'sign',
  hardTanh: 'sign',
  sin: 'sign',
  sigmoid: 'permutation',
  gelu: 'permutation',
  silu: 'permutation',
  softplus: 'permutation',
  elu: 'permutation',
  selu: 'permutation',
  mish: 'permutation'
} as const satisfies Record<string, UnitKind>

/** An activation whose symmetry is known. */
export type SymmetricActivation = keyof typeof KINDS

const isSymmetric = (name: string): name is SymmetricActivation => Object.hasOwn(KINDS, name)

/**
 * The symmetry of one hidden unit under an activation, exactly.
 *
 * For `sigmoid` (affine sign) and `sin` (phase) the full group is larger; the subgroup named here is exact.
 * @error InvalidArgument if the activation is not known
 * @example unitKind('relu') // => 'positive'
 */
export const unitKind = (activation: string): UnitKind => {
  if (!isSymmetric(activation))
    throw new BdlError({
      code: 'InvalidArgument',
      fn: 'unitKind',
      argument: 'activation',
      expected: `one of ${Object.keys(KINDS).join(', ')}`,
      got: activation
    })
  return KINDS[activation]
}

const expectSpec = (isRight: boolean, argument: string, expected: string, got: string): void => {
  if (!isRight) throw new BdlError({ code: 'InvalidArgument', fn: 'symmetrySpec', argument, expected, got })
}

const expectGroup = (group: UnitGroup, leaves: readonly SpecLeaf[]): void => {
  expectInteger('symmetrySpec', { [`size of group ${group.id}`]: group.size }, 1)
  expectSpec(group.slots.length > 0, `slots of group ${group.id}`, 'at least one', 'none')
  for (const { path, axis, repeat = 1 } of group.slots) {
    const name = JSON.stringify(path)
    const leaf = leaves.find((candidate) => JSON.stringify(candidate.path) === name)
    expectSpec(leaf !== undefined, `slot of group ${group.id}`, 'a leaf of the spec', name)
    const length = leaf?.shape[axis]
    const expected = `axis ${axis} of length ${group.size} x ${repeat}`
    expectSpec(length === group.size * repeat, `slot ${name} of group ${group.id}`, expected, String(length))
  }
}

/**
 * A spec from its groups and leaves, checked: every slot names an axis of the right length.
 * @error InvalidArgument if it does not
 */
export const symmetrySpec = (spec: Omit<SymmetrySpec, 'size'>): SymmetrySpec => {
  spec.groups.forEach((group) => expectGroup(group, spec.leaves))
  const size = spec.leaves.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0)
  return Object.freeze({ ...spec, size })
}

/**
 * The symmetries of a multilayer perceptron whose parameters are `[{ w: [in, out], b: [out] }, ...]`.
 *
 * One group per hidden layer; inputs and outputs are fixed.
 * @param sizes units per layer, input and output included, e.g. [64, 16, 10]
 * @error InvalidArgument if there are fewer than two sizes, a size is not a positive integer, or the activation is unknown
 * @example mlpSpec([64, 16, 10], 'relu').groups.length // => 1
 */
export const mlpSpec = (sizes: readonly number[], activation: SymmetricActivation): SymmetrySpec => {
  expectInteger('mlpSpec', { 'number of sizes': sizes.length }, 2)
  sizes.forEach((n, i) => expectInteger('mlpSpec', { [`sizes[${i}]`]: n }, 1))
  const kind = unitKind(activation)
  const last = sizes.length - 2
  return symmetrySpec({
    groups: sizes.slice(1, -1).map((size, l) => ({
      id: `hidden${l + 1}`,
      size,
      kind,
      slots: [
        { path: [l, 'b'], axis: 0, role: 'write' },
        { path: [l, 'w'], axis: 1, role: 'write' },
        { path: [l + 1, 'w'], axis: 0, role: 'read' }
      ]
    })),
    leaves: sizes.slice(1).flatMap((n, l) => [
      { path: [l, 'b'], shape: [n] },
      { path: [l, 'w'], shape: [sizes[l]!, n] }
    ]),
    outputs: [
      { path: [last, 'b'], axis: 0 },
      { path: [last, 'w'], axis: 1 }
    ]
  })
}

/** The same spec with every group reduced (or changed) to one kind, e.g. to permutations alone. */
export const withKind =
  (kind: UnitKind) =>
  (spec: SymmetrySpec): SymmetrySpec => ({ ...spec, groups: spec.groups.map((group) => ({ ...group, kind })) })

/**
 * Order of the discrete part of the group, Π n! · 2ⁿ (signs only where the kind is `sign`), exactly.
 * @example groupOrder(mlpSpec([2, 4, 1], 'relu')) // => 24n
 */
export const groupOrder = (spec: SymmetrySpec): bigint =>
  spec.groups.reduce((order, { size, kind }) => {
    for (let n = 2; n <= size; n++) order *= BigInt(n)
    return kind === 'sign' ? order << BigInt(size) : order
  }, 1n)

/** Natural logarithm of `groupOrder`, in nats: by how much folding the orbits raises a log density. */
export const logGroupSize = (spec: SymmetrySpec): number =>
  spec.groups.reduce((sum, { size, kind }) => {
    for (let n = 2; n <= size; n++) sum += Math.log(n)
    return kind === 'sign' ? sum + size * Math.LN2 : sum
  }, 0)
