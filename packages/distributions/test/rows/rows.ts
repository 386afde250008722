import { combinators } from './combinators'
import { continuous } from './continuous'
import { discrete } from './discrete'
import { multivariate } from './multivariate'
import type { Rows } from './row'

export const golden: Rows['golden'] = {
  ...continuous.golden,
  ...discrete.golden,
  ...multivariate.golden,
  ...combinators.golden
}

export const laws: Rows['laws'] = { ...continuous.laws, ...discrete.laws, ...multivariate.laws, ...combinators.laws }

export const families: NonNullable<Rows['families']> = {
  ...continuous.families,
  ...discrete.families,
  ...multivariate.families,
  ...combinators.families
}
