/** The profile of an engine that interprets: the clock is read around every node, those of bodies too. */
import { observing } from '../graph/evaluate.js'
import type { Node } from '../graph/graph.js'
import type { Profile } from './engine.js'
import { profileOf, type KernelCall } from './profile.js'

/** A run under way: its calls, and of nodes under way what the nodes in their bodies took. */
interface Watch {
  readonly calls: KernelCall[]
  readonly open: { ms: number; calls: number }[]
  /** Of nodes that are in no other. */
  outermostMs: number
}

const observer =
  (watch: Watch) =>
  ({ primitive, outputs }: Node): (() => void) => {
    const { calls, open } = watch
    const { id } = outputs[0]!
    const inside = { ms: 0, calls: 0 }
    open.push(inside)
    const start = performance.now()
    return () => {
      const ms = performance.now() - start
      open.pop()
      const around = open[open.length - 1]
      if (around === undefined) watch.outermostMs += ms
      else {
        around.ms += ms
        around.calls++
      }
      const own = Math.max(0, ms - inside.ms)
      const isInside = around !== undefined
      calls.push({ key: String(id), nodes: [id], op: primitive.name, ms: own, callsInside: inside.calls, isInside })
    }
  }

/** @param run computes the graph once, synchronously */
export const profileByClock = (run: () => void, runs: number): Profile => {
  run() // warm
  const calls: KernelCall[] = []
  const between = Array.from({ length: runs }, () => {
    const watch: Watch = { calls, open: [], outermostMs: 0 }
    const start = performance.now()
    observing(observer(watch), run)
    return Math.max(0, performance.now() - start - watch.outermostMs)
  })
  return profileOf(calls, between)
}
