/** A graph for Graphviz: boxes coloured by the time that they take, frames around bodies. */
import { countNodes } from '../passes/pass.js'
import type { Graph } from '../graph/graph.js'
import { brief } from './columns.js'
import { countBoxes, drawingOf, type Box, type Detail, type Drawing } from './dot-boxes.js'
import { labelsOf } from './labels.js'
import type { NodeTime } from './node-times.js'

export interface GraphDotOptions {
  readonly name?: string
  /** From `explain`; without them boxes are not coloured. */
  readonly times?: readonly NodeTime[]
  /** Boxes of the largest picture that is drawn. Default 300. */
  readonly most?: number
}

const text = (value: string): string =>
  `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`

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

const percent = (share: number): string => (share >= 0.0005 ? `${brief(share * 100)} %` : '')

const boxLine = (box: Box, { of, largest }: Shares): string => {
  const share = of(box)
  const shade = largest === 0 ? 0 : Math.round((share / largest) * (SHADES.length - 1))
  const label = [box.kind === 'op' ? `${box.title}` : box.title, ...box.lines, percent(share)]
  const style =
    box.kind === 'op'
      ? `fillcolor="${SHADES[shade]}"${shade >= FIRST_DARK ? ' fontcolor="#ffffff"' : ''}`
      : `shape=${box.kind === 'input' ? 'ellipse' : 'doublecircle'} fillcolor="#e8eef4"`
  const shape = box.kind === 'output' ? style.replace('doublecircle', 'ellipse peripheries=2') : style
  return `${text(box.id)} [label=${text(label.filter((line) => line !== '').join('\n'))} ${shape}]`
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
  '  graph [fontname="Helvetica" fontsize=13 labelloc=t nodesep=0.25 ranksep=0.35 style="rounded" color="#9aa5b1"]',
  '  node [fontname="Helvetica" fontsize=11 shape=box style="rounded,filled" color="#5b6770" margin="0.12,0.06" fillcolor="#ffffff"]',
  '  edge [color="#5b6770" arrowsize=0.6]'
]

/** Everything; then bodies as boxes; then chains of ops too. */
const DETAILS: readonly Detail[] = [
  { bodies: 'drawn', chains: 'drawn' },
  { bodies: 'drawn', chains: 'boxed' },
  { bodies: 'boxed', chains: 'drawn' },
  { bodies: 'boxed', chains: 'boxed' }
]

const digraph = (name: string, label: string, lines: readonly string[]): string =>
  [`digraph ${text(name)} {`, ...HEAD, `  label=${text(label)}`, ...lines, '}'].join('\n')

/**
 * Graphviz text. A graph of more than `most` boxes is drawn with less detail: chains of ops as one box, then loops as one box;
 * if that is not enough the picture says so and shows nothing.
 *
 * @example graphPicture(graphDot(graph)) // of @bdl/report
 */
export const graphDot = (graph: Graph, { name = 'graph', times = [], most = 300 }: GraphDotOptions = {}): string => {
  const labels = labelsOf(graph)
  const drawings = DETAILS.map((detail) => ({ detail, drawing: drawingOf(graph, labels, detail) }))
  const fitting = drawings.find(({ drawing }) => countBoxes(drawing) <= most)
  const size = `${countNodes(graph)} nodes`
  if (fitting === undefined) {
    const fewest = Math.min(...drawings.map(({ drawing }) => countBoxes(drawing)))
    const note = `${size}: too many for a picture (${fewest} boxes at least, ${most} at most)`
    return digraph(name, name, [`  note [shape=note label=${text(note)}]`])
  }
  const { detail, drawing } = fitting
  const shares = sharesOf(times, allBoxes(drawing))
  const label = [
    name,
    size,
    ...(times.length > 0 ? ['coloured by share of time'] : []),
    ...(detail.bodies === 'boxed' ? ['loops as boxes'] : []),
    ...(detail.chains === 'boxed' ? ['chains of ops as boxes'] : [])
  ].join(', ')
  return digraph(name, label, drawingLines(drawing, shares, '  ', ''))
}
