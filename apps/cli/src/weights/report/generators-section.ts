/** The generators compared. */
import { barChart, lossChart } from '@bdl/report'
import type { Figure, Section, Table } from '@bdl/report'
import type { ArmFacts, Results } from '../results.js'
import { inColumns } from '../../report/in-columns.js'
import { decimal, listed } from '../../report/words.js'

const isReference = ({ name }: ArmFacts): boolean => name === 'held-out posterior'

const labelOf = (arm: ArmFacts): string => (isReference(arm) ? arm.name : `${arm.name}, ${arm.form}`)

const onCanonical = (arms: readonly ArmFacts[], seesData: boolean): readonly ArmFacts[] =>
  arms.filter((arm) => arm.form === 'canonical' && arm.seesData === seesData && arm.bestStep !== null)

/** Which arms beat the Gaussian, by the likelihood of one network. */
const verdict = (arms: readonly ArmFacts[]): string => {
  const gaussian = arms.find(({ name, form }) => name === 'Gaussian' && form === 'canonical')
  const judge = (kind: string, fields: readonly ArmFacts[]): string => {
    if (!gaussian || fields.length === 0) return ''
    const beats = fields.filter(({ one }) => one.nll < gaussian.one.nll)
    const loses = fields.filter(({ one }) => one.nll >= gaussian.one.nll)
    const figures = (list: readonly ArmFacts[]): string =>
      listed(list.map(({ name, one }) => `${name} (NLL ${decimal(one.nll, 2)})`))
    const against = `the Gaussian (${decimal(gaussian.one.nll, 2)})`
    return (
      (beats.length > 0 ? `${kind} beats ${against}: ${figures(beats)}. ` : '') +
      (loses.length > 0 ? `${kind} does not beat ${against} here: ${figures(loses)}. ` : '')
    )
  }
  return (
    judge('By the NLL of one network, a field that sees only the weights', onCanonical(arms, false)) +
    judge('A field that also sees the gradient of the data at its predicted end point', onCanonical(arms, true))
  )
}

const quality = (arms: readonly ArmFacts[]): Table => ({
  caption: 'Quality on the test set: one network alone, and the average of all',
  columns: [
    { name: 'arm and weights' },
    { name: 'one: accuracy', digits: 3, best: 'max' },
    { name: 'NLL', digits: 2, best: 'min' },
    { name: 'average: accuracy', digits: 3, best: 'max' },
    { name: 'NLL', digits: 3, best: 'min' }
  ],
  rows: arms.map((arm) => [labelOf(arm), arm.one.accuracy, arm.one.nll, arm.average.accuracy, arm.average.nll]),
  quiet: arms.flatMap((arm, i) => (isReference(arm) ? [i] : []))
})

const closeness = (arms: readonly ArmFacts[]): Table => ({
  caption:
    'Nearness to the posterior. Balancing takes the least norm, so that canonical weights have a higher log joint than raw ones: compare within a form',
  columns: [
    { name: 'arm and weights' },
    { name: 'log joint (nats)', digits: 0 },
    { name: 'dispersion', digits: 2 },
    { name: 'nearest ratio', digits: 2 },
    { name: 'best step', digits: 0 }
  ],
  rows: arms.map((arm) => [labelOf(arm), arm.logJoint, arm.dispersion, arm.nearestRatio, arm.bestStep]),
  quiet: arms.flatMap((arm, i) => (isReference(arm) ? [i] : []))
})

/** Losses of different weight forms lie far apart: what compares is the change from each base. */
const lossFigure = (arms: readonly ArmFacts[]): readonly Figure[] => {
  const trained = arms.filter((arm) => arm.curve.length > 1)
  if (trained.length === 0) return []
  const curves = trained.map((arm) => ({
    name: labelOf(arm),
    x: arm.curve.map(({ step }) => step),
    y: arm.curve.map(({ loss }) => 100 * (loss / arm.curve[0]!.loss - 1))
  }))
  return [
    {
      spec: inColumns(lossChart(curves, { xTitle: 'training step', yTitle: 'change of held-out loss (%)' }), 2),
      caption:
        'Held-out flow-matching loss, on chains that never train, against that of the Gaussian base alone (step 0). The best step is kept; where no step is better the base itself is.'
    }
  ]
}

export const generatorsSection = ({ arms }: Results): Section | null =>
  arms.length === 0
    ? null
    : {
        heading: 'Generating networks',
        prose:
          'Every field carries the prior N(0, σ²) to the posterior along straight paths (flow matching), starts as the exact field of a Gaussian, and learns a correction. ' +
          'The Gaussian fitted to the same canonical weights is the arm that a flow must beat. ' +
          verdict(arms) +
          'Dispersion near 1 says that the spread is kept; a nearest ratio well below 1 would mean copies of training networks.',
        tables: [quality(arms), closeness(arms)],
        charts: [
          {
            spec: barChart(
              arms.map((arm) => ({ name: labelOf(arm), value: arm.one.accuracy })),
              { xTitle: 'accuracy of one network', format: (value) => decimal(value, 3) }
            ),
            caption:
              'Accuracy of a network alone, mean over all generated ones (held-out posterior: over draws of the chains that did not train).'
          },
          ...lossFigure(arms)
        ]
      }
