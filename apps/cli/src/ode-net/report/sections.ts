/** The parts of the page: who is better, how hard the equation gets, what a tolerance buys. */
import { lineChart } from '@bdl/report'
import type { Colours, Section } from '@bdl/report'
import { decimal, percent, plural, scientific } from '../../report/words.js'
import type { Results } from '../results.js'
import type { Settings } from '../settings.js'
import { meanCurve, testAccuracy, testNll } from './summary.js'

export const accuracySection = ({ networks }: Results, colours: Colours): Section | null =>
  networks.length === 0
    ? null
    : {
        heading: 'Accuracy and log-likelihood',
        prose:
          'Both networks have the same first and last layer. Between them one solves dx/dt = f(t, x) from 0 to 1, the other adds residual blocks with as many weights in all. ' +
          'Of every training the parameters with the best validation likelihood are judged on the test rows; s.d. is that of one training.',
        tables: [
          {
            columns: [
              { name: 'network' },
              { name: 'weights', digits: 0 },
              { name: 'test accuracy, %', digits: 2, best: 'max' },
              { name: 's.d.', digits: 2 },
              { name: 'NLL (nats)', digits: 4, best: 'min' },
              { name: 's.d. ', digits: 4 },
              { name: 'trainings', digits: 0 }
            ],
            rows: networks.map((network) => {
              const [accuracy, nll] = [testAccuracy(network), testNll(network)]
              const { name, weights, runs } = network
              return [name, weights, 100 * accuracy.mean, 100 * accuracy.sd, nll.mean, nll.sd, runs.length]
            })
          }
        ],
        charts: [
          {
            spec: lineChart(
              networks.map(({ name, runs }) => ({ name, ...meanCurve(runs, ({ nll }) => nll) })),
              { xTitle: 'optimiser step', yTitle: 'validation NLL (nats)', logY: true, colours }
            ),
            caption:
              'Negative log-likelihood of validation rows over training: the mean over trainings, with two standard errors on either side.'
          },
          {
            spec: lineChart(
              networks.map(({ name, runs }) => {
                const { x, y, error } = meanCurve(runs, ({ accuracy }) => 100 * accuracy)
                return { name, x: x.slice(1), y: y.slice(1), error: error.slice(1) }
              }),
              { xTitle: 'optimiser step', yTitle: 'validation accuracy, %', colours }
            ),
            caption: 'Accuracy on validation rows, likewise; the start, at chance, is left out.'
          }
        ]
      }

export const effortSection = ({ efforts }: Results, { tolerance, watchTolerance }: Settings): Section | null => {
  const [first, last] = [efforts[0], efforts.at(-1)]
  if (first === undefined || last === undefined) return null
  const x = efforts.map(({ step }) => step)
  return {
    heading: 'The equation while it is learnt',
    prose:
      `Steps are chosen by the error that they make, with the method of Dormand and Prince of order 5: a field that bends takes more of them. ` +
      `Training asks for ${scientific(tolerance)}; counted here at ${scientific(watchTolerance)}, one batch took ${first.forward} evaluations of the field after ${first.step} steps and ${last.forward} after ${last.step}, ` +
      `and the adjoint equation, solved backwards for the gradient, ${first.backward} and ${last.backward}.`,
    charts: [
      {
        spec: lineChart(
          [
            { name: 'forward', x, y: efforts.map(({ forward }) => forward) },
            { name: 'backward', x, y: efforts.map(({ backward }) => backward) }
          ],
          { xTitle: 'optimiser step', yTitle: 'evaluations for one batch' }
        ),
        caption:
          'Evaluations of the field on the way there, and of the adjoint equation on the way back, in the first training.'
      }
    ]
  }
}

export const toleranceSection = ({ tolerances }: Results): Section | null => {
  const [loosest, tightest] = [tolerances[0], tolerances.at(-1)]
  if (loosest === undefined || tightest === undefined) return null
  const digits = tolerances.map(({ tolerance }) => -Math.log10(tolerance))
  return {
    heading: 'What a tolerance buys',
    prose:
      `A trained equation can be solved as accurately as one likes. From ${scientific(loosest.tolerance)} to ${scientific(tightest.tolerance)} the evaluations go from ${loosest.forward} to ${tightest.forward}, ` +
      `the error of the state from ${scientific(loosest.error)} to ${scientific(tightest.error)}, and the test accuracy from ${decimal(100 * loosest.accuracy, 1)} % to ${decimal(100 * tightest.accuracy, 1)} %.`,
    tables: [
      {
        columns: [
          { name: 'tolerance' },
          { name: 'evaluations forward', digits: 0 },
          { name: 'backward', digits: 0 },
          { name: 'error of the state' },
          { name: 'test accuracy, %', digits: 2 },
          { name: 'NLL (nats)', digits: 4 }
        ],
        rows: tolerances.map(({ tolerance, forward, backward, error, accuracy, nll }) => [
          scientific(tolerance),
          forward,
          backward,
          scientific(error),
          100 * accuracy,
          nll
        ])
      }
    ],
    charts: [
      {
        spec: lineChart(
          [
            { name: 'error of the state', x: digits, y: tolerances.map(({ error }) => error) },
            { name: 'tolerance', x: digits, y: tolerances.map(({ tolerance }) => tolerance) }
          ],
          { xTitle: 'digits asked for, −log₁₀ of the tolerance', yTitle: 'root mean square error', logY: true }
        ),
        caption: "Error of the block's output against the tolerance of one step, by an accurate solution of order 8."
      },
      {
        spec: lineChart(
          [
            { name: 'forward', x: digits, y: tolerances.map(({ forward }) => forward) },
            { name: 'backward', x: digits, y: tolerances.map(({ backward }) => backward) }
          ],
          { xTitle: 'digits asked for, −log₁₀ of the tolerance', yTitle: 'evaluations for all test rows' }
        ),
        caption: 'Evaluations for all test rows as one batch.'
      }
    ]
  }
}

export const eulerSection = ({ eulers, tolerances }: Results): Section | null => {
  const [fewest, most] = [eulers[0], eulers.at(-1)]
  const best = tolerances.at(-1)
  if (fewest === undefined || most === undefined) return null
  return {
    heading: 'As a residual network',
    prose:
      "A step of Euler's method is a residual block, x + f(t, x) / n, so the equation in n steps is a residual network of n blocks that share their weights. " +
      `In ${plural(fewest.steps, 'step')} the trained equation is right on ${percent(fewest.accuracy)} of the test rows, in ${most.steps} on ${percent(most.accuracy)}` +
      (best ? `; solved to ${scientific(best.tolerance)}, on ${percent(best.accuracy)}.` : '.'),
    tables: [
      {
        columns: [
          { name: "steps of Euler's method", digits: 0 },
          { name: 'error of the state' },
          { name: 'test accuracy, %', digits: 2 },
          { name: 'NLL (nats)', digits: 4 }
        ],
        rows: eulers.map(({ steps, error, accuracy, nll }) => [steps, scientific(error), 100 * accuracy, nll])
      }
    ]
  }
}
