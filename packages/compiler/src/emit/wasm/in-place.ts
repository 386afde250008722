/**
 * Results in the place of inputs that a call uses up: the state of an optimiser is read and written where it lies, and need
 * not be copied in and out. A result may lie there if whatever reads the input does so before the result is written, or in
 * the very turn of the loop that writes it.
 */
import { loadsOf } from './loads.js'
import type { Block, Buffer, Nest, Program, Statement, Step } from './program.js'
import { overlap, readBy, touchOf, writesOf } from './touch.js'
import { viewKey } from './view-key.js'

/** Smaller arrays are copied in no time. */
const LEAST = 2 ** 12

const mayFail = (block: Block): boolean =>
  block.some((step) => {
    if (step.kind === 'kernel') return step.mayFail === true
    if (step.kind === 'branch') return mayFail([...step.onTrue, ...step.onFalse])
    if (step.kind === 'repeat')
      return mayFail(step.body) || (typeof step.length !== 'number' && mayFail(step.length.block))
    return false
  })

/** Whether a nest never reads an element of `input` in a turn after the one that stores it in `output`, nor later in that turn. */
const isInTurn = ({ shape, statements, isUnrolled }: Nest, input: Buffer, output: Buffer): boolean => {
  const isSafe = (store: Statement, at: number): boolean => {
    if (store.target !== output) return true
    if (store.reduce !== undefined || store.view.cursors.length > 0) return false
    const part = touchOf(input, store.view, shape)
    return statements.every(({ value }, k) =>
      loadsOf([value]).every(
        ({ buffer, view }) =>
          buffer !== input ||
          !overlap(touchOf(buffer, view, shape), part) ||
          (k <= at && viewKey(view) === viewKey(store.view))
      )
    )
  }
  return !isUnrolled && statements.every(isSafe)
}

const isLegal = (stages: readonly Block[], input: Buffer, output: Buffer): boolean => {
  const steps = stages.flat()
  const isWriter = (step: Step): boolean => writesOf(step).includes(output)
  // between two stages others run, who may have use for the input
  if (stages.slice(0, -1).flat().some(isWriter)) return false
  if (steps.some((step) => writesOf(step).includes(input))) return false
  return steps.every((step, at) => {
    if (!isWriter(step)) return true
    if (step.kind !== 'nest' || !isInTurn(step, input, output)) return false
    const parts = step.statements
      .filter(({ target }) => target === output)
      .map(({ view }) => touchOf(input, view, step.shape))
    return steps
      .slice(at + 1)
      .every((later) => readBy(later).every((read) => !parts.some((part) => overlap(read, part))))
  })
}

/**
 * The program with results in the place of inputs, where that is safe. They stay buffers of their own, at one address: what was
 * read of the input is not what is read of the result.
 * @param given inputs that a call uses up, in the order of what may take their place
 */
export const inPlace = (program: Program, given: readonly Buffer[]): Program => {
  if (program.stages.some(mayFail)) return program
  const { stages, outputs, inputs, handed, received, constants } = program
  const taken = new Set([...inputs, ...handed, ...received, ...constants.map(({ buffer }) => buffer)])
  const inPlace = given.reduce<Program['inPlace']>((pairs, input) => {
    if (input.size < LEAST || outputs.includes(input) || handed.includes(input)) return pairs
    const output = outputs.find(
      (o) =>
        o.size === input.size &&
        o.dtype === input.dtype &&
        !taken.has(o) &&
        !pairs.some((pair) => pair.output === o) &&
        outputs.filter((other) => other === o).length === 1 &&
        isLegal(stages, input, o)
    )
    return output === undefined ? pairs : [...pairs, { input, output }]
  }, [])
  return { ...program, inPlace }
}
