// Histograms of a score on several data sets, one panel per method.
import type { TopLevelSpec } from 'vega-lite'
import { colours as coloursFor, colourScale, coloursOf, SCHEMA, theme } from './theme.js'
import type { Colours } from './theme.js'

export interface HistogramSeries {
  /** The data set. */
  readonly name: string
  readonly values: ArrayLike<number>
}

export interface HistogramPanel {
  /** The method. */
  readonly name: string
  readonly series: readonly HistogramSeries[]
}

export interface HistogramOptions {
  readonly xTitle: string
  /** Bins over the common range; 24 if not given. */
  readonly bins?: number
  /** Left and right end; 0 and the largest value if not given. */
  readonly range?: readonly [number, number]
  readonly colours?: Colours
  readonly columns?: number
}

const DEFAULT_BINS = 24

const largest = (panels: readonly HistogramPanel[]): number =>
  panels
    .flatMap((panel) => panel.series.flatMap((series) => Array.from(series.values)))
    .reduce((a, b) => Math.max(a, b), 0)

const shares = (values: ArrayLike<number>, [low, high]: readonly [number, number], bins: number): readonly number[] => {
  const counts = Array.from({ length: bins }, () => 0)
  for (let i = 0; i < values.length; i++) {
    const bin = Math.floor((((values[i] ?? 0) - low) / (high - low)) * bins)
    const inside = Math.min(bins - 1, Math.max(0, bin))
    counts[inside] = (counts[inside] ?? 0) + 1
  }
  return counts.map((count) => count / values.length)
}

/**
 * Histograms laid over one another, one colour per data set and one panel per method: shares of rows per bin, values
 * outside the range counted in the end bins.
 */
export const histogramChart = (panels: readonly HistogramPanel[], options: HistogramOptions): TopLevelSpec => {
  const { xTitle, bins = DEFAULT_BINS, columns = 2 } = options
  const range = options.range ?? ([0, largest(panels) || 1] as const)
  const width = (range[1] - range[0]) / bins
  const seriesNames = [...new Set(panels.flatMap((panel) => panel.series.map((series) => series.name)))]
  const names = panels.map((panel) => panel.name)
  const shown = coloursOf(options.colours ?? coloursFor(seriesNames), seriesNames)
  // A last corner at the right end closes the steps.
  const values = panels.flatMap(({ name, series }) =>
    series.flatMap((one) => {
      const heights = shares(one.values, range, bins)
      return [...heights, heights.at(-1) ?? 0].map((share, i) => ({
        panel: name,
        data: one.name,
        x: range[0] + i * width,
        share
      }))
    })
  )
  return {
    $schema: SCHEMA,
    description: `Histograms of ${xTitle}: ${names.join(', ')}; ${seriesNames.join(', ')}`,
    config: theme,
    data: { values },
    facet: { field: 'panel', type: 'nominal', sort: names, header: { title: null } },
    columns: Math.min(columns, panels.length),
    spacing: { row: 26, column: 28 },
    spec: {
      width: columns > 1 ? 310 : 640,
      height: 150,
      mark: { type: 'area', interpolate: 'step-after', opacity: 0.28, line: { strokeWidth: 1.6, opacity: 1 } },
      encoding: {
        x: { field: 'x', type: 'quantitative', title: xTitle, scale: { domain: [...range], nice: false } },
        y: {
          field: 'share',
          type: 'quantitative',
          title: 'share of rows',
          stack: null,
          axis: { format: '.0%', tickCount: 4 }
        },
        color: { field: 'data', type: 'nominal', scale: colourScale(shown), sort: [...shown.domain] }
      }
    }
  }
}
