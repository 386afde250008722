/** What a primitive's rule for WebAssembly is given: means to add loop nests, kernels and control flow to a program. */
import type { Aval, DType, Graph, Shape } from '../../graph/graph.js'
import type { Expr, Lanes } from './lanes.js'
import type { Kernel, Operand, Reduction } from './program.js'

/** Builds the elements of some outputs from the elements of the inputs at the same index. */
export type Elementwise = (l: Lanes, ...xs: Expr[]) => readonly Expr[]

export interface WasmScope {
  readonly lanes: Lanes
  /** New tensors of one shape, elementwise in inputs that broadcast to it. */
  readonly map: (
    shape: Shape,
    dtypes: readonly DType[],
    inputs: readonly Operand[],
    f: Elementwise
  ) => readonly Operand[]
  /** Reduces over axes, which the result has not. */
  readonly reduce: (x: Operand, axes: readonly number[], how: Reduction) => Operand
  /** Reduces over axes what `f` makes of inputs that broadcast to `shape`. */
  readonly contract: (
    shape: Shape,
    dtype: DType,
    inputs: readonly Operand[],
    f: (l: Lanes, ...xs: Expr[]) => Expr,
    axes: readonly number[],
    how: Reduction
  ) => Operand
  /** The same elements in another shape: a view, or a copy where no view shows them. */
  readonly reshape: (x: Operand, shape: Shape) => Operand
  /** A whole row-major buffer with these elements: `x` itself if it is one, else a copy. */
  readonly plain: (x: Operand) => Operand
  /** Room for a tensor, to be written in parts. */
  readonly room: (shape: Shape, dtype: DType) => Operand
  /** Copies the elements of `x` to where those of `target` lie. */
  readonly write: (target: Operand, x: Operand) => void
  readonly kernel: (kernel: Omit<Kernel, 'kind' | 'node'>) => void
  /** A number, or a small array of them, known now. */
  readonly constant: (shape: Shape, dtype: DType, data: ArrayLike<number>) => Operand
  /** What comes after is not computed together with what came before. */
  readonly fence: () => void
  /** Adds the nodes of a closed graph; returns its outputs. */
  readonly inline: (graph: Graph, inputs: readonly Operand[]) => readonly Operand[]
  /**
   * Runs `body` `length` times, or while `goesOn` holds (it makes the condition anew before each turn). Steps that the
   * callbacks add become the steps of a turn.
   */
  readonly repeat: (length: number | (() => Operand), body: (loop: number) => void) => void
  readonly branch: (predicate: Operand, onTrue: () => void, onFalse: () => void) => void
}

export interface WasmContext<A> {
  readonly inputs: readonly Operand[]
  readonly outputAvals: readonly Aval[]
  readonly attrs: A
}

/** Adds what a node computes to the program, and returns its outputs. */
export type WasmRule<A> = (scope: WasmScope, context: WasmContext<A>) => readonly Operand[]
