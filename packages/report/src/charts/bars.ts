// Horizontal bars with their numbers beside them, and error bars where an error is known.
import type { TopLevelSpec } from 'vega-lite'
import { colourScale, coloursOf, SCHEMA, theme } from './theme.js'
import type { Colours } from './theme.js'

export interface Bar {
  readonly name: string
  readonly value: number
  /** Standard error: drawn as a rule of two on either side. */
  readonly error?: number
}

export interface BarOptions {
  readonly xTitle: string
  readonly colours?: Colours
  /** Logarithmic axis: dots instead of bars, as a bar has no foot there. */
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
  const scale = log ? ({ type: 'log' } as const) : {}
  const color = {
    field: 'name',
    type: 'nominal',
    scale: colourScale(coloursOf(options.colours, names)),
    legend: null
  } as const
  return {
    $schema: SCHEMA,
    description: `${xTitle}: ${values.map(({ name, text }) => `${name} ${text}`).join(', ')}`,
    config: theme,
    width,
    height: { step: ROW },
    data: { values },
    encoding: {
      y: {
        field: 'name',
        type: 'nominal',
        sort: names,
        title: null,
        axis: { ticks: false, domain: false, labelPadding: 8 }
      }
    },
    layer: [
      log
        ? {
            mark: { type: 'circle', size: 130, opacity: 1 },
            encoding: { x: { field: 'value', type: 'quantitative', scale, title: xTitle }, color }
          }
        : {
            mark: { type: 'bar', height: 16, cornerRadiusEnd: 2 },
            encoding: { x: { field: 'value', type: 'quantitative', title: xTitle }, color }
          },
      {
        transform: [{ filter: 'datum.high > datum.low' }],
        mark: { type: 'rule', strokeWidth: 1.5 },
        encoding: { x: { field: 'low', type: 'quantitative', scale }, x2: { field: 'high' } }
      },
      {
        mark: { type: 'text', align: 'left', dx: 12 },
        encoding: { x: { value: width }, text: { field: 'text' } }
      }
    ]
  }
}
