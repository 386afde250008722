/** The operations of reductions: how two vectors combine, and the number that changes nothing. */
import { floatBits } from './bytes.js'
import { simd } from './opcodes.js'
import type { DType } from '../../graph/graph.js'
import type { Reduction } from './program.js'

export interface Monoid {
  readonly opcode: number
  readonly identity: number
  /** Whether many terms lose digits one by one: float32 sums. */
  readonly isRounded: boolean
}

const FLOAT: Readonly<Record<Reduction, Omit<Monoid, 'isRounded'>>> = {
  sum: { opcode: simd.f32x4Add, identity: 0 },
  prod: { opcode: simd.f32x4Mul, identity: floatBits(1) },
  max: { opcode: simd.f32x4Max, identity: floatBits(-Infinity) },
  min: { opcode: simd.f32x4Min, identity: floatBits(Infinity) },
  any: { opcode: simd.or, identity: 0 },
  all: { opcode: simd.and, identity: -1 }
}

const INTEGER: Readonly<Record<Reduction, Omit<Monoid, 'isRounded'>>> = {
  ...FLOAT,
  sum: { opcode: simd.i32x4Add, identity: 0 },
  prod: { opcode: simd.i32x4Mul, identity: 1 },
  max: { opcode: simd.i32x4MaxS, identity: -(2 ** 31) },
  min: { opcode: simd.i32x4MinS, identity: 2 ** 31 - 1 }
}

export const monoidOf = (reduce: Reduction, { dtype }: { readonly dtype: DType }): Monoid => ({
  ...(dtype === 'float32' ? FLOAT : INTEGER)[reduce],
  isRounded: reduce === 'sum' && dtype === 'float32'
})
