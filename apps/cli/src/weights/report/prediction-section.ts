/** What each method predicts, on the test set and out of distribution. */
import { barChart, histogramChart, reliabilityDiagram } from '@bdl/report'
import type { Colours, Figure, Section } from '@bdl/report'
import type { Results } from '../results.js'
import { decimal } from '../../report/words.js'

const scoresOf = ({ methods }: Results, method: string) =>
  methods.find(({ name }) => name === method)?.evaluation.scores

/** The posterior average against the single best network, in words that follow the numbers. */
const headline = (results: Results): string => {
  const [map, hmc, generated] = ['MAP', 'HMC', 'generated'].map((name) => scoresOf(results, name))
  const inside =
    map && hmc
      ? `In distribution the average of HMC has an NLL of ${decimal(hmc.nll, 3)}, the MAP network alone ${decimal(map.nll, 3)}: ` +
        (hmc.nll > map.nll
          ? 'the posterior at temperature 1 is the less confident of the two, and pays for it here; the next section shows the other side. '
          : 'averaging over the posterior pays. ')
      : ''
  const worse = generated && hmc && generated.nll > hmc.nll
  return (
    inside +
    (worse
      ? `The generated networks are worse than those of HMC, alone (NLL ${decimal(generated.one.nll, 2)} against ${decimal(hmc.one.nll, 2)}) and averaged.`
      : '')
  )
}

const speedFigure = ({ timings }: Results, colours: Colours): readonly Figure[] =>
  timings.length === 0
    ? []
    : [
        {
          spec: barChart(
            timings.map((t) => ({ name: t.name, value: t.networks / t.seconds })),
            { xTitle: 'networks per second', colours, log: true }
          ),
          caption:
            'Networks of each method over its seconds on this machine, compilation and warm-up included. Mean-field VI spends its time on the fit: further draws are almost free.'
        }
      ]

export const predictionSection = (results: Results, colours: Colours): Section | null => {
  const { methods } = results
  if (methods.length === 0) return null
  return {
    heading: 'Predictions',
    prose:
      'Each row averages the predictions of its networks (MAP is one network). Negative log likelihood (NLL, nats per row), Brier score and expected calibration error (ECE) are better when smaller. ' +
      headline(results),
    tables: [
      {
        caption: 'Test set',
        columns: [
          { name: 'method' },
          { name: 'networks', digits: 0 },
          { name: 'accuracy', digits: 3, best: 'max' },
          { name: 'NLL', digits: 3, best: 'min' },
          { name: 'Brier', digits: 3, best: 'min' },
          { name: 'ECE', digits: 3, best: 'min' },
          { name: 'one network: accuracy', digits: 3 },
          { name: 'NLL', digits: 3 }
        ],
        rows: methods.map(({ name, evaluation: { scores: s } }) => [
          name,
          s.networks,
          s.accuracy,
          s.nll,
          s.brier,
          s.ece,
          s.one.accuracy,
          s.one.nll
        ])
      }
    ],
    charts: [
      {
        spec: reliabilityDiagram(
          methods.map(({ name, evaluation }) => ({ name, bins: evaluation.bins })),
          { colours }
        ),
        caption:
          'Reliability: share of correct predictions against confidence, in 15 bins; the area of a point is the share of rows in it. Above the diagonal a method is more often right than it says.'
      },
      ...speedFigure(results, colours)
    ]
  }
}

const shiftHeadline = (results: Results): string => {
  const [map, hmc] = ['MAP', 'HMC'].map((name) => scoresOf(results, name)?.shifted[0])
  return map && hmc
    ? ` On the first shift (${hmc.name}) the entropy of HMC has ${decimal(hmc.entropyAuroc, 2)}, that of MAP ${decimal(map.entropyAuroc, 2)}.`
    : ''
}

export const shiftSection = (results: Results): Section | null => {
  const { methods } = results
  const shifts = methods[0]?.evaluation.scores.shifted ?? []
  if (shifts.length === 0) return null
  const names = shifts.map(({ name }) => name)
  return {
    heading: 'Out of distribution',
    prose:
      'How well does a score tell inputs unlike the training data from the test set? AUROC 1 is perfect, 0.5 is chance; below 0.5 the shifted inputs look more familiar than the test set. ' +
      'Predictive entropy mixes both kinds of doubt; mutual information counts only what the networks disagree about, and one network has none.' +
      shiftHeadline(results),
    tables: names.map((name, s) => ({
      caption: `AUROC, test set against shifted inputs: ${name}`,
      columns: [
        { name: 'method' },
        { name: 'entropy', digits: 3, best: 'max' as const },
        { name: 'mutual information', digits: 3, best: 'max' as const }
      ],
      rows: methods.map(({ name: method, evaluation: { scores } }) => [
        method,
        scores.shifted[s]?.entropyAuroc ?? null,
        scores.shifted[s]?.mutualInformationAuroc ?? null
      ])
    })),
    charts: [
      {
        spec: histogramChart(
          methods.map(({ name, evaluation }) => ({
            name,
            series: evaluation.entropies,
            note: `AUROC ${evaluation.scores.shifted.map((s) => decimal(s.entropyAuroc, 2)).join(' / ')}`
          })),
          { xTitle: 'predictive entropy (nats)' }
        ),
        caption: `Predictive entropy on the test set and on shifted inputs (AUROC: ${names.join(' / ')}). The further to the right of the test set the shifted histograms lie, the better a method knows what it does not know.`
      }
    ]
  }
}
