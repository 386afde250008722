/** From times of kernels to times of nodes. */
import type { KernelTime, Profile } from '../engines/engine.js'
import type { Graph, Node } from '../graph/graph.js'
import { callText, typeText } from './graph-text.js'
import { bodiesOf, type Labels } from './labels.js'

/** What one node took, or several that the engine fused into one kernel. Times are per run. */
export interface NodeTime {
  /** `%7`; several if they were fused, none for what the engine put in by itself. */
  readonly ids: readonly string[]
  readonly ops: readonly string[]
  /** The op with its inputs and attributes, of the first node; the engine's name for what is its own. */
  readonly call: string
  /** Type of what the first node makes. */
  readonly type: string
  readonly at?: string
  readonly rule?: string
  /** Loops and branches around it, outermost first: `%4 scan`. */
  readonly within: readonly string[]
  /** Milliseconds of its kernels, without those of the nodes inside (for a loop). */
  readonly ms: number
  /** Of the whole run without the profile's own cost, 0 to 1. */
  readonly share: number
  /** Kernel calls: one per turn in a loop. */
  readonly calls: number
  /** What the engine runs for it: ['Gemm', 'Add ×2']. */
  readonly kernels: readonly string[]
}

export interface PlacedNode {
  readonly node: Node
  readonly within: readonly string[]
}

/** All nodes, those of bodies after their loop. */
export const placedNodes = (graph: Graph, labels: Labels, within: readonly string[] = []): readonly PlacedNode[] =>
  graph.nodes.flatMap((node) => [
    { node, within },
    ...bodiesOf(node).flatMap((body) =>
      placedNodes(body.graph, labels, [...within, `${labels.node(node)} ${node.primitive.name}`])
    )
  ])

const counted = (names: readonly string[]): readonly string[] =>
  [...new Set(names)].map((name) => {
    const count = names.filter((other) => other === name).length
    return count === 1 ? name : `${name} ×${count}`
  })

const timeOf = (
  kernels: readonly KernelTime[],
  placed: readonly PlacedNode[],
  labels: Labels,
  totalMs: number
): NodeTime => {
  const [first] = placed
  const ms = kernels.reduce((sum, kernel) => sum + kernel.ms, 0)
  const names = counted([...kernels].sort((x, y) => y.ms - x.ms).map(({ op }) => op))
  return {
    ids: placed.map(({ node }) => labels.node(node)),
    ops: placed.map(({ node }) => node.primitive.name),
    call: first === undefined ? names.join(', ') : callText(first.node, labels),
    type: first === undefined ? '' : first.node.outputs.map(typeText).join(' '),
    ...first?.node.source,
    within: first?.within ?? [],
    ms,
    share: totalMs === 0 ? 0 : ms / totalMs,
    calls: kernels.reduce((sum, kernel) => sum + kernel.calls, 0),
    kernels: names
  }
}

export interface Timing {
  /** One row per node or group of fused nodes, the slowest first. */
  readonly times: readonly NodeTime[]
  /** A profiled run in milliseconds; of it, what was in no kernel, and what the profile itself seems to have cost. */
  readonly runMs: number
  readonly betweenMs: number
  readonly costMs: number
}

const total = (kernels: readonly KernelTime[], count: (kernel: KernelTime) => number): number =>
  kernels.reduce((sum, kernel) => sum + count(kernel), 0)

/**
 * A profile makes runs slower: ONNX Runtime's by some five microseconds a kernel, part of which it counts as the kernel's own and
 * part of which falls into the loop around it, or between. What a kernel call costs is the difference to a run without profile,
 * spread over all calls; the cheapest kernel is taken to be nothing but cost, which tells the two parts from each other.
 */
const withoutCost = ({ kernels, betweenMs }: Profile, runMs: number, plainMs: number) => {
  const calls = total(kernels, (kernel) => kernel.calls)
  const perCall = Math.max(0, runMs - plainMs) / Math.max(1, calls)
  const cheapest = kernels.reduce((least, kernel) => Math.min(least, kernel.ms / kernel.calls), Infinity)
  const counted = Math.min(perCall, cheapest)
  const around = perCall - counted
  const own = kernels.map((kernel) => ({
    ...kernel,
    ms: Math.max(0, kernel.ms - counted * kernel.calls - around * kernel.callsInside)
  }))
  const outermost = total(kernels, (kernel) => (kernel.isInside ? 0 : kernel.calls))
  return { kernels: own, betweenMs: Math.max(0, betweenMs - around * outermost) }
}

/** @param plainMs one run without profile */
export const nodeTimes = (graph: Graph, labels: Labels, profile: Profile, plainMs: number): Timing => {
  const placed = new Map(placedNodes(graph, labels).map((entry) => [entry.node.outputs[0]!.id, entry]))
  const runMs = profile.betweenMs + total(profile.kernels, ({ ms }) => ms)
  const { kernels, betweenMs } = withoutCost(profile, runMs, plainMs)
  const attributed = betweenMs + total(kernels, ({ ms }) => ms)
  const groups = new Map<string, KernelTime[]>()
  for (const kernel of kernels) {
    const nodes = kernel.nodes.filter((id) => placed.has(id))
    const key = nodes.length === 0 ? kernel.op : nodes.join()
    groups.set(key, [...(groups.get(key) ?? []), { ...kernel, nodes }])
  }
  const rows = [...groups.values()].map((group) => {
    const nodes = group[0]!.nodes.map((id) => placed.get(id)!)
    return timeOf(group, nodes, labels, attributed)
  })
  return { times: rows.sort((x, y) => y.ms - x.ms), runMs, betweenMs, costMs: runMs - attributed }
}
