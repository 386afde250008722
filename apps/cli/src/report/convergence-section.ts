/** Whether the chains reached the posterior. */
import { traceChart } from '@bdl/report'
import type { Colours, Section } from '@bdl/report'
import type { Results } from '../weights/results.js'

export const convergenceSection = ({ convergence, sampler, elbo }: Results, colours: Colours): Section | null =>
  convergence.length === 0
    ? null
    : {
        heading: 'Is it the posterior?',
        prose:
          'R-hat compares chains with one another in function space, where symmetric copies of a network are one and the same; values near 1 say that they agree. ' +
          'It does not see a bias that all chains share: compare the level of the log joint with that of HMC, whose accept test keeps the target exact. ' +
          (sampler
            ? `HMC took steps of ${sampler.stepSize.toFixed(4)} and accepted ${(100 * sampler.acceptance).toFixed(0)} % of its proposals, with ${sampler.divergences} divergences. `
            : '') +
          (elbo
            ? `The evidence lower bound of mean-field VI is ${elbo.mean.toFixed(0)} ± ${elbo.error.toFixed(0)} nats.`
            : ''),
        tables: [
          {
            caption:
              "Log joint without the prior's constant, nats; R-hat and effective sample size of class probabilities",
            columns: [
              { name: 'sampler' },
              { name: 'draws', digits: 0 },
              { name: 'chains', digits: 0 },
              { name: 'log joint', digits: 1 },
              { name: 'sd', digits: 1 },
              { name: 'first half', digits: 1 },
              { name: 'second half', digits: 1 },
              { name: 'R-hat median', digits: 3 },
              { name: '95 %', digits: 3 },
              { name: 'max', digits: 3 },
              { name: 'ESS', digits: 0 }
            ],
            rows: convergence.map(({ name, facts: { draws, chains, logJoint: l, rhat, ess } }) => [
              name,
              draws,
              chains,
              l.mean,
              l.sd,
              l.firstHalf,
              l.secondHalf,
              rhat?.median ?? null,
              rhat?.q95 ?? null,
              rhat?.max ?? null,
              ess
            ])
          }
        ],
        charts: [
          {
            spec: traceChart(
              convergence.map(({ name, trace }) => ({ name, chains: trace })),
              {
                yTitle: 'log joint (nats)',
                colours,
                ...(convergence[0] ? { reference: convergence[0].facts.logJoint.mean } : {})
              }
            ),
            caption: 'Log joint of eight chains of each sampler, draw after draw. The dashed line is the mean of HMC.'
          }
        ]
      }
