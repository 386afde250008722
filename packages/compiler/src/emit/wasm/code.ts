/** The body of one function under construction: instructions for a stack machine, and its locals. */
import { byteWriter } from './byte-writer.js'
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
  readonly bytes: () => Uint8Array<ArrayBuffer>
}

/** @param parameters types of the function's parameters, which are its first locals */
export const codeFor = (parameters: readonly ValueType[] = []): Code => {
  const body = byteWriter()
  const locals: ValueType[] = []
  const { byte, unsigned, signed } = body
  const withIndex = (opcode: number, index: number): void => {
    byte(opcode)
    unsigned(index)
  }
  const simdOp = (opcode: number): void => withIndex(0xfd, opcode)
  const nested = (opcode: number, type: number, inside: () => void): void => {
    byte(opcode)
    byte(type)
    inside()
    byte(op.end)
  }
  const code: Code = {
    local: (type) => parameters.length + locals.push(type) - 1,
    get: (local) => withIndex(op.localGet, local),
    set: (local) => withIndex(op.localSet, local),
    tee: (local) => withIndex(op.localTee, local),
    i32: (value) => {
      byte(op.i32Const)
      signed(value)
    },
    i64: (value) => {
      byte(op.i64Const)
      signed(value)
    },
    v128: (words) => {
      simdOp(simd.const)
      words.forEach(body.word)
    },
    op: byte,
    simd: (opcode, ...immediates) => {
      simdOp(opcode)
      if (immediates.length > 0) body.bytes(immediates)
    },
    shuffle: (bytes) => {
      simdOp(simd.shuffle)
      body.bytes(bytes)
    },
    word: (opcode, offset) => {
      byte(opcode)
      withIndex(2, offset)
    },
    vector: (opcode, offset, lane) => {
      simdOp(opcode)
      withIndex(2, offset)
      if (lane !== undefined) byte(lane)
    },
    atomic: (opcode) => {
      withIndex(0xfe, opcode)
      withIndex(2, 0)
    },
    call: (index) => withIndex(op.call, index),
    globalGet: (index) => withIndex(op.globalGet, index),
    globalSet: (index) => withIndex(op.globalSet, index),
    block: (inside) => nested(op.block, VOID, inside),
    loop: (inside) => nested(op.loop, VOID, inside),
    branch: (onTrue, onFalse, result) =>
      nested(op.if, result ?? VOID, () => {
        onTrue()
        if (onFalse === undefined) return
        byte(op.else)
        onFalse()
      }),
    br: (depth) => withIndex(op.br, depth),
    brIf: (depth) => withIndex(op.brIf, depth),
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
      const whole = byteWriter()
      whole.unsigned(runs.length)
      for (const { count, type } of runs) {
        whole.unsigned(count)
        whole.byte(type)
      }
      whole.bytes(body.written())
      whole.byte(op.end)
      return whole.written()
    }
  }
  return Object.freeze(code)
}
