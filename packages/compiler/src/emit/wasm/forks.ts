/**
 * How threads share the pieces of a nest. One word of memory is the ticket: which fork it is, and how many of its pieces
 * nobody has taken. Whoever counts it down has a piece; a word that counts pieces done tells when all are. So no thread ever
 * waits for one that has not begun: alone, the first does everything.
 */
import type { Code } from './code.js'
import { NOTHING, type FunctionType } from './module.js'
import { I32, atomic, op } from './opcodes.js'
import type { Fork } from './program.js'

/** Words that threads share, in bytes from the first, each in a cache line of its own. */
export const CONTROL = { ticket: 0, done: 64, stop: 128, bytes: 192 } as const

/** Pieces left are in the low bits of a ticket. */
const FORK_SHIFT = 8
const LEFT = (1 << FORK_SHIFT) - 1
/** Looks at the ticket before a helper sleeps: about a tenth of a millisecond, since to wake takes half of that. */
const LOOKS = 50_000

/** Functions of the module that is made. */
export interface Functions {
  readonly add: (type: FunctionType, emit: (code: Code) => void) => number
  /** A function that is called before it can be written. */
  readonly reserve: (type: FunctionType) => {
    readonly index: number
    readonly fill: (emit: (code: Code) => void) => void
  }
}

export interface Forks {
  /** Encodes a fork where it stands; `piece` is the function of a piece. */
  readonly emit: (code: Code, fork: Fork, piece: number) => void
  /** Adds what a helping thread runs until it is told to stop; undefined if there was no fork. */
  readonly help: () => number | undefined
}

/** @param control address of the words that threads share */
export const forksOf = ({ add, reserve }: Functions, control: number): Forks => {
  const forks: { readonly loop: number; readonly piece: number }[] = []
  let attempt: ReturnType<Functions['reserve']> | undefined
  const at = (code: Code, word: 'ticket' | 'done' | 'stop'): void => code.i32(control + CONTROL[word])
  const load = (code: Code, word: 'ticket' | 'done' | 'stop'): void => {
    at(code, word)
    code.atomic(atomic.load)
  }
  const store = (code: Code, word: 'ticket' | 'done', value: number): void => {
    at(code, word)
    code.i32(value)
    code.atomic(atomic.store)
  }
  const piecesLeft = (code: Code, ticket: number): void => {
    code.get(ticket)
    code.i32(LEFT)
    code.op(op.i32And)
  }
  const returnWith = (code: Code, result: number): void => {
    code.i32(result)
    code.op(op.return)
  }

  /** Takes a piece and does it; leaves 0 if none was left to take. */
  const emitAttempt = (code: Code): void => {
    const ticket = code.local(I32)
    load(code, 'ticket')
    code.set(ticket)
    piecesLeft(code, ticket)
    code.op(op.i32Eqz)
    code.branch(() => returnWith(code, 0))
    at(code, 'ticket')
    code.get(ticket)
    code.get(ticket)
    code.i32(1)
    code.op(op.i32Sub)
    code.atomic(atomic.compareExchange)
    code.get(ticket)
    code.op(op.i32Ne)
    code.branch(() => returnWith(code, 1))
    forks.forEach(({ loop, piece }, k) => {
      code.get(ticket)
      code.i32(FORK_SHIFT)
      code.op(op.i32ShrU)
      code.i32(k)
      code.op(op.i32Eq)
      code.branch(() => {
        piecesLeft(code, ticket)
        code.i32(1)
        code.op(op.i32Sub)
        code.globalSet(loop)
        code.call(piece)
      })
    })
    at(code, 'done')
    code.i32(1)
    code.atomic(atomic.add)
    code.op(op.drop)
    code.i32(1)
  }

  /** Sleeps until the ticket changes. Whoever stops a helper says so before he changes the ticket. */
  const emitSleep = (code: Code): void => {
    const ticket = code.local(I32)
    load(code, 'ticket')
    code.set(ticket)
    load(code, 'stop')
    code.branch(() => code.op(op.return))
    piecesLeft(code, ticket)
    code.op(op.i32Eqz)
    code.branch(() => {
      at(code, 'ticket')
      code.get(ticket)
      code.i64(-1)
      code.atomic(atomic.wait)
      code.op(op.drop)
    })
  }

  /** Pieces as long as there are any; then it looks for a while, then sleeps. */
  const emitHelp = (code: Code, attemptIndex: number): void => {
    const looks = code.local(I32)
    code.loop(() => {
      code.i32(LOOKS)
      code.set(looks)
      code.loop(() => {
        code.call(attemptIndex)
        code.brIf(1)
        code.get(looks)
        code.i32(1)
        code.op(op.i32Sub)
        code.tee(looks)
        code.brIf(0)
      })
      emitSleep(code)
      code.br(0)
    })
  }

  return {
    emit: (code, { loop, pieces }, piece) => {
      attempt ??= reserve({ parameters: [], results: [I32] })
      const { index } = attempt
      const fork = forks.push({ loop, piece }) - 1
      store(code, 'done', 0)
      store(code, 'ticket', (fork << FORK_SHIFT) | pieces)
      at(code, 'ticket')
      code.i32(1)
      code.atomic(atomic.notify)
      code.op(op.drop)
      code.loop(() => {
        code.call(index)
        code.brIf(0)
      })
      code.loop(() => {
        load(code, 'done')
        code.i32(pieces)
        code.op(op.i32Ne)
        code.brIf(0)
      })
    },
    help: () => {
      if (attempt === undefined) return undefined
      attempt.fill(emitAttempt)
      const { index } = attempt
      return add(NOTHING, (code) => emitHelp(code, index))
    }
  }
}
