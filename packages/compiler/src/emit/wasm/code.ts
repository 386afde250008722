/** The body of one function under construction: instructions for a stack machine, and its locals. */
import { signed, unsigned, wordBytes } from './bytes.js'
import { I32, VOID, op, simd, type ValueType } from './opcodes.js'

export interface Code {
  /** A new local, zero at entry. */
  readonly local: (type: ValueType) => number
  readonly get: (local: number) => void
  readonly set: (local: number) => void
  readonly tee: (local: number) => void
  readonly i32: (value: number) => void
  /** A small 64-bit constant. */
  readonly i64: (value: number) => void
  /** A 128-bit constant of four words, low one first. */
  readonly v128: (words: readonly number[]) => void
  readonly op: (opcode: number) => void
  readonly simd: (opcode: number, ...immediates: readonly number[]) => void
  /** Takes byte indices into two vectors, 0-31. */
  readonly shuffle: (bytes: readonly number[]) => void
  /** A load or store of 32 bits, relative to the address on the stack. */
  readonly word: (opcode: number, offset: number) => void
  /** A SIMD load or store, whole or of a lane. */
  readonly vector: (opcode: number, offset: number, lane?: number) => void
  /** An instruction on a word that threads share, relative to the address on the stack. */
  readonly atomic: (opcode: number) => void
  readonly call: (index: number) => void
  readonly globalGet: (index: number) => void
  readonly globalSet: (index: number) => void
  readonly block: (body: () => void) => void
  readonly loop: (body: () => void) => void
  /** Takes a condition from the stack. */
  readonly branch: (onTrue: () => void, onFalse?: () => void, result?: ValueType) => void
  readonly br: (depth: number) => void
  readonly brIf: (depth: number) => void
  /** Runs `body` `count` times (a number known now), without a counter where that is once. */
  readonly times: (count: number, body: () => void) => void
  /** Body with its locals, as the code section holds it. */
  readonly bytes: () => readonly number[]
}

/** @param parameters types of the function's parameters, which are its first locals */
export const codeFor = (parameters: readonly ValueType[] = []): Code => {
  const body: number[] = []
  const locals: ValueType[] = []
  const emit = (...bytes: readonly number[]): void => void body.push(...bytes)
  const nested = (opcode: number, type: number, inside: () => void): void => {
    emit(opcode, type)
    inside()
    emit(op.end)
  }
  const code: Code = {
    local: (type) => parameters.length + locals.push(type) - 1,
    get: (local) => emit(op.localGet, ...unsigned(local)),
    set: (local) => emit(op.localSet, ...unsigned(local)),
    tee: (local) => emit(op.localTee, ...unsigned(local)),
    i32: (value) => emit(op.i32Const, ...signed(value)),
    i64: (value) => emit(op.i64Const, ...signed(value)),
    v128: (words) => emit(0xfd, simd.const, ...wordBytes(...words)),
    op: (opcode) => emit(opcode),
    simd: (opcode, ...immediates) => emit(0xfd, ...unsigned(opcode), ...immediates),
    shuffle: (bytes) => emit(0xfd, simd.shuffle, ...bytes),
    word: (opcode, offset) => emit(opcode, 2, ...unsigned(offset)),
    vector: (opcode, offset, lane) =>
      emit(0xfd, ...unsigned(opcode), 2, ...unsigned(offset), ...(lane === undefined ? [] : [lane])),
    atomic: (opcode) => emit(0xfe, ...unsigned(opcode), 2, 0),
    call: (index) => emit(op.call, ...unsigned(index)),
    globalGet: (index) => emit(op.globalGet, ...unsigned(index)),
    globalSet: (index) => emit(op.globalSet, ...unsigned(index)),
    block: (inside) => nested(op.block, VOID, inside),
    loop: (inside) => nested(op.loop, VOID, inside),
    branch: (onTrue, onFalse, result) =>
      nested(op.if, result ?? VOID, () => {
        onTrue()
        if (onFalse === undefined) return
        emit(op.else)
        onFalse()
      }),
    br: (depth) => emit(op.br, ...unsigned(depth)),
    brIf: (depth) => emit(op.brIf, ...unsigned(depth)),
    times: (count, inside) => {
      if (count <= 1) {
        if (count === 1) inside()
        return
      }
      const left = code.local(I32)
      code.i32(count)
      code.set(left)
      code.loop(() => {
        inside()
        code.get(left)
        code.i32(1)
        code.op(op.i32Sub)
        code.tee(left)
        code.brIf(0)
      })
    },
    bytes: () => {
      const runs: { count: number; readonly type: ValueType }[] = []
      for (const type of locals) {
        const last = runs[runs.length - 1]
        if (last?.type === type) last.count++
        else runs.push({ count: 1, type })
      }
      const declared = runs.flatMap(({ count, type }) => [...unsigned(count), type])
      return [...unsigned(runs.length), ...declared, ...body, op.end]
    }
  }
  return Object.freeze(code)
}
