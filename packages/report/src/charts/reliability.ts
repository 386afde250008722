// Reliability diagrams: what was claimed against what happened.
import type { TopLevelSpec } from 'vega-lite'
import { calibrationError } from '../calibration.js'
import type { CalibrationBin } from '../calibration.js'
import { colourScale, coloursOf, GRID_SPACING, SCHEMA, theme } from './theme.js'
import type { Colours, PanelSpec } from './theme.js'

export interface ReliabilityCurve {
  readonly name: string
  readonly bins: readonly CalibrationBin[]
}

export interface ReliabilityOptions {
  readonly colours?: Colours
  /** Panels side by side; 3 if not given. */
  readonly columns?: number
}

const eceText = (curve: ReliabilityCurve): string => `ECE ${calibrationError(curve.bins).toFixed(3)}`

const points = ({ name, bins }: ReliabilityCurve) => {
  const total = bins.reduce((n, bin) => n + bin.count, 0)
  return bins.flatMap(({ confidence, accuracy, count }) =>
    confidence === null || accuracy === null ? [] : [{ name, confidence, accuracy, share: count / total }]
  )
}

const DIAGONAL_DASH = [4, 4]

const DIAGONAL = [
  { confidence: 0, accuracy: 0 },
  { confidence: 1, accuracy: 1 }
]

const UNIT: [number, number] = [0, 1]

const SIDE = 205

const panel = (curve: ReliabilityCurve, all: Colours, isFirstColumn: boolean, isLastRow: boolean): PanelSpec => {
  const color = { field: 'name', type: 'nominal', scale: colourScale(all), legend: null } as const
  const axis = { tickCount: 5, format: '.1~f' }
  return {
    title: { text: curve.name, subtitle: eceText(curve) },
    width: SIDE,
    height: SIDE,
    data: { values: points(curve) },
    encoding: {
      x: {
        field: 'confidence',
        type: 'quantitative',
        scale: { domain: UNIT },
        title: isLastRow ? 'confidence' : null,
        axis
      },
      y: {
        field: 'accuracy',
        type: 'quantitative',
        scale: { domain: UNIT },
        title: isFirstColumn ? 'accuracy' : null,
        axis
      }
    },
    layer: [
      {
        data: { values: DIAGONAL },
        mark: { type: 'line', color: 'currentColor', opacity: 0.5, strokeDash: [...DIAGONAL_DASH] }
      },
      {
        mark: { type: 'rule', strokeWidth: 2, opacity: 0.55 },
        encoding: { y2: { field: 'confidence' }, color }
      },
      {
        mark: { type: 'circle', opacity: 0.9 },
        encoding: {
          color,
          size: {
            field: 'share',
            type: 'quantitative',
            scale: { domain: UNIT, range: [18, 520] },
            legend: null
          }
        }
      }
    ]
  }
}

/**
 * One reliability diagram per method: accuracy against confidence, a point per bin with its area the share of rows in it,
 * and a rule to the diagonal for the gap: above the diagonal a method is better than it says. The heading of a panel has
 * the calibration error.
 */
export const reliabilityDiagram = (
  curves: readonly ReliabilityCurve[],
  { colours, columns = 3 }: ReliabilityOptions = {}
): TopLevelSpec => {
  const all = coloursOf(
    colours,
    curves.map((curve) => curve.name)
  )
  return {
    $schema: SCHEMA,
    description: `Reliability diagrams: ${curves.map((curve) => `${curve.name} ${eceText(curve)}`).join(', ')}`,
    config: theme,
    columns: Math.min(columns, curves.length),
    spacing: GRID_SPACING,
    concat: curves.map((curve, i) => panel(curve, all, i % columns === 0, i + columns >= curves.length))
  }
}
