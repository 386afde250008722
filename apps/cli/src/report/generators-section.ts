/** The generators compared. */
import { barChart, lossChart } from '@bdl/report'
import type { Section } from '@bdl/report'
import type { Results } from '../weights/results.js'

export const generatorsSection = ({ arms }: Results): Section | null => {
  if (arms.length === 0) return null
  const label = (arm: (typeof arms)[number]): string =>
    arm.name === 'held-out posterior' ? arm.name : `${arm.name}, ${arm.form}`
  const trained = arms.filter((arm) => arm.curve.length > 1)
  return {
    heading: 'Generating networks',
    prose:
      'Every field carries the prior N(0, σ²) to the posterior along straight paths (flow matching), starts as the exact field of a Gaussian, and learns a correction. ' +
      'The Gaussian fitted to the same canonical weights is the arm that a flow must beat. A field that sees only the weights does not beat it with this many samples; one that also sees the gradient of the data at its predicted end point does, clearly. ' +
      'Held-out loss moves by a percent while quality moves by a lot, so arms are judged by their networks. Dispersion near 1 says that the spread is kept; a nearest ratio well below 1 would mean copies of training networks.',
    tables: [
      {
        columns: [
          { name: 'arm' },
          { name: 'weights' },
          { name: 'one network: accuracy', digits: 3 },
          { name: 'NLL', digits: 2 },
          { name: 'average: accuracy', digits: 3 },
          { name: 'NLL', digits: 3 },
          { name: 'log joint', digits: 0 },
          { name: 'dispersion', digits: 2 },
          { name: 'nearest ratio', digits: 2 },
          { name: 'best step', digits: 0 }
        ],
        rows: arms.map((arm) => [
          arm.name,
          arm.name === 'held-out posterior' ? '' : arm.form,
          arm.one.accuracy,
          arm.one.nll,
          arm.average.accuracy,
          arm.average.nll,
          arm.logJoint,
          arm.dispersion,
          arm.nearestRatio,
          arm.bestStep
        ]),
        quiet: [0]
      }
    ],
    charts: [
      {
        spec: barChart(
          arms.map((arm) => ({ name: label(arm), value: arm.one.accuracy })),
          { xTitle: 'accuracy of one generated network' }
        ),
        caption: 'Accuracy of a single network, averaged over all generated ones.'
      },
      ...(trained.length === 0
        ? []
        : [
            {
              spec: lossChart(
                trained.map((arm) => ({
                  name: label(arm),
                  x: arm.curve.map((p) => p.step),
                  y: arm.curve.map((p) => p.loss)
                })),
                { yTitle: 'held-out flow-matching loss' }
              ),
              caption: 'Loss on chains that never train. Step 0 is the Gaussian base alone; the best step is kept.'
            }
          ])
    ]
  }
}
