/** Stable merge sort of the indices of rows by int32 keys, from runs of one element up. */
import { I32, op } from '../opcodes.js'
import type { Operand, SharedFunction, Site } from '../program.js'
import { counted, move, pointer } from './scalar.js'

/** Parameters: keys, from, to: addresses; low, middle, high: the two runs, as indices. Merges from[low..high] into to. */
const merge: SharedFunction = {
  name: 'merge',
  parameters: [I32, I32, I32, I32, I32, I32],
  results: [],
  emit: ({ code }) => {
    const [keys, from, to, low, middle, high] = [0, 1, 2, 3, 4, 5] as const
    const [i, j, k, left, right] = Array.from({ length: 5 }, () => code.local(I32)) as [
      number,
      number,
      number,
      number,
      number
    ]
    const pushWord = (array: number, index: number): void => {
      code.get(array)
      code.get(index)
      code.i32(2)
      code.op(op.i32Shl)
      code.op(op.i32Add)
      code.word(op.i32Load, 0)
    }
    /** Puts the head of one run next, and moves on there. */
    const take = (head: number, own: number): void => {
      code.get(to)
      code.get(k)
      code.i32(2)
      code.op(op.i32Shl)
      code.op(op.i32Add)
      code.get(head)
      code.word(op.i32Store, 0)
      for (const index of [own, k]) {
        code.get(index)
        code.i32(1)
        code.op(op.i32Add)
        code.set(index)
      }
    }
    const copy = (source: number, target: number): void => {
      code.get(source)
      code.set(target)
    }
    copy(low, i)
    copy(middle, j)
    copy(low, k)
    const whileBelow = (index: number, end: number, body: () => void): void =>
      code.block(() =>
        code.loop(() => {
          code.get(index)
          code.get(end)
          code.op(op.i32GeS)
          code.brIf(1)
          body()
          code.br(0)
        })
      )
    const rest = (own: number, end: number): void =>
      whileBelow(own, end, () => {
        pushWord(from, own)
        code.set(left)
        take(left, own)
      })
    const keyOf = (index: number): void => pushWord(keys, index)
    code.block(() =>
      code.loop(() => {
        for (const [index, end] of [
          [i, middle],
          [j, high]
        ] as const) {
          code.get(index)
          code.get(end)
          code.op(op.i32GeS)
          code.brIf(1)
        }
        pushWord(from, i)
        code.set(left)
        pushWord(from, j)
        code.set(right)
        keyOf(left)
        keyOf(right)
        code.op(op.i32LeS)
        code.branch(
          () => take(left, i),
          () => take(right, j)
        )
        code.br(0)
      })
    )
    rest(i, middle)
    rest(j, high)
  }
}

/** Pushes min(index + distance, n). */
const pushBounded = ({ code }: Site, index: number, distance: number, n: number): void => {
  const sum = code.local(I32)
  code.get(index)
  code.i32(distance)
  code.op(op.i32Add)
  code.tee(sum)
  code.i32(n)
  code.get(sum)
  code.i32(n)
  code.op(op.i32LtS)
  code.op(op.select)
}

/** Merges all runs of `width` in `from` to runs of twice that in `to`. */
const emitPass = (site: Site, keys: number, from: number, to: number, n: number, width: number): void => {
  const { code } = site
  const low = code.local(I32)
  code.i32(0)
  code.set(low)
  code.times(Math.ceil(n / (2 * width)), () => {
    for (const local of [keys, from, to, low]) code.get(local)
    pushBounded(site, low, width, n)
    pushBounded(site, low, 2 * width, n)
    code.call(site.shared(merge))
    code.get(low)
    code.i32(2 * width)
    code.op(op.i32Add)
    code.set(low)
  })
}

/** How many passes sort a row of n. */
export const passesOf = (n: number): number => Math.ceil(Math.log2(Math.max(1, n)))

/**
 * Orders rows of n keys: `order` and `other` are room for rows × n indices; the result is in `order` after an even number
 * of passes, else in `other`.
 */
export const emitSort = (site: Site, rows: number, n: number, keys: Operand, order: Operand, other: Operand): void => {
  const { code } = site
  const [key, a, b] = [keys, order, other].map((x) => pointer(site, x)) as [number, number, number]
  code.times(rows, () => {
    counted(code, n, (index) => {
      code.get(a)
      code.get(index)
      code.i32(2)
      code.op(op.i32Shl)
      code.op(op.i32Add)
      code.get(index)
      code.word(op.i32Store, 0)
    })
    for (let pass = 0; pass < passesOf(n); pass++) {
      const [from, to] = pass % 2 === 0 ? [a, b] : [b, a]
      emitPass(site, key, from, to, n, 2 ** pass)
    }
    for (const local of [key, a, b]) move(code, local, n)
  })
}
