/**
 * Where a statement goes: into an earlier loop nest over the same space, if that nest already handles what it reads or
 * makes, so that arrays are passed over once; else into a nest of its own. Arrays that only their own nest reads are never
 * stored: that is decided when the program is complete.
 */
import { sameShape, sizeOf, type Shape } from '../../graph/graph.js'
import type { Lanes, Load } from './lanes.js'
import { loadsOf } from './loads.js'
import type { Buffer, Nest, Statement, Step } from './program.js'
import { reshapedStrides } from './strided.js'
import { loadsOfNest, overlap, readsOf, touchOf, withStatement, writesOf } from './touch.js'
import { viewKey } from './view-key.js'

/** Nests of more statements take long to encode; what they would keep in registers is spilled. */
const MOST_STATEMENTS = 96
/** Of what a nest reads from memory, not of what its own statements make. */
const MOST_LOADS = 24
/** How far back a nest is looked for. */
const WINDOW = 48

/** A block under construction, with the last steps that write and read each buffer. */
export interface OpenBlock {
  readonly steps: Step[]
  readonly lastWrite: Map<Buffer, number>
  readonly lastRead: Map<Buffer, number>
  /** What comes after as many steps has nothing to do in a nest before. */
  readonly fences: number[]
}

export const openBlock = (): OpenBlock => ({ steps: [], lastWrite: new Map(), lastRead: new Map(), fences: [] })

export const addStep = (block: OpenBlock, step: Step): void => {
  note(block, block.steps.push(step) - 1, step)
}

/** Takes note of what a step does at a place. */
const note = ({ lastWrite, lastRead }: OpenBlock, at: number, step: Step): void => {
  const raise = (map: Map<Buffer, number>, buffer: Buffer): void =>
    void map.set(buffer, Math.max(map.get(buffer) ?? 0, at))
  readsOf(step).forEach((buffer) => raise(lastRead, buffer))
  writesOf(step).forEach((buffer) => raise(lastWrite, buffer))
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
const isInStep = (nest: Nest, added: Statement): boolean => {
  const { shape, statements } = nest
  /** What meets is the same element in the same turn. */
  const agree = (store: Statement, other: Statement | Load, buffer: Buffer): boolean =>
    store.target !== buffer ||
    !overlap(touchOf(buffer, store.view, shape), touchOf(buffer, other.view, shape)) ||
    (store.reduce === undefined && viewKey(store.view) === viewKey(other.view))
  return (
    loadsOf([added.value]).every((load) => statements.every((s) => agree(s, load, load.buffer))) &&
    loadsOfNest(nest).every((load) => agree(added, load, load.buffer)) &&
    statements.every((s) => agree(s, added, added.target))
  )
}

const shares = (nest: Nest, added: Nest): boolean => {
  const isShared = ({ buffer }: Load): boolean =>
    loadsOfNest(nest).some((load) => load.buffer === buffer) || nest.statements.some(({ target }) => target === buffer)
  return loadsOfNest(added).some(isShared)
}

const isTrailing = (reduced: readonly boolean[]): boolean =>
  !reduced.some((is, axis) => is && reduced[axis + 1] === false)

const isNone = (reduced: readonly boolean[]): boolean => !reduced.includes(true)

const sameAxes = (a: readonly boolean[], b: readonly boolean[]): boolean => a.join() === b.join()

const hasRoom = (nest: Nest): boolean => {
  if (nest.statements.length >= MOST_STATEMENTS) return false
  if (loadsOfNest(nest).length < MOST_LOADS) return true
  const made = new Set(nest.statements.map(({ target }) => target))
  return loadsOfNest(nest).filter(({ buffer }) => !made.has(buffer)).length < MOST_LOADS
}

/** The nest with one statement more, or `undefined` where that would change what either computes. */
const extended = (l: Lanes, nest: Nest, shape: Shape, reduced: readonly boolean[], added: Statement) => {
  if (!hasRoom(nest)) return undefined
  const statement = reshapeStatement(l, added, shape, nest.shape)
  if (statement === undefined) return undefined
  const wanted = added.reduce === undefined ? nest.reduced : reduced
  const fits = isNone(nest.reduced) ? isTrailing(wanted) : sameAxes(nest.reduced, wanted)
  if (!fits || !isInStep(nest, statement)) return undefined
  return withStatement({ ...nest, reduced: wanted }, statement)
}

/** The nest over another shape of the same size. */
const reshapeNest = (l: Lanes, nest: Nest, shape: Shape): Nest | undefined => {
  if (sameShape(nest.shape, shape)) return nest
  const statements = nest.statements.map((statement) => reshapeStatement(l, statement, nest.shape, shape))
  const isWhole = (some: readonly (Statement | undefined)[]): some is readonly Statement[] => !some.includes(undefined)
  return isWhole(statements) ? { ...nest, shape, reduced: shape.map(() => false), statements } : undefined
}

/** Both nests as one, `nest` before `added`, if they have something in common and neither computes anything else then. */
export const joined = (l: Lanes, nest: Nest, added: Nest): Nest | undefined => {
  if (nest.isUnrolled !== added.isUnrolled || sizeOf(nest.shape) !== sizeOf(added.shape)) return undefined
  if (!shares(nest, added)) return undefined
  const start = isNone(added.reduced) ? nest : reshapeNest(l, nest, added.shape)
  return added.statements.reduce<Nest | undefined>(
    (whole, statement) => whole && extended(l, whole, added.shape, added.reduced, statement),
    start
  )
}

/** Adds a nest of one statement to a block. */
export const addNest = (l: Lanes, block: OpenBlock, nest: Nest): void => {
  const { steps, lastWrite, lastRead } = block
  const [statement] = nest.statements
  const made = loadsOf([statement!.value]).map(({ buffer }) => lastWrite.get(buffer) ?? 0)
  const earliest = Math.max(
    block.fences[block.fences.length - 1] ?? 0,
    ...made,
    lastRead.get(statement!.target) ?? 0,
    lastWrite.get(statement!.target) ?? 0
  )
  for (let at = steps.length - 1; at >= Math.max(earliest, steps.length - (nest.isUnrolled ? 1 : WINDOW)); at--) {
    const step = steps[at]!
    const fused = step.kind === 'nest' ? joined(l, step, nest) : undefined
    if (fused === undefined) continue
    steps[at] = fused
    return note(block, at, nest)
  }
  addStep(block, nest)
}
