/** What a picture of a graph consists of: boxes, arrows between them, and frames around the bodies of loops and branches. */
import { sizeOf, type Graph, type NdArray, type Node, type Value } from '../graph/graph.js'
import { countNodes } from '../passes/pass.js'
import { attrsText, typeText } from './graph-text.js'
import { bodiesOf, type Body, type Labels } from './labels.js'

export interface Box {
  readonly id: string
  readonly kind: 'input' | 'op' | 'output'
  /** First line: the op, or several of a chain. */
  readonly title: string
  readonly lines: readonly string[]
  /** Nodes of the graph that it stands for, by name. */
  readonly nodes: readonly string[]
}

export interface Frame {
  readonly title: string
  readonly content: Drawing
}

export interface Drawing {
  readonly boxes: readonly Box[]
  readonly frames: readonly Frame[]
  readonly arrows: readonly (readonly [from: string, to: string])[]
}

/** How much is drawn as one box. */
export interface Detail {
  readonly bodies: 'drawn' | 'boxed'
  readonly chains: 'drawn' | 'boxed'
}

const isConstant = (node: Node): boolean => node.primitive.name === 'constant'

const constantText = (node: Node): string => {
  const { value } = node.attrs as { readonly value: NdArray }
  return sizeOf(value.shape) === 1 ? String(Number(value.data[0]!.toPrecision(4))) : typeText(value)
}

/** Where the values of a drawn body come from, by position: `undefined` for what only the loop itself makes. */
const sourcesOf = (node: Node, { role, graph }: Body): readonly (Value | undefined)[] => {
  const { inputs, attrs, primitive } = node
  if (primitive.name === 'cond') return inputs.slice(1)
  if (primitive.name !== 'whileLoop') return inputs
  const [a, b] = [Number(attrs['numCondConsts']), Number(attrs['numBodyConsts'])]
  const consts = role === 'cond' ? inputs.slice(0, a) : inputs.slice(a, a + b)
  return [...consts, ...inputs.slice(a + b)].slice(0, graph.inputs.length)
}

const loopTitle = (node: Node): string => {
  const { length } = node.attrs
  return typeof length === 'number' ? `${node.primitive.name} × ${length}` : node.primitive.name
}

interface Drawer {
  readonly labels: Labels
  readonly detail: Detail
  /** Name of the box that a value comes out of. */
  readonly homes: Map<number, string>
  readonly constants: Map<number, string>
}

const usesOf = ({ nodes, outputs }: Graph): ReadonlyMap<number, number> => {
  const uses = new Map<number, number>()
  for (const { id } of [...nodes.flatMap((node) => node.inputs), ...outputs]) uses.set(id, (uses.get(id) ?? 0) + 1)
  return uses
}

const boxOf = (node: Node, { labels, detail, constants }: Drawer): Box => {
  const bodies = bodiesOf(node)
  const given = node.inputs.flatMap(({ id }) => constants.get(id) ?? [])
  const inside = bodies.reduce((sum, { graph }) => sum + countNodes(graph), 0)
  const details = bodies.length > 0 ? '' : attrsText(node.attrs)
  const lines = [
    [...given, details].filter((part) => part !== '').join('  '),
    node.outputs.map(typeText).join(' '),
    bodies.length > 0 && detail.bodies === 'boxed' ? `${inside} nodes inside` : ''
  ].filter((line) => line !== '')
  return { id: labels.node(node), kind: 'op', title: loopTitle(node), lines, nodes: [labels.node(node)] }
}

const MOST_IN_TITLE = 3

/** Ops one after the other as one box. */
const joined = (first: Box, next: Box): Box => {
  const ops = [...first.title.split(' · '), next.title]
  const title = ops.length <= MOST_IN_TITLE ? ops.join(' · ') : first.title
  const nodes = [...first.nodes, ...next.nodes]
  const more = nodes.length - title.split(' · ').length
  const type = next.lines[next.lines.length - 1]!
  return { ...first, title, nodes, lines: [...(more > 0 ? [`and ${more} more`] : []), type] }
}

/** Draws the nodes of one graph; values from outside are known to `drawer.homes`. */
const drawNodes = (graph: Graph, drawer: Drawer): Drawing => {
  const { labels, detail, homes, constants } = drawer
  const uses = usesOf(graph)
  const outputs = new Set(graph.outputs.map(({ id }) => id))
  const boxes = new Map<string, Box>()
  const arrows = new Map<string, readonly [string, string]>()
  const frames: Frame[] = []
  const connect = (from: string | undefined, to: string): void => {
    if (from !== undefined && from !== to) arrows.set(`${from} ${to}`, [from, to])
  }
  /** The box that a node continues, if nothing else needs what is in it. */
  const continues = (node: Node): Box | undefined => {
    const given = [
      ...new Map(node.inputs.filter(({ id }) => !constants.has(id)).map((value) => [value.id, value])).values()
    ]
    const [only] = given
    if (detail.chains === 'drawn' || only === undefined || given.length > 1 || bodiesOf(node).length > 0)
      return undefined
    const before = boxes.get(homes.get(only.id) ?? '')
    const isFree = uses.get(only.id) === 1 && !outputs.has(only.id) && before?.title.includes(' × ') === false
    return isFree ? before : undefined
  }
  for (const node of graph.nodes) {
    if (isConstant(node)) {
      constants.set(node.outputs[0]!.id, constantText(node))
      continue
    }
    const own = boxOf(node, drawer)
    const before = continues(node)
    const box = before === undefined ? own : joined(before, own)
    boxes.set(box.id, box)
    for (const { id } of node.outputs) homes.set(id, box.id)
    const bodies = detail.bodies === 'drawn' ? bodiesOf(node) : []
    if (bodies.length === 0) for (const { id } of node.inputs) connect(homes.get(id), box.id)
    if (node.primitive.name === 'cond' && bodies.length > 0) connect(homes.get(node.inputs[0]!.id), box.id)
    for (const body of bodies) {
      const content = drawGraph(body.graph, drawer)
      sourcesOf(node, body).forEach((value, i) => {
        if (value !== undefined) connect(homes.get(value.id), labels.of(body.graph.inputs[i]!))
      })
      for (const { id } of body.graph.outputs) connect(homes.get(id), box.id)
      frames.push({ title: `${labels.node(node)} ${loopTitle(node)}: ${body.role}`, content })
    }
  }
  return { boxes: [...boxes.values()], frames, arrows: [...arrows.values()] }
}

/** Inputs that nothing reads are left out: loops carry many through. */
const drawGraph = (graph: Graph, drawer: Drawer): Drawing => {
  const { labels, homes } = drawer
  const uses = usesOf(graph)
  const read = graph.inputs.filter(({ id }) => uses.has(id))
  for (const value of read) homes.set(value.id, labels.of(value))
  const inputs = read.map((value): Box => {
    const name = labels.of(value)
    return { id: name, kind: 'input', title: name, lines: [typeText(value)], nodes: [] }
  })
  const { boxes, frames, arrows } = drawNodes(graph, drawer)
  return { boxes: [...inputs, ...boxes], frames, arrows }
}

export const countBoxes = ({ boxes, frames }: Drawing): number =>
  frames.reduce((sum, { content }) => sum + countBoxes(content), boxes.length)

/** The whole graph, its results at the end. */
export const drawingOf = (graph: Graph, labels: Labels, detail: Detail): Drawing => {
  const drawer: Drawer = { labels, detail, homes: new Map(), constants: new Map() }
  const { boxes, frames, arrows } = drawGraph(graph, drawer)
  const results = graph.outputs.map((value, i): Box => {
    const constant = drawer.constants.get(value.id)
    const lines = [typeText(value), ...(constant === undefined ? [] : [constant])]
    return {
      id: `result ${i}`,
      kind: 'output',
      title: graph.outputs.length === 1 ? 'result' : `result ${i}`,
      lines,
      nodes: []
    }
  })
  const ends = graph.outputs.flatMap(({ id }, i) => {
    const home = drawer.homes.get(id)
    return home === undefined ? [] : [[home, `result ${i}`] as const]
  })
  return { boxes: [...boxes, ...results], frames, arrows: [...arrows, ...ends] }
}
