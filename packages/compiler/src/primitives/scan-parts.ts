/** What a scan is given: its attributes, and the roles of its inputs. */
import type { Graph } from '../graph/graph.js'

/** Inputs: constants, initial carry, xs (leading axis `length`). Outputs: final carry, ys (leading axis `length`). */
export type ScanAttrs = {
  /** (constants, carry, x) -> (carry, y), closed. */
  readonly body: Graph
  readonly numConsts: number
  readonly numCarry: number
  readonly length: number
  /** Runs from the last x to the first; ys keep the positions of their xs. */
  readonly reverse: boolean
}

/** A scan without its body. */
export type LoopForm = Omit<ScanAttrs, 'body'>

export interface Parts<T> {
  readonly consts: readonly T[]
  readonly carry: readonly T[]
  readonly xs: readonly T[]
}

export const parts = <T>(
  inputs: readonly T[],
  { numConsts, numCarry }: Pick<ScanAttrs, 'numConsts' | 'numCarry'>
): Parts<T> => ({
  consts: inputs.slice(0, numConsts),
  carry: inputs.slice(numConsts, numConsts + numCarry),
  xs: inputs.slice(numConsts + numCarry)
})
