/** The loop of unknown length. */
import * as tf from '@tensorflow/tfjs-core'
import * as rules from '../emit/wasm/rules/loops.js'
import { BdlError } from '../errors.js'
import { evaluate, evaluateReference, replay } from '../graph/evaluate.js'
import type { Graph } from '../graph/graph.js'
import { avalOf, bind } from '../trace/context.js'
import { traceGraph, type TracedGraph } from '../trace/trace-graph.js'
import { activeOutputs } from '../transforms/activity.js'
import { replayAllBatched, replayBatched } from '../transforms/batching.js'
import { pushActive } from '../transforms/pushforward.js'
import { place, selectMany, type MaybeTensors } from './optional.js'
import { batchAll } from './shape.js'
import type { BatchContext, Batched, Primitive } from './primitive.js'

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
      hint: 'Use scan or foriLoop, or jvp, or give the whole computation a rule with customVjp'
    })
  },
  forwardWithTangents: (inputs, tangents, attrs) => whileWithTangents(inputs, tangents, attrs),
  jvp: ({ inputs, tangents, attrs }) => whileWithTangents(inputs, tangents, attrs)[1],
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
  wasm: rules.whileLoop,
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
  step: (carry: readonly tf.Tensor[]) => readonly tf.Tensor[]
): readonly tf.Tensor[] => {
  const avals = carry.map((t) => avalOf(t, 'whileLoop'))
  const cond = traceGraph((...args) => [goesOn(args)], avals, 'whileLoop')
  const body = traceGraph((...args) => step(args), avals, 'whileLoop')
  const constsFirst = ({ graph }: TracedGraph): Graph => ({
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

/** One loop carries values and tangents; the condition sees the values. */
const whileWithTangents = (
  inputs: readonly tf.Tensor[],
  tangents: MaybeTensors,
  attrs: WhileAttrs
): readonly [readonly tf.Tensor[], MaybeTensors] => {
  const [condConsts, bodyConsts, carry] = whileParts(inputs, attrs)
  const [, dBodyConsts, dCarry] = whileParts(tangents, attrs)
  const isConst = dBodyConsts.map((dx) => dx !== null)
  const activeCarries = (flags: readonly boolean[]): readonly boolean[] => {
    const after = activeOutputs(attrs.body, [...isConst, ...flags])
    const next = flags.map((flag, k) => flag || after[k]!)
    return next.every((flag, k) => flag === flags[k]) ? flags : activeCarries(next)
  }
  const isActive = activeCarries(dCarry.map((dx) => dx !== null))
  const split = (state: readonly tf.Tensor[]): readonly [readonly tf.Tensor[], MaybeTensors] => [
    state.slice(0, carry.length),
    place(state.slice(carry.length), isActive)
  ]
  const start = isActive.flatMap((flag, k) => (flag ? [dCarry[k] ?? tf.zeros(carry[k]!.shape)] : []))
  const results = bindWhile(
    [...carry, ...start],
    (state) => replay(attrs.cond, [...condConsts, ...split(state)[0]])[0]!,
    (state) => {
      const [values, own] = split(state)
      return pushActive(attrs.body, [...bodyConsts, ...values], [...dBodyConsts, ...own], isActive).flat()
    }
  )
  return split(results)
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
