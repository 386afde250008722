/** Log densities, importance weights, repair; and the small problem where weights can work. */
import { lineChart } from '@bdl/report'
import type { Column, Figure, Section, Table } from '@bdl/report'
import type { ImportanceFacts } from '../importance.js'
import type { Results } from '../results.js'
import { densityChart } from './charts.js'
import { decimal, listed } from '../../report/words.js'

const COLUMNS: readonly Column[] = [
  { name: 'proposal' },
  { name: 'draws', digits: 0 },
  { name: 'in region', digits: 2 },
  { name: 'log weight', digits: 1 },
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
  f.logWeight?.mean ?? null,
  f.logWeight?.sd ?? null,
  f.ess,
  f.paretoK,
  f.logEvidence?.value ?? null,
  f.logEvidence?.error ?? null
]

/** Above this the weights have no mean that a sample could find (Vehtari et al. 2024). */
const USABLE_K = 0.7

const isUsable = ({ paretoK }: ImportanceFacts): boolean => paretoK !== null && paretoK < USABLE_K

const weightsVerdict = (all: Results['importance']): string => {
  if (all.length === 0) return ''
  const usable = all.filter(({ facts }) => isUsable(facts)).map(({ name }) => name)
  return usable.length === 0
    ? `Here they have an effective sample size (ESS) of ${listed(all.map(({ facts }) => `${decimal(facts.ess, 1)} of ${facts.networks}`))} and no Pareto k below ${USABLE_K}: importance sampling fails in so many dimensions, and no evidence below is to be trusted. `
    : `They are usable (Pareto k below ${USABLE_K}) for ${listed(usable)}. `
}

const errorVerdict = (all: Results['importance']): string => {
  const known = all.filter(({ facts }) => facts.logDensityError > 0)
  return known.length === 0
    ? ''
    : `The probes leave a standard error of ${listed(known.map(({ facts }) => decimal(facts.logDensityError, 1)))} nats in a log density. `
}

/** The flows against the Gaussian after as many gradients. */
const repairVerdict = ({ repairs }: Results): string => {
  const gaussian = repairs.find(({ name }) => name === 'Gaussian')
  const one = (rows: Results['repairs'][number]['rows']) => rows.find(({ transitions }) => transitions === 1)
  const [bar, others] = [gaussian && one(gaussian.rows), repairs.filter((repair) => repair !== gaussian)]
  if (!bar || others.length === 0) return ''
  const figures = others.flatMap(({ name, rows }) => {
    const at = one(rows)
    return at ? [`${name} ${decimal(at.logJoint, 0)}`] : []
  })
  return `After one transition the log joint is ${listed([...figures, `the Gaussian ${decimal(bar.logJoint, 0)}`])}. `
}

const repairTable = (repairs: Results['repairs']): Table => ({
  caption:
    'HMC transitions from generated networks (0: as generated); NLL of one network alone, and NLL and accuracy of the average',
  columns: [
    { name: 'start' },
    { name: 'transitions', digits: 0 },
    { name: 'log joint (nats)', digits: 0 },
    { name: 'one: NLL', digits: 3 },
    { name: 'average: NLL', digits: 3 },
    { name: 'accuracy', digits: 3 }
  ],
  rows: repairs.flatMap(({ name, rows }) =>
    rows.map((r) => [name, r.transitions, r.logJoint, r.scores.one.nll, r.scores.nll, r.scores.accuracy])
  )
})

const repairFigure = ({ repairs, convergence }: Results): readonly Figure[] => {
  if (repairs.length === 0) return []
  const last = Math.max(...repairs.flatMap(({ rows }) => rows.map(({ transitions }) => transitions)))
  const level = convergence.find(({ name }) => name === 'HMC')?.facts.logJoint.mean
  const curves = repairs.map(({ name, rows }) => ({
    name,
    x: rows.map((r) => r.transitions),
    y: rows.map((r) => r.logJoint)
  }))
  return [
    {
      spec: lineChart(
        [...curves, ...(level === undefined ? [] : [{ name: 'HMC chains', x: [0, last], y: [level, level] }])],
        { xTitle: 'HMC transitions', yTitle: 'log joint (nats)' }
      ),
      caption: `Mean log joint of networks from ${listed(repairs.map(({ name }) => name))} on the way to the posterior${level === undefined ? '' : ', and the level of the chains'}.`
    }
  ]
}

const standardDeviation = (values: readonly number[]): number => {
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  return Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length)
}

const densityFigure = ({ generated }: Results): readonly Figure[] =>
  generated && generated.logDensity.length > 1
    ? [
        {
          spec: densityChart(generated.logDensity, generated.logJoint),
          caption:
            `Each network of ${generated.arm}: its log density under the flow (sd ${decimal(standardDeviation(generated.logDensity), 0)} nats) against its log joint (sd ${decimal(standardDeviation(generated.logJoint), 0)} nats). ` +
            'Were the flow the posterior, the points would lie on the dashed line of slope one. The axes have scales of their own.'
        }
      ]
    : []

export const densitySection = (results: Results): Section | null => {
  const { generated, importance, repairs } = results
  if (!generated && importance.length === 0 && repairs.length === 0) return null
  return {
    heading: 'Densities, weights, repair',
    prose:
      'Each generated network has its log density by the probability-flow ODE, with the base divergence exact and the correction probed. Importance weights against the true unnormalised posterior then tell whether the flow is the posterior. ' +
      weightsVerdict(importance) +
      errorVerdict(importance) +
      (repairs.length === 0
        ? ''
        : 'What repairs generated networks is a few HMC transitions from them. The fair null arm is the Gaussian with as many gradients. ' +
          repairVerdict(results)),
    tables: [
      ...(importance.length === 0
        ? []
        : [
            {
              caption:
                'Importance sampling with generated networks (log weights in nats: mean and sd over networks of the region)',
              columns: COLUMNS,
              rows: importance.map(({ name, facts }) => row(name, facts))
            }
          ]),
      ...(repairs.length === 0 ? [] : [repairTable(repairs)])
    ],
    charts: [...repairFigure(results), ...densityFigure(results)]
  }
}

export const toySection = ({ toy }: Results): Section | null => {
  if (!toy) return null
  const { flow, gaussian } = toy
  const share = (facts: ImportanceFacts): string =>
    `${decimal(facts.ess, 0)} of ${facts.networks.toLocaleString('en-US')}`
  return {
    heading: 'Sixteen weights: importance sampling in few dimensions',
    prose:
      `Regression with a 1-5-1 ReLU network on ${toy.points} points (noise ${toy.noise}), ${toy.posteriorDraws.toLocaleString('en-US')} posterior draws by HMC, aligned with their scales kept, so that densities exist. ` +
      'The flow has an exact divergence. Weights carry the 5! permutations and are zero outside the reference region. ' +
      `The flow has an ESS of ${share(flow)}, the Gaussian ${share(gaussian)}. ` +
      (isUsable(flow)
        ? `With a Pareto k below ${USABLE_K} the weights of the flow are usable: here importance sampling works.`
        : `The Pareto k of the flow is not below ${USABLE_K}: its weights are not to be trusted yet, and neither is its evidence.`),
    tables: [
      {
        caption:
          'Importance sampling of sixteen weights (log weights in nats: mean and sd over networks of the region)',
        columns: COLUMNS,
        rows: [row('flow', flow), row('Gaussian', gaussian)]
      }
    ]
  }
}
