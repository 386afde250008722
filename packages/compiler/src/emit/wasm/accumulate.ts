/** Running totals of reductions, in locals: a vector for each vector of a tile, all four lanes apart until the end. */
import { V128, simd } from './opcodes.js'
import { pushPicks } from './gather-lanes.js'
import { monoidOf } from './reduction.js'
import type { Site, Statement } from './program.js'

export interface Accumulator {
  /** Adds the first `length` lanes of what `push` leaves on the stack. */
  readonly add: (vector: number, length: number, push: () => void) => void
  /** Adds what was gathered since the last time to the total, so that a long sum keeps its digits. */
  readonly fold: () => void
  /** The local with the totals of a vector, when all has been folded. */
  readonly result: (vector: number) => number
  /** A local whose first lane has the total over all lanes of all vectors. */
  readonly total: () => number
  readonly isRounded: boolean
}

const LANES = [0, 1, 2, 3] as const

/** Sums of more terms than this are taken in blocks, with the rounding errors of the total carried along (Kahan). */
const LONG = 256

const accumulatorFor = (site: Site, { target, reduce }: Statement, vectors: number, terms: number): Accumulator => {
  const { code } = site
  const { opcode, identity, isRounded } = monoidOf(reduce!, target)
  const isLong = isRounded && terms > LONG
  const zero = (): number => {
    const local = code.local(V128)
    code.v128(LANES.map(() => identity))
    code.set(local)
    return local
  }
  const sums = Array.from({ length: vectors }, zero)
  const totals = isLong ? sums.map(zero) : sums
  const lost = isLong ? sums.map(zero) : []
  const subtract = (a: number, b: number): void => {
    code.get(a)
    code.get(b)
    code.simd(simd.f32x4Sub)
  }
  /** y = sum - lost; next = total + y; lost = (next - total) - y. An infinite total has lost nothing. */
  const fold = (k: number): void => {
    const [sum, total, error] = [sums[k]!, totals[k]!, lost[k]!]
    const [y, next] = [code.local(V128), code.local(V128)]
    subtract(sum, error)
    code.tee(y)
    code.get(total)
    code.simd(simd.f32x4Add)
    code.set(next)
    subtract(next, total)
    code.get(y)
    code.simd(simd.f32x4Sub)
    code.tee(error)
    code.get(error)
    code.get(error)
    code.simd(simd.f32x4Eq)
    code.simd(simd.and)
    code.set(error)
    code.get(next)
    code.set(total)
    code.v128(LANES.map(() => 0))
    code.set(sum)
  }
  return {
    isRounded: isLong,
    add: (vector, length, push) => {
      push()
      if (length < 4) {
        code.v128(LANES.map(() => identity))
        code.v128(LANES.map((k) => (k < length ? -1 : 0)))
        code.simd(simd.bitselect)
      }
      code.get(sums[vector]!)
      code.simd(opcode)
      code.set(sums[vector]!)
    },
    fold: () => {
      if (isLong) sums.forEach((_, k) => fold(k))
    },
    result: (vector) => totals[vector]!,
    total: () => {
      const local = code.local(V128)
      totals.forEach((total, k) => {
        code.get(total)
        if (k > 0) code.simd(opcode)
      })
      for (const lanes of [
        [2, 3, 2, 3],
        [1, 1, 1, 1]
      ]) {
        code.tee(local)
        pushPicks(
          code,
          lanes.map((lane) => ({ local, lane }))
        )
        code.simd(opcode)
      }
      code.set(local)
      return local
    }
  }
}

/** Fresh totals for the statements that reduce. */
export const accumulators = (
  site: Site,
  statements: readonly Statement[],
  vectors: number,
  terms: number
): ReadonlyMap<Statement, Accumulator> =>
  new Map(
    statements
      .filter(({ reduce }) => reduce !== undefined)
      .map((statement) => [statement, accumulatorFor(site, statement, vectors, terms)])
  )
