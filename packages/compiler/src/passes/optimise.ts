/** Runs passes in order and reports what each did. */
import type { Graph } from '../graph/graph.js'
import { algebra } from './algebra.js'
import { broadcasts } from './broadcasts.js'
import { commonSubexpressions } from './common-subexpressions.js'
import { constantFolding } from './constant-folding.js'
import { deadCode } from './dead-code.js'
import { gemmFusion } from './gemm.js'
import { loopInvariants } from './loop-invariants.js'
import { countNodes, type Pass } from './pass.js'
import { views } from './views.js'

export interface PassReport {
  readonly name: string
  /** Nodes, those of loop and branch bodies included. */
  readonly before: number
  readonly after: number
  readonly ms: number
}

export interface Optimised {
  readonly graph: Graph
  readonly reports: readonly PassReport[]
}

/** The order matters: each pass leaves shapes that the next one looks for, and dead code is removed last. */
export const defaultPasses: readonly Pass[] = [
  deadCode,
  commonSubexpressions,
  constantFolding,
  views,
  broadcasts,
  algebra,
  loopInvariants,
  constantFolding,
  views,
  broadcasts,
  commonSubexpressions,
  gemmFusion,
  views,
  deadCode
]

export const optimise = (graph: Graph, passes: readonly Pass[] = defaultPasses): Optimised => {
  const reports: PassReport[] = []
  const result = passes.reduce((current, { name, run }) => {
    const start = performance.now()
    const next = run(current)
    reports.push({ name, before: countNodes(current), after: countNodes(next), ms: performance.now() - start })
    return next
  }, graph)
  return { graph: result, reports }
}
