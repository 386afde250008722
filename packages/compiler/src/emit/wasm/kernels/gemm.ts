/**
 * Products of matrices large enough for registers to matter: tiles of 4 rows by 8 columns, whose 32 sums stay in locals
 * while they run along the inner axis, in blocks of 256 so that panels stay in cache and long sums keep their digits. The
 * columns of a panel are packed next to each other first.
 */
import { I32, V128, op, simd } from '../opcodes.js'
import type { Buffer, Operand, SharedFunction, Site } from '../program.js'
import { COLUMNS, PANEL_STEP, WORD, addConst, addLocal, packColumns, packRows } from './pack.js'

export { COLUMNS } from './pack.js'

const ROWS = 4
const BLOCK = 256

/** How the elements of the left factor follow each other: along a row (1 apart), or down a column. */
type Form = 'rows' | 'columns'

/** Elements that a pair of matrices takes to be multiplied by this kernel. */
export interface Product {
  readonly a: Operand
  readonly b: Operand
  readonly c: Operand
  /** [batch..., m, k, n] */
  readonly m: number
  readonly k: number
  readonly n: number
  /** Room for one packed panel. */
  readonly panel: Buffer
}

export const PANEL_SIZE = BLOCK * COLUMNS

/** sum += a b; with one rounding where the machine can. */
const multiplyAdd = ({ code, isFused }: Site, sum: number, a: number, b: number): void => {
  if (isFused) {
    for (const local of [a, b, sum]) code.get(local)
    code.simd(simd.f32x4RelaxedMadd)
  } else {
    code.get(a)
    code.get(b)
    code.simd(simd.f32x4Mul)
    code.get(sum)
    code.simd(simd.f32x4Add)
  }
  code.set(sum)
}

/** Parameters: a, panel, c, inner length, bytes from one row (or column) of a to the next, bytes of a row of c, whether to add to c. */
const tileFunction = (rows: number, form: Form): SharedFunction => ({
  name: `tile ${rows} ${form}`,
  parameters: [I32, I32, I32, I32, I32, I32, I32],
  results: [],
  emit: (site) => {
    const { code } = site
    const [a, panel, c, k, stride, cStride, adds] = [0, 1, 2, 3, 4, 5, 6] as const
    const rowPointers = Array.from({ length: rows }, (_, i) => (i === 0 ? a : code.local(I32)))
    if (form === 'rows')
      rowPointers.slice(1).forEach((pointer, i) => {
        code.get(rowPointers[i]!)
        code.get(stride)
        code.op(op.i32Add)
        code.set(pointer)
      })
    const sums = Array.from({ length: rows }, () => [code.local(V128), code.local(V128)] as const)
    const right = [code.local(V128), code.local(V128)] as const
    const left = code.local(V128)
    const step = (offset: number): void => {
      right.forEach((b, j) => {
        code.get(panel)
        code.vector(simd.load, offset * PANEL_STEP + 16 * j)
        code.set(b)
      })
      sums.forEach((own, i) => {
        code.get(form === 'rows' ? rowPointers[i]! : a)
        code.vector(simd.load32Splat, form === 'rows' ? WORD * offset : WORD * i)
        code.set(left)
        own.forEach((sum, j) => multiplyAdd(site, sum, left, right[j]!))
      })
    }
    const advance = (count: number): void => {
      if (form === 'rows') rowPointers.forEach((pointer) => addConst(code, pointer, WORD * count))
      addConst(code, panel, PANEL_STEP * count)
      addConst(code, k, -count)
    }
    /** Steps `count` at a time while as many are left. */
    const run = (count: number): void =>
      code.block(() =>
        code.loop(() => {
          code.get(k)
          code.i32(count)
          code.op(op.i32LtS)
          code.brIf(1)
          for (let s = 0; s < count; s++) {
            step(s)
            if (form === 'columns') addLocal(code, a, stride)
          }
          advance(count)
          code.br(0)
        })
      )
    run(4)
    run(1)
    for (const own of sums) {
      own.forEach((sum, j) => {
        code.get(c)
        code.get(sum)
        code.get(adds)
        code.branch(
          () => {
            code.get(c)
            code.vector(simd.load, 16 * j)
          },
          () => code.v128([0, 0, 0, 0]),
          V128
        )
        code.simd(simd.f32x4Add)
        code.vector(simd.store, 16 * j)
      })
      addLocal(code, c, cStride)
    }
  }
})

/** A local with the address of a view's first element. */
const pointerTo = (site: Site, { source, view }: Operand): number => {
  if (typeof source === 'number') throw new Error('a product of a repeated number')
  const { code } = site
  const local = code.local(I32)
  code.i32(site.address(source) + WORD * view.offset)
  if (view.cursors.length > 0) {
    site.cursors(view.cursors)
    code.op(op.i32Add)
  }
  code.set(local)
  return local
}

const lastTwo = ({ view }: Operand): readonly [row: number, column: number] => {
  const [row, column] = view.strides.slice(-2) as [number, number]
  return [row, column]
}

/** The columns of one panel, over all rows and blocks of the inner axis. */
const emitPanel = (site: Site, product: Product, a: number, b: number, c: number, columns: number): void => {
  const { code } = site
  const { m, k, panel } = product
  const [aRow, aColumn] = lastTwo(product.a)
  const [bRow, bColumn] = lastTwo(product.b)
  const cRow = lastTwo(product.c)[0]
  const form: Form = aColumn === 1 ? 'rows' : 'columns'
  const [left, right, out] = [code.local(I32), code.local(I32), code.local(I32)]
  const block = (from: number, length: number): void => {
    code.get(b)
    code.i32(WORD * from * bRow)
    code.op(op.i32Add)
    code.set(right)
    for (const push of [() => code.get(right), () => code.i32(site.address(panel)), () => code.i32(length)]) push()
    code.i32(WORD * (bColumn === 1 ? bRow : bColumn))
    code.call(site.shared(bColumn === 1 ? packRows : packColumns(columns)))
    code.get(a)
    code.i32(WORD * from * aColumn)
    code.op(op.i32Add)
    code.set(left)
    code.get(c)
    code.set(out)
    const tile = (rows: number): void => {
      code.get(left)
      code.i32(site.address(panel))
      code.get(out)
      code.i32(length)
      code.i32(WORD * (form === 'rows' ? aRow : aColumn))
      code.i32(WORD * cRow)
      code.i32(from === 0 ? 0 : 1)
      code.call(site.shared(tileFunction(rows, form)))
      addConst(code, left, WORD * rows * aRow)
      addConst(code, out, WORD * rows * cRow)
    }
    code.times(Math.floor(m / ROWS), () => tile(ROWS))
    if (m % ROWS > 0) tile(m % ROWS)
  }
  for (let from = 0; from < k; from += BLOCK) block(from, Math.min(BLOCK, k - from))
}

/** Runs `body` for each matrix of a batch; the locals point at its first elements. */
const forEachMatrix = (site: Site, { a, b, c }: Product, body: (a: number, b: number, c: number) => void): void => {
  const { code } = site
  const operands = [a, b, c]
  const locals = operands.map((x) => pointerTo(site, x)) as [number, number, number]
  const batch = c.shape.slice(0, -2)
  const loop = (axis: number): void => {
    if (axis === batch.length) return body(...locals)
    const move = (count: number): void =>
      operands.forEach(({ view }, i) => {
        const stride = view.strides[axis]!
        if (stride !== 0) addConst(code, locals[i]!, WORD * stride * count)
      })
    code.times(batch[axis]!, () => {
      loop(axis + 1)
      move(1)
    })
    move(-batch[axis]!)
  }
  loop(0)
}

/** c = a b for whole panels of columns; the operands have the same leading axes, and unit strides along one axis or the other. */
export const emitProduct = (site: Site, product: Product): void =>
  forEachMatrix(site, product, (a, b, c) => {
    const { code } = site
    const { n } = product
    const bColumn = lastTwo(product.b)[1]
    const [right, out] = [code.local(I32), code.local(I32)]
    code.get(b)
    code.set(right)
    code.get(c)
    code.set(out)
    const panel = (columns: number): void => {
      emitPanel(site, product, a, right, out, columns)
      addConst(code, right, PANEL_STEP * bColumn)
      addConst(code, out, PANEL_STEP)
    }
    code.times(Math.floor(n / COLUMNS), () => panel(COLUMNS))
    if (n % COLUMNS > 0) panel(n % COLUMNS)
  })
