// Projections of weight space on a plane.
import type { TopLevelSpec } from 'vega-lite'
import { SCHEMA, theme } from './theme.js'

export interface ScatterPanel {
  readonly name: string
  /** [n] each. */
  readonly x: ArrayLike<number>
  readonly y: ArrayLike<number>
  /** The chain, member or group of every point. */
  readonly group: ArrayLike<number>
}

export interface ScatterOptions {
  readonly xTitle?: string
  readonly yTitle?: string
  /** One pair of axes for all panels, so that spreads compare; true if not given. */
  readonly sharedAxes?: boolean
}

const extent = (values: readonly number[]): readonly [number, number] => [
  values.reduce((a, b) => Math.min(a, b), Infinity),
  values.reduce((a, b) => Math.max(a, b), -Infinity)
]

// Four decimals are more than a screen shows, and keep a picture of thousands of points small.
const rounded = (v: number): number => Number(v.toPrecision(4))

const SIDE = 290

// The same length per unit on both axes: a distance on paper is a distance in weight space.
const squareDomains = (x: readonly number[], y: readonly number[]) => {
  const [[x0, x1], [y0, y1]] = [extent(x), extent(y)]
  const half = (1.06 * Math.max(x1 - x0, y1 - y0)) / 2 || 1
  const around = (middle: number): [number, number] => [middle - half, middle + half]
  return { x: around((x0 + x1) / 2), y: around((y0 + y1) / 2) }
}

const panelSpec = (panel: ScatterPanel, options: ScatterOptions, all: readonly ScatterPanel[]) => {
  const over = options.sharedAxes === false ? [panel] : all
  const domains = squareDomains(
    over.flatMap((p) => Array.from(p.x)),
    over.flatMap((p) => Array.from(p.y))
  )
  const values = Array.from(panel.x, (x, i) => ({
    x: rounded(x),
    y: rounded(panel.y[i] ?? NaN),
    g: panel.group[i] ?? 0
  }))
  const axis = { tickCount: 5 }
  return {
    title: { text: panel.name },
    width: SIDE,
    height: SIDE,
    data: { values },
    mark: { type: 'circle', size: 16, opacity: 0.65 } as const,
    encoding: {
      x: {
        field: 'x',
        type: 'quantitative',
        title: options.xTitle ?? 'first principal axis',
        scale: { domain: domains.x, nice: false },
        axis
      } as const,
      y: {
        field: 'y',
        type: 'quantitative',
        title: options.yTitle ?? 'second principal axis',
        scale: { domain: domains.y, nice: false },
        axis
      } as const,
      // Viridis without its darkest and brightest ends: seen on both papers, ordered for every kind of colour vision.
      color: {
        field: 'g',
        type: 'quantitative',
        scale: { scheme: { name: 'viridis', extent: [0.15, 0.9] } },
        legend: null
      } as const
    }
  }
}

/** Clouds of points side by side, coloured by group: chains apart before canonicalisation, together after it. */
export const scatterChart = (panels: readonly ScatterPanel[], options: ScatterOptions = {}): TopLevelSpec => ({
  $schema: SCHEMA,
  description: `Projections on two axes: ${panels.map((panel) => panel.name).join(', ')}`,
  config: theme,
  spacing: 36,
  hconcat: panels.map((panel) => panelSpec(panel, options, panels))
})
