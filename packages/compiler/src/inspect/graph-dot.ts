/** A graph for Graphviz: boxes coloured by the time that they take, frames around bodies. */
import { countNodes } from '../passes/pass.js'
import type { Graph } from '../graph/graph.js'
import { countBoxes, drawingOf, type Box, type Drawing, type EndNames } from './dot-boxes.js'
import { lineDrawingOf } from './dot-lines.js'
import { labelsOf, type Labels } from './labels.js'
import type { NodeTime } from './node-times.js'

export interface GraphDotOptions extends EndNames {
  readonly name?: string
  /** From `explain`; without them boxes are not coloured. */
  readonly times?: readonly NodeTime[]
  /** Boxes of the largest picture that is drawn. Default 200. */
  readonly most?: number
}

const text = (value: string): string =>
  `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`

const html = (value: string): string => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** From paper to dark orange, as ColorBrewer's YlOrRd; dark boxes have white writing. */
const SHADES = ['#ffffff', '#ffeda0', '#fed976', '#feb24c', '#fd8d3c', '#fc4e2a', '#e31a1c']
const FIRST_DARK = 5

interface Shares {
  readonly of: (box: Box) => number
  readonly largest: number
}

/** Shares of time; fused nodes take equal parts. */
const sharesOf = (times: readonly NodeTime[], boxes: readonly Box[]): Shares => {
  const shares = new Map<string, number>()
  for (const { ids, share } of times) for (const id of ids) shares.set(id, (shares.get(id) ?? 0) + share / ids.length)
  const of = ({ nodes }: Box): number => nodes.reduce((sum, id) => sum + (shares.get(id) ?? 0), 0)
  return { of, largest: Math.max(0, ...boxes.map(of)) }
}

const percent = (share: number): string => (share >= 0.0005 ? `${Number((share * 100).toPrecision(2))} %` : '')

const boxLine = (box: Box, { of, largest }: Shares): string => {
  const share = of(box)
  const shade = largest === 0 ? 0 : Math.round((share / largest) * (SHADES.length - 1))
  const lines = [`<b>${html(box.title)}</b>`, ...[...box.lines, percent(share)].filter((line) => line !== '').map(html)]
  const shape = {
    input: 'shape=ellipse fillcolor="#e8eef4"',
    output: 'shape=ellipse peripheries=2 fillcolor="#e8eef4"',
    op: `fillcolor="${SHADES[shade]}"${shade >= FIRST_DARK ? ' fontcolor="#ffffff"' : ''}`
  }[box.kind]
  return `${text(box.id)} [label=<${lines.join('<br/>')}> ${shape}]`
}

const drawingLines = (
  { boxes, frames, arrows }: Drawing,
  shares: Shares,
  indent: string,
  path: string
): readonly string[] => [
  ...boxes.map((box) => `${indent}${boxLine(box, shares)}`),
  ...frames.flatMap(({ title, content }, i) => [
    `${indent}subgraph ${text(`cluster ${path}${i}`)} {`,
    `${indent}  label=${text(title)}`,
    ...drawingLines(content, shares, `${indent}  `, `${path}${i}.`),
    `${indent}}`
  ]),
  ...arrows.map(([from, to]) => `${indent}${text(from)} -> ${text(to)}`)
]

const allBoxes = ({ boxes, frames }: Drawing): readonly Box[] => [
  ...boxes,
  ...frames.flatMap(({ content }) => allBoxes(content))
]

const HEAD = [
  '  graph [fontname="Helvetica" fontsize=13 fontcolor="#5b6770" labelloc=t nodesep=0.25 ranksep=0.35 style="rounded" color="#9aa5b1"]',
  '  node [fontname="Helvetica" fontsize=11 shape=box style="rounded,filled" color="#5b6770" margin="0.12,0.06" fillcolor="#ffffff"]',
  '  edge [color="#5b6770" arrowsize=0.6]'
]

const digraph = (name: string, label: string, lines: readonly string[]): string =>
  [`digraph ${text(name)} {`, ...HEAD, `  label=${text(label)}`, ...lines, '}'].join('\n')

interface Candidate {
  readonly remark: string
  readonly drawing: Drawing
}

/** The most detailed first. */
const candidates = function* (graph: Graph, labels: Labels, names: EndNames): Generator<Candidate> {
  yield { remark: '', drawing: drawingOf(graph, labels, 'drawn', names) }
  yield { remark: 'loops as boxes', drawing: drawingOf(graph, labels, 'boxed', names) }
  const lines = lineDrawingOf(graph, labels)
  if (lines !== undefined) yield { remark: 'by lines of the program', drawing: lines }
}

/**
 * Graphviz text. A graph of more than `most` boxes is drawn with less detail: loops as one box each, then a box for each line of
 * the program; if that is not enough the picture says so and shows nothing.
 *
 * @example graphPicture(graphDot(graph)) // of @bdl/report
 */
export const graphDot = (graph: Graph, options: GraphDotOptions = {}): string => {
  const { name = 'graph', times = [], most = 200 } = options
  const labels = labelsOf(graph)
  const size = `${countNodes(graph)} nodes`
  for (const { remark, drawing } of candidates(graph, labels, options)) {
    if (countBoxes(drawing) > most) continue
    const colours = times.length > 0 ? 'coloured by share of time' : ''
    const label = [name, size, remark, colours].filter((part) => part !== '').join(', ')
    return digraph(name, label, drawingLines(drawing, sharesOf(times, allBoxes(drawing)), '  ', ''))
  }
  return digraph(name, name, [`  note [shape=note label=${text(`${size}: too many for a picture of ${most} boxes`)}]`])
}
