/** The numbers of a comparison as JSON; what the clock says is apart. */
import { jsonText } from '../../report/json-text.js'
import type { Evaluation, Results } from '../results.js'
import type { Settings } from '../settings.js'
import { gatesOf } from './gates.js'

const numbersOf = ({ score, mass, agreement }: Evaluation) => ({ logLikelihood: score, mass, agreement })

export const reportJson = (settings: Settings, results: Results): string => {
  const { isComplete, sets, models } = results
  return jsonText({
    schema: 'bdl-densities-report/1',
    isComplete,
    settings,
    gates: gatesOf(results),
    sets: sets.map(({ name, title, window, truth }) => ({ name, title, window, truth: numbersOf(truth) })),
    models: models.map(({ name, title, evaluations }) => ({
      name,
      title,
      sets: Object.fromEntries(Array.from(evaluations, ([set, evaluation]) => [set, numbersOf(evaluation)]))
    }))
  })
}

export const timingsJson = ({ models }: Results): string =>
  jsonText({ timings: models.map(({ name, seconds }) => ({ name, seconds })) })
