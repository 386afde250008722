/** What steps read and write, and where: whether two of them may change places. */
import type { Shape } from '../../graph/graph.js'
import type { Load } from './lanes.js'
import { loadsOf } from './loads.js'
import type { Block, Buffer, Nest, Statement, Step, View } from './program.js'

const nestLoads = new WeakMap<readonly Statement[], readonly Load[]>()

/** Every load of a nest, once each. */
export const loadsOfNest = ({ statements }: Nest): readonly Load[] => {
  const known = nestLoads.get(statements)
  if (known !== undefined) return known
  const loads = loadsOf(statements.map(({ value }) => value))
  nestLoads.set(statements, loads)
  return loads
}

/** The nest with one statement more: nests grow statement by statement, and what they read is asked for every time. */
export const withStatement = (nest: Nest, added: Statement): Nest => {
  const [own, more] = [loadsOfNest(nest), loadsOf([added.value])]
  const statements = [...nest.statements, added]
  nestLoads.set(statements, [...own, ...more.filter((load) => !own.includes(load))])
  return { ...nest, statements }
}

export const readsOf = (step: Step): readonly Buffer[] => {
  switch (step.kind) {
    case 'nest':
      return loadsOfNest(step).map(({ buffer }) => buffer)
    case 'fork':
      return readsOf(step.piece)
    case 'kernel':
      return step.reads
    case 'repeat':
      return [...(typeof step.length === 'number' ? [] : testReads(step.length)), ...step.body.flatMap(readsOf)]
    case 'branch':
      return [step.predicate, ...step.onTrue.flatMap(readsOf), ...step.onFalse.flatMap(readsOf)]
  }
}

const testReads = ({ block, predicate }: { readonly block: Block; readonly predicate: Buffer }): readonly Buffer[] => [
  ...block.flatMap(readsOf),
  predicate
]

export const writesOf = (step: Step): readonly Buffer[] => {
  switch (step.kind) {
    case 'nest':
      return step.statements.map(({ target }) => target)
    case 'fork':
      return writesOf(step.piece)
    case 'kernel':
      return step.writes
    case 'repeat':
      return [
        ...(typeof step.length === 'number' ? [] : step.length.block.flatMap(writesOf)),
        ...step.body.flatMap(writesOf)
      ]
    case 'branch':
      return [...step.onTrue.flatMap(writesOf), ...step.onFalse.flatMap(writesOf)]
  }
}

/** Elements of a buffer from the first to the last that may be meant, both included. */
export interface Touch {
  readonly buffer: Buffer
  readonly from: number
  readonly to: number
}

/** What a nest of a shape touches through a view; all of the buffer where loops move the view. */
export const touchOf = (buffer: Buffer, { offset, strides, cursors }: View, shape: Shape): Touch => {
  if (cursors.length > 0) return { buffer, from: 0, to: Infinity }
  const reach = (sign: 1 | -1): number =>
    strides.reduce((at, stride, axis) => at + sign * Math.max(0, sign * stride * (shape[axis]! - 1)), offset)
  return { buffer, from: reach(-1), to: reach(1) }
}

export const overlap = (a: Touch, b: Touch): boolean => a.buffer === b.buffer && a.from <= b.to && b.from <= a.to

interface Touches {
  readonly reads: readonly Touch[]
  readonly writes: readonly Touch[]
}

const known = new WeakMap<Step, Touches>()

const touchesOf = (step: Step): Touches => {
  const found = known.get(step)
  if (found !== undefined) return found
  const whole = (buffers: readonly Buffer[]): readonly Touch[] =>
    buffers.map((buffer) => ({ buffer, from: 0, to: Infinity }))
  const touches: Touches =
    step.kind === 'nest'
      ? {
          reads: loadsOfNest(step).map(({ buffer, view }) => touchOf(buffer, view, step.shape)),
          writes: step.statements.map(({ target, view }) => touchOf(target, view, step.shape))
        }
      : { reads: whole(readsOf(step)), writes: whole(writesOf(step)) }
  known.set(step, touches)
  return touches
}

const meet = (some: readonly Touch[], others: readonly Touch[]): boolean =>
  some.some((a) => others.some((b) => overlap(a, b)))

/** Whether it matters which of two steps comes first. */
export const conflict = (a: Step, b: Step): boolean => {
  const [one, other] = [touchesOf(a), touchesOf(b)]
  return meet(one.writes, other.reads) || meet(one.writes, other.writes) || meet(one.reads, other.writes)
}

/** What a step writes. */
export const writtenBy = (step: Step): readonly Touch[] => touchesOf(step).writes

/** What a step reads. */
export const readBy = (step: Step): readonly Touch[] => touchesOf(step).reads
