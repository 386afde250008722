/** Whether the chains reached the posterior. */
import { traceChart } from '@bdl/report'
import type { Colours, Section, Table } from '@bdl/report'
import type { Results } from '../results.js'
import { decimal, listed, plural } from '../../report/words.js'

type Samplers = Results['convergence']

/** Above this, chains are not taken to agree. */
const AGREED = 1.05

const levels = (samplers: Samplers): Table => ({
  caption: "Log joint without the prior's constant, nats",
  columns: [
    { name: 'sampler' },
    { name: 'draws', digits: 0 },
    { name: 'chains', digits: 0 },
    { name: 'mean', digits: 1 },
    { name: 'sd', digits: 1 },
    { name: 'first half', digits: 1 },
    { name: 'second half', digits: 1 }
  ],
  rows: samplers.map(({ name, facts: { draws, chains, logJoint: l } }) => [
    name,
    draws,
    chains,
    l.mean,
    l.sd,
    l.firstHalf,
    l.secondHalf
  ])
})

const agreement = (samplers: Samplers): Table => ({
  caption: 'R-hat and effective sample size (ESS) of class probabilities at test inputs',
  columns: [
    { name: 'sampler' },
    { name: 'R-hat: median', digits: 3 },
    { name: '95 % quantile', digits: 3 },
    { name: 'largest', digits: 3 },
    { name: 'ESS: median', digits: 0 }
  ],
  rows: samplers.map(({ name, facts: { rhat, ess } }) => [
    name,
    rhat?.median ?? null,
    rhat?.q95 ?? null,
    rhat?.max ?? null,
    ess
  ])
})

const verdict = (samplers: Samplers): string => {
  const judged = samplers.filter(({ facts }) => facts.rhat !== null)
  const apart = judged.filter(({ facts }) => (facts.rhat?.max ?? 0) >= AGREED).map(({ name }) => name)
  const [hmc, sghmc] = ['HMC', 'SGHMC'].map((name) => samplers.find((sampler) => sampler.name === name)?.facts)
  const chains =
    judged.length === 0
      ? ''
      : apart.length === 0
        ? `The chains of ${listed(judged.map(({ name }) => name))} agree (all below ${AGREED}). `
        : `**The chains of ${listed(apart)} have not mixed** (largest R-hat ${AGREED} or more): take what follows from them with care. `
  const difference = hmc && sghmc ? sghmc.logJoint.mean - hmc.logJoint.mean : undefined
  return (
    chains +
    (difference === undefined
      ? ''
      : `SGHMC lies ${decimal(Math.abs(difference), 0)} nats ${difference < 0 ? 'below' : 'above'} HMC. `)
  )
}

const facts = ({ sampler, elbo }: Results): string =>
  (sampler
    ? `HMC took steps of ${decimal(sampler.stepSize, 4)} and accepted ${decimal(100 * sampler.acceptance, 0)} % of its proposals, with ${plural(sampler.divergences, 'divergence')}. `
    : '') +
  (elbo
    ? `The evidence lower bound of mean-field VI is ${decimal(elbo.mean, 0)} ± ${decimal(elbo.error, 0)} nats.`
    : '')

export const convergenceSection = (results: Results, colours: Colours): Section | null => {
  const { convergence } = results
  const [first] = convergence
  return first === undefined
    ? null
    : {
        heading: 'Is it the posterior?',
        prose:
          'R-hat compares chains with one another in function space, where symmetric copies of a network are one and the same; values near 1 say that they agree. ' +
          'It does not see a bias that all chains share: compare the level of the log joint with that of HMC, whose accept test keeps the target exact. ' +
          verdict(convergence) +
          facts(results),
        tables: [levels(convergence), agreement(convergence)],
        charts: [
          {
            spec: traceChart(
              convergence.map(({ name, trace }) => ({ name, chains: trace })),
              { yTitle: 'log joint (nats)', colours, reference: first.facts.logJoint.mean }
            ),
            caption: `Log joint of ${first.trace.length} chains of each sampler, draw after draw. The dashed line is the mean of ${first.name}.`
          }
        ]
      }
}
