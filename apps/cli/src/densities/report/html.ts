/** The comparison as a page. */
import { barChart, htmlReport, PALETTE } from '@bdl/report'
import type { Fact, Section } from '@bdl/report'
import { decimal } from '../../report/words.js'
import type { Results } from '../results.js'
import type { Settings } from '../settings.js'
import { gatesOf, gatesSection, type Gate } from './gates.js'
import { setSection } from './pictures.js'
import { likelihoodTable, meanGap } from './table.js'

const tableSection = (results: Results): Section => ({
  heading: 'Test log-likelihoods',
  prose:
    'Each model learns from the same points of each set and is judged on points that it has not seen. Densities of continuous flows and diffusion models are those of their probability flow, with the exact trace.',
  tables: [likelihoodTable(results)],
  charts:
    results.models.length < 2
      ? []
      : [
          {
            spec: barChart(
              results.models.map((model) => ({ name: model.title, value: meanGap(results, model) })),
              {
                xTitle: 'nats below the truth, mean over sets',
                colours: {
                  domain: results.models.map(({ title }) => title),
                  range: results.models.map(() => PALETTE[0] ?? '')
                },
                format: (value) => decimal(value, 3)
              }
            ),
            caption:
              'How far below the truth the log-likelihoods stay, on average over the sets: the mean Kullback-Leibler divergence from truth to model.'
          }
        ]
})

const factsOf = (results: Results, gates: readonly Gate[]): readonly Fact[] => {
  const ranked = [...results.models].sort((a, b) => meanGap(results, a) - meanGap(results, b))
  const [best] = ranked
  return [
    { label: 'models', value: String(results.models.length) },
    { label: 'data sets', value: String(results.sets.length) },
    ...(best
      ? [{ label: `nats below the truth: ${best.title}, the best`, value: decimal(meanGap(results, best), 3) }]
      : []),
    { label: 'gates passed', value: `${gates.filter(({ passes }) => passes).length} of ${gates.length}` }
  ]
}

/** One self-contained page; of an interrupted run, what was finished. */
export const reportHtml = (settings: Settings, results: Results): Promise<string> => {
  const gates = gatesOf(results)
  const gatesPart = gatesSection(results, gates)
  return htmlReport({
    title: 'Densities in the plane',
    lead:
      `Flows, continuous flows, flow matching and diffusion models beside a Gaussian and a kernel estimate, ` +
      `on ${settings.train.toLocaleString('en-US')} points of each data set. Seed ${settings.seed}.`,
    ...(results.isComplete
      ? {}
      : { notice: 'This run was interrupted: the report holds the models that were finished until then.' }),
    facts: factsOf(results, gates),
    sections: [
      ...(results.sets.length === 0 ? [] : [tableSection(results)]),
      ...results.sets.map((set) => setSection(set, results)),
      ...(gatesPart ? [gatesPart] : [])
    ],
    footer:
      'Made by `bdl densities`. The numbers are in `report.json`, next to this page: the same seed gives the same numbers. Times are in `timings.json`.'
  })
}
