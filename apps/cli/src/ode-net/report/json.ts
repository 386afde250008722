/** The numbers of the comparison as JSON; what the clock says is apart. */
import { jsonText } from '../../report/json-text.js'
import type { Results } from '../results.js'
import type { Settings } from '../settings.js'
import { testAccuracy, testNll } from './summary.js'

export const reportJson = (data: string, settings: Settings, results: Results): string => {
  const { isComplete, networks, efforts, tolerances, eulers } = results
  return jsonText({
    schema: 'bdl-ode-net-report/1',
    isComplete,
    data,
    settings,
    networks: networks.map((network) => ({
      name: network.name,
      weights: network.weights,
      testAccuracy: testAccuracy(network),
      testNll: testNll(network),
      runs: network.runs
    })),
    efforts,
    tolerances,
    eulers
  })
}

export const timingsJson = ({ networks }: Results): string =>
  jsonText({ timings: networks.map(({ name, seconds }) => ({ name, seconds })) })
