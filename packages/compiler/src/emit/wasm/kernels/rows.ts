/** Rows chosen by indices: read at them, or added at them. */
import type { DType } from '../../../graph/graph.js'
import { I32, op } from '../opcodes.js'
import type { Operand, Site } from '../program.js'
import { move, pointer, transfer } from './scalar.js'

/** `outer` groups of `n` rows of `inner` words; `count` indices for each group, or the same for all. */
export interface Rows {
  readonly outer: number
  readonly n: number
  readonly inner: number
  readonly count: number
  readonly isShared: boolean
  readonly dtype: DType
}

/**
 * Calls `inside` once for each index of each group, in order, with a pointer to the row that it names; one that names none is a
 * fault.
 */
const forEachIndex = (
  site: Site,
  { outer, n, inner, count, isShared }: Rows,
  [whole, indices]: readonly [Operand, Operand],
  inside: (row: number) => void,
  always: () => void
): void => {
  const { code } = site
  const [group, index, row] = [pointer(site, whole), pointer(site, indices), code.local(I32)]
  code.times(outer, () => {
    code.times(count, () => {
      code.get(index)
      code.word(op.i32Load, 0)
      code.tee(row)
      code.i32(n)
      code.op(op.i32LtU)
      code.branch(() => {
        code.get(row)
        code.i32(4 * inner)
        code.op(op.i32Mul)
        code.get(group)
        code.op(op.i32Add)
        code.set(row)
        inside(row)
      }, site.fault)
      always()
      move(code, index, 1)
    })
    move(code, group, n * inner)
    if (isShared) move(code, index, -count)
  })
}

/** y[a, i, :] = x[a, indices[i], :]. */
export const emitGather = (site: Site, rows: Rows, x: Operand, indices: Operand, y: Operand): void => {
  const { code } = site
  const out = pointer(site, y)
  const { inner, dtype } = rows
  const copy = (row: number): void => transfer(code, row, out, inner, dtype, false)
  forEachIndex(site, rows, [x, indices], copy, () => move(code, out, inner))
}

/** sums[a, indices[i], :] += y[a, i, :], into zeros that are there. */
export const emitScatterAdd = (site: Site, rows: Rows, y: Operand, indices: Operand, sums: Operand): void => {
  const { code } = site
  const from = pointer(site, y)
  const { inner, dtype } = rows
  const add = (row: number): void => transfer(code, from, row, inner, dtype, true)
  forEachIndex(site, rows, [sums, indices], add, () => move(code, from, inner))
}
