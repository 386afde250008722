// Reliability diagrams: what was claimed against what happened.
import type { TopLevelSpec } from 'vega-lite'
import { calibrationError } from '../calibration.js'
import type { CalibrationBin } from '../calibration.js'
import { colourScale, coloursOf, SCHEMA, theme } from './theme.js'
import type { Colours } from './theme.js'

export interface ReliabilityCurve {
  readonly name: string
  readonly bins: readonly CalibrationBin[]
}

export interface ReliabilityOptions {
  readonly colours?: Colours
  /** Panels side by side; 3 if not given. */
  readonly columns?: number
}

const panelTitle = ({ name, bins }: ReliabilityCurve): string => `${name}   ECE ${calibrationError(bins).toFixed(3)}`

const points = (curve: ReliabilityCurve) => {
  const total = curve.bins.reduce((n, bin) => n + bin.count, 0)
  return curve.bins.flatMap((bin) =>
    bin.confidence === null || bin.accuracy === null
      ? []
      : [
          {
            method: curve.name,
            panel: panelTitle(curve),
            confidence: bin.confidence,
            accuracy: bin.accuracy,
            share: bin.count / total
          }
        ]
  )
}

const DIAGONAL = [
  { confidence: 0, accuracy: 0 },
  { confidence: 1, accuracy: 1 }
]

/**
 * One reliability diagram per method: accuracy against confidence, a point per bin with its area the share of rows in it,
 * and a rule to the diagonal for the gap. The heading of a panel has the calibration error.
 */
export const reliabilityDiagram = (
  curves: readonly ReliabilityCurve[],
  { colours, columns = 3 }: ReliabilityOptions = {}
): TopLevelSpec => {
  const scale = {
    scale: colourScale(
      coloursOf(
        colours,
        curves.map((curve) => curve.name)
      )
    ),
    legend: null
  }
  const unit = { domain: [0, 1] }
  return {
    $schema: SCHEMA,
    description: `Reliability diagrams: ${curves.map(panelTitle).join('; ')}`,
    config: theme,
    data: { values: curves.flatMap(points) },
    facet: { field: 'panel', type: 'nominal', sort: curves.map(panelTitle), header: { title: null } },
    columns: Math.min(columns, curves.length),
    spacing: { row: 28, column: 28 },
    spec: {
      width: 210,
      height: 210,
      encoding: {
        x: { field: 'confidence', type: 'quantitative', scale: unit, title: 'confidence', axis: { tickCount: 5 } },
        y: { field: 'accuracy', type: 'quantitative', scale: unit, title: 'accuracy', axis: { tickCount: 5 } }
      },
      layer: [
        { data: { values: DIAGONAL }, mark: { type: 'line', color: 'currentColor', opacity: 0.5, strokeDash: [4, 4] } },
        {
          mark: { type: 'rule', strokeWidth: 2, opacity: 0.55 },
          encoding: { y2: { field: 'confidence' }, color: { field: 'method', type: 'nominal', ...scale } }
        },
        {
          mark: { type: 'circle', opacity: 0.9 },
          encoding: {
            color: { field: 'method', type: 'nominal', ...scale },
            size: { field: 'share', type: 'quantitative', scale: { domain: [0, 1], range: [18, 520] }, legend: null }
          }
        }
      ]
    }
  }
}
