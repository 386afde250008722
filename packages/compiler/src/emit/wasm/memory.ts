/** Where buffers lie: each takes memory from its first write to its last read, and others may have the place before and after. */
import { readsOf, writesOf } from './touch.js'
import type { Block, Buffer, Program } from './program.js'

export interface Layout {
  readonly address: (buffer: Buffer) => number
  readonly bytes: number
}

/** Addresses below are scratch space of kernels, and room for loads that reach over the start of an array. */
export const SCRATCH_BYTES = 1024
/** A vector that starts at the last element of an array reads this much more. */
const OVERRUN = 64
const ALIGNMENT = 16

interface Life {
  first: number
  last: number
}

/** The span of time in which each buffer holds something that is needed; time is the order of steps. */
const livesOf = ({
  stages,
  inputs,
  outputs,
  handed,
  received,
  constants,
  inPlace
}: Program): ReadonlyMap<Buffer, Life> => {
  const lives = new Map<Buffer, Life>()
  let now = 0
  const touch = (buffer: Buffer, at: number): void => {
    const life = lives.get(buffer)
    if (life === undefined) lives.set(buffer, { first: at, last: at })
    else {
      life.first = Math.min(life.first, at)
      life.last = Math.max(life.last, at)
    }
  }
  /** Returns the loops within, so that a loop knows which buffers are made anew each turn. */
  const visit = (steps: Block): ReadonlySet<number> => {
    const within = new Set<number>()
    for (const step of steps) {
      const start = now++
      if (step.kind === 'repeat') {
        const own = [visit(typeof step.length === 'number' ? [] : step.length.block), visit(step.body), [step.loop]]
        own.forEach((loops) => loops.forEach((loop) => within.add(loop)))
        const inside = new Set(own.flatMap((loops) => [...loops]))
        const end = now++
        for (const buffer of [...readsOf(step), ...writesOf(step)]) {
          if (inside.has(buffer.loop)) continue
          touch(buffer, start)
          touch(buffer, end)
        }
      } else {
        if (step.kind === 'branch') [step.onTrue, step.onFalse].forEach((b) => visit(b).forEach((x) => within.add(x)))
        for (const buffer of [...readsOf(step), ...writesOf(step)]) {
          if (step.kind !== 'branch') touch(buffer, start)
        }
        if (step.kind === 'branch') touch(step.predicate, start)
      }
      if (step.kind === 'repeat' && typeof step.length !== 'number') touch(step.length.predicate, now++)
    }
    return within
  }
  inputs.forEach((buffer) => touch(buffer, -1))
  constants.forEach(({ buffer }) => touch(buffer, -1))
  stages.forEach((block, stage) => {
    if (stage > 0) [...handed, ...received].forEach((buffer) => touch(buffer, now))
    now++
    visit(block)
  })
  outputs.forEach((buffer) => touch(buffer, now))
  inPlace.forEach(({ input }) => touch(input, now))
  constants.forEach(({ buffer }) => touch(buffer, now))
  return lives
}

/** First fit, the largest first among those that start together. */
export const planMemory = (program: Program, needsMemory: (buffer: Buffer) => boolean): Layout => {
  const places = new Map(program.inPlace.map(({ input, output }) => [output, input]))
  const lives = [...livesOf(program)].filter(([buffer]) => needsMemory(buffer) && !places.has(buffer))
  const placed: { readonly start: number; readonly end: number; readonly life: Life }[] = []
  const addresses = new Map<Buffer, number>()
  let bytes = SCRATCH_BYTES
  const byStart = lives.sort(([a, x], [b, y]) => x.first - y.first || b.size - a.size)
  for (const [buffer, life] of byStart) {
    const size = Math.ceil((buffer.size * 4 + OVERRUN) / ALIGNMENT) * ALIGNMENT
    const rivals = placed.filter((p) => p.life.first <= life.last && p.life.last >= life.first)
    rivals.sort((a, b) => a.start - b.start)
    let start = SCRATCH_BYTES
    for (const rival of rivals) {
      if (start + size <= rival.start) break
      start = Math.max(start, rival.end)
    }
    placed.push({ start, end: start + size, life })
    addresses.set(buffer, start)
    bytes = Math.max(bytes, start + size)
  }
  const address = (buffer: Buffer): number => {
    const found = addresses.get(places.get(buffer) ?? buffer)
    if (found === undefined) throw new Error(`buffer ${buffer.id} has no place in memory`)
    return found
  }
  return { address, bytes: bytes + OVERRUN }
}
