/** Vectors put together from lanes of others, or from single words of memory, at places known now. */
import type { Code } from './code.js'
import { I32, V128, op, simd } from './opcodes.js'

/** A lane of a local; `undefined` where anything will do. */
export type Pick = { readonly local: number; readonly lane: number } | undefined

const laneBytes = (lanes: readonly number[]): number[] => lanes.flatMap((k) => [4 * k, 4 * k + 1, 4 * k + 2, 4 * k + 3])

/** Leaves a vector with these four lanes on the stack. */
export const pushPicks = (code: Code, picks: readonly Pick[]): void => {
  const locals = [...new Set(picks.flatMap((p) => (p === undefined ? [] : [p.local])))]
  const [first, ...others] = locals
  if (first === undefined) return code.v128([0, 0, 0, 0])
  code.get(first)
  if (others.length === 0) {
    if (picks.every((p, i) => p === undefined || p.lane === i)) return
    code.get(first)
    return code.shuffle(laneBytes(picks.map((p, i) => p?.lane ?? i)))
  }
  others.forEach((local, k) => {
    code.get(local)
    const from = (p: Pick, i: number): number =>
      p?.local === local ? 4 + p.lane : k === 0 && p?.local === first ? p.lane : i
    code.shuffle(laneBytes(picks.map(from)))
  })
}

const areConsecutive = (indices: readonly number[]): boolean => indices.every((x, i) => x === indices[0]! + i)

/**
 * Leaves up to four words of memory on the stack. What lies behind fills the lanes that are not asked for.
 *
 * @param base a local that is added to all addresses
 */
export const pushWords = (code: Code, address: number, indices: readonly number[], base: number | undefined): void => {
  const at = (index: number): number => address + 4 * index
  const pushBase = (): void => (base === undefined ? code.i32(0) : code.get(base))
  const [first, ...rest] = indices as [number, ...number[]]
  const isOne = rest.every((x) => x === first)
  pushBase()
  if (isOne) return code.vector(simd.load32Splat, at(first))
  if (areConsecutive(indices)) return code.vector(simd.load, at(first))
  code.vector(simd.load32Zero, at(first))
  rest.forEach((index, k) => {
    const vector = code.local(V128)
    code.set(vector)
    pushBase()
    code.get(vector)
    code.vector(simd.load32Lane, at(index), k + 1)
  })
}

/**
 * Stores the leading lanes of a local at some words of memory.
 *
 * @param mayOverrun whether words behind the last may be overwritten
 */
export const storeWords = (
  code: Code,
  local: number,
  address: number,
  indices: readonly number[],
  base: number | undefined,
  mayOverrun: boolean
): void => {
  const store = (opcode: number, index: number, lane?: number): void => {
    if (base === undefined) code.i32(0)
    else code.get(base)
    code.get(local)
    code.vector(opcode, address + 4 * index, lane)
  }
  const [first] = indices as [number]
  if (areConsecutive(indices)) {
    if (indices.length === 4 || mayOverrun) return store(simd.store, first)
    if (indices.length > 1) store(simd.store64Lane, first, 0)
    if (indices.length !== 2) store(simd.store32Lane, indices[indices.length - 1]!, indices.length - 1)
    return
  }
  indices.forEach((index, lane) => store(simd.store32Lane, index, lane))
}

/** Leaves the cursor of a view in a local, for use as a base. */
export const keepBase = (code: Code, push: () => void): number => {
  push()
  const base = code.local(I32)
  code.set(base)
  return base
}

/** Whether a mask on the stack is set in lane 0: an i32, 0 or 1. */
export const pushFlag = (code: Code): void => {
  code.simd(simd.i32x4ExtractLane, 0)
  code.i32(0)
  code.op(op.i32Ne)
}
