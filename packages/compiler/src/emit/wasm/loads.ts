/** What expressions load. */
import { argumentsOf, type Expr, type Load } from './lanes.js'

const known = new WeakMap<Expr, readonly Load[]>()

const loadsIn = (root: Expr): readonly Load[] => {
  const found = known.get(root)
  if (found !== undefined) return found
  const seen = new Set<Expr>()
  const loads: Load[] = []
  const visit = (e: Expr): void => {
    if (seen.has(e)) return
    seen.add(e)
    if (e.kind === 'load') loads.push(e)
    argumentsOf(e).forEach(visit)
  }
  visit(root)
  known.set(root, loads)
  return loads
}

/** Every load of some expressions, once each. */
export const loadsOf = (roots: readonly Expr[]): readonly Load[] =>
  roots.length === 1 ? loadsIn(roots[0]!) : [...new Set(roots.flatMap(loadsIn))]
