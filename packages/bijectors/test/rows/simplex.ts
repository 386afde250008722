import { softmaxCentered, stickBreaking } from '../../src/index'
import { simplexChart } from '../../src/testing'
import { points, type Rows } from './row'

export const simplex: Rows = {
  golden: { SoftmaxCentered: { make: () => softmaxCentered } },
  laws: {
    softmaxCentered: [softmaxCentered, points, { image: simplexChart }],
    stickBreaking: [stickBreaking, points, { image: simplexChart }]
  }
}
