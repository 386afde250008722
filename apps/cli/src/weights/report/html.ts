/** The report as a page: what was found, in words, tables and pictures. */
import { htmlReport } from '@bdl/report'
import type { Fact, Section } from '@bdl/report'
import type { Problem } from '../problem.js'
import type { Results } from '../results.js'
import type { Settings } from '../settings.js'
import { canonicalSection } from './canonical-section.js'
import { convergenceSection } from './convergence-section.js'
import { densitySection, toySection } from './density-section.js'
import { gatesOf, gatesSection } from './gates.js'
import type { Gate } from './gates.js'
import { generatorsSection } from './generators-section.js'
import { predictionSection, shiftSection } from './prediction-section.js'
import { methodColours } from './style.js'
import { decimal, percent } from '../../report/words.js'

const present = (sections: readonly (Section | null)[]): readonly Section[] =>
  sections.filter((section) => section !== null)

const factsOf = (results: Results, gates: readonly Gate[]): readonly Fact[] => {
  const { canonical } = results
  const hmc = results.convergence.find(({ name }) => name === 'HMC')?.facts
  const generated = results.methods.find(({ name }) => name === 'generated')?.evaluation.scores
  return [
    ...(hmc
      ? [{ label: `posterior networks by HMC, from ${hmc.chains} chains`, value: hmc.draws.toLocaleString('en-US') }]
      : []),
    ...(hmc?.rhat ? [{ label: 'largest R-hat of predictions', value: decimal(hmc.rhat.max, 3) }] : []),
    ...(canonical
      ? [
          {
            label: 'loss barrier (nats), raw to canonical',
            value: `${decimal(canonical.forms.raw.barrier.mean, 2)} → ${decimal(canonical.forms.canonical.barrier.mean, 2)}`
          }
        ]
      : []),
    ...(generated
      ? [{ label: 'test accuracy of the generated networks, averaged', value: percent(generated.accuracy) }]
      : []),
    ...(gates.length > 0
      ? [{ label: 'gates passed', value: `${gates.filter(({ passes }) => passes).length} of ${gates.length}` }]
      : [])
  ]
}

/** One self-contained page; sections of stages that were not reached are left out, and the page says so. */
export const reportHtml = (problem: Problem, settings: Settings, results: Results): Promise<string> => {
  const gates = gatesOf(results, problem.name)
  return htmlReport({
    title: `Posterior and generated weights: ${problem.name}`,
    lead:
      `A ReLU network ${problem.sizes.join('-')} (${problem.dim.toLocaleString('en-US')} weights) on ${problem.train.labels.length.toLocaleString('en-US')} rows, ` +
      `prior N(0, ${problem.priorScale}²) on every weight, judged on ${problem.test.labels.length.toLocaleString('en-US')} rows that no method has seen. Seed ${settings.seed}.`,
    ...(results.isComplete
      ? {}
      : { notice: 'This run was interrupted: the report holds what was finished until then.' }),
    facts: factsOf(results, gates),
    sections: present([
      predictionSection(results, methodColours),
      shiftSection(results),
      convergenceSection(results, methodColours),
      canonicalSection(results),
      generatorsSection(results),
      densitySection(results),
      toySection(results),
      gatesSection(gates)
    ]),
    footer:
      'Made by `bdl weights`. The numbers are in `report.json`, next to this page: the same seed gives the same numbers. Speeds are in `timings.json`.'
  })
}
