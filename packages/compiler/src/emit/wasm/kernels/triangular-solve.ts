/**
 * Substitution for four right-hand sides at a time, in float64: a block of four columns lies in scratch memory, row after row,
 * while it is solved. (10 x 10, 1000 columns: 70 µs with the copies in and out.)
 */
import { I32, V128, op, simd } from '../opcodes.js'
import type { Operand, Site } from '../program.js'
import type { TriangularForm } from '../../../primitives/matrices-host.js'
import { addConst } from './pack.js'
import { move, pointer } from './scalar.js'

const LANES = 4
/** Bytes of a row of the block. */
const ROW = 8 * LANES

/** Words of scratch memory for systems of n rows. */
export const triangularScratch = (n: number): number => 2 * LANES * n

export interface TriangularSystems {
  readonly a: Operand
  readonly b: Operand
  readonly x: Operand
  readonly scratch: Operand
  /** a: [count, n, n]; b and x: [count, n, m]. */
  readonly count: number
  readonly n: number
  readonly m: number
  readonly form: TriangularForm
}

const copy = ({ code }: Site, source: number, target: number): void => {
  code.get(source)
  code.set(target)
}

/** Floats of `lanes` columns from n rows, m apart, as doubles: the other lanes are zero. */
const loadBlock = (site: Site, b: number, block: number, { n, m }: TriangularSystems, lanes: number): void => {
  const { code } = site
  const [from, to, four] = [code.local(I32), code.local(I32), code.local(V128)]
  copy(site, b, from)
  copy(site, block, to)
  code.times(n, () => {
    code.get(from)
    if (lanes === LANES) code.vector(simd.load, 0)
    else code.vector(simd.load32Zero, 0)
    code.set(four)
    for (let lane = 1; lane < lanes && lanes < LANES; lane++) {
      code.get(from)
      code.get(four)
      code.vector(simd.load32Lane, 4 * lane, lane)
      code.set(four)
    }
    for (const half of [0, 1]) {
      code.get(to)
      code.get(four)
      if (half === 1) {
        code.get(four)
        code.shuffle([8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15])
      }
      code.simd(simd.f64x2PromoteLowF32x4)
      code.vector(simd.store, 16 * half)
    }
    move(code, from, m)
    addConst(code, to, ROW)
  })
}

const storeBlock = (site: Site, block: number, x: number, { n, m }: TriangularSystems, lanes: number): void => {
  const { code } = site
  const [from, to, four] = [code.local(I32), code.local(I32), code.local(V128)]
  copy(site, block, from)
  copy(site, x, to)
  code.times(n, () => {
    for (const half of [0, 1]) {
      code.get(from)
      code.vector(simd.load, 16 * half)
      code.simd(simd.f32x4DemoteF64x2Zero)
    }
    code.shuffle([0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23])
    code.set(four)
    for (let lane = 0; lane < (lanes === LANES ? 1 : lanes); lane++) {
      code.get(to)
      code.get(four)
      if (lanes === LANES) code.vector(simd.store, 0)
      else code.vector(simd.store32Lane, 4 * lane, lane)
    }
    addConst(code, from, ROW)
    move(code, to, m)
  })
}

/** Where a substitution starts and which way it goes. */
const courseOf = ({ n, form: { lower, transpose } }: TriangularSystems) => {
  const isForward = lower !== transpose
  return {
    direction: isForward ? 1 : -1,
    first: isForward ? 0 : n - 1,
    /** Words from one row, or column, of the matrix that is solved to the next. */
    row: transpose ? 1 : n,
    column: transpose ? n : 1
  }
}

/** Leaves an entry of the matrix, as doubles in both lanes, in `splat`. */
const loadFactor = ({ code }: Site, factor: number, splat: number): void => {
  code.get(factor)
  code.word(op.f32Load, 0)
  code.op(op.f64PromoteF32)
  code.simd(simd.f64x2Splat)
  code.set(splat)
}

/** Takes off both halves of a row what the rows from `found` to `current` make of it; `factor` ends at the pivot. */
const takeOff = (
  site: Site,
  systems: TriangularSystems,
  [factor, found, current, splat]: readonly [number, number, number, number],
  rests: readonly number[]
): void => {
  const { code } = site
  const { direction, column } = courseOf(systems)
  code.block(() =>
    code.loop(() => {
      code.get(found)
      code.get(current)
      code.op(op.i32Eq)
      code.brIf(1)
      loadFactor(site, factor, splat)
      rests.forEach((rest, half) => {
        code.get(rest)
        code.get(splat)
        code.get(found)
        code.vector(simd.load, 16 * half)
        code.simd(simd.f64x2Mul)
        code.simd(simd.f64x2Sub)
        code.set(rest)
      })
      move(code, factor, direction * column)
      addConst(code, found, direction * ROW)
      code.br(0)
    })
  )
}

/** target = base + bytes */
const setBeyond = ({ code }: Site, target: number, base: number, bytes: number): void => {
  code.get(base)
  code.i32(bytes)
  code.op(op.i32Add)
  code.set(target)
}

/** Row by row: what was found before is taken off the right-hand side, the rest divided by the pivot. */
const solveBlock = (site: Site, a: number, block: number, systems: TriangularSystems): void => {
  const { code } = site
  const { n } = systems
  const { direction, first, row } = courseOf(systems)
  const [line, factor, found, current] = [code.local(I32), code.local(I32), code.local(I32), code.local(I32)]
  const [low, high, splat] = [code.local(V128), code.local(V128), code.local(V128)]
  const rests = [low, high]
  setBeyond(site, line, a, 4 * first * (n + 1))
  setBeyond(site, current, block, ROW * first)
  code.times(n, () => {
    copy(site, line, factor)
    setBeyond(site, found, block, ROW * first)
    rests.forEach((rest, half) => {
      code.get(current)
      code.vector(simd.load, 16 * half)
      code.set(rest)
    })
    takeOff(site, systems, [factor, found, current, splat], rests)
    loadFactor(site, factor, splat)
    rests.forEach((rest, half) => {
      code.get(current)
      code.get(rest)
      code.get(splat)
      code.simd(simd.f64x2Div)
      code.vector(simd.store, 16 * half)
    })
    move(code, line, direction * row)
    addConst(code, current, direction * ROW)
  })
}

export const emitTriangularSolve = (site: Site, systems: TriangularSystems): void => {
  const { code } = site
  const { a, b, x, scratch, count, n, m } = systems
  const [matrix, from, to, block] = [a, b, x, scratch].map((operand) => pointer(site, operand)) as [
    number,
    number,
    number,
    number
  ]
  const columns = (lanes: number): void => {
    loadBlock(site, from, block, systems, lanes)
    solveBlock(site, matrix, block, systems)
    storeBlock(site, block, to, systems, lanes)
    move(code, from, lanes)
    move(code, to, lanes)
  }
  code.times(count, () => {
    code.times(Math.floor(m / LANES), () => columns(LANES))
    if (m % LANES > 0) columns(m % LANES)
    // the pointers have moved along the first row
    move(code, from, (n - 1) * m)
    move(code, to, (n - 1) * m)
    move(code, matrix, n * n)
  })
}
