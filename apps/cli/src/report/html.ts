/** The report as a page: what was found, in words, tables and pictures. */
import { htmlReport } from '@bdl/report'
import type { Fact, Section } from '@bdl/report'
import type { Problem } from '../weights/problem.js'
import type { Results } from '../weights/results.js'
import type { Settings } from '../weights/settings.js'
import { canonicalSection } from './canonical-section.js'
import { convergenceSection } from './convergence-section.js'
import { densitySection, toySection } from './density-section.js'
import { generatorsSection } from './generators-section.js'
import { predictionSection, shiftSection } from './prediction-section.js'
import { methodColours } from './style.js'

const present = (sections: readonly (Section | null)[]): readonly Section[] =>
  sections.filter((section) => section !== null)

const factsOf = (results: Results): readonly Fact[] => {
  const { canonical } = results
  const hmc = results.convergence.find(({ name }) => name === 'HMC')?.facts
  const generated = results.methods.find(({ name }) => name === 'generated')?.evaluation.scores
  return [
    ...(hmc
      ? [{ label: 'posterior networks by HMC', value: `${hmc.draws.toLocaleString('en-US')} of ${hmc.chains} chains` }]
      : []),
    ...(hmc?.rhat ? [{ label: 'largest R-hat of predictions', value: hmc.rhat.max.toFixed(3) }] : []),
    ...(canonical
      ? [
          {
            label: 'loss barrier, raw to canonical',
            value: `${canonical.forms.raw.barrier.mean.toFixed(2)} → ${canonical.forms.canonical.barrier.mean.toFixed(2)}`
          }
        ]
      : []),
    ...(generated
      ? [{ label: 'accuracy of the generated networks, averaged', value: `${(100 * generated.accuracy).toFixed(1)} %` }]
      : [])
  ]
}

/** One self-contained page; sections of stages that were not reached are left out, and the page says so. */
export const reportHtml = (problem: Problem, settings: Settings, results: Results): Promise<string> => {
  const colours = methodColours
  return htmlReport({
    title: `Posterior and generated weights: ${problem.name}`,
    lead:
      `A ReLU network ${problem.sizes.join('-')} (${problem.dim.toLocaleString('en-US')} weights) on ${problem.train.labels.length} rows, ` +
      `prior N(0, ${problem.priorScale}²) on every weight, judged on ${problem.test.labels.length} rows that no method has seen. Seed ${settings.seed}.`,
    ...(results.isComplete
      ? {}
      : { notice: 'This run was interrupted: the report holds what was finished until then.' }),
    facts: factsOf(results),
    sections: present([
      predictionSection(results, colours),
      shiftSection(results, colours),
      convergenceSection(results, colours),
      canonicalSection(results),
      generatorsSection(results),
      densitySection(results),
      toySection(results)
    ]),
    footer:
      'Made by `bdl weights`. The numbers are in `report.json`, next to this page; the same seed gives the same file.'
  })
}
