/** What canonicalisation did. */
import { barrierChart, scatterChart } from '@bdl/report'
import type { Figure, Section } from '@bdl/report'
import { FORMS } from '../canonical.js'
import type { CanonicalFacts, Form, Projection } from '../canonical.js'
import type { Results } from '../results.js'
import { decimal, percent, scientific } from '../../report/words.js'

const NAMES: Readonly<Record<Form, string>> = {
  raw: 'raw',
  balanced: 'balanced scales',
  sorted: 'sorted units',
  aligned: 'aligned units',
  canonical: 'balanced and aligned'
}

const meanOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length

/** Share of the variance on both axes that lies between the chains: 1 where chains never meet, near 0 where they mix. */
const betweenChains = ({ x, y, chain }: Projection): number => {
  const groups = [...new Set(chain)]
  const parts = [x, y].map((axis) => {
    const all = Array.from(axis)
    const centre = meanOf(all)
    const members = groups.map((group) => all.filter((_, i) => chain[i] === group))
    const between = members.reduce((sum, values) => sum + values.length * (meanOf(values) - centre) ** 2, 0)
    return { between, total: all.reduce((sum, v) => sum + (v - centre) ** 2, 0) }
  })
  const sum = (key: 'between' | 'total'): number => parts.reduce((s, part) => s + part[key], 0)
  return sum('between') / sum('total')
}

const projectionFigure = (projections: readonly Projection[]): Figure => ({
  spec: scatterChart(
    projections.map(({ name, x, y, chain }) => ({ name, x, y, group: chain })),
    { xTitle: 'first principal axis', yTitle: 'second principal axis' }
  ),
  caption:
    'Networks on the first two principal axes of their weights, one colour per chain. Share of the variance seen that lies between chains: ' +
    `${projections.map((projection) => `${percent(betweenChains(projection))} of ${projection.name}`).join(', ')}; 0 would be chains that all cover the same ground.`
})

/** What the numbers say about sorting and about aligning, and nothing else. */
const verdict = ({ forms: { raw, sorted, aligned, canonical } }: CanonicalFacts): string => {
  const share = (facts: typeof raw): number => facts.barrier.mean / raw.barrier.mean
  const noise = 2 * Math.hypot(raw.barrier.error, sorted.barrier.error)
  const bySorting =
    raw.barrier.mean - sorted.barrier.mean > noise
      ? `Sorting units lowers the barrier to ${decimal(share(sorted), 2)} of the raw one`
      : 'Sorting units, as exact as aligning them, does not lower the barrier'
  return `${bySorting}; aligning brings it to ${decimal(share(aligned), 2)}, balancing and aligning to ${decimal(share(canonical), 2)}.`
}

export const canonicalSection = ({ canonical, projections }: Results): Section | null => {
  if (!canonical) return null
  const { forms, lambdas } = canonical
  return {
    heading: 'Canonical weights',
    prose:
      'A ReLU network keeps its function when hidden units are permuted, and when a unit is scaled up before and down after. Canonical form: balanced scales (the least norm), then units aligned to a common reference. ' +
      `The largest change of a logit was **${scientific(canonical.logitChange)}**, of logits up to ${decimal(canonical.largestLogit, 1)}` +
      (canonical.logitChange < 1e-4 ? ': rounding.' : ': more than rounding explains.'),
    tables: [
      {
        caption: `Spread of ${canonical.networks.toLocaleString('en-US')} networks, and the loss barrier on straight lines between networks of different chains`,
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
        caption: `Test loss along straight lines in weight space, above the line between the losses of the two ends: mean over pairs. ${verdict(canonical)}`
      },
      ...(projections ? [projectionFigure(projections)] : [])
    ]
  }
}
