/**
 * A graph too large to be drawn op by op, by the lines of the program instead: one box for all nodes that a line makes, one for
 * all that their derivatives make, arrows for what flows from one to another. Loops and unrolled layers fold into few boxes.
 */
import type { Graph, Node, Value } from '../graph/graph.js'
import { sourcesOf, type Box, type Drawing } from './dot-boxes.js'
import { bodiesOf, shortPlace, type Labels } from './labels.js'
import { isConstant } from '../primitives/constant.js'

interface Group {
  readonly id: string
  readonly title: string
  readonly isDerivative: boolean
  readonly nodes: Node[]
}

const NO_LINE = 'no line'

const MOST_OPS = 4

const opsText = (nodes: readonly Node[]): readonly string[] => {
  const counts = new Map<string, number>()
  for (const { primitive } of nodes) counts.set(primitive.name, (counts.get(primitive.name) ?? 0) + 1)
  const sorted = [...counts].sort(([, a], [, b]) => b - a)
  const shown = sorted.slice(0, MOST_OPS).map(([op, count]) => (count === 1 ? op : `${op} × ${count}`))
  return sorted.length > MOST_OPS ? [...shown, `and ${sorted.length - MOST_OPS} other ops`] : shown
}

interface Collected {
  readonly groups: Map<string, Group>
  /** In which box a value is made. */
  readonly homes: Map<number, string>
  readonly arrows: Map<string, readonly [from: string, to: string]>
}

const groupOf = ({ source = {} }: Node, { groups }: Collected): Group => {
  const { at, rule } = source
  const line = at?.replace(/:\d+$/, '') // without the column
  const key = `${line ?? ''} ${rule === undefined ? '' : 'derivative'}`
  const title = at === undefined ? NO_LINE : shortPlace(at)
  const group = groups.get(key) ?? { id: `line ${groups.size}`, title, isDerivative: rule !== undefined, nodes: [] }
  groups.set(key, group)
  return group
}

/** Walks all nodes, those of bodies too. */
const collect = (graph: Graph, all: Collected): void => {
  const { homes, arrows } = all
  for (const node of graph.nodes) {
    if (isConstant(node)) continue
    const group = groupOf(node, all)
    group.nodes.push(node)
    const connect = ({ id }: Value): void => {
      const from = homes.get(id)
      if (from !== undefined && from !== group.id) arrows.set(`${from} ${group.id}`, [from, group.id])
    }
    const bodies = bodiesOf(node)
    if (bodies.length === 0) node.inputs.forEach(connect)
    for (const body of bodies) {
      sourcesOf(node, body).forEach(({ id }, i) => {
        const from = homes.get(id)
        if (from !== undefined) homes.set(body.graph.inputs[i]!.id, from)
      })
      collect(body.graph, all)
      body.graph.outputs.forEach(connect)
    }
    for (const { id } of node.outputs) homes.set(id, group.id)
  }
}

/** @returns nothing if the graph does not know its lines */
export const lineDrawingOf = (graph: Graph, labels: Labels): Drawing | undefined => {
  const homes = new Map(graph.inputs.map(({ id }) => [id, 'arguments']))
  const all: Collected = { groups: new Map(), homes, arrows: new Map() }
  collect(graph, all)
  const groups = [...all.groups.values()]
  if (groups.every(({ title }) => title === NO_LINE)) return undefined
  const boxes = groups.map(({ id, title, isDerivative, nodes }): Box => ({
    id,
    kind: 'op',
    title,
    lines: [...(isDerivative ? ['derivatives'] : []), ...opsText(nodes)],
    nodes: nodes.map(labels.node)
  }))
  const ends: readonly Box[] = [
    { id: 'arguments', kind: 'input', title: 'arguments', lines: [String(graph.inputs.length)], nodes: [] },
    { id: 'results', kind: 'output', title: 'results', lines: [String(graph.outputs.length)], nodes: [] }
  ]
  const results = new Set(graph.outputs.flatMap(({ id }) => homes.get(id) ?? []))
  return {
    boxes: [...ends, ...boxes],
    frames: [],
    arrows: [...all.arrows.values(), ...[...results].map((from) => [from, 'results'] as const)]
  }
}
