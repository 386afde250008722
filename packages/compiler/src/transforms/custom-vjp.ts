/** A function with a derivative rule of its own: adjoints, implicit functions, numerically better formulas. */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError } from '../errors.js'
import { evaluate, evaluateReference, replay } from '../graph/evaluate.js'
import type { Graph } from '../graph/graph.js'
import { kept, present, type MaybeTensors } from '../primitives/optional.js'
import type { Primitive } from '../primitives/primitive.js'
import { avalOf, bind, isTracing } from '../trace/context.js'
import { traceGraph } from '../trace/trace-graph.js'
import { countLeaves, flatten, tidyTree, unflatten } from '../tree.js'
import type { Tree, TreeDef } from '../tree.js'
import { replayAllBatched } from './batching.js'
import { pullbackOf } from './pullback.js'
import { traceTree } from './tree-function.js'

type Backward = (residuals: readonly tf.Tensor[], cotangents: readonly tf.Tensor[]) => readonly (tf.Tensor | null)[]

type CustomVjpAttrs = {
  /** Outputs, then residuals. */
  readonly graph: Graph
  readonly numOutputs: number
  /** Arguments come first among the inputs; what the function captured follows and has no cotangent. */
  readonly numArguments: number
  readonly backward: Backward
}

const expectArguments = ({ numArguments }: CustomVjpAttrs, needs: readonly boolean[]): void => {
  if (!needs.slice(numArguments).some(Boolean)) return
  throw new BdlError({
    code: 'UnsupportedOp',
    fn: 'customVjp',
    argument: 'captured tensor',
    expected: 'every tensor that is differentiated to be an argument of forward',
    got: 'one that forward closes over',
    hint: 'Pass it as an argument and return its cotangent from backward'
  })
}

/**
 * A rule dy -> dx is linear, and the tangent rule is its transpose: the derivative of Σ rule(dy) · dx in dy. Outputs keep
 * the rule for derivatives of a higher order; residuals are computed by the steps of forward, which those go through.
 */
const withTangents = (
  inputs: readonly tf.Tensor[],
  tangents: MaybeTensors,
  attrs: CustomVjpAttrs
): readonly [readonly tf.Tensor[], MaybeTensors] => {
  expectArguments(
    attrs,
    tangents.map((dx) => dx !== null)
  )
  const { graph, numOutputs, backward } = attrs
  const outputs = bind(customVjpPrimitive, inputs, attrs)
  const residuals = (isTracing() ? replay(graph, inputs) : outputs).slice(numOutputs)
  let isPresent: readonly boolean[] = []
  const rule = traceGraph(
    (...dys) => {
      const dxs = backward(residuals, dys)
      isPresent = dxs.map((dx) => dx !== null)
      return present(dxs)
    },
    graph.outputs.slice(0, numOutputs),
    'customVjp'
  )
  const zeros = graph.outputs.slice(0, numOutputs).map(({ shape, dtype }) => tf.zeros([...shape], dtype))
  const [, transposed] = pullbackOf(
    rule.graph,
    [...zeros, ...rule.captures],
    [...zeros.map(() => true), ...rule.captures.map(() => false)]
  )
  const dys = transposed(kept(tangents, isPresent))
  return [outputs, outputs.map((_, k) => (k < numOutputs ? (dys[k] ?? null) : null))]
}

const customVjpPrimitive: Primitive<CustomVjpAttrs> = {
  name: 'customVjp',
  infer: (_, { graph }) => graph.outputs.map(({ shape, dtype }) => ({ shape, dtype })),
  eager: (inputs, { graph }) => evaluate(graph, inputs),
  // A derivative of this derivative goes through the steps of forward, as in JAX: residuals depend on the arguments too
  forwardWithResiduals: (inputs, { graph }) => [replay(graph, inputs), []],
  vjp: ({ outputs, cotangents, needs, attrs }) => {
    const { numOutputs, backward } = attrs
    expectArguments(attrs, needs)
    const dys = cotangents.slice(0, numOutputs).map((dy, i) => dy ?? tf.zerosLike(outputs[i]!))
    const dxs = backward(outputs.slice(numOutputs), dys)
    return needs.map((_, i) => dxs[i] ?? null)
  },
  forwardWithTangents: (inputs, tangents, attrs) => withTangents(inputs, tangents, attrs),
  jvp: ({ inputs, tangents, attrs }) => withTangents(inputs, tangents, attrs)[1],
  batch: ({ inputs, batched, size, attrs }) => {
    const { graph, captures } = traceGraph(
      (...members) => replayAllBatched(attrs.graph, members, batched, size),
      inputs.map((x) => avalOf(x, 'vmap')),
      'vmap'
    )
    const backward: Backward = (residuals, cotangents) => batchedBackward(attrs, residuals, cotangents, batched, size)
    const outputs = bind(customVjpPrimitive, [...inputs, ...captures], { ...attrs, graph, backward })
    return { outputs, batched: outputs.map(() => true) }
  },
  onnx: (scope, { inputs, attrs }) => scope.inline(attrs.graph, inputs),
  wasm: (scope, { inputs, attrs }) => scope.inline(attrs.graph, inputs),
  reference: (inputs, { graph }) => evaluateReference(graph, inputs),
  subgraphs: ({ graph }) => [graph],
  withSubgraphs: (attrs, [graph]) => ({ ...attrs, graph: graph! })
}

/** The rule for all members at once; an argument that all share gets the sum of their cotangents. */
const batchedBackward = (
  { numOutputs, backward }: CustomVjpAttrs,
  residuals: readonly tf.Tensor[],
  cotangents: readonly tf.Tensor[],
  batched: readonly boolean[],
  size: number
): readonly (tf.Tensor | null)[] => {
  const inputs = [...residuals, ...cotangents]
  let present: readonly boolean[] = []
  const { graph, captures } = traceGraph(
    (...members) => {
      const dxs = backward(
        members.slice(0, residuals.length),
        members.slice(residuals.length, residuals.length + numOutputs)
      )
      present = dxs.map((dx) => dx !== null)
      return dxs.filter((dx) => dx !== null)
    },
    inputs.map((x) => ({ ...avalOf(x, 'vmap'), shape: x.shape.slice(1) })),
    'vmap'
  )
  const flags = [...inputs.map(() => true), ...captures.map(() => false)]
  const all = [...replayAllBatched(graph, [...inputs, ...captures], flags, size)]
  return present.map((isPresent, i) => {
    if (!isPresent) return null
    const dx = all.shift()!
    return batched[i] ? dx : tf.sum(dx, 0)
  })
}

export interface CustomVjpRule<A extends readonly Tree[], Y extends Tree, R extends Tree> {
  /** The function, and what its rule needs to remember. Traceable. */
  readonly forward: (...args: A) => readonly [y: Y, residuals: R]
  /** Cotangents of the arguments, in their structures; zeros for leaves that are not float32. */
  readonly backward: (residuals: R, dy: Y) => { readonly [K in keyof A]: A[K] }
}

/**
 * A function of trees whose derivative is `backward` rather than that of its own steps. `backward` is ordinary `tf` code:
 * it is differentiated in its turn for second derivatives, batched under `vmap`, and transposed for `jvp` (it must be linear
 * in `dy`, as every cotangent rule is).
 *
 * @error UnsupportedOp if a derivative is asked with respect to a tensor that `forward` closes over
 * @example const logistic = customVjp({ forward: (x) => { const y = tf.sigmoid(x); return [y, y] }, backward: (y, dy) => [tf.mul(dy, tf.mul(y, tf.sub(1, y)))] })
 */
export const customVjp =
  <A extends readonly Tree[], Y extends Tree, R extends Tree>({ forward, backward }: CustomVjpRule<A, Y, R>) =>
  (...args: A): Y => {
    if (!isTracing()) return tidyTree(() => forward(...args)[0])
    const [leaves, def] = flatten(args, 'customVjp')
    const { graph, captures, outDef } = traceTree((at: A) => forward(...at), def, leaves, 'customVjp')
    const [yDef, residualDef] = (outDef.kind === 'leaf' ? [] : outDef.children) as [TreeDef, TreeDef]
    const numOutputs = countLeaves(yDef)
    const flatBackward: Backward = (residuals, dys) =>
      flatten(backward(unflatten<R>(residualDef, residuals), unflatten<Y>(yDef, dys)), 'customVjp')[0]
    const attrs = { graph, numOutputs, numArguments: leaves.length, backward: flatBackward }
    const outputs = bind(customVjpPrimitive, [...leaves, ...captures], attrs)
    return unflatten<Y>(yDef, outputs.slice(0, numOutputs))
  }
