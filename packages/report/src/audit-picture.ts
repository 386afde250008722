// Where a program loses its digits: those that are left after every node, and those that each node costs by itself.
import type { AuditReport, NodeAudit } from '@bdl/compiler'
import type { TopLevelSpec } from 'vega-lite'
import { SCHEMA, theme } from './charts/theme.js'
import type { LayerPart } from './charts/theme.js'

export interface AuditPictureOptions {
  readonly width?: number
  readonly height?: number
  /** How many culprits are numbered and listed by name and line. Default 4. */
  readonly named?: number
}

/** Decimal digits of float32. */
const DIGITS = 24 * Math.log10(2)

const LEFT = { name: 'left after the node', colour: '#0072B2' }
const LOST = { name: 'lost by the node itself', colour: '#D55E00' }
const OUTPUT = { name: 'output', colour: '#009E73' }

interface Point {
  readonly position: number
  readonly left: number
  readonly top: number
  /** Where the bar of lost digits ends; it hangs from the top. */
  readonly foot: number
  readonly isOutput: boolean
}

/** `file.ts:12` */
const shortLine = ({ at }: NodeAudit): string =>
  at === undefined
    ? ''
    : at
        .replace(/:\d+$/, '')
        .split(/[/\\]/)
        .slice(-1)
        .map((file) => `, ${file}`)
        .join('')

const nameOf = (node: NodeAudit): string => `${node.op}${shortLine(node)}`

const pointsOf = (report: AuditReport, nodes: readonly NodeAudit[]): readonly Point[] => {
  const outputs = new Set(report.outputs.map(({ id }) => id))
  return nodes.map((node, i) => ({
    position: i + 1,
    left: DIGITS - node.accumulated.digitsLost,
    top: DIGITS,
    foot: DIGITS - node.local.digitsLost,
    isOutput: outputs.has(node.id)
  }))
}

const legend = { symbolType: 'circle', symbolOpacity: 1, symbolFillColor: null } as const

const colour = (kind: typeof LEFT) =>
  ({
    datum: kind.name,
    type: 'nominal',
    scale: { domain: [LEFT, LOST, OUTPUT].map(({ name }) => name), range: [LEFT, LOST, OUTPUT].map((k) => k.colour) },
    legend
  }) as const

const digits = (field: keyof Point) =>
  ({
    field,
    type: 'quantitative',
    title: 'right decimal digits',
    axis: { values: [0, 1, 2, 3, 4, 5, 6, 7] as number[], tickCount: 8 },
    scale: { domain: [-0.25, 7.9] as number[], nice: false }
  }) as const

/** A number above a bar, which the list above the picture explains. */
const numbers = (positions: readonly number[]): LayerPart => ({
  data: { values: positions.map((position, i) => ({ position, top: DIGITS, number: String(i + 1) })) },
  mark: { type: 'text', dy: -9, baseline: 'middle', fontWeight: 700, color: LOST.colour },
  encoding: { y: digits('top'), text: { field: 'number' } }
})

const layers = (culprits: readonly number[], count: number): readonly LayerPart[] => {
  const y = digits('left')
  return [
    {
      transform: [{ filter: `datum.foot < ${DIGITS - 0.05}` }],
      mark: { type: 'rule', strokeWidth: Math.max(2, Math.min(9, 420 / count)), strokeCap: 'butt' },
      encoding: { y: digits('top'), y2: { field: 'foot' }, color: colour(LOST) }
    },
    { mark: { type: 'line', strokeWidth: 1, opacity: 0.45 }, encoding: { y, color: colour(LEFT) } },
    {
      mark: { type: 'point', filled: true, size: Math.max(18, Math.min(60, 2400 / count)), opacity: 1 },
      encoding: { y, color: colour(LEFT) }
    },
    {
      transform: [{ filter: 'datum.isOutput' }],
      mark: { type: 'point', filled: false, shape: 'circle', size: 190, strokeWidth: 2.5, opacity: 1 },
      encoding: { y, color: colour(OUTPUT) }
    },
    numbers(culprits)
  ]
}

const summary = ({ name, outputs, culprits }: AuditReport): string => {
  const left = DIGITS - Math.max(0, ...outputs.map(({ digitsLost }) => digitsLost))
  const [worst] = culprits
  const blame = worst === undefined ? '' : `; most are lost at ${nameOf(worst)}`
  return `${name}: the worst output has ${left.toFixed(1)} right digits of ${DIGITS.toFixed(1)}${blame}`
}

/** The culprits by number, one line each. */
const listOf = (culprits: readonly NodeAudit[]) =>
  ({
    text: culprits.map((node, i) => `${i + 1}  ${nameOf(node)}: ${node.cause}`),
    anchor: 'start',
    frame: 'group',
    fontWeight: 'normal',
    lineHeight: 17
  }) as const

interface Band {
  readonly from: number
  readonly to: number
}

/** Where nodes of bodies stand, from the first to the last of each. */
const bandsOf = (nodes: readonly NodeAudit[]): readonly Band[] => {
  const bands: Band[] = []
  nodes.forEach(({ within }, i) => {
    if (within.length === 0) return
    const last = bands.at(-1)
    if (last !== undefined && last.to === i + 0.5) bands[bands.length - 1] = { from: last.from, to: i + 1.5 }
    else bands.push({ from: i + 0.5, to: i + 1.5 })
  })
  return bands
}

const shaded = (bands: readonly Band[]): readonly LayerPart[] =>
  bands.length === 0
    ? []
    : [
        {
          data: { values: [...bands] },
          mark: { type: 'rect', color: '#7F7F7F', opacity: 0.14 },
          encoding: { x: { field: 'from', type: 'quantitative' }, x2: { field: 'to' } }
        }
      ]

/** Up to this many nodes are named along the axis. */
const MOST_NAMED = 40

const axisOf = (nodes: readonly NodeAudit[], hasBands: boolean) => {
  const title = `nodes in the order of the program${hasBands ? ', those inside loops and branches on grey' : ''}`
  const base = { title, grid: false }
  if (nodes.length > MOST_NAMED) return { ...base, tickMinStep: 1, tickCount: 10 }
  const ops = JSON.stringify(nodes.map(({ op }) => op))
  return {
    ...base,
    // Vega thins out the values that it is given if there are more than ticks.
    values: nodes.map((_, i) => i + 1),
    tickCount: nodes.length,
    labelExpr: `${ops}[datum.value - 1]`,
    labelAngle: nodes.length > 8 ? -45 : 0,
    labelOverlap: false
  } as const
}

/**
 * Digits along a program: a dot for the digits that are left after each node, a bar from the top for those that the node loses
 * by itself, rings around outputs, numbers above culprits and their names and lines in a list. Constants are left out.
 *
 * @example await svg(auditPicture(await audit(f, x)), { background: '#fff', ink: '#222' })
 */
export const auditPicture = (report: AuditReport, options: AuditPictureOptions = {}): TopLevelSpec => {
  const { width = 640, height = 260, named = 4 } = options
  const nodes = report.nodes.filter(({ op }) => op !== 'constant')
  const points = pointsOf(report, nodes)
  const bands = bandsOf(nodes)
  const culprits = report.culprits.slice(0, named)
  return {
    $schema: SCHEMA,
    description: summary(report),
    ...(culprits.length > 0 && { title: listOf(culprits) }),
    config: theme,
    width,
    height,
    data: { values: [...points] },
    encoding: {
      x: {
        field: 'position',
        type: 'quantitative',
        scale: { domain: [0.5, points.length + 0.5], nice: false },
        axis: { ...axisOf(nodes, bands.length > 0) }
      }
    },
    layer: [
      ...shaded(bands),
      ...layers(
        culprits.map((culprit) => nodes.indexOf(culprit) + 1),
        points.length
      )
    ]
  }
}
