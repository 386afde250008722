// Two panels over the same axes: the curve of one network, and what all sampled networks say.
import { PALETTE, theme } from '@bdl/report'

const [BLUE, VERMILION] = PALETTE
const INK = '#24292f'
const DOMAIN = { x: [-4, 4], y: [-3, 3] }

const quantile = (sorted, p) => {
  const at = p * (sorted.length - 1)
  const low = Math.floor(at)
  const high = Math.min(low + 1, sorted.length - 1)
  return sorted[low] + (at - low) * (sorted[high] - sorted[low])
}

const shortened = (value) => Number(value.toFixed(4))

/** Pointwise quantiles and mean of curves [members][points]. */
export const summary = (grid, curves) =>
  grid.map((x, i) => {
    const values = curves.map((curve) => curve[i]).sort((a, b) => a - b)
    const [low90, low50, high50, high90] = [0.05, 0.25, 0.75, 0.95].map((p) => shortened(quantile(values, p)))
    const mean = shortened(values.reduce((sum, value) => sum + value, 0) / values.length)
    return { x: shortened(x), mean, low90, low50, high50, high90 }
  })

const x = { field: 'x', type: 'quantitative', title: 'x', scale: { domain: DOMAIN.x, nice: false } }
const y = (field) => ({ field, type: 'quantitative', title: null, scale: { domain: DOMAIN.y, nice: false } })

const band = (low, high, opacity) => ({
  mark: { type: 'area', color: BLUE, opacity, clip: true },
  encoding: { x, y: y(low), y2: { field: high } }
})

const curve = (field, color, strokeWidth = 2.5) => ({
  mark: { type: 'line', color, strokeWidth, clip: true },
  encoding: { x, y: y(field) }
})

const points = (values) => ({
  data: { values },
  mark: { type: 'point', filled: true, color: INK, size: 34, opacity: 0.9 },
  encoding: { x, y: y('y') }
})

/** Names a band or a line at its right end. */
const note = (text, atY) => ({
  data: { values: [{ x: DOMAIN.x[1], y: atY }] },
  mark: { type: 'text', text, color: BLUE, fontSize: 12.5, align: 'left', dx: 6 },
  encoding: { x, y: y('y') }
})

const panel = (title, subtitle, layer) => ({
  title: { text: title, subtitle, anchor: 'start', fontSize: 16, subtitleFontSize: 13, subtitleColor: '#57606a' },
  width: 400,
  height: 280,
  layer
})

/** @param data rows { x, y }; @param one rows { x, y }; @param all rows of `summary` */
export const chart = ({ data, one, all, sampled }) => {
  const end = all[all.length - 1]
  return {
    description: 'A Bayesian network fitted to 32 points: one trained network beside the posterior over networks',
    config: { ...theme, padding: 22, axis: { ...theme.axis, tickCount: 5 } },
    spacing: 44,
    hconcat: [
      panel('One trained network', 'the best weights: just as sure where there are no data', [
        { data: { values: one }, ...curve('y', VERMILION) },
        points(data)
      ]),
      panel(`${sampled} networks from the posterior`, 'the mean, and where 50 % and 90 % of them lie', [
        {
          data: { values: all },
          layer: [band('low90', 'high90', 0.16), band('low50', 'high50', 0.28), curve('mean', BLUE)]
        },
        points(data),
        note('90 %', end.high90),
        note('50 %', end.high50),
        note('mean', end.mean)
      ])
    ]
  }
}
