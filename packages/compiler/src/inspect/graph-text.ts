/** A graph as text, one line a node: `%3 = tanh %1 : float32[256,64]`; bodies of loops and branches are indented. */
import { sizeOf, type Attrs, type Aval, type Graph, type NdArray, type Node } from '../graph/graph.js'
import { bodiesOf, labelsOf, shortPlace, type Labels } from './labels.js'

export interface GraphTextOptions {
  /** What stands at the end of a node's line: times, say. */
  readonly note?: (node: Node) => string
}

export const typeText = ({ dtype, shape }: Aval): string => `${dtype}[${shape.join(',')}]`

const MOST_SHOWN = 6

const isHostArray = (value: unknown): value is NdArray =>
  typeof value === 'object' && value !== null && 'data' in value && 'dtype' in value && 'shape' in value

const numberText = (x: number): string => (Number.isInteger(x) ? String(x) : String(Number(x.toPrecision(6))))

/** The numbers of a constant, or its first ones. */
const dataText = ({ shape, data }: NdArray): string => {
  const shown = Array.from(data.slice(0, MOST_SHOWN), numberText)
  if (shape.length === 0) return shown[0] ?? ''
  return `[${shown.join(' ')}${sizeOf(shape) > MOST_SHOWN ? ' ...' : ''}]`
}

const isPlain = (value: unknown): boolean =>
  ['number', 'string', 'boolean'].includes(typeof value) || (Array.isArray(value) && value.every(isPlain))

const plainText = (value: unknown): string =>
  Array.isArray(value) ? `[${value.map(plainText).join(',')}]` : String(value)

/** How the inputs of a loop are told apart: the text of its bodies says so already. */
const IS_ARITY = /^num\w*(Consts|Carry|Outputs|Arguments)$/

/** Attributes that say something: flags that are off, bodies and functions are left out. */
export const attrsText = (attrs: Attrs): string =>
  Object.entries(attrs)
    .flatMap(([key, value]) => {
      if (IS_ARITY.test(key)) return []
      if (isHostArray(value)) return [dataText(value)]
      if (value === true) return [key]
      return value !== false && isPlain(value) ? [`${key}=${plainText(value)}`] : []
    })
    .join(' ')

const names = (labels: Labels, values: Graph['inputs']): string => values.map(labels.of).join(' ')

/** The op with its attributes and inputs: `sum %4 axes=[0]`. */
export const callText = (node: Node, labels: Labels): string =>
  [node.primitive.name, names(labels, node.inputs), attrsText(node.attrs)].filter((part) => part !== '').join(' ')

const nodeLines = (node: Node, labels: Labels, indent: string, options: GraphTextOptions): readonly string[] => {
  const types = node.outputs.map(typeText).join(' ')
  const { at, rule } = node.source ?? {}
  const where = [rule, at === undefined ? undefined : shortPlace(at)].filter((part) => part !== undefined).join(', ')
  const remarks = [options.note?.(node) ?? '', where].filter((part) => part !== '').join('  ')
  const line = `${indent}${names(labels, node.outputs)} = ${callText(node, labels)} : ${types}`
  return [
    remarks === '' ? line : `${line}  # ${remarks}`,
    ...bodiesOf(node).flatMap(({ role, graph }) => [
      `${indent}  ${role}(${graph.inputs.map((value) => `${labels.of(value)} : ${typeText(value)}`).join(', ')})`,
      ...graph.nodes.flatMap((inner) => nodeLines(inner, labels, `${indent}    `, options)),
      `${indent}    return ${names(labels, graph.outputs)}`
    ])
  ]
}

/** The whole graph, with the user's line after each node where it is known. */
export const graphText = (graph: Graph, options: GraphTextOptions = {}): string => {
  const labels = labelsOf(graph)
  return [
    `(${graph.inputs.map((value) => `${labels.of(value)} : ${typeText(value)}`).join(', ')})`,
    ...graph.nodes.flatMap((node) => nodeLines(node, labels, '', options)),
    `return ${names(labels, graph.outputs)}`
  ].join('\n')
}
