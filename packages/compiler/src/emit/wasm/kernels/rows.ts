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
 * Calls `each` once for each index of each group, in order.
 *
 * @param each gets what leaves on the stack: the address of the named row, whether there is such a row, that of row 0
 */
const forEachIndex = (
  site: Site,
  { outer, n, inner, count, isShared }: Rows,
  whole: Operand,
  indices: Operand,
  each: (pushRow: () => void, pushIsInside: () => void, pushFirst: () => void) => void
): void => {
  const { code } = site
  const [group, index, value] = [pointer(site, whole), pointer(site, indices), code.local(I32)]
  const pushRow = (): void => {
    code.get(value)
    code.i32(4 * inner)
    code.op(op.i32Mul)
    code.get(group)
    code.op(op.i32Add)
  }
  const pushIsInside = (): void => {
    code.get(value)
    code.i32(n)
    code.op(op.i32LtU)
  }
  code.times(outer, () => {
    code.times(count, () => {
      code.get(index)
      code.word(op.i32Load, 0)
      code.set(value)
      each(pushRow, pushIsInside, () => code.get(group))
      move(code, index, 1)
    })
    move(code, group, n * inner)
    if (isShared) move(code, index, -count)
  })
}

/** y[a, i, :] = x[a, indices[i], :]. An index outside reads row 0. */
export const emitGather = (site: Site, rows: Rows, x: Operand, indices: Operand, y: Operand): void => {
  const { code } = site
  const [out, row] = [pointer(site, y), code.local(I32)]
  forEachIndex(site, rows, x, indices, (pushRow, pushIsInside, pushFirst) => {
    pushRow()
    pushFirst()
    pushIsInside()
    code.op(op.select)
    code.set(row)
    transfer(code, row, out, rows.inner, rows.dtype, false)
    move(code, out, rows.inner)
  })
}

/** sums[a, indices[i], :] += y[a, i, :], into zeros that are there. What an index outside names is left out. */
export const emitScatterAdd = (site: Site, rows: Rows, y: Operand, indices: Operand, sums: Operand): void => {
  const { code } = site
  const [from, row] = [pointer(site, y), code.local(I32)]
  forEachIndex(site, rows, sums, indices, (pushRow, pushIsInside) => {
    pushIsInside()
    code.branch(() => {
      pushRow()
      code.set(row)
      transfer(code, from, row, rows.inner, rows.dtype, true)
    })
    move(code, from, rows.inner)
  })
}
