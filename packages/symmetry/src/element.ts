/**
 * Elements of the symmetry group, and their action on weights.
 *
 * One unit group's part is (π, s) with (g·h)_i = s_i h_{π(i)}. Laws: (g1 ∘ g2)·w = g1·(g2·w), g⁻¹·(g·w) = w, and g·w
 * computes the same function as w.
 */
import { BdlError, split, toHostSync, uniform, type Key } from '@bdl/core'
import { pack, unpack, type HostTree } from './host-tree.js'
import { permuteUnits, scaleUnit, startOrbit, type Orbit } from './orbit.js'
import { planOf, type Plan } from './plan.js'
import type { SymmetrySpec } from './spec.js'

/** What a group element does to one unit group: new unit i = scale[i] × old unit permutation[i]. */
export interface UnitAction {
  readonly permutation: Int32Array
  readonly scale: Float64Array
}

/** One action per unit group, in the order of the spec. */
export type GroupElement = readonly UnitAction[]

/** The element that changes nothing. */
export const identityElement = (spec: SymmetrySpec): GroupElement =>
  spec.groups.map(({ size }) => ({
    permutation: Int32Array.from({ length: size }, (_, i) => i),
    scale: new Float64Array(size).fill(1)
  }))

/** g1 ∘ g2, the element that does g2 first: (π2 ∘ π1, s1 · s2[π1]). @error InvalidArgument if they act on other groups */
export const compose = (g1: GroupElement, g2: GroupElement): GroupElement => {
  if (g1.length !== g2.length || g1.some((action, u) => action.scale.length !== g2[u]!.scale.length))
    throw new BdlError({
      code: 'InvalidArgument',
      fn: 'compose',
      argument: 'g2',
      expected: `actions on groups of sizes [${g1.map((action) => action.scale.length).join(', ')}]`,
      got: `[${g2.map((action) => action.scale.length).join(', ')}]`
    })
  return g1.map(({ permutation, scale }, u) => {
    const first = g2[u]!
    return {
      permutation: permutation.map((i) => first.permutation[i]!),
      scale: scale.map((s, i) => s * first.scale[permutation[i]!]!)
    }
  })
}

/** The element that undoes g: (π⁻¹, 1/s[π⁻¹]). */
export const inverse = (g: GroupElement): GroupElement =>
  g.map(({ permutation, scale }) => {
    const back = new Int32Array(permutation.length)
    permutation.forEach((from, to) => (back[from] = to))
    return { permutation: back, scale: Float64Array.from(back, (i) => 1 / scale[i]!) }
  })

/** Applies an element to a packed network, in place. */
export const actOn = (plan: Plan, g: GroupElement, orbit: Orbit): void =>
  plan.groups.forEach((group, u) => {
    const { permutation, scale } = g[u]!
    permuteUnits(group, orbit, permutation)
    scale.forEach((s, i) => s !== 1 && scaleUnit(group, orbit, i, s))
  })

/** The element that an orbit has gone through. */
export const elementOf = (plan: Plan, orbit: Orbit): GroupElement =>
  plan.groups.map(({ offset, size }) => ({
    permutation: orbit.permutation.slice(offset, offset + size),
    scale: orbit.scale.slice(offset, offset + size)
  }))

const isPermutation = (permutation: Int32Array, size: number): boolean =>
  permutation.length === size && new Set(permutation).size === size && permutation.every((i) => i >= 0 && i < size)

const expectElement = (spec: SymmetrySpec, g: GroupElement): void => {
  const wrong = (argument: string, expected: string, got: string) =>
    new BdlError({ code: 'InvalidArgument', fn: 'act', argument, expected, got })
  if (g.length !== spec.groups.length) throw wrong('element', `${spec.groups.length} unit actions`, String(g.length))
  spec.groups.forEach(({ id, size, kind }, u) => {
    const { permutation, scale } = g[u]!
    if (!isPermutation(permutation, size))
      throw wrong(`permutation of ${id}`, `a permutation of 0..${size - 1}`, `[${permutation.join(', ')}]`)
    const isAllowed = (s: number) =>
      s === 1 || (kind === 'positive' && s > 0 && Number.isFinite(s)) || (kind === 'sign' && s === -1)
    if (scale.length !== size || !scale.every(isAllowed))
      throw wrong(`scale of ${id}`, `${size} factors that kind '${kind}' allows`, `[${scale.join(', ')}]`)
  })
}

/**
 * g·w, the weights after an element.
 * @error InvalidArgument if the element is not one of the spec's group, or the weights are not finite
 * @error ShapeMismatch if a leaf does not have the spec's shape
 */
export const act =
  (spec: SymmetrySpec, g: GroupElement) =>
  <T extends HostTree>(weights: T): T => {
    expectElement(spec, g)
    const plan = planOf(spec)
    const packed = pack('act', spec, weights, false)
    actOn(plan, g, startOrbit(plan, packed.data))
    return unpack(spec, weights, packed)
  }

/**
 * A random element: permutations uniform, signs fair, log s uniform on [-logScale, logScale].
 *
 * Reads the random numbers on the host, so it cannot be traced.
 */
export const randomElement = (spec: SymmetrySpec, key: Key, logScale = 1): GroupElement => {
  const units = spec.groups.reduce((sum, { size }) => sum + size, 0)
  const [keyPlaces, keyScales] = split(key)
  const draw = (k: Key): Float64Array => {
    const drawn = uniform(k, [units])
    const { data } = toHostSync(drawn)
    drawn.dispose()
    return data
  }
  const places = draw(keyPlaces)
  const scales = draw(keyScales)
  keyPlaces.dispose()
  keyScales.dispose()
  let offset = 0
  return spec.groups.map(({ size, kind }) => {
    const at = offset
    offset += size
    const order = Array.from({ length: size }, (_, i) => i).sort((a, b) => places[at + a]! - places[at + b]! || a - b)
    const factor = (u: number): number =>
      kind === 'positive' ? Math.exp(logScale * (2 * u - 1)) : kind === 'sign' && u < 0.5 ? -1 : 1
    return { permutation: Int32Array.from(order), scale: scales.slice(at, at + size).map(factor) }
  })
}
