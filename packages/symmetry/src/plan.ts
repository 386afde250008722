/**
 * A spec turned into index tables: for every unit, the positions of its entries in the packed vector. Every operation is
 * then a loop over integers, whatever the architecture.
 */
import type { Slot, SymmetrySpec, UnitKind } from './spec.js'

export interface SlotPlan {
  readonly role: 'write' | 'read'
  /** Entries of one unit. */
  readonly fan: number
  /** [size, fan] positions, unit by unit. */
  readonly index: Int32Array
}

export interface GroupPlan {
  readonly id: string
  readonly kind: UnitKind
  readonly size: number
  /** First unit of the group among all units. */
  readonly offset: number
  readonly slots: readonly SlotPlan[]
  /** Entries of one unit over all slots. */
  readonly fan: number
  /** Entries that a unit writes, in the order of the sort key: [size, fanWrite]. */
  readonly write: Int32Array
  /** Entries that a unit's consumers read: [size, fanRead]. */
  readonly read: Int32Array
  readonly fanWrite: number
  readonly fanRead: number
  /** The group acts on two axes of one leaf (a residual stream): the matching gain is then no sum over C alone. */
  readonly overlaps: boolean
}

export interface Plan {
  readonly spec: SymmetrySpec
  readonly size: number
  readonly units: number
  readonly groups: readonly GroupPlan[]
  /** Positions of one column of the last layer per row: entries that a softmax shift moves together. */
  readonly outputs: readonly Int32Array[]
}

const product = (xs: readonly number[]): number => xs.reduce((a, b) => a * b, 1)

/** Positions [length of axis, rest] of a leaf's entries, the rest in row-major order. */
const axisTable = (shape: readonly number[], axis: number, offset: number): Int32Array[] => {
  const inner = product(shape.slice(axis + 1))
  const outer = product(shape.slice(0, axis))
  const length = shape[axis]!
  return Array.from({ length }, (_, k) => {
    const row = new Int32Array(outer * inner)
    for (let o = 0; o < outer; o++)
      for (let i = 0; i < inner; i++) row[o * inner + i] = offset + (o * length + k) * inner + i
    return row
  })
}

const concatRows = (tables: readonly (readonly Int32Array[])[], size: number): Int32Array =>
  Int32Array.from(Array.from({ length: size }, (_, k) => tables.flatMap((table) => Array.from(table[k]!))).flat())

const slotTable = (slot: Slot, size: number, shape: readonly number[], offset: number): Int32Array[] => {
  const { axis, repeat = 1 } = slot
  const rows = axisTable(shape, axis, offset)
  return Array.from({ length: size }, (_, k) =>
    Int32Array.from(rows.slice(k * repeat, (k + 1) * repeat).flatMap((row) => Array.from(row)))
  )
}

export const planOf = (spec: SymmetrySpec): Plan => {
  const layout = new Map<string, { readonly shape: readonly number[]; readonly offset: number }>()
  let size = 0
  for (const { path, shape } of spec.leaves) {
    layout.set(JSON.stringify(path), { shape, offset: size })
    size += product(shape)
  }
  let units = 0
  const groups = spec.groups.map((group): GroupPlan => {
    const tables = group.slots.map((slot) => {
      const { shape, offset } = layout.get(JSON.stringify(slot.path))!
      return { role: slot.role, rows: slotTable(slot, group.size, shape, offset) }
    })
    const slots = tables.map(({ role, rows }) => ({
      role,
      fan: rows[0]!.length,
      index: concatRows([rows], group.size)
    }))
    const byRole = (role: 'write' | 'read') =>
      concatRows(
        tables.filter((table) => table.role === role).map((table) => table.rows),
        group.size
      )
    const [write, read] = [byRole('write'), byRole('read')]
    const offset = units
    units += group.size
    return {
      id: group.id,
      kind: group.kind,
      size: group.size,
      offset,
      slots,
      fan: slots.reduce((sum, slot) => sum + slot.fan, 0),
      write,
      read,
      fanWrite: write.length / group.size,
      fanRead: read.length / group.size,
      overlaps: new Set(group.slots.map((slot) => JSON.stringify(slot.path))).size < group.slots.length
    }
  })
  const outputs = spec.outputs.flatMap(({ path, axis }) => {
    const { shape, offset } = layout.get(JSON.stringify(path))!
    const rows = axisTable(shape, axis, offset)
    return Array.from({ length: rows[0]!.length }, (_, j) => Int32Array.from(rows, (row) => row[j]!))
  })
  return { spec, size, units, groups, outputs }
}
