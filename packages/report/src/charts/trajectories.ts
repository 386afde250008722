// Ways of points through the plane: where each begins, how it moves, where it ends.
import type { TopLevelSpec } from 'vega-lite'
import { GRID_SPACING, PALETTE, SCHEMA, theme, type LayerPart, type PanelSpec } from './theme.js'

export interface TrajectoryPanel {
  readonly name: string
  /** Of every way its points in order. */
  readonly ways: readonly (readonly (readonly [x: number, y: number])[])[]
  /** Second line of the heading. */
  readonly note?: string
}

export interface TrajectoryOptions {
  /** [-half, half] on both axes; default what holds all points. */
  readonly half?: number
  /** Panels in a row; default 4. */
  readonly columns?: number
  /** Side of a panel in pixels; default 170. */
  readonly size?: number
}

const furthest = (panels: readonly TrajectoryPanel[]): number =>
  panels
    .flatMap(({ ways }) => ways.flat(2))
    .filter(Number.isFinite)
    .reduce((most, v) => Math.max(most, Math.abs(v)), 0) || 1

const [BLUE = '', VERMILION = ''] = PALETTE

const panelSpec = ({ name, ways, note }: TrajectoryPanel, half: number, size: number): PanelSpec => {
  const axis = { title: null, tickCount: 3, grid: false }
  const scale = { domain: [-half, half], nice: false, zero: false }
  const at = {
    x: { field: 'x', type: 'quantitative', scale, axis },
    y: { field: 'y', type: 'quantitative', scale, axis }
  } as const
  const points = ways.flatMap((way, i) => way.map(([x, y], t) => ({ x, y, i, t })))
  const ends = (t: (length: number) => number) =>
    ways.flatMap((way) => {
      const end = way[t(way.length)]
      return end === undefined ? [] : [{ x: end[0], y: end[1] }]
    })
  const dots = (values: readonly object[], color: string): LayerPart => ({
    data: { values: [...values] },
    mark: { type: 'circle', size: 14, color, opacity: 0.9, clip: true },
    encoding: at
  })
  return {
    title: { text: name, ...(note === undefined ? {} : { subtitle: note }) },
    width: size,
    height: size,
    layer: [
      {
        data: { values: points },
        mark: { type: 'line', strokeWidth: 1, opacity: 0.4, color: '#7F7F7F', clip: true },
        encoding: { ...at, detail: { field: 'i', type: 'nominal' }, order: { field: 't' } }
      },
      dots(
        ends(() => 0),
        BLUE
      ),
      dots(
        ends((length) => length - 1),
        VERMILION
      )
    ]
  }
}

/** One panel per model: grey ways from blue beginnings to red ends, all on the same axes. */
export const trajectoryChart = (panels: readonly TrajectoryPanel[], options: TrajectoryOptions = {}): TopLevelSpec => {
  const { half = furthest(panels), columns = 4, size = 170 } = options
  return {
    $schema: SCHEMA,
    description: `Ways of points: ${panels.map(({ name }) => name).join(', ')}`,
    config: theme,
    columns,
    spacing: GRID_SPACING,
    concat: panels.map((panel) => panelSpec(panel, half, size))
  }
}
