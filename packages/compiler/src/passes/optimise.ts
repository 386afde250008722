/** Runs passes in order and reports what each did. */
import type { Graph } from '../graph/graph.js'
import { algebraRules } from './algebra.js'
import { broadcastRules } from './broadcasts.js'
import { columnsApart } from './columns-apart.js'
import { commonSubexpressions } from './common-subexpressions.js'
import { foldConstant } from './constant-folding.js'
import { contractionOrder } from './contraction-order.js'
import { convolutionFusion, unusedPlaces } from './convolutions.js'
import { deadCode } from './dead-code.js'
import { factors } from './factors.js'
import { gemmFusion, narrowProducts } from './gemm.js'
import { inlineCalls } from './inline.js'
import { joinRules } from './joins.js'
import { layouts } from './layouts.js'
import { loopInvariants } from './loop-invariants.js'
import { loopProducts } from './loop-products.js'
import { countNodes, type Pass } from './pass.js'
import { rewritePass } from './rewrite.js'
import { rowJoins } from './row-joins.js'
import { rowSums } from './row-sums.js'
import { softmaxFusion } from './softmax.js'
import { sumRules } from './sums.js'
import { turnedRows } from './turned-rows.js'
import { turnsAtOnce } from './turns-at-once.js'
import { viewRules, views } from './views.js'
import { wideSpans } from './wide-spans.js'

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

/** All local rules in one sweep: what one of them leaves, another may take up at once. */
export const simplify = rewritePass(
  'simplify',
  foldConstant,
  ...viewRules,
  ...broadcastRules,
  ...algebraRules,
  ...sumRules,
  ...joinRules
)

/** Sharing first makes the sweeps short; loops are opened up once their bodies are simple; fusion comes last. */
export const defaultPasses: readonly Pass[] = [
  inlineCalls,
  deadCode,
  contractionOrder,
  commonSubexpressions,
  simplify,
  loopInvariants,
  turnsAtOnce,
  simplify,
  layouts,
  convolutionFusion,
  commonSubexpressions,
  turnedRows,
  softmaxFusion,
  rowSums,
  factors,
  gemmFusion,
  views,
  loopProducts,
  narrowProducts,
  columnsApart,
  rowJoins,
  wideSpans,
  loopInvariants,
  commonSubexpressions,
  deadCode,
  unusedPlaces
]

export const optimise = (graph: Graph, passes: readonly Pass[] = defaultPasses): Optimised => {
  const reports: PassReport[] = []
  let before = countNodes(graph)
  const result = passes.reduce((current, { name, run }) => {
    const start = performance.now()
    const next = run(current)
    const after = next === current ? before : countNodes(next)
    reports.push({ name, before, after, ms: performance.now() - start })
    before = after
    return next
  }, graph)
  return { graph: result, reports }
}
