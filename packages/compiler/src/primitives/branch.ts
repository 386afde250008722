/** Choice between two graphs, and the loop of unknown length. */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError } from '../errors.js'
import { evaluate, evaluateReference } from '../graph/evaluate.js'
import { newValue } from '../graph/graph.js'
import type { Graph } from '../graph/graph.js'
import { avalOf, bind } from '../trace/context.js'
import { traceGraph } from '../trace/trace-graph.js'
import { whereabouts } from '../trace/user-line.js'
import { replayAllBatched, replayBatched } from '../transforms/batching.js'
import { pullbackOf } from '../transforms/pullback.js'
import { batchAll } from './shape.js'
import type { BatchContext, Batched, Primitive } from './primitive.js'

/** Inputs: predicate, then operands, all of which both branches take. */
export type CondAttrs = { readonly onTrue: Graph; readonly onFalse: Graph }

type Branch = (operands: readonly tf.Tensor[]) => readonly tf.Tensor[]

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

const selectMany = (pred: tf.Tensor, a: readonly tf.Tensor[], b: readonly tf.Tensor[]): tf.Tensor[] =>
  a.map((t, i) => tf.where(tf.reshape(pred, [pred.shape[0]!, ...t.shape.slice(1).map(() => 1)]), t, b[i]!))

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
  reference: ([pred, ...operands], { onTrue, onFalse }) =>
    evaluateReference(pred!.data[0] ? onTrue : onFalse, operands),
  subgraphs: ({ onTrue, onFalse }) => [onTrue, onFalse],
  withSubgraphs: (_, [onTrue, onFalse]) => ({ onTrue: onTrue!, onFalse: onFalse! })
}

/** Inputs: constants of the condition, constants of the body, carry. The condition gives one bool. */
export type WhileAttrs = {
  readonly cond: Graph
  readonly body: Graph
  readonly numCondConsts: number
  readonly numBodyConsts: number
}

const whileParts = <T>(
  inputs: readonly T[],
  { numCondConsts: a, numBodyConsts: b }: WhileAttrs
): readonly [T[], T[], T[]] => [inputs.slice(0, a), inputs.slice(a, a + b), inputs.slice(a + b)]

export const whilePrimitive: Primitive<WhileAttrs> = {
  name: 'whileLoop',
  infer: (_, { body }) => body.outputs.map(({ shape, dtype }) => ({ shape, dtype })),
  eager: (inputs, attrs) => {
    const [condConsts, bodyConsts, initial] = whileParts(inputs, attrs)
    let carry: readonly tf.Tensor[] = initial
    const goesOn = (): boolean => tf.tidy(() => evaluate(attrs.cond, [...condConsts, ...carry])[0]!.dataSync()[0] !== 0)
    while (goesOn()) {
      const previous = carry
      carry = evaluate(attrs.body, [...bodyConsts, ...previous])
      if (previous !== initial) previous.forEach((t) => t.dispose())
    }
    return carry.map((t) => (inputs.includes(t) ? tf.clone(t) : t))
  },
  vjp: () => {
    throw new BdlError({
      code: 'UnsupportedOp',
      fn: 'vjp',
      argument: 'op whileLoop',
      expected: 'a loop of known length',
      got: 'a loop whose length depends on data, which has no reverse-mode derivative',
      hint: 'Use scan or foriLoop, or give the whole computation a rule with customVjp'
    })
  },
  batch: (context) => batchWhile(context),
  onnx: (scope, { inputs, inputAvals, attrs }) => {
    const [condConsts, bodyConsts, carry] = whileParts(inputs, attrs)
    const carryAvals = inputAvals.slice(attrs.numCondConsts + attrs.numBodyConsts)
    const [start] = scope.inline(attrs.cond, [...condConsts, ...carry])
    const loop = scope.body(
      [{ shape: [], dtype: 'int64' }, { shape: [], dtype: 'bool' }, ...carryAvals],
      (inner, [, , ...state]) => {
        const next = inner.inline(attrs.body, [...bodyConsts, ...state])
        const [again] = inner.inline(attrs.cond, [...condConsts, ...next])
        return [
          { name: again!, shape: [], dtype: 'bool' as const },
          ...next.map((name, i) => ({ name, shape: attrs.body.outputs[i]!.shape, dtype: attrs.body.outputs[i]!.dtype }))
        ]
      }
    )
    return scope.nodes('Loop', ['', start!, ...carry], carry.length, { body: { graph: loop } })
  },
  reference: (inputs, attrs) => {
    const [condConsts, bodyConsts, initial] = whileParts(inputs, attrs)
    let carry = initial
    while (evaluateReference(attrs.cond, [...condConsts, ...carry])[0]!.data[0])
      carry = [...evaluateReference(attrs.body, [...bodyConsts, ...carry])]
    return carry
  },
  subgraphs: ({ cond, body }) => [cond, body],
  withSubgraphs: (attrs, [cond, body]) => ({ ...attrs, cond: cond!, body: body! })
}

/** Binds a loop from two traceable functions of the carry. */
export const bindWhile = (
  carry: readonly tf.Tensor[],
  goesOn: (carry: readonly tf.Tensor[]) => tf.Tensor,
  step: Branch
): readonly tf.Tensor[] => {
  const avals = carry.map((t) => avalOf(t, 'whileLoop'))
  const cond = traceGraph((...args) => [goesOn(args)], avals, 'whileLoop')
  const body = traceGraph((...args) => step(args), avals, 'whileLoop')
  const constsFirst = ({ graph }: Traced): Graph => ({
    ...graph,
    inputs: [...graph.inputs.slice(carry.length), ...graph.inputs.slice(0, carry.length)]
  })
  return bind(whilePrimitive, [...cond.captures, ...body.captures, ...carry], {
    cond: constsFirst(cond),
    body: constsFirst(body),
    numCondConsts: cond.captures.length,
    numBodyConsts: body.captures.length
  })
}

/** Runs until every member is done; a member that is done keeps its carry. */
const batchWhile = ({ inputs, batched, size, attrs }: BatchContext<WhileAttrs>): Batched => {
  const [condConsts, bodyConsts, carry] = whileParts(inputs, attrs)
  const [condFlags, bodyFlags, carryFlags] = whileParts(batched, attrs)
  const all = batchAll(carry, carryFlags, size)
  const everything = all.map(() => true)
  const predicate = (state: readonly tf.Tensor[]): tf.Tensor => {
    const result = replayBatched(attrs.cond, [...condConsts, ...state], [...condFlags, ...everything], size)
    return result.batched[0] ? result.outputs[0]! : batchAll(result.outputs, [false], size)[0]!
  }
  const outputs = bindWhile(
    all,
    (state) => tf.any(predicate(state)),
    (state) =>
      selectMany(
        predicate(state),
        replayAllBatched(attrs.body, [...bodyConsts, ...state], [...bodyFlags, ...everything], size),
        state
      )
  )
  return { outputs, batched: outputs.map(() => true) }
}
