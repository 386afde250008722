// Densities over the plane, many of them side by side: rows of pictures under headings, one scale of colours for all.
import type { TopLevelSpec } from 'vega-lite'
import { pngOf, type Rgb } from '../images/png.js'
import { SCHEMA, theme } from './theme.js'

export interface HeatMap {
  /** Cells, [rows, columns], row by row from the bottom up: the y axis points up. */
  readonly values: ArrayLike<number>
  readonly rows: number
  readonly columns: number
}

export interface HeatMapRow {
  readonly name: string
  /** One for each heading; null leaves the place empty. */
  readonly maps: readonly (HeatMap | null)[]
}

export interface HeatMapOptions {
  /** Over the columns of pictures. */
  readonly headings: readonly string[]
  /** The value of the brightest colour; what is larger looks the same. Default the largest of all. */
  readonly top?: number
  /** Colours go with this power of the value; default 0.5, under which tails are seen too. */
  readonly power?: number
  /** Side of a picture in pixels; default 104. */
  readonly size?: number
}

/** Viridis at equal distances (Smith & van der Walt 2015): ordered in lightness, for every kind of colour vision. */
const VIRIDIS: readonly Rgb[] = [
  [68, 1, 84],
  [72, 40, 120],
  [62, 74, 137],
  [49, 104, 142],
  [38, 130, 142],
  [31, 158, 137],
  [53, 183, 121],
  [109, 205, 89],
  [180, 222, 44],
  [253, 231, 37]
]

/** Steps of the scale: more than an eye tells apart, and few enough for long runs of one colour. */
const STEPS = 48

const blend = (from: Rgb, to: Rgb, share: number): Rgb => {
  const between = (i: 0 | 1 | 2): number => Math.round(from[i] + share * (to[i] - from[i]))
  return [between(0), between(1), between(2)]
}

const SCALE: readonly Rgb[] = Array.from({ length: STEPS }, (_, i) => {
  const at = (i / (STEPS - 1)) * (VIRIDIS.length - 1)
  const below = Math.min(Math.floor(at), VIRIDIS.length - 2)
  return blend(VIRIDIS[below] ?? [0, 0, 0], VIRIDIS[below + 1] ?? [0, 0, 0], at - below)
})

const GAP = 8

const pictureOf = ({ values, rows, columns }: HeatMap, top: number, power: number): string => {
  const indices = new Uint8Array(rows * columns)
  for (let i = 0; i < indices.length; i++) {
    const share = Math.min(1, Math.max(0, (values[i] ?? 0) / top))
    const fromTop = rows - 1 - Math.floor(i / columns)
    // What is no number is drawn as nothing.
    indices[fromTop * columns + (i % columns)] = Math.round((Number.isNaN(share) ? 0 : share ** power) * (STEPS - 1))
  }
  return pngOf(columns, rows, indices, SCALE)
}

const largestOf = (rows: readonly HeatMapRow[]): number =>
  rows
    .flatMap(({ maps }) => maps.flatMap((map) => (map === null ? [] : Array.from(map.values))))
    .reduce((a, b) => (b > a ? b : a), 0) || 1

/**
 * Heat maps in rows and columns. Each is one small embedded picture, so that a hundred of them do not make a heavy page.
 *
 * @example heatMapChart([{ name: 'flow', maps: [{ values, rows: 50, columns: 50 }] }], { headings: ['density'] })
 */
export const heatMapChart = (rows: readonly HeatMapRow[], options: HeatMapOptions): TopLevelSpec => {
  const { headings, top = largestOf(rows), power = 0.5, size = 104 } = options
  const values = rows.flatMap(({ name, maps }) =>
    maps.flatMap((map, i) =>
      map === null ? [] : [{ row: name, column: headings[i], url: pictureOf(map, top, power) }]
    )
  )
  const axis = { title: null, ticks: false, domain: false, grid: false, labelAngle: 0, labelPadding: 6 } as const
  const scale = { paddingInner: GAP / (size + GAP), paddingOuter: 0 }
  return {
    $schema: SCHEMA,
    description: `Heat maps: ${rows.map(({ name }) => name).join(', ')}`,
    config: theme,
    width: { step: size + GAP },
    height: { step: size + GAP },
    data: { values },
    mark: { type: 'image', width: size, height: size, aspect: false },
    encoding: {
      x: { field: 'column', type: 'ordinal', sort: [...headings], scale: { ...scale, domain: [...headings] }, axis: { ...axis, orient: 'top' } }, // prettier-ignore
      y: { field: 'row', type: 'ordinal', sort: null, scale, axis },
      url: { field: 'url', type: 'nominal' }
    }
  }
}
