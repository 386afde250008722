/** Choice between two graphs. */
import * as tf from '@tensorflow/tfjs-core'
import * as rules from '../emit/wasm/rules/loops.js'
import { BdlError } from '../errors.js'
import { evaluate, evaluateReference } from '../graph/evaluate.js'
import { newValue } from '../graph/graph.js'
import type { Graph } from '../graph/graph.js'
import { avalOf, bind } from '../trace/context.js'
import { traceGraph } from '../trace/trace-graph.js'
import { whereabouts } from '../trace/user-line.js'
import { replayAllBatched } from '../transforms/batching.js'
import { activeOutputs } from '../transforms/activity.js'
import { pullbackOf } from '../transforms/pullback.js'
import { pushActive } from '../transforms/pushforward.js'
import { place, present, selectMany, type MaybeTensors } from './optional.js'
import type { Primitive } from './primitive.js'

/** Inputs: predicate, then operands, all of which both branches take. */
export type CondAttrs = { readonly onTrue: Graph; readonly onFalse: Graph }

export type Branch = (operands: readonly tf.Tensor[]) => readonly tf.Tensor[]

/** Binds a choice between two traceable functions of the same operands. */
export const bindCond = (
  pred: tf.Tensor,
  operands: readonly tf.Tensor[],
  onTrue: Branch,
  onFalse: Branch
): readonly tf.Tensor[] => {
  const avals = operands.map((t) => avalOf(t, 'cond'))
  const [a, b] = [onTrue, onFalse].map((branch) => traceGraph((...args) => branch(args), avals, 'cond')) as [
    Traced,
    Traced
  ]
  const n = operands.length
  const extra = (graph: Graph, count: number): Graph['inputs'] => graph.inputs.slice(n, n + count)
  const unused = (traced: Traced): Graph['inputs'] => traced.captures.map((t) => newValue(avalOf(t, 'cond')))
  // both branches take both sets of captured tensors
  const trueGraph = {
    ...a.graph,
    inputs: [...a.graph.inputs.slice(0, n), ...extra(a.graph, a.captures.length), ...unused(b)]
  }
  const falseGraph = {
    ...b.graph,
    inputs: [...b.graph.inputs.slice(0, n), ...unused(a), ...extra(b.graph, b.captures.length)]
  }
  expectSameResults(trueGraph, falseGraph)
  return bind(condPrimitive, [pred, ...operands, ...a.captures, ...b.captures], {
    onTrue: trueGraph,
    onFalse: falseGraph
  })
}

type Traced = { readonly graph: Graph; readonly captures: readonly tf.Tensor[] }

const expectSameResults = (a: Graph, b: Graph): void => {
  const text = (graph: Graph): string => graph.outputs.map((v) => `${v.dtype}[${v.shape.join(',')}]`).join(' ')
  if (text(a) !== text(b))
    throw new BdlError({
      code: 'ShapeMismatch',
      fn: 'cond',
      argument: 'branches',
      expected: `results alike (${text(a)})`,
      got: text(b),
      ...whereabouts()
    })
}

/** Each branch gives its outputs and their tangents. */
const condWithTangents = (
  [pred, ...operands]: readonly tf.Tensor[],
  [, ...tangents]: MaybeTensors,
  { onTrue, onFalse }: CondAttrs
): readonly [readonly tf.Tensor[], MaybeTensors] => {
  const flags = tangents.map((dx) => dx !== null)
  const inFalse = activeOutputs(onFalse, flags)
  const isActive = activeOutputs(onTrue, flags).map((flag, k) => flag || inFalse[k]!)
  const push =
    (graph: Graph): Branch =>
    (args) =>
      pushActive(graph, args.slice(0, operands.length), place(args.slice(operands.length), flags), isActive).flat()
  const results = bindCond(pred!, [...operands, ...present(tangents)], push(onTrue), push(onFalse))
  const count = onTrue.outputs.length
  return [results.slice(0, count), place(results.slice(count), isActive)]
}

export const condPrimitive: Primitive<CondAttrs> = {
  name: 'cond',
  infer: (_, { onTrue }) => onTrue.outputs.map(({ shape, dtype }) => ({ shape, dtype })),
  eager: ([pred, ...operands], { onTrue, onFalse }) => evaluate(pred!.dataSync()[0] ? onTrue : onFalse, operands),
  vjp: ({ inputs: [pred, ...operands], cotangents, needs, attrs: { onTrue, onFalse } }) => {
    const present = cotangents.filter((dy) => dy !== null)
    const wanted = operands.map((t, i) => needs[i + 1]! && t.dtype === 'float32')
    const pull =
      (graph: Graph): Branch =>
      (args) => {
        const [primals, seeds] = [args.slice(0, operands.length), [...args.slice(operands.length)]]
        const [, pullback] = pullbackOf(graph, primals, wanted)
        const grads = pullback(cotangents.map((dy) => (dy === null ? null : seeds.shift()!)))
        return primals.map((t, i) => grads[i] ?? tf.zeros(t.shape)).filter((_, i) => wanted[i])
      }
    const grads = [...bindCond(pred!, [...operands, ...present], pull(onTrue), pull(onFalse))]
    return [null, ...wanted.map((isWanted) => (isWanted ? grads.shift()! : null))]
  },
  forwardWithTangents: (inputs, tangents, attrs) => condWithTangents(inputs, tangents, attrs),
  jvp: ({ inputs, tangents, attrs }) => condWithTangents(inputs, tangents, attrs)[1],
  batch: ({ inputs, batched, size, attrs: { onTrue, onFalse } }) => {
    const [pred, ...operands] = inputs
    const flags = batched.slice(1)
    if (batched[0]) {
      const [a, b] = [onTrue, onFalse].map((graph) => replayAllBatched(graph, operands, flags, size))
      return { outputs: selectMany(pred!, a!, b!), batched: a!.map(() => true) }
    }
    const run =
      (graph: Graph): Branch =>
      (args) =>
        replayAllBatched(graph, args, flags, size)
    const outputs = bindCond(pred!, operands, run(onTrue), run(onFalse))
    return { outputs, batched: outputs.map(() => true) }
  },
  onnx: (scope, { inputs: [pred, ...operands], attrs: { onTrue, onFalse } }) => {
    const branch = (graph: Graph): { readonly graph: ReturnType<typeof scope.body> } => ({
      graph: scope.body([], (inner) =>
        inner
          .inline(graph, operands)
          .map((name, i) => ({ name, shape: graph.outputs[i]!.shape, dtype: graph.outputs[i]!.dtype }))
      )
    })
    return scope.nodes('If', [pred!], onTrue.outputs.length, {
      then_branch: branch(onTrue),
      else_branch: branch(onFalse)
    })
  },
  wasm: rules.cond,
  reference: ([pred, ...operands], { onTrue, onFalse }) =>
    evaluateReference(pred!.data[0] ? onTrue : onFalse, operands),
  subgraphs: ({ onTrue, onFalse }) => [onTrue, onFalse],
  withSubgraphs: (_, [onTrue, onFalse]) => ({ onTrue: onTrue!, onFalse: onFalse! })
}
