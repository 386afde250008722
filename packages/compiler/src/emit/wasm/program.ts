/**
 * What a graph is lowered to before it is encoded: loop nests over buffers in linear memory. Every element takes four
 * bytes: float32, int32, or a boolean as a mask (all bits or none), so that one vector of four lanes fits all dtypes.
 */
import type { DType, Shape } from '../../graph/graph.js'
import type { Code } from './code.js'
import type { Expr, HostFunction, Lanes } from './lanes.js'
import type { ValueType } from './opcodes.js'

/** A row-major array in linear memory. Where it lies is decided when everything is known (`memory.ts`). */
export interface Buffer {
  readonly id: number
  readonly size: number
  readonly dtype: DType
  /** The loop whose turns fill it anew, or -1: what is made outside of a loop and used within must outlive it. */
  readonly loop: number
}

/** Moves a view with the turns of a loop: by `stride` elements a turn, or backwards from turn `last`. */
export interface Cursor {
  readonly loop: number
  readonly stride: number
  readonly last?: number
}

/** Where the element at an index lies: offset + Σ index[k] strides[k], in elements. */
export interface View {
  readonly offset: number
  readonly strides: readonly number[]
  /** Loops whose turns move it. */
  readonly cursors: readonly Cursor[]
}

/** A tensor: a view of a buffer, or one number (its bits) repeated. */
export interface Operand {
  readonly shape: Shape
  readonly dtype: DType
  readonly source: Buffer | number
  readonly view: View
}

export type Reduction = 'sum' | 'prod' | 'max' | 'min' | 'any' | 'all'

/** `target[view(index)] = value(index)` for every index of the nest; or accumulated over the reduced axes. */
export interface Statement {
  readonly target: Buffer
  readonly view: View
  readonly value: Expr
  readonly reduce?: Reduction
}

/** Statements with a common iteration space, in order, evaluated index by index. */
export interface Nest {
  readonly kind: 'nest'
  readonly shape: Shape
  /** Which axes are reduced, by the statements that reduce. */
  readonly reduced: readonly boolean[]
  /** Whether it is written out in full, without loops, so that small values stay in locals. */
  readonly isUnrolled: boolean
  readonly statements: readonly Statement[]
}

/** What the code of a step may ask of the module around it. */
export interface Site {
  readonly code: Code
  readonly lanes: Lanes
  /** Whether the machine has a fused multiply-add. */
  readonly isFused: boolean
  /** Address of a buffer's first byte. */
  readonly address: (buffer: Buffer) => number
  /** Index of a function shared by the steps of a module, made on first use. */
  readonly shared: (fn: SharedFunction) => number
  /** Index of an imported function of the host. */
  readonly host: (name: HostFunction) => number
  /** Notes that data which the current op was given are not what it takes: the run goes on, and fails when it ends. */
  readonly fault: () => void
  /** Leaves the bytes by which cursors move a view on the stack. */
  readonly cursors: (cursors: readonly Cursor[]) => void
}

export interface SharedFunction {
  readonly name: string
  readonly parameters: readonly ValueType[]
  readonly results: readonly ValueType[]
  readonly emit: (site: Site) => void
}

/** An op with code of its own. */
export interface Kernel {
  readonly kind: 'kernel'
  readonly name: string
  /** Id of the first output of the node that it is for. */
  readonly node: number
  readonly reads: readonly Buffer[]
  readonly writes: readonly Buffer[]
  /** Whether it may find that data are not what it takes. */
  readonly mayFail?: boolean
  readonly emit: (site: Site) => void
}

/** Runs the body for turns 0, 1, ... while the predicate (evaluated by `head`) holds, or `length` times. */
export interface Repeat {
  readonly kind: 'repeat'
  readonly loop: number
  readonly length: number | Test
  readonly body: Block
}

/** A condition with the steps that compute it. */
export interface Test {
  readonly block: Block
  readonly predicate: Buffer
}

export interface Branch {
  readonly kind: 'branch'
  readonly predicate: Buffer
  readonly onTrue: Block
  readonly onFalse: Block
}

/** A nest in pieces: with the counter of `loop` at p, `piece` is the p-th of them. Any thread may take any piece. */
export interface Fork {
  readonly kind: 'fork'
  readonly loop: number
  readonly pieces: number
  readonly piece: Nest
}

export type Step = Nest | Kernel | Repeat | Branch | Fork
export type Block = readonly Step[]

export interface Program {
  readonly lanes: Lanes
  /** Run one after the other; between two of them whoever runs the program reads `handed` and writes `received`. */
  readonly stages: readonly Block[]
  readonly inputs: readonly Buffer[]
  readonly outputs: readonly Buffer[]
  readonly handed: readonly Buffer[]
  readonly received: readonly Buffer[]
  /** Outputs that lie where inputs lay: what a run leaves there is read, and may be left for the next. */
  readonly inPlace: readonly { readonly input: Buffer; readonly output: Buffer }[]
  /** Buffers whose contents are known. */
  readonly constants: readonly { readonly buffer: Buffer; readonly data: ArrayLike<number> }[]
  /** How many loops there are; each has a global that counts its turns. */
  readonly loops: number
  /** Buffers have ids below. */
  readonly buffers: number
}

/** Stages are functions, as turns of loops are: theirs have the numbers -1, -2, ... */
export const stageNumber = (stage: number): number => -1 - stage

/** Buffers of up to this many elements may live in locals; nests over as few are written out, unless it is asked for less. */
export const TINY = 16
