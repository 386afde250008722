/** What each method predicts, on the test set and out of distribution. */
import { barChart, histogramChart, reliabilityDiagram } from '@bdl/report'
import type { Colours, Section } from '@bdl/report'
import type { Results } from '../weights/results.js'

export const predictionSection = ({ methods, timings }: Results, colours: Colours): Section | null =>
  methods.length === 0
    ? null
    : {
        heading: 'Predictions',
        prose:
          'Each row averages the predictions of its networks (MAP is one network). NLL, Brier score and expected calibration error are better when smaller. ' +
          'In distribution the posterior at temperature 1 is underconfident, and a single MAP network often has the better NLL; the next section shows the other side. ' +
          'Generated networks are shown as they are, also where they are worse.',
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
              'Reliability: share of correct predictions against confidence, in 15 bins. Above the diagonal a method is more often right than it says.'
          },
          ...(timings.length === 0
            ? []
            : [
                {
                  spec: barChart(
                    timings.map((t) => ({ name: t.name, value: t.networks / t.seconds })),
                    {
                      xTitle: 'networks per second of sampling or training',
                      colours,
                      log: true
                    }
                  ),
                  caption: 'Speed of each method on this machine, compilation included.'
                }
              ])
        ]
      }

export const shiftSection = ({ methods }: Results, colours: Colours): Section | null => {
  const shifts = methods[0]?.evaluation.scores.shifted ?? []
  if (shifts.length === 0) return null
  return {
    heading: 'Out of distribution',
    prose:
      'How well does a score tell inputs unlike the training data from the test set? AUROC 1 is perfect, 0.5 is chance; below 0.5 the shifted inputs look *more* familiar. ' +
      'Predictive entropy mixes both kinds of doubt; mutual information counts only what the networks disagree about, and one network has none.',
    tables: [
      {
        caption: 'AUROC of test set against shifted inputs',
        columns: [
          { name: 'method' },
          ...shifts.flatMap(({ name }) => [
            { name: `${name}: entropy`, digits: 3, best: 'max' as const },
            { name: 'mutual information', digits: 3, best: 'max' as const }
          ])
        ],
        rows: methods.map(({ name, evaluation }) => [
          name,
          ...evaluation.scores.shifted.flatMap((s) => [s.entropyAuroc, s.mutualInformationAuroc])
        ])
      }
    ],
    charts: [
      {
        spec: histogramChart(
          methods.map(({ name, evaluation }) => ({
            name,
            series: evaluation.entropies,
            note: `AUROC ${evaluation.scores.shifted.map((s) => `${s.entropyAuroc.toFixed(2)}`).join(' / ')}`
          })),
          { xTitle: 'predictive entropy (nats)' }
        ),
        caption: `Predictive entropy on the test set and on shifted inputs (AUROC: ${shifts.map(({ name }) => name).join(' / ')}). ${colours.domain.length > 0 ? 'The further to the right the shifted histograms lie, the better a method knows what it does not know.' : ''}`
      }
    ]
  }
}
