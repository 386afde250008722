/** The profile of an engine that interprets: the clock is read around every node, those of bodies too. */
import { observing } from '../graph/evaluate.js'
import type { Node } from '../graph/graph.js'
import { fasterHalf, type KernelTime, type Profile } from './engine.js'

type Mutable<A> = { -readonly [K in keyof A]: A[K] }

type Times = Map<number, Mutable<KernelTime>>

interface Run {
  readonly ms: number
  readonly times: Times
}

/** Adds up what each node takes. */
const observer = (times: Times): ((node: Node) => () => void) => {
  /** Of nodes under way, what the nodes in their bodies took. */
  const open: { ms: number; calls: number }[] = []
  return ({ primitive, outputs }) => {
    const { id } = outputs[0]!
    const fresh = { nodes: [id], op: primitive.name, ms: 0, calls: 0, callsInside: 0, isInside: open.length > 0 }
    const entry = times.get(id) ?? fresh
    times.set(id, entry)
    const inside = { ms: 0, calls: 0 }
    open.push(inside)
    const start = performance.now()
    return () => {
      const ms = performance.now() - start
      open.pop()
      entry.ms += Math.max(0, ms - inside.ms)
      entry.calls++
      entry.callsInside += inside.calls
      const around = open[open.length - 1]
      if (around === undefined) return
      around.ms += ms
      around.calls++
    }
  }
}

const timed = (run: () => void): Run => {
  const times: Times = new Map()
  const start = performance.now()
  observing(observer(times), run)
  return { ms: performance.now() - start, times }
}

const summed = (runs: readonly Run[]): readonly KernelTime[] => {
  const all: Times = new Map()
  for (const { times } of runs)
    for (const [id, entry] of times) {
      const sum = all.get(id) ?? { ...entry, ms: 0, calls: 0, callsInside: 0 }
      sum.ms += entry.ms
      sum.calls += entry.calls
      sum.callsInside += entry.callsInside
      all.set(id, sum)
    }
  return [...all.values()]
}

/** @param run computes the graph once, synchronously */
export const profileByClock = (run: () => void, runs: number): Profile => {
  run() // warm
  const counted = fasterHalf(
    Array.from({ length: runs }, () => timed(run)),
    ({ ms }) => ms
  )
  return { runs: counted.length, totalMs: counted.reduce((sum, { ms }) => sum + ms, 0), kernels: summed(counted) }
}
