/** Parts of kernels that go word by word: pointers, copies, and the dtypes of single words. */
import type { DType } from '../../../graph/graph.js'
import type { Code } from '../code.js'
import { F32, I32, op, simd } from '../opcodes.js'
import type { Operand, Site } from '../program.js'

const WORD = 4

/** How single words of a dtype are loaded, stored, added and compared. */
export const wordOf = (dtype: DType) =>
  dtype === 'float32'
    ? ({ type: F32, load: op.f32Load, store: op.f32Store, add: op.f32Add, less: op.f32Lt, greater: op.f32Gt } as const)
    : ({
        type: I32,
        load: op.i32Load,
        store: op.i32Store,
        add: op.i32Add,
        less: op.i32LtS,
        greater: op.i32GtS
      } as const)

/** A local that starts at the first element of a plain operand. */
export const pointer = ({ code, address }: Site, { source }: Operand): number => {
  if (typeof source === 'number') throw new Error('a repeated number has no address')
  const local = code.local(I32)
  code.i32(address(source))
  code.set(local)
  return local
}

/** local += words. */
export const move = (code: Code, local: number, words: number): void => {
  code.get(local)
  code.i32(WORD * words)
  code.op(op.i32Add)
  code.set(local)
}

/** A local that counts from 0 in a loop of `count` turns. */
export const counted = (code: Code, count: number, body: (index: number) => void): void => {
  const index = code.local(I32)
  code.i32(0)
  code.set(index)
  code.times(count, () => {
    body(index)
    code.get(index)
    code.i32(1)
    code.op(op.i32Add)
    code.set(index)
  })
}

/** Moves `count` words (or adds them to what is there) from one pointer to another, which both stay where they were. */
export const transfer = (code: Code, from: number, to: number, count: number, dtype: DType, adds: boolean): void => {
  const { load, store, add } = wordOf(dtype)
  const vector = (offset: number): void => {
    code.get(to)
    code.get(from)
    code.vector(simd.load, offset)
    if (adds) {
      code.get(to)
      code.vector(simd.load, offset)
      code.simd(dtype === 'float32' ? simd.f32x4Add : simd.i32x4Add)
    }
    code.vector(simd.store, offset)
  }
  const word = (offset: number): void => {
    code.get(to)
    code.get(from)
    code.word(load, offset)
    if (adds) {
      code.get(to)
      code.word(load, offset)
      code.op(add)
    }
    code.word(store, offset)
  }
  const vectors = Math.floor(count / 4)
  const isLong = vectors > 8
  if (isLong) {
    code.times(vectors, () => {
      vector(0)
      move(code, from, 4)
      move(code, to, 4)
    })
    ;[from, to].forEach((local) => move(code, local, -4 * vectors))
  } else for (let i = 0; i < vectors; i++) vector(16 * i)
  for (let i = 4 * vectors; i < count; i++) word(WORD * i)
}
