import type { Rows } from './row'

export const multivariate: Rows = { golden: {}, laws: {} }
