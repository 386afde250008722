// Histograms of a score on several data sets, one panel per method.
import type { TopLevelSpec } from 'vega-lite'
import { colours as coloursFor, colourScale, coloursOf, GRID_SPACING, SCHEMA, theme } from './theme.js'
import type { Colours, PanelSpec } from './theme.js'

export interface HistogramSeries {
  /** The data set. */
  readonly name: string
  readonly values: ArrayLike<number>
}

export interface HistogramPanel {
  /** The method. */
  readonly name: string
  readonly series: readonly HistogramSeries[]
  /** Second line of the heading: an AUROC, for example. */
  readonly note?: string
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

interface Bins {
  readonly range: readonly [number, number]
  readonly count: number
}

const steps = ({ name, values }: HistogramSeries, { range, count }: Bins) => {
  const heights = shares(values, range, count)
  const width = (range[1] - range[0]) / count
  // A last corner at the right end closes the steps.
  return [...heights, heights.at(-1) ?? 0].map((share, i) => ({
    name,
    x: rounded(range[0] + i * width),
    share: rounded(share)
  }))
}

const rounded = (v: number): number => Number(v.toPrecision(5))

interface PanelTitles {
  readonly x: string | null
  readonly y: string | null
  readonly width: number
}

const panelSpec = (panel: HistogramPanel, bins: Bins, shown: Colours, top: number, titles: PanelTitles): PanelSpec => ({
  title: { text: panel.name, ...(panel.note === undefined ? {} : { subtitle: panel.note }) },
  width: titles.width,
  height: 150,
  data: { values: panel.series.flatMap((series) => steps(series, bins)) },
  mark: {
    type: 'area',
    interpolate: 'step-after',
    opacity: 0.28,
    line: { strokeWidth: 1.6, opacity: 1 }
  },
  encoding: {
    x: { field: 'x', type: 'quantitative', title: titles.x, scale: { domain: [...bins.range], nice: false } },
    y: {
      field: 'share',
      type: 'quantitative',
      title: titles.y,
      stack: null,
      scale: { domain: [0, top] },
      axis: { format: '.0%', tickCount: 4 }
    },
    color: {
      field: 'name',
      type: 'nominal',
      scale: colourScale(shown),
      sort: [...shown.domain],
      legend: { symbolOpacity: 0.8 }
    }
  }
})

/**
 * Histograms laid over one another, one colour per data set and one panel per method: shares of rows per bin, values
 * outside the range counted in the end bins. All panels have the same axes.
 */
export const histogramChart = (panels: readonly HistogramPanel[], options: HistogramOptions): TopLevelSpec => {
  const { xTitle, columns = 2 } = options
  const bins: Bins = { range: options.range ?? [0, largest(panels) || 1], count: options.bins ?? DEFAULT_BINS }
  const seriesNames = [...new Set(panels.flatMap((panel) => panel.series.map((series) => series.name)))]
  const shown = coloursOf(options.colours ?? coloursFor(seriesNames), seriesNames)
  const heights = panels.flatMap((panel) =>
    panel.series.flatMap(({ values }) => shares(values, bins.range, bins.count))
  )
  const top = heights.reduce((a, b) => Math.max(a, b), 0) || 1
  const width = columns > 1 ? 320 : 640
  return {
    $schema: SCHEMA,
    description: `Histograms of ${xTitle}: ${panels.map((panel) => panel.name).join(', ')}; ${seriesNames.join(', ')}`,
    config: theme,
    columns: Math.min(columns, panels.length),
    spacing: GRID_SPACING,
    resolve: { scale: { color: 'shared' } },
    concat: panels.map((panel, i) =>
      panelSpec(panel, bins, shown, top, {
        x: i + columns >= panels.length ? xTitle : null,
        y: i % columns === 0 ? 'share of rows' : null,
        width
      })
    )
  }
}
