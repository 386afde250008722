/**
 * Cuts large loop nests into pieces that two threads may take, whoever is free. A piece is the nest with its views moved
 * along; sums over the axis that is cut become one a piece, added up afterwards, so that results do not depend on who did
 * what. Kernels and loops stay with one thread.
 */
import { sizeOf } from '../../graph/graph.js'
import { collapse, type Space } from './collapse.js'
import { argumentsOf, type Expr, type HostFunction, type Lanes } from './lanes.js'
import { partOf, type Part } from './part.js'
import type { Buffer, Nest, Program, Statement, Step } from './program.js'
import { loadsOfNest } from './touch.js'

/** Pieces of a nest: enough that a thread which comes late, or is held up, leaves little for the other to wait for. */
const [FEWEST, MOST] = [16, 32]
/** A piece along a row is a whole number of what the encoder handles together at most: four vectors of four. */
const TILE = 16
/** Numbers times operations from which on handing out the pieces pays: some 50 microseconds of work. */
const LEAST_WORK = 2 ** 18

/** What a thread beside the first has of the host: functions that stand for themselves. */
const PORTABLE: ReadonlySet<HostFunction> = new Set<HostFunction>(['sin', 'cos', 'tan', 'remainder'])

interface Cost {
  readonly operations: number
  readonly isPortable: boolean
}

const costOf = (l: Lanes, roots: readonly Expr[]): Cost => {
  const seen = new Set<Expr>()
  let [operations, isPortable] = [0, true]
  const visit = (e: Expr): void => {
    if (seen.has(e)) return
    seen.add(e)
    if (e.kind === 'apply') operations++
    if (e.kind === 'patch' && typeof e.fn === 'string') isPortable &&= PORTABLE.has(e.fn)
    if (e.kind === 'call') visit(e.fn.body(l, ...e.args.map((_, k) => l.parameter(k))))
    argumentsOf(e).forEach(visit)
  }
  roots.forEach(visit)
  return { operations: operations + roots.length, isPortable }
}

interface Pieces {
  readonly count: number
  /** Along the first axis. */
  readonly size: number
}

/** As many alike as leave nothing over, if that can be: code for what is left over is the whole code again. */
const piecesOf = (length: number, unit: number): Pieces => {
  const counts = Array.from({ length: MOST - FEWEST + 1 }, (_, i) => FEWEST + i)
  const count = counts.find((n) => length % (n * unit) === 0) ?? FEWEST
  return { count, size: Math.floor(length / count / unit) * unit }
}

/** Where the sums of a piece go: pieces before the last are numbered by the loop, the last, of what is left over, comes after. */
const partialOf =
  (space: Space, partial: Buffer, count: number, loop: number | undefined) =>
  (statement: Statement): Statement => {
    const { target, view } = statement
    const cursors = loop === undefined ? [] : [{ loop, stride: target.size }]
    const offset = view.offset + (loop === undefined ? count * target.size : 0)
    return {
      ...statement,
      target: partial,
      view: { offset, strides: space.stridesOf(view), cursors: [...view.cursors, ...cursors] }
    }
  }

/** target = the sum (or what it is) of the pieces' */
const total = (l: Lanes, statement: Statement, partial: Buffer, pieces: number): Nest => {
  const { size } = statement.target
  return {
    kind: 'nest',
    shape: [size, pieces],
    reduced: [false, true],
    isUnrolled: false,
    statements: [
      {
        target: statement.target,
        view: { offset: 0, strides: [1, 0], cursors: [] },
        value: l.load(partial, { offset: 0, strides: [1, size], cursors: [] }),
        ...(statement.reduce !== undefined && { reduce: statement.reduce })
      }
    ]
  }
}

interface Counters {
  buffers: number
  loops: number
}

/** A nest in pieces, or as it was. */
const share = (l: Lanes, nest: Nest, counters: Counters): readonly Step[] => {
  const roots = nest.statements.map(({ value }) => value)
  const { operations, isPortable } = costOf(l, roots)
  if (nest.isUnrolled || !isPortable || operations * sizeOf(nest.shape) < LEAST_WORK) return [nest]
  const space = collapse(nest, [
    ...loadsOfNest(nest).map(({ view }) => view),
    ...nest.statements.map(({ view }) => view)
  ])
  const [first, ...others] = space.axes
  const unit = others.length === 0 ? TILE : 1
  const { count, size } = piecesOf(first!.size, unit)
  if (size === 0) return [nest]
  const partials = new Map<Buffer, Buffer>()
  const partial = (target: Buffer): Buffer => {
    const found = partials.get(target) ?? { ...target, id: counters.buffers++, size: target.size * (count + 1) }
    partials.set(target, found)
    return found
  }
  const pieceOf = (part: Part): Nest =>
    partOf(l, space, nest, part, (sum) => partialOf(space, partial(sum.target), count, part.loop)(sum))
  const loop = counters.loops++
  const rest = first!.size - count * size
  const last = rest > 0 ? [pieceOf({ from: count * size, size: rest })] : []
  const piece = pieceOf({ from: 0, size, loop })
  const sums = nest.statements.flatMap((statement) => {
    const own = statement.reduce === undefined ? undefined : partials.get(statement.target)
    return own === undefined ? [] : [total(l, statement, own, count + last.length)]
  })
  return [{ kind: 'fork', loop, pieces: count, piece }, ...last, ...sums]
}

/** The program with its large nests cut. */
export const shareWork = (program: Program): Program => {
  const counters: Counters = { buffers: program.buffers, loops: program.loops }
  const shared = (step: Step): readonly Step[] => (step.kind === 'nest' ? share(program.lanes, step, counters) : [step])
  return { ...program, stages: program.stages.map((block) => block.flatMap(shared)), ...counters }
}
