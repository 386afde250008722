/** Removes from loops, branches and calls what nobody needs: dead results, dead carries, and inputs that the body never reads. */
import type { Attrs, Graph, Node, Value } from '../graph/graph.js'
import type { CondAttrs } from '../primitives/branch.js'
import type { ScanAttrs } from '../primitives/scan.js'
import type { WhileAttrs } from '../primitives/while-loop.js'
import type { RematAttrs } from '../transforms/remat.js'
import { isNode } from './pass.js'

type Live = (value: Value) => boolean
type RemoveDead = (graph: Graph) => Graph

const keep = <A>(items: readonly A[], isKept: readonly boolean[]): readonly A[] => items.filter((_, i) => isKept[i])

/** Which inputs the outputs depend on; the graph must be free of dead nodes. */
const inputsRead = ({ inputs, nodes, outputs }: Graph): readonly boolean[] => {
  const read = new Set(outputs.map(({ id }) => id))
  for (const node of nodes) for (const { id } of node.inputs) read.add(id)
  return inputs.map(({ id }) => read.has(id))
}

const withOutputs = (graph: Graph, isKept: readonly boolean[], removeDead: RemoveDead): Graph =>
  removeDead(isKept.every(Boolean) ? graph : { ...graph, outputs: keep(graph.outputs, isKept) })

/**
 * The outputs of a loop body that matter: live ones, and carries that a later turn of something live reads. A carry that
 * only feeds itself is dead.
 *
 * @param reads which carries the given body reads
 */
const liveOutputs = (
  isWanted: readonly boolean[],
  numCarry: number,
  restrict: (isKept: readonly boolean[]) => Graph,
  reads: (body: Graph) => readonly boolean[]
): readonly boolean[] => {
  if (isWanted.every(Boolean)) return isWanted
  const carriesRead = reads(restrict(isWanted))
  const next = isWanted.map((wanted, i) => wanted || (i < numCarry && carriesRead[i]!))
  return next.every((wanted, i) => wanted === isWanted[i]) ? next : liveOutputs(next, numCarry, restrict, reads)
}

const pruneScan = (node: Node & { readonly attrs: ScanAttrs }, isLive: Live, removeDead: RemoveDead): Node => {
  const { attrs } = node
  const { body, numConsts, numCarry } = attrs
  const restrict = (isKept: readonly boolean[]): Graph => withOutputs(body, isKept, removeDead)
  const isKept = liveOutputs(node.outputs.map(isLive), numCarry, restrict, (g) =>
    inputsRead(g).slice(numConsts, numConsts + numCarry)
  )
  const pruned = restrict(isKept)
  const read = inputsRead(pruned).map((isRead, i) =>
    i >= numConsts && i < numConsts + numCarry ? isKept[i - numConsts]! : isRead
  )
  if (isKept.every(Boolean) && read.every(Boolean))
    return pruned === body ? node : { ...node, attrs: { ...attrs, body: pruned } }
  const next: ScanAttrs = {
    ...attrs,
    body: { ...pruned, inputs: keep(pruned.inputs, read) },
    numConsts: read.slice(0, numConsts).filter(Boolean).length,
    numCarry: isKept.slice(0, numCarry).filter(Boolean).length
  }
  return { ...node, inputs: keep(node.inputs, read), outputs: keep(node.outputs, isKept), attrs: next }
}

const pruneWhile = (node: Node & { readonly attrs: WhileAttrs }, isLive: Live, removeDead: RemoveDead): Node => {
  const { cond: rawCond, body, numCondConsts: a, numBodyConsts: b } = node.attrs
  const cond = removeDead(rawCond)
  const condReads = inputsRead(cond)
  const restrict = (isKept: readonly boolean[]): Graph => withOutputs(body, isKept, removeDead)
  const isWanted = node.outputs.map((output, i) => isLive(output) || condReads[a + i]!)
  const isKept = liveOutputs(isWanted, isWanted.length, restrict, (g) => inputsRead(g).slice(b))
  const pruned = restrict(isKept)
  const [condConsts, bodyConsts] = [condReads.slice(0, a), inputsRead(pruned).slice(0, b)]
  const next: WhileAttrs = {
    cond: { ...cond, inputs: keep(cond.inputs, [...condConsts, ...isKept]) },
    body: { ...pruned, inputs: keep(pruned.inputs, [...bodyConsts, ...isKept]) },
    numCondConsts: condConsts.filter(Boolean).length,
    numBodyConsts: bodyConsts.filter(Boolean).length
  }
  return {
    ...node,
    inputs: keep(node.inputs, [...condConsts, ...bodyConsts, ...isKept]),
    outputs: keep(node.outputs, isKept),
    attrs: next
  }
}

const pruneCond = (node: Node & { readonly attrs: CondAttrs }, isLive: Live, removeDead: RemoveDead): Node => {
  const isKept = node.outputs.map(isLive)
  const branches = [node.attrs.onTrue, node.attrs.onFalse].map((branch) => withOutputs(branch, isKept, removeDead))
  const [readTrue, readFalse] = branches.map(inputsRead)
  const read = readTrue!.map((isRead, i) => isRead || readFalse![i]!)
  const [onTrue, onFalse] = branches.map((branch) => ({ ...branch, inputs: keep(branch.inputs, read) }))
  return {
    ...node,
    inputs: [node.inputs[0]!, ...keep(node.inputs.slice(1), read)],
    outputs: keep(node.outputs, isKept),
    attrs: { onTrue: onTrue!, onFalse: onFalse! } satisfies CondAttrs as Attrs
  }
}

/** A remat keeps the inputs that it waits for, read or not. */
const pruneRemat = (node: Node & { readonly attrs: RematAttrs }, isLive: Live, removeDead: RemoveDead): Node => {
  const { graph, after } = node.attrs
  const isKept = node.outputs.map(isLive)
  const pruned = withOutputs(graph, isKept, removeDead)
  const read = inputsRead(pruned).map((isRead, i) => isRead || (after ?? []).includes(i))
  const next: RematAttrs = {
    graph: { ...pruned, inputs: keep(pruned.inputs, read) },
    after: after && after.map((i) => read.slice(0, i).filter(Boolean).length)
  }
  return { ...node, inputs: keep(node.inputs, read), outputs: keep(node.outputs, isKept), attrs: next }
}

/** The node without the parts that nothing live depends on. */
export const pruneBodies = (node: Node, isLive: Live, removeDead: RemoveDead): Node => {
  if (isNode<ScanAttrs>(node, 'scan')) return pruneScan(node, isLive, removeDead)
  if (isNode<WhileAttrs>(node, 'whileLoop')) return pruneWhile(node, isLive, removeDead)
  if (isNode<RematAttrs>(node, 'remat')) return pruneRemat(node, isLive, removeDead)
  return isNode<CondAttrs>(node, 'cond') ? pruneCond(node, isLive, removeDead) : node
}
