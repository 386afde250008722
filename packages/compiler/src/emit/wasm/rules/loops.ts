/** Control flow as control flow: loops with their state in memory of its own, branches that write to one place. */
import type { CondAttrs } from '../../../primitives/branch.js'
import type { ScanAttrs } from '../../../primitives/scan.js'
import type { WhileAttrs } from '../../../primitives/while-loop.js'
import type { Operand } from '../program.js'
import type { WasmRule, WasmScope } from '../scope.js'
import { rowAt } from '../strided.js'

const roomLike = (scope: WasmScope, { shape, dtype }: Operand): Operand => scope.room(shape, dtype)

/** State of a loop: written before it, and at the end of each turn. */
const slotsFor = (scope: WasmScope, carry: readonly Operand[]): readonly Operand[] =>
  carry.map((x) => {
    const slot = roomLike(scope, x)
    scope.write(slot, x)
    return slot
  })

/** What the next turn starts from. A state that moves to another place is copied first, lest it be overwritten. */
const nextState = (scope: WasmScope, slots: readonly Operand[], next: readonly Operand[]): (() => void) => {
  const sources = new Set(slots.map(({ source }) => source))
  const isSame = (x: Operand, k: number): boolean => x === slots[k]
  const safe = next.map((x, k) => {
    if (isSame(x, k) || !sources.has(x.source)) return x
    const copy = roomLike(scope, x)
    scope.write(copy, x)
    return copy
  })
  return () => safe.forEach((x, k) => isSame(x, k) || scope.write(slots[k]!, x))
}

export const scan: WasmRule<ScanAttrs> = (scope, { inputs, outputAvals, attrs }) => {
  const { body, numConsts, numCarry, length, reverse } = attrs
  const consts = inputs.slice(0, numConsts)
  const xs = inputs.slice(numConsts + numCarry)
  const slots = slotsFor(scope, inputs.slice(numConsts, numConsts + numCarry))
  const ys = outputAvals.slice(numCarry).map(({ shape, dtype }) => scope.room(shape, dtype))
  const last = reverse ? length - 1 : undefined
  scope.repeat(length, (loop) => {
    const rows = xs.map((x) => rowAt(x, loop, last))
    const outputs = scope.inline(body, [...consts, ...slots, ...rows])
    const advance = nextState(scope, slots, outputs.slice(0, numCarry))
    ys.forEach((y, k) => scope.write(rowAt(y, loop, last), outputs[numCarry + k]!))
    advance()
  })
  return [...slots, ...ys]
}

export const whileLoop: WasmRule<WhileAttrs> = (scope, { inputs, attrs }) => {
  const { cond, body, numCondConsts, numBodyConsts } = attrs
  const condConsts = inputs.slice(0, numCondConsts)
  const bodyConsts = inputs.slice(numCondConsts, numCondConsts + numBodyConsts)
  const slots = slotsFor(scope, inputs.slice(numCondConsts + numBodyConsts))
  scope.repeat(
    () => scope.inline(cond, [...condConsts, ...slots])[0]!,
    () => nextState(scope, slots, scope.inline(body, [...bodyConsts, ...slots]))()
  )
  return slots
}

export const cond: WasmRule<CondAttrs> = (scope, { inputs: [predicate, ...operands], outputAvals, attrs }) => {
  const results = outputAvals.map(({ shape, dtype }) => scope.room(shape, dtype))
  const [onTrue, onFalse] = [attrs.onTrue, attrs.onFalse].map(
    (graph) => () => scope.inline(graph, operands).forEach((x, k) => scope.write(results[k]!, x))
  )
  scope.branch(predicate!, onTrue!, onFalse!)
  return results
}
