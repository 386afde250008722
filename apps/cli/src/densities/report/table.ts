/** The table: a row per model, a column per set. */
import type { Cell, Table } from '@bdl/report'
import { decimal } from '../../report/words.js'
import type { Evaluation, ModelResult, Results, Score } from '../results.js'

const DIGITS = 2

/** −2.39(3): in brackets the standard error in units of the last digit, rounded up. */
const withError = ({ mean, error }: Score): string =>
  `${decimal(mean, DIGITS)}(${decimal(Math.ceil(10 ** DIGITS * error), 0)})`

/** Models that are as good as the best of a set, by what is shown. */
const bestOf = ({ models }: Results, set: string): string | undefined => {
  const means = models.flatMap(({ evaluations }) => evaluations.get(set)?.score.mean ?? [])
  return means.length < 2 ? undefined : decimal(Math.max(...means), DIGITS)
}

const cellOf = (evaluation: Evaluation | undefined, best: string | undefined): Cell => {
  if (evaluation === undefined) return null
  const text = withError(evaluation.score)
  return decimal(evaluation.score.mean, DIGITS) === best ? `**${text}**` : text
}

/** Test log-likelihoods, the best of every column in bold. */
export const likelihoodTable = (results: Results): Table => ({
  caption:
    'Mean log density of test points, nats, larger is better; in brackets its standard error in units of the last digit, rounded up. The last row is the law itself, which no model can beat but by chance',
  columns: [{ name: 'model' }, ...results.sets.map(({ title }) => ({ name: title }))],
  rows: [
    ...results.models.map(({ title, evaluations }) => [
      title,
      ...results.sets.map(({ name }) => cellOf(evaluations.get(name), bestOf(results, name)))
    ]),
    ['truth', ...results.sets.map(({ truth }) => withError(truth.score))]
  ],
  quiet: [results.models.length]
})

/** Mean over sets of how far below the truth a model stays: an estimate of its Kullback-Leibler divergence. */
export const meanGap = ({ sets }: Results, { evaluations }: ModelResult): number =>
  sets.reduce((sum, { name, truth }) => sum + truth.score.mean - (evaluations.get(name)?.score.mean ?? NaN), 0) /
  sets.length
