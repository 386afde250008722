/**
 * Passes over large arrays made fewer, once all steps of a block are known: nests over the same space become one, past steps
 * between them that have nothing to do with either. A nest over an array that others make in parts (a vector that
 * parameters were put together to, and the optimiser goes through) is cut where the parts meet, so that each part is used in
 * the nest that makes it.
 */
import { sizeOf } from '../../graph/graph.js'
import { collapse } from './collapse.js'
import { joined, type OpenBlock } from './fuse.js'
import type { Lanes } from './lanes.js'
import { partOf } from './part.js'
import type { Block, Buffer, Nest, Statement, Step, View } from './program.js'
import { conflict, loadsOfNest, overlap, readBy, touchOf, writtenBy, type Touch } from './touch.js'
import { viewKey } from './view-key.js'

/** Nests over fewer elements stay in the caches anyhow. */
const LARGE = 2 ** 12
/** Parts of fewer elements are not worth a nest of their own. */
const LEAST_PART = 2 ** 14
const MOST_PARTS = 24
/** How far back a nest is looked for. */
const WINDOW = 64

const isLarge = (step: Step): step is Nest => step.kind === 'nest' && !step.isUnrolled && sizeOf(step.shape) >= LARGE

const isSmall = (step: Step): boolean => step.kind === 'nest' && !isLarge(step)

/** Small nests before large ones that they need nothing of, else in their order. */
const smallFirst = (steps: Block): readonly Step[] => {
  const result: Step[] = []
  for (const step of steps) {
    let at = result.length
    while (isSmall(step) && at > 0 && result[at - 1]!.kind === 'nest' && !conflict(result[at - 1]!, step)) at--
    while (at < result.length && isSmall(result[at]!)) at++
    result.splice(at, 0, step)
  }
  return result
}

/** Joins the last step, where that is a large nest, with an earlier one: there, or here, as what lies between them allows. */
const joinLast = (l: Lanes, steps: Step[]): void => {
  const last = steps[steps.length - 1]
  if (last === undefined || !isLarge(last)) return
  let isUp = true
  for (let at = steps.length - 2; at >= Math.max(0, steps.length - WINDOW); at--) {
    const step = steps[at]!
    const isDown = !isUp && steps.slice(at + 1, -1).every((s) => !conflict(step, s))
    const one = isLarge(step) && (isUp || isDown) ? joined(l, step, last) : undefined
    if (one !== undefined) {
      steps.pop()
      if (isUp) steps[at] = one
      else {
        steps.splice(at, 1)
        steps.push(one)
      }
      return
    }
    isUp &&= !conflict(step, last)
  }
}

const joinAll = (l: Lanes, block: Block): readonly Step[] =>
  block.reduce<Step[]>((steps, step) => {
    steps.push(step)
    joinLast(l, steps)
    return steps
  }, [])

/** Elements of a nest at which what it reads stops being made by one nest, and starts to be by another. */
const seams = (nest: Nest, size: number, made: readonly Touch[]): readonly number[] => {
  const reads = loadsOfNest(nest).map(({ buffer, view }) => touchOf(buffer, view, nest.shape))
  const inside = reads
    .filter(({ from, to }) => to - from + 1 === size)
    .flatMap((read) =>
      made
        .filter((write) => overlap(read, write) && write.to - write.from + 1 >= LEAST_PART)
        .flatMap(({ from, to }) => [from - read.from, to + 1 - read.from])
    )
    .filter((at) => at > 0 && at < size)
  return [...new Set(inside)].sort((a, b) => a - b)
}

/** A nest without sums that every view walks as one run, cut at its seams. */
const cutAtSeams = (l: Lanes, nest: Nest, made: readonly Touch[]): readonly Nest[] => {
  if (nest.reduced.includes(true)) return [nest]
  const loads = loadsOfNest(nest)
  const space = collapse(nest, [...loads.map(({ view }) => view), ...nest.statements.map(({ view }) => view)])
  const ends = [...seams(nest, space.size, made), space.size]
  if (space.axes.length > 1 || ends.length === 1 || ends.length > MOST_PARTS) return [nest]
  return ends.map((end, k): Nest => {
    const from = ends[k - 1] ?? 0
    return partOf(l, space, nest, { from, size: end - from })
  })
}

const cutAll = (l: Lanes, block: Block): readonly Step[] =>
  block.reduce<readonly Step[]>((steps, step) => {
    if (!isLarge(step)) return [...steps, step]
    return [...steps, ...cutAtSeams(l, step, steps.filter(isLarge).flatMap(writtenBy))]
  }, [])

const regroupPart = (l: Lanes, block: Block): Block => {
  if (block.filter(isLarge).length < 2) return block
  const once = joinAll(l, smallFirst(block))
  const cut = cutAll(l, once)
  return cut.length === once.length ? once : joinAll(l, cut)
}

/** The same steps with fewer passes over large arrays. */
export const regroup = (l: Lanes, { steps, fences }: OpenBlock): Block =>
  [...fences, steps.length].flatMap((end, k) => regroupPart(l, steps.slice(fences[k - 1] ?? 0, end)))

/** A nest whose statements store into `own(target)` where that is another buffer, and read there what they have stored. */
const withOwn = (l: Lanes, nest: Nest, own: (statement: Statement) => Buffer): Nest => {
  const views = new Map<string, Buffer>()
  const key = (buffer: Buffer, view: View): string => `${buffer.id}:${viewKey(view)}`
  const plain = (view: View): View => ({ ...view, offset: 0 })
  const statements = nest.statements.map((statement): Statement => {
    const { target, view } = statement
    const value = l.mapLoads(statement.value, (load) => {
      const made = views.get(key(load.buffer, load.view))
      return made === undefined ? load : l.load(made, plain(load.view))
    })
    const to = own(statement)
    if (to === target) return { ...statement, value }
    views.set(key(target, view), to)
    return { ...statement, value, target: to, view: plain(view) }
  })
  return { ...nest, statements }
}

/**
 * Parts of arrays that only the nest reads which makes them become arrays of their own: those need no place in memory.
 * @param isKept whether somebody else than steps reads a buffer
 */
export const separate = (
  l: Lanes,
  stages: readonly Block[],
  isKept: (buffer: Buffer) => boolean,
  newBuffer: (size: number, like: Buffer) => Buffer
): readonly Block[] => {
  const all = stages.flat()
  const split = (step: Step): Step => {
    if (!isLarge(step)) return step
    const isOwn = ({ target, view, reduce }: Statement): boolean => {
      const part = touchOf(target, view, step.shape)
      const isPart = reduce === undefined && view.cursors.length === 0 && part.to - part.from + 1 < target.size
      return isPart && !isKept(target) && all.every((s) => s === step || !readBy(s).some((read) => overlap(read, part)))
    }
    if (!step.statements.some(isOwn)) return step
    return withOwn(l, step, (statement) =>
      isOwn(statement) ? newBuffer(sizeOf(step.shape), statement.target) : statement.target
    )
  }
  return stages.map((block) => block.map(split))
}
