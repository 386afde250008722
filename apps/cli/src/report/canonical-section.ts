/** What canonicalisation did. */
import { barrierChart, scatterChart } from '@bdl/report'
import type { Figure, Section } from '@bdl/report'
import { FORMS } from '../weights/canonical.js'
import type { Form } from '../weights/canonical.js'
import type { Results } from '../weights/results.js'

const NAMES: Readonly<Record<Form, string>> = {
  raw: 'raw',
  balanced: 'balanced scales',
  sorted: 'sorted units',
  aligned: 'aligned units',
  canonical: 'balanced and aligned'
}

export const canonicalSection = ({ canonical, projections }: Results): Section | null => {
  if (!canonical) return null
  const { forms, lambdas } = canonical
  const scatter: readonly Figure[] = projections
    ? [
        {
          spec: scatterChart(
            projections.map(({ name, x, y, chain }) => ({ name, x, y, group: chain })),
            { xTitle: 'first principal axis', yTitle: 'second' }
          ),
          caption:
            'Networks on the first two principal axes of their weights, one colour per chain. Raw chains sit in copies of their own; canonical ones lie over one another.'
        }
      ]
    : []
  return {
    heading: 'Canonical weights',
    prose:
      'A ReLU network keeps its function when hidden units are permuted, and when a unit is scaled up before and down after. Canonical form: balanced scales (the least norm), then units aligned to a common reference. ' +
      `The largest change of a logit over all networks was **${canonical.logitChange.toExponential(1)}**, of logits up to ${canonical.largestLogit.toFixed(1)}: rounding.`,
    tables: [
      {
        caption: `Spread of ${canonical.networks.toLocaleString('en-US')} networks, and the loss barrier between networks of different chains`,
        columns: [
          { name: 'form' },
          { name: 'total variance', digits: 1, best: 'min' },
          { name: 'barrier (nats)', digits: 3, best: 'min' },
          { name: 'standard error', digits: 3 }
        ],
        rows: FORMS.map((form) => [
          NAMES[form],
          forms[form].variance,
          forms[form].barrier.mean,
          forms[form].barrier.error
        ])
      }
    ],
    charts: [
      {
        spec: barrierChart(FORMS.map((form) => ({ name: NAMES[form], x: [...lambdas], y: forms[form].curve }))),
        caption:
          'Mean loss above the straight line between the two ends, along straight lines in weight space. Sorting is exact and useless: alignment is what makes networks neighbours.'
      },
      ...scatter
    ]
  }
}
