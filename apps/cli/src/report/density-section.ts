/** Log densities, importance weights, repair; and the small problem where weights work. */
import { lineChart, scatterChart } from '@bdl/report'
import type { Column, Section, Table } from '@bdl/report'
import type { ImportanceFacts } from '../weights/importance.js'
import type { Results } from '../weights/results.js'

const COLUMNS: readonly Column[] = [
  { name: 'proposal' },
  { name: 'draws', digits: 0 },
  { name: 'in region', digits: 2 },
  { name: 'log weight: mean', digits: 1 },
  { name: 'sd', digits: 1 },
  { name: 'ESS', digits: 1 },
  { name: 'Pareto k', digits: 2 },
  { name: 'log evidence', digits: 2 },
  { name: '±', digits: 2 }
]

const row = (name: string, f: ImportanceFacts): Table['rows'][number] => [
  name,
  f.networks,
  f.inRegion,
  f.logWeight.mean,
  f.logWeight.sd,
  f.ess,
  f.paretoK,
  f.logEvidence.value,
  f.logEvidence.error
]

export const densitySection = ({ generated, importance, repairs }: Results): Section | null => {
  if (!generated && importance.length === 0 && repairs.length === 0) return null
  const names = repairs.map(({ name }) => name)
  return {
    heading: 'Densities, weights, repair',
    prose:
      'Each generated network has its log density by the probability-flow ODE, with the base divergence exact and the correction probed. Importance weights against the true unnormalised posterior then tell whether the flow is the posterior: in a thousand dimensions the effective sample size is 1, and that is what is shown. ' +
      'What repairs it is a few HMC transitions from the generated networks. The fair null arm is the Gaussian with as many gradients: the flow shortens the way and brings a density; it is not what makes the repair work.',
    tables: [
      {
        caption: 'Importance sampling with generated networks',
        columns: COLUMNS,
        rows: importance.map(({ name, facts }) => row(name, facts))
      },
      {
        caption: 'HMC transitions from generated networks',
        columns: [
          { name: 'start' },
          { name: 'transitions', digits: 0 },
          { name: 'log joint', digits: 0 },
          { name: 'one network: NLL', digits: 3 },
          { name: 'average: NLL', digits: 3 },
          { name: 'accuracy', digits: 3 }
        ],
        rows: repairs.flatMap(({ name, rows }) =>
          rows.map((r) => [name, r.transitions, r.logJoint, r.scores.one.nll, r.scores.nll, r.scores.accuracy])
        )
      }
    ],
    charts: [
      ...(repairs.length === 0
        ? []
        : [
            {
              spec: lineChart(
                repairs.map(({ name, rows }) => ({
                  name,
                  x: rows.map((r) => r.transitions),
                  y: rows.map((r) => r.logJoint)
                })),
                { xTitle: 'HMC transitions', yTitle: 'log joint (nats)' }
              ),
              caption: `Log joint of ${names.join(', ')} on the way to the posterior.`
            }
          ]),
      ...(generated
        ? [
            {
              spec: scatterChart(
                [
                  {
                    name: generated.arm,
                    x: generated.logDensity,
                    y: generated.logJoint,
                    group: generated.logDensity.map(() => 0)
                  }
                ],
                {
                  xTitle: 'log density of the flow (nats)',
                  yTitle: 'log joint (nats)'
                }
              ),
              caption:
                'Each generated network: its log density under the flow against its log posterior density. On the posterior the points would lie on a line of slope one.'
            }
          ]
        : [])
    ]
  }
}

export const toySection = ({ toy }: Results): Section | null =>
  toy
    ? {
        heading: 'Sixteen weights: where importance sampling works',
        prose:
          `Regression with a 1-5-1 ReLU network on ${toy.points} points (noise ${toy.noise}), ${toy.posteriorDraws.toLocaleString('en-US')} posterior draws by HMC, aligned with their scales kept, so that densities exist. ` +
          'The flow has an exact divergence. Weights carry the 5! permutations and are zero outside the reference region.',
        tables: [{ columns: COLUMNS, rows: [row('flow', toy.flow), row('Gaussian', toy.gaussian)] }]
      }
    : null
