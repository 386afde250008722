/** `audit(f, ...args)`: where a program loses digits in float32, node by node. */
import { resolveEngine, type EngineName } from '../engines/auto.js'
import type { Engine } from '../engines/engine.js'
import { fromTensor } from '../engines/host-data.js'
import type { DType, Graph, NdArray, Shape } from '../graph/graph.js'
import { optimise } from '../passes/optimise.js'
import type { Pass } from '../passes/pass.js'
import { recordingSources } from '../trace/sources.js'
import { refuseInsideTrace, traceClosed } from '../trace/trace-closed.js'
import { flatten, type Tree } from '../tree.js'
import { bodyRuns } from './audit-bodies.js'
import { auditGraph, widened, type Both, type Finding } from './audit-graph.js'
import { diagnose, type Cause } from './diagnose.js'
import { callText } from './graph-text.js'
import { labelsOf, leafPaths, type Labels } from './labels.js'
import { compare, type Discrepancy } from './measure.js'
import { withExecutable } from './probes.js'

export interface AuditOptions {
  /** What is held against float64. Default 'onnx'. */
  readonly engine?: EngineName | Engine
  /** Instead of the default passes; `[]` audits the program as it was written. */
  readonly passes?: readonly Pass[]
  /** For how many suspects of a graph the influence on its outputs is found out. Default 16. */
  readonly suspects?: number
  /** How the report calls the function. */
  readonly name?: string
}

/** One result of the program, as the engine computes it when nobody looks inside. */
export interface OutputAudit extends Discrepancy {
  /** Where in the result tree: `[0].mean`; empty if the result is one tensor. */
  readonly path: string
  /** The value that it is: `%12`. */
  readonly id: string
  readonly shape: Shape
  readonly dtype: DType
}

/** One node. */
export interface NodeAudit {
  /** Its first value: `%7`. */
  readonly id: string
  readonly op: string
  /** The op with its inputs and attributes: `sum %4 axes=[0]`. */
  readonly call: string
  readonly shape: Shape
  readonly dtype: DType
  /** `file:line:column` of the user's code, if known. */
  readonly at?: string
  /** The rule that made it, such as 'vjp of tanh'; none for an op that the user wrote. */
  readonly rule?: string
  /** Loops and branches around it, outermost first: 'turn 3 of 10 of %4 scan'. */
  readonly within: readonly string[]
  /** Engine against float64, after all that happened before. */
  readonly accumulated: Discrepancy
  /** Engine against float64 if the inputs are right to float32: digits that are lost here. */
  readonly local: Discrepancy
  /** Relative error out per relative error in; none where the inputs are exact in float32. */
  readonly amplification?: number
  /** What the local error alone does to the outputs (of the turn or branch, for a node inside one). For suspects only. */
  readonly influence?: Discrepancy
  readonly cause: Cause
  /** NaN and infinite elements on the engine, and in float64. */
  readonly nonFinite: { readonly got: number; readonly exact: number }
}

export interface AuditReport {
  readonly name: string
  readonly engine: string
  readonly outputs: readonly OutputAudit[]
  /** In the order of the program; nodes of bodies follow their loop. */
  readonly nodes: readonly NodeAudit[]
  /** Nodes that cost the outputs two digits or more, worst first. */
  readonly culprits: readonly NodeAudit[]
  /** The node at which NaN or infinity first appears on the engine where float64 has none. */
  readonly firstNonFinite?: NodeAudit
}

/** Digits that a culprit loses, and that its influence costs: a large product of matrices loses one or so as a matter of course. */
const CULPRIT_DIGITS = 2

const isCulprit = ({ local, influence }: NodeAudit): boolean =>
  local.digitsLost >= CULPRIT_DIGITS && (influence?.digitsLost ?? 0) >= CULPRIT_DIGITS

const nodeAudit = (finding: Finding, labels: Labels): NodeAudit => {
  const { node, within, accumulated, local, amplification, influence, nonFinite } = finding
  const [{ shape, dtype } = { shape: [], dtype: 'float32' as const }] = node.outputs
  return {
    id: labels.node(node),
    op: node.primitive.name,
    call: callText(node, labels),
    shape,
    dtype,
    ...node.source,
    within,
    accumulated,
    local,
    ...(amplification !== undefined && { amplification }),
    ...(influence !== undefined && { influence }),
    cause: diagnose(finding),
    nonFinite
  }
}

interface Context {
  readonly engine: Engine
  readonly labels: Labels
  readonly suspects: number
}

/** A graph and, after each loop or branch, what is inside it. */
const auditDeep = async (
  context: Context,
  graph: Graph,
  inputs: readonly Both[],
  within: readonly string[]
): Promise<readonly [findings: readonly Finding[], exactOutputs: readonly NdArray[]]> => {
  const { engine, labels, suspects } = context
  const { findings, outputs, both } = await auditGraph(engine, graph, inputs, within, suspects)
  const all: Finding[] = []
  for (const finding of findings) {
    all.push(finding)
    const { node } = finding
    for (const body of await bodyRuns(engine, node, node.inputs.map(both))) {
      const place = `${body.where} of ${labels.node(node)} ${node.primitive.name}`
      const [inside] = await auditDeep(context, body.graph, body.inputs, [...within, place])
      all.push(...inside)
    }
  }
  return [all, outputs.map(({ exact }) => exact)]
}

const outputAudits = (
  paths: readonly string[],
  { outputs }: Graph,
  labels: Labels,
  got: readonly NdArray[],
  exact: readonly NdArray[]
): readonly OutputAudit[] =>
  outputs.map((value, i) => ({
    path: paths[i]!,
    id: labels.of(value),
    shape: value.shape,
    dtype: value.dtype,
    ...compare(got[i]!, exact[i]!)
  }))

const byInfluence = (a: NodeAudit, b: NodeAudit): number =>
  (b.influence?.relative ?? 0) - (a.influence?.relative ?? 0) || b.local.relative - a.local.relative

/** Traces while arguments and captures are alive; runs engines later. */
const begin = <Args extends readonly Tree[], R extends Tree>(
  f: (...args: Args) => R,
  args: Args,
  options: AuditOptions
) => {
  const { name = 'audit' } = options
  const [leaves, def] = flatten(args, name)
  const inputs = leaves.map(fromTensor)
  const traced = recordingSources(() => traceClosed(f, def, inputs, name))
  const { graph } = optimise(traced.graph, options.passes)
  return { graph, paths: leafPaths(traced.resultDef), inputs: [...inputs, ...traced.bound] }
}

const run = async <Args extends readonly Tree[], R extends Tree>(
  f: (...args: Args) => R,
  args: Args,
  options: AuditOptions
): Promise<AuditReport> => {
  const { engine: wanted = 'onnx', suspects = 16, name = 'audit' } = options
  const { graph, paths, inputs } = begin(f, args, options)
  const engine = resolveEngine(wanted)
  const labels = labelsOf(graph)
  const results = await withExecutable(engine, graph, (runOnce) => runOnce(inputs))
  const both = inputs.map((got): Both => ({ got, exact: widened(got) }))
  const [findings, exact] = await auditDeep({ engine, labels, suspects }, graph, both, [])
  const nodes = findings.map((finding) => nodeAudit(finding, labels))
  const firstNonFinite = nodes.find(({ nonFinite }) => nonFinite.got > nonFinite.exact)
  return {
    name,
    engine: engine.name,
    outputs: outputAudits(paths, graph, labels, results, exact),
    nodes,
    culprits: nodes.filter(isCulprit).sort(byInfluence),
    ...(firstNonFinite && { firstNonFinite })
  }
}

/**
 * `audit` with options.
 *
 * @example const report = await auditWith({ engine: 'eager', passes: [] })(f, x)
 */
export const auditWith =
  (options: AuditOptions = {}) =>
  <Args extends readonly Tree[], R extends Tree>(f: (...args: Args) => R, ...args: Args): Promise<AuditReport> => {
    refuseInsideTrace(options.name ?? 'audit')
    return run(f, args, options)
  }

/**
 * Runs `f` in float32, compiled as `jit` would, and in float64, and says where digits are lost: what every node loses by
 * itself, what has piled up before it, whether the outputs feel it, at which line of the program, and why.
 *
 * float64 means the reference engine on the same arguments and constants. Loops are audited at the turn that loses most, or
 * at the last. The error of a tensor is the mean over its elements of the relative error, at most 1 each: one element near
 * zero does not make a bad matrix, a hundredth of its elements without any right digit does. Slow: the reference engine is
 * written to be right.
 *
 * @param f traceable, of trees of tensors
 * @returns plain data; `formatAudit` makes a table of it, `auditPicture` of `@bdl/report` a picture
 * @error NotTraceable as in `jit`; EngineFailure if the engine refuses the graph
 * @source Panchekha, Sanchez-Stern, Wilcox & Tatlock, Automatically improving accuracy for floating point expressions, PLDI
 *   2015 (local error); Sanchez-Stern et al., Finding root causes of floating point error, PLDI 2018
 * @example formatAudit(await audit((x) => tf.sub(1, tf.cos(x)), tf.scalar(1e-3))) // sub: cancellation, 5 digits
 */
export const audit = auditWith()
