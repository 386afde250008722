/** Columns of a matrix next to each other: a panel of 8 columns, row after row, as the tiles of a product read it. */
import type { Code } from '../code.js'
import { I32, V128, op, simd } from '../opcodes.js'
import type { SharedFunction } from '../program.js'

export const COLUMNS = 8
export const WORD = 4
export const PANEL_STEP = COLUMNS * WORD

export const addConst = (code: Code, local: number, bytes: number): void => {
  code.get(local)
  code.i32(bytes)
  code.op(op.i32Add)
  code.set(local)
}

export const addLocal = (code: Code, local: number, other: number): void => {
  code.get(local)
  code.get(other)
  code.op(op.i32Add)
  code.set(local)
}

/** Parameters: source, panel, inner length, bytes from one row of the source to the next. Columns lie 1 apart. */
export const packRows: SharedFunction = {
  name: 'pack rows',
  parameters: [I32, I32, I32, I32],
  results: [],
  emit: ({ code }) => {
    const [source, panel, k, stride] = [0, 1, 2, 3] as const
    code.loop(() => {
      for (const offset of [0, 16]) {
        code.get(panel)
        code.get(source)
        code.vector(simd.load, offset)
        code.vector(simd.store, offset)
      }
      addLocal(code, source, stride)
      addConst(code, panel, PANEL_STEP)
      addConst(code, k, -1)
      code.get(k)
      code.brIf(0)
    })
  }
}

/** The same for a transposed source: rows lie 1 apart, `stride` is from one column to the next; `count` columns are there. */
export const packColumns = (count: number): SharedFunction => ({
  name: `pack columns ${count}`,
  parameters: [I32, I32, I32, I32],
  results: [],
  emit: ({ code }) => {
    const [source, panel, k, stride] = [0, 1, 2, 3] as const
    const columns = Array.from({ length: count }, (_, j) => (j === 0 ? source : code.local(I32)))
    columns.slice(1).forEach((pointer, j) => {
      code.get(columns[j]!)
      code.get(stride)
      code.op(op.i32Add)
      code.set(pointer)
    })
    const gathered = code.local(V128)
    code.loop(() => {
      for (const first of [0, 4]) {
        code.get(columns[Math.min(first, count - 1)]!)
        code.vector(simd.load32Zero, 0)
        code.set(gathered)
        for (let lane = 1; lane < 4; lane++) {
          code.get(columns[Math.min(first + lane, count - 1)]!)
          code.get(gathered)
          code.vector(simd.load32Lane, 0, lane)
          code.set(gathered)
        }
        code.get(panel)
        code.get(gathered)
        code.vector(simd.store, WORD * first)
      }
      columns.forEach((pointer) => addConst(code, pointer, WORD))
      addConst(code, panel, PANEL_STEP)
      addConst(code, k, -1)
      code.get(k)
      code.brIf(0)
    })
  }
})
