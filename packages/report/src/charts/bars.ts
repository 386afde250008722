// Horizontal bars with their numbers beside them, and error bars where an error is known.
import type { TopLevelSpec } from 'vega-lite'
import { colourScale, coloursOf, SCHEMA, theme } from './theme.js'
import type { Colours, LayerPart } from './theme.js'

export interface Bar {
  readonly name: string
  readonly value: number
  /** Standard error: drawn as a rule of two on either side. */
  readonly error?: number
}

export interface BarOptions {
  readonly xTitle: string
  readonly colours?: Colours
  /** Logarithmic axis: dots instead of bars, as a bar has no foot there; values that are not positive have no dot. */
  readonly log?: boolean
  /** How a value is written; three significant digits if not given. */
  readonly format?: (value: number) => string
  readonly width?: number
}

/** Three significant digits without an exponent where one can do without, thousands set apart. */
export const threeDigits = (value: number): string =>
  Math.abs(value) >= 1000
    ? Math.round(value).toLocaleString('en-US')
    : Number(value.toPrecision(3)).toString().replace('-', '−')

const ROW = 30

// Whole powers of ten within the data, with the one below and above: a logarithmic axis without a thicket of ticks.
const decades = (values: readonly number[]): number[] => {
  const logs = values.filter((value) => value > 0).map(Math.log10)
  const first = Math.floor(logs.reduce((a, b) => Math.min(a, b), Infinity))
  const last = Math.ceil(logs.reduce((a, b) => Math.max(a, b), -Infinity))
  return Array.from({ length: Math.max(last - first, 1) + 1 }, (_, i) => 10 ** (first + i))
}

const valueLayer = (bars: readonly Bar[], { xTitle, log = false, colours }: BarOptions): LayerPart => {
  const shown = coloursOf(
    colours,
    bars.map((bar) => bar.name)
  )
  const color = { field: 'name', type: 'nominal', scale: colourScale(shown), legend: null } as const
  if (!log)
    return {
      mark: { type: 'bar', height: 16, cornerRadiusEnd: 2 },
      encoding: { x: { field: 'value', type: 'quantitative', title: xTitle }, color }
    }
  const values = decades(bars.map((bar) => bar.value))
  const scale = { type: 'log', domain: [values[0] ?? 1, values.at(-1) ?? 10], nice: false } as const
  return {
    mark: { type: 'circle', size: 130, opacity: 1 },
    encoding: {
      x: {
        field: 'value',
        type: 'quantitative',
        title: xTitle,
        scale: { ...scale, domain: [...scale.domain] },
        axis: { values, format: '~s' }
      },
      color
    }
  }
}

// The text stands in a column of its own at the right: figures under one another compare better than at ends of bars.
const overlays = (width: number): readonly LayerPart[] => [
  {
    transform: [{ filter: 'datum.high > datum.low' }],
    mark: { type: 'rule', strokeWidth: 1.5 },
    encoding: { x: { field: 'low', type: 'quantitative' }, x2: { field: 'high' } }
  },
  { mark: { type: 'text', align: 'left', dx: 12 }, encoding: { x: { value: width }, text: { field: 'text' } } }
]

/** One row per name, in the order given: bar (or dot), error, and the value in figures at the right. */
export const barChart = (bars: readonly Bar[], options: BarOptions): TopLevelSpec => {
  const { xTitle, log = false, format = threeDigits, width = 470 } = options
  const names = bars.map((bar) => bar.name)
  const values = bars.map(({ name, value, error = 0 }) => ({
    name,
    value,
    low: log ? Math.max(value - 2 * error, value / 1e3) : value - 2 * error,
    high: value + 2 * error,
    text: format(value)
  }))
  const axis = { ticks: false, domain: false, labelPadding: 8 }
  return {
    $schema: SCHEMA,
    description: `${xTitle}: ${values.map(({ name, text }) => `${name} ${text}`).join(', ')}`,
    config: theme,
    width,
    height: { step: ROW },
    data: { values },
    encoding: { y: { field: 'name', type: 'nominal', sort: names, title: null, axis } },
    layer: [valueLayer(bars, options), ...overlays(width)]
  }
}
