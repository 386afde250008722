/** The explicit methods, lowest order first. Each is pure data; see `tableau`. */
import { tableau } from './tableau.js'

const minus = (b: readonly number[], embedded: readonly number[]): readonly number[] =>
  b.map((w, i) => w - embedded[i]!)

/** y + h f(t, y). */
export const euler = tableau({ name: 'euler', order: 1, c: [0], a: [[]], b: [1], bError: null })

/** One Euler step to the middle, the slope there for the whole step. */
export const midpoint = tableau({
  name: 'midpoint',
  order: 2,
  c: [0, 1 / 2],
  a: [[], [1 / 2]],
  b: [0, 1],
  bError: null
})

/** The mean of the slopes at both ends (explicit trapezium rule); error against Euler. */
export const heun = tableau({
  name: 'heun',
  order: 2,
  c: [0, 1],
  a: [[], [1]],
  b: [1 / 2, 1 / 2],
  bError: [-1 / 2, 1 / 2]
})

/** The classical method of order 4. */
export const rk4 = tableau({
  name: 'rk4',
  order: 4,
  c: [0, 1 / 2, 1 / 2, 1],
  a: [[], [1 / 2], [0, 1 / 2], [0, 0, 1]],
  b: [1 / 6, 1 / 3, 1 / 3, 1 / 6],
  bError: null
})

/** Kutta's 3/8 rule, which torchdiffeq calls rk4. */
export const rk4ThreeEighths = tableau({
  name: 'rk4ThreeEighths',
  order: 4,
  c: [0, 1 / 3, 2 / 3, 1],
  a: [[], [1 / 3], [-1 / 3, 1], [1, -1, 1]],
  b: [1 / 8, 3 / 8, 3 / 8, 1 / 8],
  bError: null
})

const BOSH3_B = [2 / 9, 1 / 3, 4 / 9, 0]

/** Order 3(2), four stages, last shared with the next step. @source Bogacki & Shampine 1989 */
export const bosh3 = tableau({
  name: 'bosh3',
  order: 3,
  c: [0, 1 / 2, 3 / 4, 1],
  a: [[], [1 / 2], [0, 3 / 4], [2 / 9, 1 / 3, 4 / 9]],
  b: BOSH3_B,
  bError: minus(BOSH3_B, [7 / 24, 1 / 4, 1 / 3, 1 / 8])
})

const DOPRI5_LAST = [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84]

/**
 * Order 5(4), seven stages, last shared with the next step. The embedded weights are Shampine's, as in Diffrax and
 * torchdiffeq; the original pair differs from them by a factor.
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
  bError: minus([...DOPRI5_LAST, 0], [1951 / 21600, 0, 22642 / 50085, 451 / 720, -12231 / 42400, 649 / 6300, 1 / 60]),
  middle: [
    6025192743 / 60171106304,
    0,
    51252292925 / 130801643196,
    -2691868925 / 90256659456,
    187940372067 / 3189068634112,
    -1776094331 / 39487288512,
    11237099 / 470086768
  ]
})

const TSIT5_LAST = [
  0.09646076681806523, 0.01, 0.4798896504144996, 1.379008574103742, -3.290069515436081, 2.324710524099774
]

/** Order 5(4), seven stages, last shared with the next step; smaller error constants than `dopri5`. @source Tsitouras 2011 */
export const tsit5 = tableau({
  name: 'tsit5',
  order: 5,
  c: [0, 0.161, 0.327, 0.9, 0.9800255409045097, 1, 1],
  a: [
    [],
    [0.161],
    [-0.008480655492356989, 0.335480655492357],
    [2.8971530571054935, -6.359448489975075, 4.3622954328695815],
    [5.325864828439257, -11.748883564062828, 7.4955393428898365, -0.09249506636175525],
    [5.86145544294642, -12.92096931784711, 8.159367898576159, -0.071584973281401, -0.028269050394068383],
    TSIT5_LAST
  ],
  b: [...TSIT5_LAST, 0],
  bError: [
    0.0017800110522257773, 0.0008164344596567463, -0.007880878010261994, 0.1447110071732629, -0.5823571654525552,
    0.45808210592918686, -0.015151515151515152
  ]
})
