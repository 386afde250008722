/** The profile of an engine that interprets: the clock is read around every node, those of bodies too. */
import { observing } from '../graph/evaluate.js'
import type { Node } from '../graph/graph.js'
import type { KernelTime, Profile } from './engine.js'

interface Entry {
  readonly node: Node
  readonly isInside: boolean
  ms: number
  calls: number
  callsInside: number
}

/** @param run computes the graph once, synchronously */
export const profileByClock = (run: () => void, runs: number): Profile => {
  const entries = new Map<number, Entry>()
  /** Of nodes under way, what the nodes in their bodies took. */
  const open: { ms: number; calls: number }[] = []
  const observer = (node: Node): (() => void) => {
    const id = node.outputs[0]!.id
    const entry = entries.get(id) ?? { node, isInside: open.length > 0, ms: 0, calls: 0, callsInside: 0 }
    entries.set(id, entry)
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
  run() // warm
  const start = performance.now()
  observing(observer, () => {
    for (let i = 0; i < runs; i++) run()
  })
  const totalMs = performance.now() - start
  const kernels = [...entries].map(([id, { node, ...times }]): KernelTime => ({
    nodes: [id],
    op: node.primitive.name,
    ...times
  }))
  return { runs, totalMs, kernels }
}
