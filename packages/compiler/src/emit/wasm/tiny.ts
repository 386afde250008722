/**
 * Nests of a few elements, written out: every vector of four elements is an expression of its own, values stay in locals,
 * and views (slices, transposes, broadcasts) are shuffles.
 */
import { sizeOf, type Shape } from '../../graph/graph.js'
import { stridesOf } from '../../primitives/broadcasting.js'
import { countUses, evaluator, type Evaluator } from './evaluate.js'
import { keepBase, pushPicks, pushWords, storeWords, type Pick } from './gather-lanes.js'
import { argumentsOf, type Expr, type Load } from './lanes.js'
import { V128, op, simd } from './opcodes.js'
import type { Buffer, Cursor, Nest, Site, Statement, View } from './program.js'
import { monoidOf, type Monoid } from './reduction.js'
import { cursorsKey } from './view-key.js'

/** Where values of a function lie. */
export interface Homes {
  /** The locals that hold a small buffer, four elements each; `undefined` if it is in memory only. */
  readonly localsOf: (buffer: Buffer) => readonly number[] | undefined
  readonly isInMemory: (buffer: Buffer) => boolean
}

const LANES = [0, 1, 2, 3] as const

/** For each element of a nest its place in a buffer. */
const placesOf = (shape: Shape, { offset, strides }: View): readonly number[] => {
  const own = stridesOf(shape)
  return Array.from({ length: sizeOf(shape) }, (_, flat) =>
    own.reduce((at, s, axis) => at + (Math.floor(flat / s) % shape[axis]!) * strides[axis]!, offset)
  )
}

const chunk = (places: readonly number[], t: number): readonly number[] => places.slice(4 * t, 4 * t + 4)

interface Writer {
  readonly site: Site
  readonly homes: Homes
  readonly shape: Shape
  readonly baseOf: (cursors: readonly Cursor[]) => number | undefined
}

const writerFor = (site: Site, homes: Homes, shape: Shape): Writer => {
  const bases = new Map<string, number>()
  return {
    site,
    homes,
    shape,
    baseOf: (cursors) => {
      if (cursors.length === 0) return undefined
      const key = cursorsKey(cursors)
      const base = bases.get(key) ?? keepBase(site.code, () => site.cursors(cursors))
      bases.set(key, base)
      return base
    }
  }
}

const pushLoad = ({ site, homes, shape, baseOf }: Writer, { buffer, view }: Load, t: number): void => {
  const places = chunk(placesOf(shape, view), t)
  const locals = homes.localsOf(buffer)
  if (locals === undefined) return pushWords(site.code, site.address(buffer), places, baseOf(view.cursors))
  const picks = LANES.map((k): Pick => {
    const place = places[k]
    return place === undefined ? undefined : { local: locals[place >> 2]!, lane: place & 3 }
  })
  pushPicks(site.code, picks)
}

/** Puts vectors of results where the target's elements lie. */
const store = (
  { site, homes, baseOf }: Writer,
  target: Buffer,
  view: View,
  places: readonly number[],
  values: readonly number[]
): void => {
  const { code } = site
  const locals = homes.localsOf(target)
  if (homes.isInMemory(target)) {
    const address = site.address(target)
    values.forEach((value, t) => {
      const own = chunk(places, t)
      const mayOverrun = view.cursors.length === 0 && own[own.length - 1] === target.size - 1
      storeWords(code, value, address, own, baseOf(view.cursors), mayOverrun)
    })
  }
  locals?.forEach((local, q) => {
    const at = new Map(places.map((place, e) => [place, e]))
    const picks = LANES.map((k): Pick => {
      if (4 * q + k >= target.size) return undefined
      const e = at.get(4 * q + k)
      return e === undefined ? { local, lane: k } : { local: values[e >> 2]!, lane: e & 3 }
    })
    if (picks.every((p) => p === undefined || p.local === local)) return
    pushPicks(code, picks)
    code.set(local)
  })
}

/** Combines all elements into lane 0: vectors pairwise, then the halves, then the quarters. */
const pushTotal = ({ site: { code } }: Writer, values: readonly number[], count: number, monoid: Monoid): void => {
  const last = values.length - 1
  values.forEach((value, t) => {
    code.get(value)
    if (t === last && count % 4 !== 0) {
      code.v128(LANES.map(() => monoid.identity))
      code.v128(LANES.map((k) => (k < count % 4 ? -1 : 0)))
      code.simd(simd.bitselect)
    }
  })
  values.slice(1).forEach(() => code.simd(monoid.opcode))
  for (const picks of [
    [2, 3, 2, 3],
    [1, 1, 1, 1]
  ]) {
    const local = code.local(V128)
    code.tee(local)
    pushPicks(
      code,
      picks.map((lane) => ({ local, lane }))
    )
    code.simd(monoid.opcode)
  }
}

const reduceInto = (writer: Writer, { target, view, reduce }: Statement, values: readonly number[]): void => {
  const { site, shape } = writer
  const { code } = site
  const monoid = monoidOf(reduce!, target)
  const places = placesOf(shape, view)
  const groups = Array.from({ length: target.size }, (_, o) => places.flatMap((place, e) => (place === o ? [e] : [])))
  const results = Array.from({ length: Math.ceil(target.size / 4) }, () => code.local(V128))
  results.forEach((result, q) => {
    const own = groups.slice(4 * q, 4 * q + 4)
    if (target.size === 1) pushTotal(writer, values, places.length, monoid)
    else
      own[0]!.forEach((_, j) => {
        pushPicks(
          code,
          LANES.map((k): Pick => {
            const e = own[k]?.[j]
            return e === undefined ? undefined : { local: values[e >> 2]!, lane: e & 3 }
          })
        )
        if (j > 0) code.simd(monoid.opcode)
      })
    code.set(result)
  })
  store(
    writer,
    target,
    { offset: 0, strides: [1], cursors: [] },
    groups.map((_, o) => o),
    results
  )
}

/** Expressions that are the same for all elements, and used by others: evaluated once. */
const commonParts = (roots: readonly Expr[], shape: Shape): readonly Expr[] => {
  const isCommon = new Map<Expr, boolean>()
  const visit = (e: Expr): boolean => {
    const found = isCommon.get(e)
    if (found !== undefined) return found
    const own = e.kind !== 'load' || e.view.strides.every((s, axis) => s === 0 || shape[axis] === 1)
    const all = argumentsOf(e).map(visit)
    const result = own && all.every(Boolean)
    isCommon.set(e, result)
    return result
  }
  roots.forEach(visit)
  const used = [...isCommon].flatMap(([e, is]) => (is ? [] : argumentsOf(e)))
  return [...new Set([...used, ...roots])].filter((e) => e.kind !== 'constant' && isCommon.get(e) === true)
}

const evaluators = (writer: Writer, roots: readonly Expr[], count: number): readonly Evaluator[] => {
  const uses = countUses(roots)
  const make = (t: number, outer?: Evaluator): Evaluator =>
    evaluator(writer.site, uses, (load) => pushLoad(writer, load, t), outer)
  if (count === 1) return [make(0)]
  const common = make(0)
  commonParts(roots, writer.shape).forEach((e) => common.keep(e))
  return Array.from({ length: count }, (_, t) => make(t, common))
}

/** Encodes a nest without loops. */
export const emitTiny = (site: Site, nest: Nest, homes: Homes): void => {
  const writer = writerFor(site, homes, nest.shape)
  const roots = nest.statements.map(({ value }) => value)
  const all = evaluators(writer, roots, Math.ceil(sizeOf(nest.shape) / 4))
  for (const statement of nest.statements) {
    const { target, view, value, reduce } = statement
    const values = all.map((own) => own.keep(value))
    if (reduce !== undefined) reduceInto(writer, statement, values)
    else store(writer, target, view, placesOf(nest.shape, view), values)
  }
}

/** Locals for a buffer of a few elements. */
export const localsFor = (site: Site, { size }: Buffer): readonly number[] =>
  Array.from({ length: Math.ceil(size / 4) }, () => site.code.local(V128))

/** Leaves whether the only element of a mask is set on the stack. */
export const pushPredicate = (site: Site, homes: Homes, buffer: Buffer): void => {
  const [local] = homes.localsOf(buffer) ?? []
  if (local !== undefined) {
    site.code.get(local)
    return site.code.simd(simd.i32x4ExtractLane, 0)
  }
  site.code.i32(site.address(buffer))
  site.code.word(op.i32Load, 0)
}
