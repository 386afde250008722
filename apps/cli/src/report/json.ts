/** The numbers of a run as JSON. What the clock says goes to a file of its own: the same seed gives the same report. */
import type { Problem } from '../weights/problem.js'
import type { Results } from '../weights/results.js'
import type { Settings } from '../weights/settings.js'

/** Infinities and NaN have no JSON: they are written as strings. */
const readable = (_: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isFinite(value)
    ? String(value)
    : ArrayBuffer.isView(value)
      ? Array.from(value as Float64Array)
      : value

export const reportJson = (problem: Problem, settings: Settings, results: Results): string => {
  const { methods, convergence, timings: _timings, projections: _projections, ...rest } = results
  const document = {
    schema: 'bdl-weights-report/1',
    data: {
      name: problem.name,
      train: problem.train.labels.length,
      validation: problem.validation.labels.length,
      test: problem.test.labels.length,
      classes: problem.classes
    },
    network: { sizes: problem.sizes, weights: problem.dim, activation: 'relu', priorScale: problem.priorScale },
    settings,
    methods: methods.map(({ name, evaluation }) => ({ name, ...evaluation.scores, calibration: evaluation.bins })),
    convergence: convergence.map(({ name, facts }) => ({ name, ...facts })),
    ...rest
  }
  return `${JSON.stringify(document, readable, 2)}\n`
}

export const timingsJson = ({ timings }: Results): string =>
  `${JSON.stringify({ timings: timings.map((t) => ({ ...t, networksPerSecond: t.networks / t.seconds })) }, null, 2)}\n`
