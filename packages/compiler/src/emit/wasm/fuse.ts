/**
 * Where a statement goes: into an earlier loop nest over the same space, if that nest already handles what it reads or
 * makes, so that arrays are passed over once; else into a nest of its own. Arrays that only their own nest reads are never
 * stored: that is decided when the program is complete.
 */
import { sameShape, sizeOf, type Shape } from '../../graph/graph.js'
import { loadsOf, viewKey, type Lanes, type Load } from './lanes.js'
import { type Block, type Buffer, type Nest, type Statement, type Step } from './program.js'
import { reshapedStrides } from './strided.js'

/** Nests of more statements than this would have more live vectors than there are registers. */
const MOST_STATEMENTS = 16
const MOST_LOADS = 24
/** How far back a nest is looked for. */
const WINDOW = 48

export const readsOf = (step: Step): readonly Buffer[] => {
  switch (step.kind) {
    case 'nest':
      return loadsOf(step.statements.map(({ value }) => value)).map(({ buffer }) => buffer)
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

/** A block under construction, with the last steps that write and read each buffer. */
export interface OpenBlock {
  readonly steps: Step[]
  readonly lastWrite: Map<Buffer, number>
  readonly lastRead: Map<Buffer, number>
  /** Steps before this one are closed. */
  fence: number
}

export const openBlock = (): OpenBlock => ({ steps: [], lastWrite: new Map(), lastRead: new Map(), fence: 0 })

export const addStep = (block: OpenBlock, step: Step): void => {
  note(block, block.steps.push(step) - 1)
}

const note = ({ steps, lastWrite, lastRead }: OpenBlock, at: number): void => {
  const raise = (map: Map<Buffer, number>, buffer: Buffer): void =>
    void map.set(buffer, Math.max(map.get(buffer) ?? 0, at))
  readsOf(steps[at]!).forEach((buffer) => raise(lastRead, buffer))
  writesOf(steps[at]!).forEach((buffer) => raise(lastWrite, buffer))
}

/** The statement over another shape of the same size, if all of its views allow it. */
const reshapeStatement = (l: Lanes, statement: Statement, from: Shape, to: Shape): Statement | undefined => {
  if (sameShape(from, to)) return statement
  if (statement.reduce !== undefined || sizeOf(from) !== sizeOf(to)) return undefined
  const views = [statement.view, ...loadsOf([statement.value]).map(({ view }) => view)]
  const strides = new Map(views.map((view) => [viewKey(view), reshapedStrides(from, view.strides, to)]))
  if ([...strides.values()].includes(undefined)) return undefined
  const seen = (view: Load['view']): Load['view'] => ({ ...view, strides: strides.get(viewKey(view))! })
  return {
    ...statement,
    view: seen(statement.view),
    value: l.mapLoads(statement.value, ({ buffer, view }) => l.load(buffer, seen(view)))
  }
}

/** Whether an element is read only where, and when, the nest has just stored it, and stored only where it has been read. */
const isInStep = ({ statements }: Nest, added: Statement): boolean => {
  const reads = loadsOf([added.value])
  const stores = new Map(statements.map((s) => [s.target, s] as const))
  const isFresh = ({ buffer, view }: Load): boolean => {
    const store = stores.get(buffer)
    return store === undefined || (store.reduce === undefined && viewKey(store.view) === viewKey(view))
  }
  const isOwn = ({ buffer, view }: Load): boolean =>
    buffer !== added.target || (added.reduce === undefined && viewKey(view) === viewKey(added.view))
  return reads.every(isFresh) && loadsOf(statements.map(({ value }) => value)).every(isOwn)
}

const shares = (nest: Nest, added: Statement): boolean => {
  const own = new Set([...readsOf(nest), ...writesOf(nest)])
  return loadsOf([added.value]).some(({ buffer }) => own.has(buffer))
}

const isTrailing = (reduced: readonly boolean[]): boolean =>
  !reduced.some((is, axis) => is && reduced[axis + 1] === false)

const isNone = (reduced: readonly boolean[]): boolean => !reduced.includes(true)

const sameAxes = (a: readonly boolean[], b: readonly boolean[]): boolean => a.join() === b.join()

const hasRoom = ({ statements }: Nest): boolean =>
  statements.length < MOST_STATEMENTS && loadsOf(statements.map(({ value }) => value)).length < MOST_LOADS

/** The nest with one statement more, or `undefined` where that would change what either computes. */
const joined = (l: Lanes, nest: Step, added: Nest): Nest | undefined => {
  if (nest.kind !== 'nest' || nest.isUnrolled !== added.isUnrolled) return undefined
  if (sizeOf(nest.shape) !== sizeOf(added.shape) || !shares(nest, added.statements[0]!) || !hasRoom(nest))
    return undefined
  const statement = reshapeStatement(l, added.statements[0]!, added.shape, nest.shape)
  if (statement === undefined) return undefined
  const reduced = isNone(added.reduced) ? nest.reduced : added.reduced
  const fits = isNone(nest.reduced) ? isTrailing(reduced) : sameAxes(nest.reduced, reduced)
  if (!fits || !isInStep(nest, statement)) return undefined
  return { ...nest, reduced, statements: [...nest.statements, statement] }
}

/** Adds a nest of one statement to a block. */
export const addNest = (l: Lanes, block: OpenBlock, nest: Nest): void => {
  const { steps, lastWrite, lastRead } = block
  const [statement] = nest.statements
  const made = loadsOf([statement!.value]).map(({ buffer }) => lastWrite.get(buffer) ?? 0)
  const earliest = Math.max(
    block.fence,
    ...made,
    lastRead.get(statement!.target) ?? 0,
    lastWrite.get(statement!.target) ?? 0
  )
  for (let at = steps.length - 1; at >= Math.max(earliest, steps.length - (nest.isUnrolled ? 1 : WINDOW)); at--) {
    const fused = joined(l, steps[at]!, nest)
    if (fused === undefined) continue
    steps[at] = fused
    return note(block, at)
  }
  addStep(block, nest)
}
