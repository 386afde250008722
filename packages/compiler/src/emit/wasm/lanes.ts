/**
 * Expressions on vectors of four lanes. A rule of an elementwise op builds one from those of its operands, once; it is
 * encoded in a loop over memory or written out for a few elements, as the place asks. Equal expressions are one object.
 */
import { lgamma64, polygamma64 } from '../../primitives/special-reference.js'
import { doubleBits, floatBits } from './bytes.js'
import { simd } from './opcodes.js'
import type { Buffer, View } from './program.js'
import { tuples } from './tuples.js'
import { viewKey } from './view-key.js'

interface Common {
  readonly id: number
}
/** The same four words wherever it is used. */
export interface Constant extends Common {
  readonly kind: 'constant'
  readonly words: readonly number[]
}
export interface Load extends Common {
  readonly kind: 'load'
  readonly buffer: Buffer
  readonly view: View
}
export interface Apply extends Common {
  readonly kind: 'apply'
  readonly opcode: number
  readonly args: readonly Expr[]
  /** A shift's distance, or the bytes of a shuffle. */
  readonly immediates: readonly number[]
}
export interface Call extends Common {
  readonly kind: 'call'
  readonly fn: LaneFunction
  readonly args: readonly Expr[]
}
/**
 * `value`, but in lanes where `where` holds what another function gives, of lanes or of the host: for rare arguments, as it
 * is called where there is such a lane only.
 */
export interface Patch extends Common {
  readonly kind: 'patch'
  readonly fn: LaneFunction | HostFunction
  readonly where: Expr
  readonly args: readonly Expr[]
  readonly value: Expr
}
/** An argument of the function of lanes that is being encoded. */
export interface Parameter extends Common {
  readonly kind: 'parameter'
  readonly index: number
}
export type Expr = Constant | Load | Apply | Call | Patch | Parameter

/** Functions of float64 on the host, for single lanes: where there are no vectors, or for rare arguments. */
export const hostFunctions = {
  lgamma: lgamma64,
  polygamma: (order: number, x: number): number => polygamma64(order)(x),
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  remainder: (a: number, b: number): number => a % b
} as const
export type HostFunction = keyof typeof hostFunctions

/** A function of vectors with a name: encoded once a module, or put in place where it is short and the loop long. */
export interface LaneFunction {
  readonly name: string
  readonly isShort: boolean
  readonly body: (l: Lanes, ...args: Expr[]) => Expr
}

const UNARY = {
  sqrt: simd.f32x4Sqrt,
  ceil: simd.f32x4Ceil,
  floor: simd.f32x4Floor,
  trunc: simd.f32x4Trunc,
  nearest: simd.f32x4Nearest,
  not: simd.not,
  negInt: simd.i32x4Neg,
  absInt: simd.i32x4Abs,
  toFloat: simd.f32x4ConvertI32x4S,
  toInt: simd.i32x4TruncSatF32x4S,
  negDouble: simd.f64x2Neg,
  absDouble: simd.f64x2Abs,
  sqrtDouble: simd.f64x2Sqrt,
  floorDouble: simd.f64x2Floor,
  truncDouble: simd.f64x2Trunc,
  nearestDouble: simd.f64x2Nearest
} as const

const BINARY = {
  add: simd.f32x4Add,
  sub: simd.f32x4Sub,
  mul: simd.f32x4Mul,
  div: simd.f32x4Div,
  /** NaN where either is. */
  min: simd.f32x4Min,
  max: simd.f32x4Max,
  /** a where a comparison with NaN decides: one instruction. */
  quickMin: simd.f32x4Pmin,
  quickMax: simd.f32x4Pmax,
  eq: simd.f32x4Eq,
  ne: simd.f32x4Ne,
  lt: simd.f32x4Lt,
  le: simd.f32x4Le,
  gt: simd.f32x4Gt,
  ge: simd.f32x4Ge,
  addInt: simd.i32x4Add,
  subInt: simd.i32x4Sub,
  mulInt: simd.i32x4Mul,
  minInt: simd.i32x4MinS,
  maxInt: simd.i32x4MaxS,
  eqInt: simd.i32x4Eq,
  neInt: simd.i32x4Ne,
  ltInt: simd.i32x4LtS,
  leInt: simd.i32x4LeS,
  gtInt: simd.i32x4GtS,
  geInt: simd.i32x4GeS,
  geUnsigned: simd.i32x4GeU,
  and: simd.and,
  or: simd.or,
  xor: simd.xor,
  /** a and not b. */
  without: simd.andnot,
  addDouble: simd.f64x2Add,
  subDouble: simd.f64x2Sub,
  mulDouble: simd.f64x2Mul,
  divDouble: simd.f64x2Div,
  eqDouble: simd.f64x2Eq,
  ltDouble: simd.f64x2Lt,
  gtDouble: simd.f64x2Gt,
  addLong: simd.i64x2Add,
  subLong: simd.i64x2Sub
} as const

const SHIFTS = {
  shl: simd.i32x4Shl,
  shr: simd.i32x4ShrS,
  shrUnsigned: simd.i32x4ShrU,
  shlLong: simd.i64x2Shl,
  shrLong: simd.i64x2ShrU
} as const

type Ops = Readonly<
  Record<keyof typeof UNARY, (x: Expr) => Expr> &
    Record<keyof typeof BINARY, (a: Expr, b: Expr) => Expr> &
    Record<keyof typeof SHIFTS, (x: Expr, distance: number) => Expr>
>

export interface Lanes extends Ops {
  /** A float32 in every lane. */
  readonly f: (value: number) => Expr
  /** An int32 in every lane. */
  readonly i: (value: number) => Expr
  /** A float64 in both halves. */
  readonly d: (value: number) => Expr
  /** By the bit of the sign: one instruction with a constant, where f32x4.neg and f32x4.abs are three. */
  readonly neg: (x: Expr) => Expr
  readonly abs: (x: Expr) => Expr
  readonly load: (buffer: Buffer, view: View) => Expr
  readonly parameter: (index: number) => Expr
  readonly apply: (opcode: number, args: readonly Expr[], immediates?: readonly number[]) => Expr
  readonly call: (fn: LaneFunction, ...args: readonly Expr[]) => Expr
  /** A function of the host, in every lane: slow. */
  readonly onHost: (host: HostFunction, ...args: readonly Expr[]) => Expr
  readonly patch: (fn: LaneFunction | HostFunction, where: Expr, args: readonly Expr[], value: Expr) => Expr
  /** a b + c, fused where the machine can. */
  readonly fma: (a: Expr, b: Expr, c: Expr) => Expr
  readonly select: (mask: Expr, a: Expr, b: Expr) => Expr
  /** Applies f in float64 to both halves of float32 vectors. */
  readonly inDouble: (f: (...xs: Expr[]) => Expr, ...xs: readonly Expr[]) => Expr
  /** The same expression with every load replaced. */
  readonly mapLoads: (x: Expr, f: (load: Load) => Expr) => Expr
  /** The same expression with the bodies of short functions in place of their calls. */
  readonly expand: (x: Expr) => Expr
}

/** The bit of the sign of a float. */
export const SIGN = -(2 ** 31)

const HIGH_HALF = [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15]
const LOW_HALVES = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23]

/** The arguments, each by what takes its place; undefined where all stay. */
const changed = (args: readonly Expr[], again: (e: Expr) => Expr): readonly Expr[] | undefined => {
  const others = args.map(again)
  return others.every((other, i) => other === args[i]) ? undefined : others
}

/** Source of expressions that share their equals. */
export const lanes = (): Lanes => {
  const known = new Map<string, Expr>()
  let count = 0
  const shared = (key: string, make: (id: number) => Expr): Expr => {
    const found = known.get(key)
    if (found !== undefined) return found
    const made = make(count++)
    known.set(key, made)
    return made
  }
  const numbers = tuples()
  const applied = new Map<number, Expr>()
  const ids = (xs: readonly Expr[]): string => xs.map(({ id }) => id).join()
  const constant = (words: readonly number[]): Expr =>
    shared(`c${words.join()}`, (id) => ({ kind: 'constant', id, words }))
  const apply: Lanes['apply'] = (opcode, args, immediates = []) => {
    let key = opcode
    for (const immediate of immediates) key = numbers(key, immediate)
    for (const { id } of args) key = numbers(key, id)
    const found = applied.get(key)
    if (found !== undefined) return found
    const made: Expr = { kind: 'apply', id: count++, opcode, args, immediates }
    applied.set(key, made)
    return made
  }
  const call: Lanes['call'] = (fn, ...args) =>
    shared(`f${fn.name}:${ids(args)}`, (id) => ({ kind: 'call', id, fn, args }))
  const patch: Lanes['patch'] = (fn, where, args, value) => {
    const name = typeof fn === 'string' ? `host ${fn}` : fn.name
    return shared(`p${name}:${ids([where, value, ...args])}`, (id) => ({ kind: 'patch', id, fn, where, args, value }))
  }
  const load: Lanes['load'] = (buffer, view) =>
    shared(`l${buffer.id}:${viewKey(view)}`, (id) => ({ kind: 'load', id, buffer, view }))
  const f = (value: number): Expr => splat(floatBits(value))
  const splat = (bits: number): Expr => constant([bits, bits, bits, bits])
  const fma: Lanes['fma'] = (a, b, c) => apply(simd.f32x4RelaxedMadd, [a, b, c])
  const withArguments = (e: Expr, again: (e: Expr) => Expr): Expr => {
    switch (e.kind) {
      case 'apply': {
        const args = changed(e.args, again)
        return args === undefined ? e : apply(e.opcode, args, e.immediates)
      }
      case 'call': {
        const args = changed(e.args, again)
        return args === undefined ? e : call(e.fn, ...args)
      }
      case 'patch':
        return patch(e.fn, again(e.where), e.args.map(again), again(e.value))
      default:
        return e
    }
  }
  /** Rebuilds from the leaves up: `change` sees each node after its arguments were rebuilt. */
  const rewrite = (
    x: Expr,
    change: (e: Expr, again: (e: Expr) => Expr) => Expr,
    done: Map<Expr, Expr> = new Map()
  ): Expr => {
    const visit = (e: Expr): Expr => {
      const known = done.get(e)
      if (known !== undefined) return known
      const result = change(withArguments(e, visit), visit)
      done.set(e, result)
      return result
    }
    return visit(x)
  }
  const expanded = new Map<Expr, Expr>()
  const table = <K extends string, F>(opcodes: Readonly<Record<K, number>>, make: (opcode: number) => F) =>
    Object.fromEntries(Object.entries<number>(opcodes).map(([name, opcode]) => [name, make(opcode)])) as Record<K, F>
  const half = (x: Expr, isHigh: boolean): Expr =>
    apply(simd.f64x2PromoteLowF32x4, [isHigh ? apply(simd.shuffle, [x, x], HIGH_HALF) : x])
  const self: Lanes = Object.freeze({
    ...table(UNARY, (opcode) => (x: Expr) => apply(opcode, [x])),
    ...table(BINARY, (opcode) => (a: Expr, b: Expr) => apply(opcode, [a, b])),
    ...table(SHIFTS, (opcode) => (x: Expr, distance: number) => apply(opcode, [x], [distance])),
    neg: (x: Expr) => apply(simd.xor, [x, splat(SIGN)]),
    abs: (x: Expr) => apply(simd.and, [x, splat(~SIGN)]),
    f,
    i: splat,
    d: (value: number) => constant([...doubleBits(value), ...doubleBits(value)]),
    load,
    apply,
    call,
    patch,
    onHost: (host: HostFunction, ...args: readonly Expr[]) => patch(host, splat(-1), args, args[0]!),
    parameter: (index: number) => shared(`x${index}`, (id) => ({ kind: 'parameter', id, index })),
    fma,
    select: (mask: Expr, a: Expr, b: Expr) => apply(simd.bitselect, [a, b, mask]),
    inDouble: (g: (...xs: Expr[]) => Expr, ...xs: readonly Expr[]) => {
      const [low, high] = [false, true].map((isHigh) =>
        apply(simd.f32x4DemoteF64x2Zero, [g(...xs.map((x) => half(x, isHigh)))])
      )
      return apply(simd.shuffle, [low!, high!], LOW_HALVES)
    },
    mapLoads: (x: Expr, replace: (load: Load) => Expr) => rewrite(x, (e) => (e.kind === 'load' ? replace(e) : e)),
    expand: (x: Expr) =>
      rewrite(x, (e, again) => (e.kind === 'call' && e.fn.isShort ? again(e.fn.body(self, ...e.args)) : e), expanded)
  })
  return self
}

/** What an expression is made of, directly. */
export const argumentsOf = (e: Expr): readonly Expr[] =>
  e.kind === 'apply' || e.kind === 'call' ? e.args : e.kind === 'patch' ? [e.value, e.where, ...e.args] : []
