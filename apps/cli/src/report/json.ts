/** The numbers of a run as JSON. What the clock says goes to a file of its own: the same seed gives the same report. */
import type { Problem } from '../weights/problem.js'
import type { Results } from '../weights/results.js'
import type { Settings } from '../weights/settings.js'
import { gatesOf } from './gates.js'

/** Infinities and NaN have no JSON, and stand for what a run could not tell: null. */
const readable = (_: string, value: unknown): unknown => {
  if (value instanceof Float64Array) return Array.from(value)
  return typeof value === 'number' && !Number.isFinite(value) ? null : value
}

export const reportJson = (problem: Problem, settings: Settings, results: Results): string => {
  const { isComplete, methods, convergence, sampler, elbo, canonical, arms, generated, importance, repairs, toy } =
    results
  const document = {
    schema: 'bdl-weights-report/1',
    isComplete,
    data: {
      name: problem.name,
      train: problem.train.labels.length,
      validation: problem.validation.labels.length,
      test: problem.test.labels.length,
      classes: problem.classes
    },
    network: { sizes: problem.sizes, weights: problem.dim, activation: 'relu', priorScale: problem.priorScale },
    settings,
    gates: gatesOf(results, problem.name),
    methods: methods.map(({ name, evaluation }) => ({ name, ...evaluation.scores, calibration: evaluation.bins })),
    convergence: convergence.map(({ name, facts }) => ({ name, ...facts })),
    sampler,
    elbo,
    canonical,
    arms,
    generated,
    importance,
    repairs,
    toy
  }
  return `${JSON.stringify(document, readable, 2)}\n`
}

/** Seconds and networks per second: of the machine, not of the seed. */
export const timingsJson = ({ timings }: Results): string =>
  `${JSON.stringify({ timings: timings.map((t) => ({ ...t, networksPerSecond: t.networks / t.seconds })) }, readable, 2)}\n`
