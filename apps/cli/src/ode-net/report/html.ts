/** The comparison as a page. */
import { colours, htmlReport } from '@bdl/report'
import type { Fact } from '@bdl/report'
import { percent, plural, scientific } from '../../report/words.js'
import type { Results } from '../results.js'
import { NAMES } from '../run.js'
import type { Settings } from '../settings.js'
import { accuracySection, effortSection, eulerSection, toleranceSection } from './sections.js'
import { testAccuracy } from './summary.js'

const factsOf = (settings: Settings, { networks, efforts }: Results): readonly Fact[] => {
  const last = efforts.at(-1)
  return [
    ...networks.map((network) => ({
      label: `test accuracy, ${network.name}`,
      value: percent(testAccuracy(network).mean)
    })),
    ...networks.map(({ name, weights }) => ({ label: `weights, ${name}`, value: weights.toLocaleString('en-US') })),
    ...(last
      ? [
          {
            label: `evaluations for one batch at ${scientific(settings.watchTolerance)}, there and back`,
            value: `${last.forward} + ${last.backward}`
          }
        ]
      : [])
  ]
}

/** One self-contained page; of an interrupted run, what was finished. */
export const reportHtml = (data: string, settings: Settings, results: Results): Promise<string> => {
  const networkColours = colours(Object.values(NAMES))
  const sections = [
    accuracySection(results, networkColours),
    effortSection(results, settings),
    toleranceSection(results),
    eulerSection(results)
  ]
  return htmlReport({
    title: `An equation for a layer: ${data}`,
    lead:
      `A classifier whose middle is an ordinary differential equation in ${settings.width} dimensions, beside a residual network with as many weights, ` +
      `${plural(settings.runs, 'training')} of ${plural(settings.steps, 'step')} each. Seed ${settings.seed}.`,
    ...(results.isComplete
      ? {}
      : { notice: 'This run was interrupted: the report holds what was finished until then.' }),
    facts: factsOf(settings, results),
    sections: sections.filter((section) => section !== null),
    footer:
      'Made by `bdl ode-net`. The numbers are in `report.json`, next to this page: the same seed gives the same numbers. Times are in `timings.json`.'
  })
}
