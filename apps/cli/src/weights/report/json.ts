/** The numbers of a run as JSON. What the clock says goes to a file of its own: the same seed gives the same report. */
import { jsonText } from '../../report/json-text.js'
import type { Problem } from '../problem.js'
import type { Results } from '../results.js'
import type { Settings } from '../settings.js'
import { gatesOf } from './gates.js'

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
  return jsonText(document)
}

/** Seconds and networks per second: of the machine, not of the seed. */
export const timingsJson = ({ timings }: Results): string =>
  jsonText({ timings: timings.map((t) => ({ ...t, networksPerSecond: t.networks / t.seconds })) })
