/** Walks along one axis: running sums, and the place of the largest or smallest. */
import { I32, op } from '../opcodes.js'
import type { Operand, Site } from '../program.js'
import { counted, move, pointer, wordOf } from './scalar.js'

/** A tensor as [outer, n, inner]; the walk is along n. */
export interface Walk {
  readonly outer: number
  readonly n: number
  readonly inner: number
}

/** Calls `body` for each line along n, with a pointer to its first element (or last) and the words from one to the next. */
const forEachLine = (
  site: Site,
  { outer, n, inner }: Walk,
  x: Operand,
  isReverse: boolean,
  body: (line: number, stepWords: number) => void
): void => {
  const { code } = site
  const base = pointer(site, x)
  const line = code.local(I32)
  code.times(outer, () => {
    code.times(inner, () => {
      code.get(base)
      code.i32(isReverse ? 4 * (n - 1) * inner : 0)
      code.op(op.i32Add)
      code.set(line)
      body(line, isReverse ? -inner : inner)
      move(code, base, 1)
    })
    move(code, base, (n - 1) * inner)
  })
}

export interface RunningSum {
  readonly exclusive: boolean
  readonly reverse: boolean
}

export const emitCumsum = (
  site: Site,
  walk: Walk,
  x: Operand,
  y: Operand,
  { exclusive, reverse }: RunningSum
): void => {
  const { code } = site
  const { type, load, store, add } = wordOf(x.dtype)
  // `zero` is never set: locals are zero at entry
  const [total, next, zero] = [code.local(type), code.local(type), code.local(type)]
  const difference = code.local(I32)
  code.get(pointer(site, y))
  code.get(pointer(site, x))
  code.op(op.i32Sub)
  code.set(difference)
  forEachLine(site, walk, x, reverse, (line, step) => {
    code.get(zero)
    code.set(total)
    code.times(walk.n, () => {
      code.get(line)
      code.word(load, 0)
      code.get(total)
      code.op(add)
      code.set(next)
      code.get(line)
      code.get(difference)
      code.op(op.i32Add)
      code.get(exclusive ? total : next)
      code.word(store, 0)
      code.get(next)
      code.set(total)
      move(code, line, step)
    })
  })
}

/** The first place of the largest (or smallest) of each line: what is not comparable never wins. */
export const emitArgExtremum = (site: Site, walk: Walk, x: Operand, places: Operand, isLargest: boolean): void => {
  const { code } = site
  const { type, load, greater, less } = wordOf(x.dtype)
  const [best, value] = [code.local(type), code.local(type)]
  const [out, place] = [pointer(site, places), code.local(I32)]
  forEachLine(site, walk, x, false, (line, step) => {
    code.i32(0)
    code.set(place)
    code.get(line)
    code.word(load, 0)
    code.set(best)
    counted(code, walk.n, (index) => {
      code.get(line)
      code.word(load, 0)
      code.tee(value)
      code.get(best)
      code.op(isLargest ? greater : less)
      code.branch(() => {
        code.get(value)
        code.set(best)
        code.get(index)
        code.set(place)
      })
      move(code, line, step)
    })
    code.get(out)
    code.get(place)
    code.word(op.i32Store, 0)
    move(code, out, 1)
  })
}
