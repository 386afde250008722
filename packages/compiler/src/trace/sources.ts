/**
 * Where nodes come from, recorded on request: an audit or an explanation wants the user's line of each node, while `jit`
 * does without stack traces. A node that a rule makes has the line of the op whose rule it is: the gradient of line 12
 * belongs to line 12, not to the line that calls `grad`.
 */
import type { Node, Source } from '../graph/graph.js'
import { userLine } from './user-line.js'

let isRecording = false
let inherited: Source | undefined

/** Runs `body`; nodes recorded meanwhile say where they come from. */
export const recordingSources = <A>(body: () => A): A => {
  const before = isRecording
  isRecording = true
  try {
    return body()
  } finally {
    isRecording = before
  }
}

/** The source of a node that is recorded now; undefined unless `recordingSources` is under way. */
export const sourceNow = (): Source | undefined => {
  if (!isRecording) return undefined
  if (inherited !== undefined) return inherited
  const at = userLine()
  return at === undefined ? {} : { at }
}

/**
 * Runs `body`, which replays `node` or applies a rule of it: what it records comes from where `node` came from.
 *
 * @param rule which rule, such as 'vjp'; none for a replay
 */
export const onBehalfOf = <A>(node: Node, body: () => A, rule?: string): A => {
  if (!isRecording) return body()
  const before = inherited
  inherited = rule === undefined ? node.source : { ...node.source, rule: `${rule} of ${node.primitive.name}` }
  try {
    return body()
  } finally {
    inherited = before
  }
}
