/** Pictures that only this report has. */
import { theme } from '@bdl/report'
import type { Figure } from '@bdl/report'

type Spec = Figure['spec']

const SCHEMA = 'https://vega.github.io/schema/vega-lite/v6.json'

const extent = (values: readonly number[]): [number, number] => [
  values.reduce((a, b) => Math.min(a, b), Infinity),
  values.reduce((a, b) => Math.max(a, b), -Infinity)
]

/**
 * Log density of each network under the flow against its log joint, with the line of slope one through the means: axes of
 * their own, since the one spreads over tens of nats and the other over thousands.
 */
export const densityChart = (logDensity: readonly number[], logJoint: readonly number[]): Spec => {
  const meanOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length
  const [x, y] = [meanOf(logDensity), meanOf(logJoint)]
  const [low, high] = extent(logDensity)
  const values = logDensity.map((q, i) => ({
    x: Number(q.toPrecision(6)),
    y: Number((logJoint[i] ?? NaN).toPrecision(6))
  }))
  const line = [low, high].map((q) => ({ x: q, y: y + q - x }))
  const axes = {
    x: { field: 'x', type: 'quantitative', title: 'log density under the flow (nats)', scale: { zero: false } },
    y: { field: 'y', type: 'quantitative', title: 'log joint (nats)', scale: { zero: false } }
  } as const
  return {
    $schema: SCHEMA,
    description: 'Log joint against log density of the generated networks',
    config: theme,
    width: 560,
    height: 300,
    layer: [
      {
        data: { values: line },
        mark: { type: 'line', strokeDash: [5, 4], color: 'currentColor', strokeWidth: 1.75 },
        encoding: axes
      },
      { data: { values }, mark: { type: 'circle', size: 26, opacity: 0.9, color: '#2E8BC9' }, encoding: axes }
    ]
  }
}
