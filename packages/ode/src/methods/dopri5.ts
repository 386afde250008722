/** The method of Dormand and Prince of order 5, as data. */
import { quarticThrough } from '../dense.js'
import { tableau } from './tableau.js'
import { errorAgainst } from './error-weights.js'

const DOPRI5_LAST = [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84]

/** Weights of the state at half the step. @source Shampine 1986 */
const MIDDLE = [
  6025192743 / 60171106304,
  0,
  51252292925 / 130801643196,
  -2691868925 / 90256659456,
  187940372067 / 3189068634112,
  -1776094331 / 39487288512,
  11237099 / 470086768
]

/**
 * Order 5(4), seven stages, last shared with the next step. The embedded weights are Shampine's, as in Diffrax and
 * torchdiffeq; the original pair differs from them by a factor. Dense output of order 4.
 * @source Dormand & Prince 1980; Shampine 1986
 */
export const dopri5 = tableau({
  name: 'dopri5',
  order: 5,
  c: [0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1, 1],
  a: [
    [],
    [1 / 5],
    [3 / 40, 9 / 40],
    [44 / 45, -56 / 15, 32 / 9],
    [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
    [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
    DOPRI5_LAST
  ],
  b: [...DOPRI5_LAST, 0],
  bError: errorAgainst(
    [...DOPRI5_LAST, 0],
    [1951 / 21600, 0, 22642 / 50085, 451 / 720, -12231 / 42400, 649 / 6300, 1 / 60]
  ),
  dense: quarticThrough([...DOPRI5_LAST, 0], MIDDLE)
})
