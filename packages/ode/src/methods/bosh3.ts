/** The method of Bogacki and Shampine, as data. */
import { tableau } from './tableau.js'
import { errorAgainst } from './error-weights.js'

const BOSH3_B = [2 / 9, 1 / 3, 4 / 9, 0]

/** Order 3(2), four stages, last shared with the next step. @source Bogacki & Shampine 1989 */
export const bosh3 = tableau({
  name: 'bosh3',
  order: 3,
  c: [0, 1 / 2, 3 / 4, 1],
  a: [[], [1 / 2], [0, 3 / 4], [2 / 9, 1 / 3, 4 / 9]],
  b: BOSH3_B,
  bError: errorAgainst(BOSH3_B, [7 / 24, 1 / 4, 1 / 3, 1 / 8])
})
