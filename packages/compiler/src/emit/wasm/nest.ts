/**
 * Nests over memory: loops over as few axes as the views allow, the last of them four elements at a time. Reduced axes run
 * innermost, so that sums stay in locals. What does not change in an inner loop is computed outside of it.
 */
import { countUses, evaluator, patchesOf, patchTogether, type Evaluator } from './evaluate.js'
import { argumentsOf, type Expr, type Load } from './lanes.js'
import { loadsOf } from './loads.js'
import { V128, simd } from './opcodes.js'
import { collapse, type Axis, type Space } from './collapse.js'
import { pointersFor, type Pointers } from './pointers.js'
import { accumulators, type Accumulator } from './accumulate.js'
import type { Buffer, Nest, Site, Statement } from './program.js'

/** Vectors handled together, at most: independent sums hide each other's latency. */
const MOST_VECTORS = 4
/** Expressions of more operations than this are handled one vector at a time. */
const LIGHT = 12
/**
 * Chains of this many operations on this many numbers wait for their own results: several vectors at a time fill the gaps
 * (478,410 normal deviates, 200 operations each, in 5.5, 4.1 and 3.3 ms with one, two and four vectors).
 */
const [LONG_CHAIN, MANY_NUMBERS] = [100, 4096]

/** How many elements each of the vectors has that are handled together; the last may have fewer than four. */
type Tile = readonly number[]

type Sums = ReadonlyMap<Statement, Accumulator>

interface Work {
  readonly site: Site
  readonly space: Space
  readonly statements: readonly Statement[]
  readonly isStored: (buffer: Buffer) => boolean
  readonly pointers: Pointers
  /** The axes, outermost loop first. */
  readonly order: readonly Axis[]
  /** Index in `order` of the vectorised axis. */
  readonly vectorLevel: number
  /** How many vectors a whole tile has. */
  readonly vectors: number
  /** Whether the vectorised axis is reduced: lanes are parts of one sum. */
  readonly isAcross: boolean
  readonly uses: ReadonlyMap<Expr, number>
  /** The innermost loop in which an expression changes; -1 for none. */
  readonly levelOf: (e: Expr) => number
}

const levels = (space: Space, order: readonly Axis[]): ((e: Expr) => number) => {
  const known = new Map<Expr, number>()
  const own = (load: Load): number => {
    // nothing is outside of a single element: what the nest makes must not be looked for before
    if (space.size === 1) return order.length - 1
    const strides = space.stridesOf(load.view)
    return order.reduce((deepest, { index }, level) => (strides[index] === 0 ? deepest : level), -1)
  }
  const visit = (e: Expr): number => {
    const found = known.get(e)
    if (found !== undefined) return found
    const level = Math.max(e.kind === 'load' ? own(e) : -1, ...argumentsOf(e).map(visit))
    known.set(e, level)
    return level
  }
  return visit
}

const unrolling = (order: readonly Axis[], { size }: Axis, uses: ReadonlyMap<Expr, number>): number => {
  const operations = [...uses.keys()].filter(({ kind }) => kind === 'apply').length
  if (!order[order.length - 1]!.isReduced) return operations > LONG_CHAIN && size >= MANY_NUMBERS ? MOST_VECTORS : 1
  return Math.min(operations > LIGHT ? 2 : MOST_VECTORS, Math.ceil(size / 4))
}

const pushLoad = (
  { site, space, order, vectorLevel, pointers }: Work,
  { buffer, view }: Load,
  vector: number,
  length: number
): void => {
  const { code } = site
  const stride = space.stridesOf(view)[order[vectorLevel]!.index]!
  const at = (element: number): number =>
    pointers.push(view, site.address(buffer) + 4 * stride * (4 * vector + element))
  if (stride === 0) return code.vector(simd.load32Splat, at(0))
  if (stride === 1) return code.vector(simd.load, at(0))
  if (stride === -1) {
    code.vector(simd.load, at(3))
    const reversed = code.local(V128)
    code.tee(reversed)
    code.get(reversed)
    return code.shuffle([12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3])
  }
  code.vector(simd.load32Zero, at(0))
  const gathered = code.local(V128)
  // lanes beyond the end of a row are nowhere: with large strides, beyond the memory
  for (const lane of [1, 2, 3].slice(0, length - 1)) {
    code.set(gathered)
    const offset = at(lane)
    code.get(gathered)
    code.vector(simd.load32Lane, offset, lane)
  }
}

const store = (work: Work, { target, view }: Statement, local: number, vector: number, length: number): void => {
  const { site, space, order, vectorLevel, pointers } = work
  const { code } = site
  const stride = space.stridesOf(view)[order[vectorLevel]!.index]!
  const put = (opcode: number, lane: number, isLane = true): void => {
    const offset = pointers.push(view, site.address(target) + 4 * stride * (4 * vector + lane))
    code.get(local)
    code.vector(opcode, offset, isLane ? lane : undefined)
  }
  const isLastOfBuffer = order.length === 1 && view.cursors.length === 0 && view.offset + space.size === target.size
  if (stride === 1 && (length === 4 || isLastOfBuffer)) return put(simd.store, 0, false)
  if (stride === 1 && length > 1) {
    const offset = pointers.push(view, site.address(target) + 16 * vector)
    code.get(local)
    code.vector(simd.store64Lane, offset, 0)
    if (length === 3) put(simd.store32Lane, 2)
    return
  }
  for (let lane = 0; lane < length; lane++) put(simd.store32Lane, lane)
}

/** The expressions that are evaluated on entering a loop level: what changes there, and is used deeper. */
const hoisted = ({ uses, levelOf, statements, order }: Work, level: number): readonly Expr[] => {
  if (level === order.length - 1) return []
  const used = [...uses.keys()].filter((user) => levelOf(user) > level).flatMap(argumentsOf)
  const roots = statements.map(({ value }) => value)
  return [...new Set([...used, ...roots])].filter((e) => e.kind !== 'constant' && levelOf(e) === level)
}

const emitInnermost = (work: Work, tile: Tile, own: readonly Evaluator[], sums: Sums): void => {
  const { site, statements, isAcross, isStored } = work
  for (const statement of statements) {
    patchesOf(statement.value).forEach((patch) => {
      if (own[0]!.find(patch) === undefined) patchTogether(site, patch, own)
    })
    const sum = sums.get(statement)
    if (sum !== undefined) {
      tile.forEach((length, vector) => sum.add(vector, isAcross ? length : 4, () => own[vector]!.push(statement.value)))
      continue
    }
    // all before any is stored: a load past a store stays there, and the chains of these vectors fill each other's gaps
    const locals = own.map((one) => one.keep(statement.value))
    locals.forEach((local, vector) => {
      own[vector]!.define(site.lanes.load(statement.target, statement.view), local)
      if (isStored(statement.target)) store(work, statement, local, vector, tile[vector]!)
    })
  }
}

/** Encodes the loops from a level on; `outer` has what was evaluated outside, for each vector of the tile. */
const emitLevel = (work: Work, level: number, tile: Tile, outer: readonly Evaluator[], sums: Sums): void => {
  const { order, vectorLevel, site, pointers } = work
  const axis = order[level]!
  const early = hoisted(work, level)
  const inside = (inner: Tile): void => {
    const own = inner.map((length, vector) =>
      evaluator(site, work.uses, (load) => pushLoad(work, load, vector, length), outer[vector] ?? outer[0])
    )
    own.forEach((one) => early.forEach((e) => one.keep(e)))
    if (level === order.length - 1) return emitInnermost(work, inner, own, sums)
    const isLastKept = order[level + 1]!.isReduced && !axis.isReduced
    const next = isLastKept ? newSums(work, inner) : sums
    emitLevel(work, level + 1, inner, own, next)
    if (isLastKept) finish(work, inner, next)
  }
  if (level === vectorLevel) return emitVectorLoop(work, axis, inside, sums)
  blocked(work, axis, axis.size, sums, () => {
    inside(tile)
    pointers.advance(axis, 1)
  })
  pointers.rewind(axis)
}

/** Whole tiles in a loop, then what is left. */
const emitVectorLoop = (work: Work, axis: Axis, inside: (tile: Tile) => void, sums: Sums): void => {
  const { pointers, vectors } = work
  const step = 4 * vectors
  const whole = Math.floor(axis.size / step)
  const rest = axis.size - whole * step
  blocked(work, axis, whole, sums, () => {
    inside(Array.from({ length: vectors }, () => 4))
    pointers.advance(axis, step)
  })
  if (rest > 0) inside(Array.from({ length: Math.ceil(rest / 4) }, (_, k) => Math.min(4, rest - 4 * k)))
  if (rest > 0 && axis.isReduced) sums.forEach((sum) => sum.fold())
  pointers.rewind(axis, whole * step)
}

/** Terms of a float32 sum that are added one to the next before they are added to the total. */
const BLOCK = 32

/** A loop; over a reduced axis in blocks, if there are sums that would lose digits. */
const blocked = ({ site: { code } }: Work, axis: Axis, count: number, sums: Sums, turn: () => void): void => {
  if (!axis.isReduced || ![...sums.values()].some((sum) => sum.isRounded)) return code.times(count, turn)
  const fold = (): void => sums.forEach((sum) => sum.fold())
  code.times(Math.floor(count / BLOCK), () => {
    code.times(BLOCK, turn)
    fold()
  })
  code.times(count % BLOCK, turn)
  fold()
}

const newSums = ({ site, statements, order, isAcross, vectors }: Work, tile: Tile): Sums => {
  const terms = order.reduce((n, { size, isReduced }) => (isReduced ? n * size : n), 1)
  return accumulators(site, statements, isAcross ? vectors : tile.length, terms)
}

const finish = (work: Work, tile: Tile, sums: Sums): void => {
  const { isAcross, pointers, site } = work
  sums.forEach((sum, statement) => {
    if (!isAcross) return tile.forEach((length, vector) => store(work, statement, sum.result(vector), vector, length))
    const local = sum.total()
    const offset = pointers.push(statement.view, site.address(statement.target))
    site.code.get(local)
    site.code.vector(simd.store32Lane, offset, 0)
  })
}

/** The statements whose results are stored, or read by others that are. */
const living = (statements: readonly Statement[], isStored: (buffer: Buffer) => boolean): readonly Statement[] => {
  const read = new Set<Buffer>()
  const isLiving = ({ target, value }: Statement): boolean => {
    if (!isStored(target) && !read.has(target)) return false
    loadsOf([value]).forEach(({ buffer }) => read.add(buffer))
    return true
  }
  return [...statements].reverse().filter(isLiving).reverse()
}

const workFor = (site: Site, nest: Nest, wanted: readonly Statement[], isStored: (buffer: Buffer) => boolean): Work => {
  const statements = wanted.map((s) => ({ ...s, value: site.lanes.expand(s.value) }))
  const roots = statements.map(({ value }) => value)
  const views = [...loadsOf(roots).map(({ view }) => view), ...statements.map(({ view }) => view)]
  const space = collapse(nest, views)
  const order = [
    ...space.axes.filter(({ isReduced }) => !isReduced),
    ...space.axes.filter(({ isReduced }) => isReduced)
  ]
  const vector = space.axes[space.axes.length - 1]!
  const uses = countUses(roots)
  return {
    site,
    space,
    statements,
    isStored,
    pointers: pointersFor(site, space, views),
    order,
    vectorLevel: order.indexOf(vector),
    vectors: unrolling(order, vector, uses),
    isAcross: vector.isReduced,
    uses,
    levelOf: levels(space, order)
  }
}

/** Encodes a nest as the body of a function. */
export const emitNest = (site: Site, nest: Nest, isStored: (buffer: Buffer) => boolean): void => {
  const statements = living(nest.statements, isStored)
  if (statements.length === 0) return
  const work = workFor(site, nest, statements, isStored)
  const outermost = evaluator(site, work.uses, (load) => pushLoad(work, load, 0, 1))
  hoisted(work, -1).forEach((e) => outermost.keep(e))
  const isTotal = work.order[0]!.isReduced
  const sums = isTotal ? newSums(work, [4]) : new Map<Statement, Accumulator>()
  emitLevel(work, 0, [4], [outermost], sums)
  if (isTotal) finish(work, [4], sums)
}
