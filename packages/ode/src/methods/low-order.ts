/** Short explicit methods, lowest order first. Each is pure data; see `tableau`. */
import { tableau } from './tableau.js'

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
