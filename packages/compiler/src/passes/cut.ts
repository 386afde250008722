/** A graph in three parts, for two engines: one runs the middle, the other what comes before and after. */
import type { Graph } from '../graph/graph.js'

/** Parts share the ids of their values; each reads inputs of the whole, and what parts before it make. */
export interface Cut {
  /** Its inputs are those of the whole graph that it reads. */
  readonly before: Graph
  readonly middle: Graph
  /** Its outputs are the whole graph's, some of which may be values of other parts. */
  readonly after: Graph
}
