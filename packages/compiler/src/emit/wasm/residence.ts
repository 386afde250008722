/**
 * Which buffers need memory, and which live in locals. A function of the module runs a block: the whole program, or one
 * turn of a loop. What only one nest makes and reads needs no place at all.
 */
import { loadsOf } from './loads.js'
import { TINY, stageNumber, type Block, type Buffer, type Nest, type Program, type Step } from './program.js'

export interface Residence {
  readonly isInMemory: (buffer: Buffer) => boolean
  /** Whether anything but its own nest reads it. */
  readonly isNeeded: (buffer: Buffer) => boolean
  /** The function in whose locals a buffer lives (a stage's number, or a loop's), or `undefined`. */
  readonly homeOf: (buffer: Buffer) => number | undefined
}

/** In place of a function: written to memory. */
const ELSEWHERE = -Infinity

interface Traits {
  /** Functions with tiny nests that write it. */
  readonly writers: Set<number>
  /** Functions with tiny nests that read it. */
  readonly readers: Set<number>
  isInMemory: boolean
}

export const residenceOf = (program: Program): Residence => {
  const traits = new Map<Buffer, Traits>()
  const of = (buffer: Buffer): Traits => {
    const found = traits.get(buffer) ?? { writers: new Set(), readers: new Set(), isInMemory: false }
    traits.set(buffer, found)
    return found
  }
  const pin = (buffer: Buffer): void => void (of(buffer).isInMemory = true)
  const visitNest = (nest: Nest, fn: number): void => {
    const small = nest.isUnrolled
    const made = new Set<Buffer>()
    for (const { target, view, value } of nest.statements) {
      // what an earlier statement has just made is read from a local; state of a loop is read before it is made
      for (const { buffer } of loadsOf([value])) {
        if (!small && made.has(buffer)) continue
        of(buffer).readers.add(fn)
        if (!small) pin(buffer)
      }
      made.add(target)
      of(target).writers.add(small && view.cursors.length === 0 && target.size <= TINY ? fn : ELSEWHERE)
    }
  }
  const visit = (step: Step, fn: number): void => {
    switch (step.kind) {
      case 'nest':
        return visitNest(step, fn)
      case 'fork':
        return visitNest(step.piece, fn)
      case 'kernel':
        step.writes.forEach((buffer) => of(buffer).writers.add(ELSEWHERE))
        return [...step.reads, ...step.writes].forEach(pin)
      case 'branch':
        of(step.predicate).readers.add(fn)
        return visitAll([...step.onTrue, ...step.onFalse], fn)
      case 'repeat':
        if (typeof step.length !== 'number') {
          visitAll(step.length.block, step.loop)
          of(step.length.predicate).readers.add(step.loop)
        }
        return visitAll(step.body, step.loop)
    }
  }
  const visitAll = (block: Block, fn: number): void => block.forEach((step) => visit(step, fn))
  const { inputs, outputs, handed, received, constants } = program
  const pinned = [...inputs, ...outputs, ...handed, ...received, ...constants.map(({ buffer }) => buffer)]
  pinned.forEach(pin)
  program.stages.forEach((block, stage) => visitAll(block, stageNumber(stage)))
  /** Written by tiny nests of one function: readers there find it in locals. */
  const homeOf = (buffer: Buffer): number | undefined => {
    const [home, ...others] = of(buffer).writers
    return home === undefined || home === ELSEWHERE || others.length > 0 ? undefined : home
  }
  const isNeeded = (buffer: Buffer): boolean => of(buffer).isInMemory || of(buffer).readers.size > 0
  return {
    homeOf,
    isNeeded,
    isInMemory: (buffer) => {
      const { isInMemory, readers } = of(buffer)
      const home = homeOf(buffer)
      return isInMemory || [...readers].some((reader) => reader !== home)
    }
  }
}
