/** Rematerialisation: a function whose intermediate results are computed again in the backward pass instead of kept. */
import * as tf from '@tensorflow/tfjs-core'
import type { OnnxScope } from '../emit/onnx-scope.js'
import { evaluate, evaluateReference } from '../graph/evaluate.js'
import { sizeOf, type Graph } from '../graph/graph.js'
import { kept, place, present, type MaybeTensors } from '../primitives/optional.js'
import type { EmitContext, Primitive } from '../primitives/primitive.js'
import { avalOf, bind, isTracing } from '../trace/context.js'
import { traceGraph } from '../trace/trace-graph.js'
import { flatten, tidyOwned, unflatten } from '../tree.js'
import type { Tree } from '../tree.js'
import { activeOutputs } from './activity.js'
import { replayAllBatched } from './batching.js'
import { pullbackOf } from './pullback.js'
import { pushActive } from './pushforward.js'
import { traceTree } from './tree-function.js'

export type RematAttrs = {
  readonly graph: Graph
  /**
   * null for the function itself, whose body passes put in its place. Its derivative is kept apart until the end, or what
   * it computes again would be merged with what was computed before, or be computed too early: the indices of float32
   * inputs that it waits for, a cotangent (which may be a constant) and an argument that is differentiated (which is none).
   */
  readonly after: readonly number[] | null
}

type Tensors = readonly tf.Tensor[]

/** Binds a function of these inputs as one op. */
const bindRemat = (f: (inputs: Tensors) => Tensors, inputs: Tensors, after: RematAttrs['after']): Tensors => {
  const { graph, captures } = traceGraph(
    (...args) => f(args),
    inputs.map((t) => avalOf(t, 'remat')),
    'remat'
  )
  return bind(rematPrimitive, [...inputs, ...captures], { graph, after })
}

const withTangents = (
  inputs: Tensors,
  tangents: MaybeTensors,
  { graph, after }: RematAttrs
): readonly [Tensors, MaybeTensors] => {
  const flags = tangents.map((dx) => dx !== null)
  const isActive = activeOutputs(graph, flags)
  const push = (args: Tensors): Tensors =>
    pushActive(graph, args.slice(0, inputs.length), place(args.slice(inputs.length), flags), isActive).flat()
  const results = bindRemat(push, [...inputs, ...present(tangents)], after)
  const count = graph.outputs.length
  return [results.slice(0, count), place(results.slice(count), isActive)]
}

/** A bool that is false, since nothing is less than -inf, but not known to be. */
const unknownFalse = (scope: OnnxScope, x: string): string => {
  const first = scope.node('Gather', [scope.reshape(x, [-1]), scope.integer(0, 'int64')], { axis: { int: 0 } })
  return scope.node('Less', [first, scope.scalar(-Infinity)])
}

/** A body that ONNX Runtime runs as a whole: a branch that is always taken, but not known to be. */
const emitApart = (
  scope: OnnxScope,
  { inputs, inputAvals, attrs: { graph } }: EmitContext<RematAttrs>,
  after: readonly number[]
): readonly string[] => {
  const never = after.filter((i) => sizeOf(inputAvals[i]!.shape) > 0).map((i) => unknownFalse(scope, inputs[i]!))
  if (never.length === 0) return scope.inline(graph, inputs)
  const always = scope.node('Not', [never.reduce((a, b) => scope.node('Or', [a, b]))])
  const branch = (names: (inner: OnnxScope) => readonly string[]) => ({
    graph: scope.body([], (inner) =>
      names(inner).map((name, i) => ({ name, shape: graph.outputs[i]!.shape, dtype: graph.outputs[i]!.dtype }))
    )
  })
  return scope.nodes('If', [always], graph.outputs.length, {
    then_branch: branch((inner) => inner.inline(graph, inputs)),
    else_branch: branch((inner) => graph.outputs.map((output) => zerosOf(inner, output)))
  })
}

const zerosOf = (scope: OnnxScope, { shape, dtype }: Graph['outputs'][number]): string =>
  scope.node('Expand', [scope.cast(scope.scalar(0), dtype), scope.ints(shape)])

export const rematPrimitive: Primitive<RematAttrs> = {
  name: 'remat',
  infer: (_, { graph }) => graph.outputs.map(({ shape, dtype }) => ({ shape, dtype })),
  eager: (inputs, { graph }) => evaluate(graph, inputs),
  // the derivative is such an op too, so that one of a higher order keeps no more
  vjp: ({ inputs, cotangents, needs, attrs: { graph } }) => {
    const isWanted = inputs.map((x, i) => needs[i]! && x.dtype === 'float32')
    const isSeeded = cotangents.map((dy) => dy !== null)
    const pull = (args: Tensors): Tensors => {
      const [, pullback] = pullbackOf(graph, args.slice(0, inputs.length), isWanted)
      const dxs = pullback(place(args.slice(inputs.length), isSeeded))
      return kept(
        dxs.map((dx, i) => dx ?? tf.zeros(inputs[i]!.shape)),
        isWanted
      )
    }
    const after = [inputs.length, isWanted.indexOf(true)]
    return place(bindRemat(pull, [...inputs, ...present(cotangents)], after), isWanted)
  },
  forwardWithTangents: withTangents,
  jvp: ({ inputs, tangents, attrs }) => withTangents(inputs, tangents, attrs)[1],
  batch: ({ inputs, batched, size, attrs: { graph, after } }) => {
    const outputs = bindRemat((args) => replayAllBatched(graph, args, batched, size), inputs, after)
    return { outputs, batched: outputs.map(() => true) }
  },
  onnx: (scope, context) =>
    context.attrs.after === null
      ? scope.inline(context.attrs.graph, context.inputs)
      : emitApart(scope, context, context.attrs.after),
  wasm: (scope, { inputs, attrs: { graph, after } }) => {
    if (after !== null) scope.fence()
    return scope.inline(graph, inputs)
  },
  reference: (inputs, { graph }) => evaluateReference(graph, inputs),
  subgraphs: ({ graph }) => [graph],
  withSubgraphs: (attrs, [graph]) => ({ ...attrs, graph: graph! })
}

/**
 * The same function, of which reverse mode keeps the arguments (and what it closes over) and nothing in between: the
 * backward pass computes the rest again. Time for memory: of a chain of n such blocks of equal size, the intermediate
 * results of one are alive at a time instead of those of n, for one more forward pass.
 *
 * Has no effect but that one: values, derivatives of any order and in any mode, `vmap` and `jit` are as without it.
 *
 * @param f traceable
 * @error NotTraceable as in `vjp`, when it is differentiated
 * @source Chen, Xu, Zhang & Guestrin (2016), "Training deep nets with sublinear memory cost"
 * @example grad(remat((x) => tf.sum(tf.sin(tf.exp(x)))))(tf.tensor1d([0, 1])) // exp(x) is computed twice, and not kept
 */
export const remat =
  <A extends readonly Tree[], Y extends Tree>(f: (...args: A) => Y) =>
  (...args: A): Y => {
    if (!isTracing()) return tidyOwned(() => f(...args))
    const [leaves, def] = flatten(args, 'remat')
    const { graph, captures, outDef } = traceTree((at: A) => f(...at), def, leaves, 'remat')
    return unflatten<Y>(outDef, bind(rematPrimitive, [...leaves, ...captures], { graph, after: null }))
  }
