// Divergences between families of vectors and matrices.
import type { KlRule } from './rule.js'

export const multivariateRules: readonly KlRule[] = []
