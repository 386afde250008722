// Pictures of lines: loss along a segment between two networks, loss over training, traces of chains.
import type { TopLevelSpec } from 'vega-lite'
import { colourScale, coloursOf, dashScale, SCHEMA, theme } from './theme.js'
import type { Colours } from './theme.js'

export interface Curve {
  readonly name: string
  readonly x: ArrayLike<number>
  readonly y: ArrayLike<number>
  /** Standard error of y: drawn as a band of two on either side. */
  readonly error?: ArrayLike<number>
}

export interface LineOptions {
  readonly xTitle: string
  readonly yTitle: string
  readonly colours?: Colours
  /** Logarithmic y; values that are not positive are left out. */
  readonly logY?: boolean
  readonly width?: number
  readonly height?: number
  /** Draw smooth curves through the points instead of straight lines between them. */
  readonly isSmooth?: boolean
}

const curvePoints = (curve: Curve, logY: boolean) =>
  Array.from(curve.x).flatMap((x, i) => {
    const y = curve.y[i] ?? NaN
    const spread = 2 * (curve.error?.[i] ?? 0)
    const isShown = Number.isFinite(y) && (!logY || y > 0)
    return isShown ? [{ name: curve.name, x, y, low: y - spread, high: y + spread }] : []
  })

/** Curves over a common axis, told apart by colour and stroke, with bands where a standard error is given. */
export const lineChart = (curves: readonly Curve[], options: LineOptions): TopLevelSpec => {
  const { xTitle, yTitle, logY = false, width = 640, height = 300 } = options
  const shown = coloursOf(
    options.colours,
    curves.map((curve) => curve.name)
  )
  const xs = curves.flatMap((curve) => Array.from(curve.x))
  const domain = [xs.reduce((a, b) => Math.min(a, b), Infinity), xs.reduce((a, b) => Math.max(a, b), -Infinity)]
  const yScale = logY ? ({ type: 'log', nice: false } as const) : { zero: false }
  // The legend shows the line, not the pale band.
  const legend = { symbolType: 'stroke', symbolOpacity: 1, symbolSize: 320 } as const
  const color = { field: 'name', type: 'nominal', scale: colourScale(shown), legend } as const
  const interpolate = options.isSmooth === true ? 'monotone' : 'linear'
  const hasBand = curves.some((curve) => curve.error !== undefined)
  return {
    $schema: SCHEMA,
    description: `${yTitle} against ${xTitle}: ${shown.domain.join(', ')}`,
    config: theme,
    width,
    height,
    data: { values: curves.flatMap((curve) => curvePoints(curve, logY)) },
    encoding: { x: { field: 'x', type: 'quantitative', title: xTitle, scale: { domain, nice: false } } },
    layer: [
      ...(hasBand
        ? [
            {
              mark: { type: 'area', opacity: 0.16, interpolate },
              encoding: {
                y: { field: 'low', type: 'quantitative', scale: yScale, title: yTitle },
                y2: { field: 'high' },
                color
              }
            } as const
          ]
        : []),
      {
        mark: { type: 'line', strokeWidth: 2.25, interpolate },
        encoding: {
          y: { field: 'y', type: 'quantitative', scale: yScale, title: yTitle },
          color,
          strokeDash: { field: 'name', type: 'nominal', scale: dashScale(shown), legend }
        }
      }
    ]
  }
}

/** Loss along straight lines between two networks: lambda 0 is one end, 1 the other, the hump is the barrier. */
export const barrierChart = (curves: readonly Curve[], options: Partial<LineOptions> = {}): TopLevelSpec =>
  lineChart(curves, {
    xTitle: 'position on the line, λ',
    yTitle: 'loss above the straight line (nats)',
    isSmooth: true,
    ...options
  })

/** Loss against training steps. */
export const lossChart = (curves: readonly Curve[], options: Partial<LineOptions> = {}): TopLevelSpec =>
  lineChart(curves, { xTitle: 'step', yTitle: 'loss', ...options })

export interface TracePanel {
  readonly name: string
  /** One trace per chain. */
  readonly chains: readonly ArrayLike<number>[]
}

export interface TraceOptions {
  readonly yTitle: string
  readonly colours?: Colours
  /** A level to compare with, drawn dashed in every panel. */
  readonly reference?: number
}

const REFERENCE_DASH: number[] = [5, 4]

/** Traces of chains over draws, one panel per sampler on a common y: chains that mixed look like one band. */
export const traceChart = (
  panels: readonly TracePanel[],
  { yTitle, colours, reference }: TraceOptions
): TopLevelSpec => {
  const names = panels.map((panel) => panel.name)
  const values = panels.flatMap(({ name, chains }) =>
    chains.flatMap((chain, index) =>
      Array.from(chain, (y, draw) => ({ name, chain: index, draw, y: Number(y.toPrecision(5)) }))
    )
  )
  const width = panels.length > 1 ? 300 : 640
  return {
    $schema: SCHEMA,
    description: `${yTitle} over draws: ${names.join(', ')}`,
    config: theme,
    data: { values },
    facet: { field: 'name', type: 'nominal', sort: names, header: { title: null } },
    columns: 2,
    spacing: 28,
    resolve: { scale: { x: 'independent' } },
    spec: {
      width,
      height: 220,
      layer: [
        {
          mark: { type: 'line', strokeWidth: 0.9, opacity: 0.45 },
          encoding: {
            x: { field: 'draw', type: 'quantitative', title: 'draw kept', scale: { nice: false } },
            y: { field: 'y', type: 'quantitative', title: yTitle, scale: { zero: false } },
            detail: { field: 'chain', type: 'nominal' },
            color: { field: 'name', type: 'nominal', scale: colourScale(coloursOf(colours, names)), legend: null }
          }
        },
        ...(reference === undefined
          ? []
          : [
              {
                // Data of its own: one rule, not one for each draw.
                data: { values: [{ level: reference }] },
                mark: { type: 'rule', strokeDash: REFERENCE_DASH, strokeWidth: 1.75 },
                encoding: { y: { field: 'level', type: 'quantitative' } }
              } as const
            ])
      ]
    }
  }
}
