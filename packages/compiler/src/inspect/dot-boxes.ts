/** What a picture of a graph consists of: boxes, arrows between them, and frames around the bodies of loops and branches. */
import { sizeOf, type Graph, type NdArray, type Node, type Value } from '../graph/graph.js'
import { countNodes } from '../passes/pass.js'
import { attrsText, typeText } from './graph-text.js'
import { bodiesOf, type Body, type Labels } from './labels.js'
import { isConstant } from '../primitives/constant.js'

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

const constantText = (node: Node): string => {
  const { value } = node.attrs as { readonly value: NdArray }
  return sizeOf(value.shape) === 1 ? String(Number(value.data[0]!.toPrecision(4))) : typeText(value)
}

/** What the inputs of a body stand for outside of it, by position. */
export const sourcesOf = (node: Node, { role, graph }: Body): readonly Value[] => {
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

/** What the caller calls arguments and results, by position. */
export interface EndNames {
  readonly inputs?: readonly string[]
  readonly outputs?: readonly string[]
}

interface Drawer {
  readonly labels: Labels
  readonly bodies: 'drawn' | 'boxed'
  /** Name of the box that a value comes out of. */
  readonly homes: Map<number, string>
  readonly constants: Map<number, string>
}

const readBy = ({ nodes, outputs }: Graph): ReadonlySet<number> =>
  new Set([...nodes.flatMap((node) => node.inputs), ...outputs].map(({ id }) => id))

const boxOf = (node: Node, { labels, bodies: drawn, constants }: Drawer): Box => {
  const bodies = bodiesOf(node)
  const given = node.inputs.flatMap(({ id }) => (constants.has(id) ? [`with ${constants.get(id)}`] : []))
  const inside = bodies.reduce((sum, { graph }) => sum + countNodes(graph), 0)
  const details = bodies.length > 0 ? '' : attrsText(node.attrs)
  const lines = [
    [...given, details].filter((part) => part !== '').join('  '),
    node.outputs.map(typeText).join(' '),
    bodies.length > 0 && drawn === 'boxed' ? `${inside} nodes inside` : ''
  ].filter((line) => line !== '')
  return { id: labels.node(node), kind: 'op', title: loopTitle(node), lines, nodes: [labels.node(node)] }
}

/** Draws the nodes of one graph; values from outside are known to `drawer.homes`. */
const drawNodes = (graph: Graph, drawer: Drawer): Drawing => {
  const { labels, homes, constants } = drawer
  const boxes: Box[] = []
  const arrows = new Map<string, readonly [string, string]>()
  const frames: Frame[] = []
  const connect = ({ id }: Value, to: string): void => {
    const from = homes.get(id)
    if (from !== undefined && from !== to) arrows.set(`${from} ${to}`, [from, to])
  }
  for (const node of graph.nodes) {
    if (isConstant(node)) {
      constants.set(node.outputs[0]!.id, constantText(node))
      continue
    }
    const box = boxOf(node, drawer)
    boxes.push(box)
    const bodies = drawer.bodies === 'drawn' ? bodiesOf(node) : []
    const direct = bodies.length === 0 ? node.inputs : node.primitive.name === 'cond' ? node.inputs.slice(0, 1) : []
    for (const value of direct) connect(value, box.id)
    for (const body of bodies) {
      const content = drawGraph(body.graph, drawer)
      sourcesOf(node, body).forEach((value, i) => {
        const own = homes.get(body.graph.inputs[i]!.id)
        if (own !== undefined) connect(value, own)
      })
      for (const value of body.graph.outputs) connect(value, box.id)
      frames.push({ title: `${labels.node(node)} ${loopTitle(node)}: ${body.role}`, content })
    }
    for (const { id } of node.outputs) homes.set(id, box.id)
  }
  return { boxes, frames, arrows: [...arrows.values()] }
}

/** Inputs that nothing reads are left out: loops carry many through. */
const drawGraph = (graph: Graph, drawer: Drawer, names: readonly string[] = []): Drawing => {
  const { labels, homes } = drawer
  const isRead = readBy(graph)
  const read = graph.inputs.filter(({ id }) => isRead.has(id))
  for (const value of read) homes.set(value.id, labels.of(value))
  const inputs = read.map((value): Box => {
    const id = labels.of(value)
    const title = names[graph.inputs.indexOf(value)] ?? ''
    return { id, kind: 'input', title: title === '' ? id : title, lines: [typeText(value)], nodes: [] }
  })
  const { boxes, frames, arrows } = drawNodes(graph, drawer)
  return { boxes: [...inputs, ...boxes], frames, arrows }
}

export const countBoxes = ({ boxes, frames }: Drawing): number =>
  frames.reduce((sum, { content }) => sum + countBoxes(content), boxes.length)

/** The whole graph, its results at the end. */
export const drawingOf = (graph: Graph, labels: Labels, bodies: 'drawn' | 'boxed', names: EndNames = {}): Drawing => {
  const drawer: Drawer = { labels, bodies, homes: new Map(), constants: new Map() }
  const { boxes, frames, arrows } = drawGraph(graph, drawer, names.inputs)
  const results = graph.outputs.map((value, i): Box => {
    const constant = drawer.constants.get(value.id)
    const lines = [typeText(value), ...(constant === undefined ? [] : [constant])]
    const path = names.outputs?.[i] ?? String(i)
    return { id: `result ${i}`, kind: 'output', title: `result ${path}`.trim(), lines, nodes: [] }
  })
  const ends = graph.outputs.flatMap(({ id }, i) => {
    const home = drawer.homes.get(id)
    return home === undefined ? [] : [[home, `result ${i}`] as const]
  })
  return { boxes: [...boxes, ...results], frames, arrows: [...arrows, ...ends] }
}
