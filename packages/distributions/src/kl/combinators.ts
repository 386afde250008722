// Divergences between distributions made of others.
import { sumLast, type Independent } from '../combinators/independent.js'
import type { Distribution } from '../distribution.js'
import type { KlRule } from './rule.js'

const isIndependent = (d: Distribution): d is Independent => 'base' in d && 'reinterpreted' in d

/** Divergences of independent variables add. */
const independentIndependent: KlRule = (p, q, recur) =>
  isIndependent(p) && isIndependent(q) && p.reinterpreted === q.reinterpreted
    ? sumLast(recur(p.base, q.base), p.reinterpreted)
    : undefined

export const combinatorRules: readonly KlRule[] = [independentIndependent]
