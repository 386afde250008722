/** A loop of known length that carries state and stacks outputs: JavaScript eagerly, an ONNX Loop compiled. */
import * as tf from '@tensorflow/tfjs-core'
import * as rules from '../emit/wasm/rules/loops.js'
import { evaluate, evaluateReference } from '../graph/evaluate.js'
import { sizeOf } from '../graph/graph.js'
import type { Aval, Graph, NdArray } from '../graph/graph.js'
import { avalOf, bind } from '../trace/context.js'
import { traceGraph } from '../trace/trace-graph.js'
import { replayBatched } from '../transforms/batching.js'
import { allocate } from './elementwise.js'
import { batchAll } from './shape.js'
import type { BatchContext, Batched, Primitive } from './primitive.js'
import { scanVjp, scanWithCarries, scanWithTangents } from './scan-derivatives.js'
import { parts, type LoopForm, type ScanAttrs } from './scan-parts.js'

export type { ScanAttrs } from './scan-parts.js'

const order = ({ length, reverse }: ScanAttrs): readonly number[] =>
  Array.from({ length }, (_, i) => (reverse ? length - 1 - i : i))

const emptyOf = (body: Graph, numCarry: number): readonly Aval[] =>
  body.outputs.slice(numCarry).map(({ shape, dtype }) => ({ shape: [0, ...shape], dtype }))

const eagerScan = (inputs: readonly tf.Tensor[], attrs: ScanAttrs): readonly tf.Tensor[] =>
  tf.tidy(() => {
    const { consts, carry: initial, xs } = parts(inputs, attrs)
    const stacked: tf.Tensor[][] = attrs.body.outputs.slice(attrs.numCarry).map(() => [])
    let carry = initial
    for (const i of order(attrs)) {
      const previous = carry
      const outputs = tf.tidy(() => [...evaluate(attrs.body, [...consts, ...previous, ...xs.map((x) => rowOf(x, i))])])
      carry = outputs.slice(0, attrs.numCarry)
      outputs.slice(attrs.numCarry).forEach((y, k) => stacked[k]!.push(y))
      const lastYs = stacked.map((rows) => rows[rows.length - 2]) // a body may return its carry as y
      if (previous !== initial) previous.forEach((t) => void (lastYs.includes(t) || t.dispose()))
    }
    const final = carry.map((t) => (inputs.includes(t) ? tf.clone(t) : t))
    if (attrs.length === 0)
      return [...final, ...emptyOf(attrs.body, attrs.numCarry).map((a) => tf.zeros([...a.shape], a.dtype))]
    return [...final, ...stacked.map((rows) => tf.stack(attrs.reverse ? rows.reverse() : rows))]
  })

const rowOf = (x: tf.Tensor, i: number): tf.Tensor => {
  const [, ...rest] = x.shape
  return tf.reshape(tf.slice(x, [i, ...rest.map(() => 0)], [1, ...rest]), rest)
}

const referenceScan = (inputs: readonly NdArray[], attrs: ScanAttrs): readonly NdArray[] => {
  const { consts, carry: initial, xs } = parts(inputs, attrs)
  const ys = attrs.body.outputs.slice(attrs.numCarry).map(({ shape, dtype }): NdArray => ({
    shape: [attrs.length, ...shape],
    dtype,
    data: allocate(dtype, attrs.length * sizeOf(shape))
  }))
  let carry = initial
  for (const i of order(attrs)) {
    const rows = xs.map((x): NdArray => {
      const shape = x.shape.slice(1)
      const n = sizeOf(shape)
      return { shape, dtype: x.dtype, data: x.data.slice(i * n, (i + 1) * n) }
    })
    const outputs = evaluateReference(attrs.body, [...consts, ...carry, ...rows])
    carry = outputs.slice(0, attrs.numCarry)
    outputs.slice(attrs.numCarry).forEach((y, k) => ys[k]!.data.set(y.data, i * y.data.length))
  }
  return [...carry, ...ys]
}

/** Binds a scan whose body was just traced: what it captured becomes further constants. */
export const bindScan = (
  { graph, captures }: { readonly graph: Graph; readonly captures: readonly tf.Tensor[] },
  inputs: readonly tf.Tensor[],
  attrs: LoopForm
): readonly tf.Tensor[] => {
  const count = graph.inputs.length - captures.length
  const { numConsts } = attrs
  // captured inputs come last in the traced graph, constants first in the scan
  const reordered: Graph = {
    ...graph,
    inputs: [...graph.inputs.slice(0, numConsts), ...graph.inputs.slice(count), ...graph.inputs.slice(numConsts, count)]
  }
  const all = [...inputs.slice(0, numConsts), ...captures, ...inputs.slice(numConsts)]
  return bind(scanPrimitive, all, { ...attrs, body: reordered, numConsts: numConsts + captures.length })
}

const swap01 = (x: tf.Tensor): tf.Tensor => tf.transpose(x, [1, 0, ...x.shape.slice(2).map((_, i) => i + 2)])

/** A carry is batched if it starts so or becomes so: iterate to the fixed point, then trace the batched body. */
const batchScan = ({ inputs, batched, size, attrs }: BatchContext<ScanAttrs>): Batched => {
  const { body, numConsts, numCarry } = attrs
  const flags = [...batched]
  const memberAval = (t: tf.Tensor, i: number, isBatched: boolean): Aval => {
    const aval = avalOf(t, 'vmap')
    const own = batched[i] ? aval.shape.slice(1) : aval.shape
    const row = i >= numConsts + numCarry ? own.slice(1) : own
    return { ...aval, shape: isBatched ? [size, ...row] : row }
  }
  for (;;) {
    let outFlags: readonly boolean[] = []
    const traced = traceGraph(
      (...args) => {
        const result = replayBatched(body, args, flags, size)
        outFlags = result.batched
        return result.outputs.map((t, k) =>
          k < numCarry && flags[numConsts + k] && !outFlags[k] ? batchAll([t], [false], size)[0]! : t
        )
      },
      inputs.map((t, i) => memberAval(t, i, flags[i]!)),
      'vmap'
    )
    const grown = outFlags.slice(0, numCarry).map((isBatched, k) => isBatched && !flags[numConsts + k])
    if (grown.some(Boolean)) {
      grown.forEach((isGrown, k) => {
        if (isGrown) flags[numConsts + k] = true
      })
      continue
    }
    const prepared = inputs.map((t, i) => {
      if (i >= numConsts + numCarry) return batched[i] ? swap01(t) : t
      return flags[i] && !batched[i] ? batchAll([t], [false], size)[0]! : t
    })
    const outputs = bindScan(traced, prepared, attrs)
    const batchedOut = outFlags.map((isBatched, k) => isBatched || (k < numCarry && flags[numConsts + k]!))
    return { outputs: outputs.map((t, k) => (k >= numCarry && batchedOut[k] ? swap01(t) : t)), batched: batchedOut }
  }
}

export const scanPrimitive: Primitive<ScanAttrs> = {
  name: 'scan',
  infer: (_, { body, numCarry, length }) =>
    body.outputs.map(({ shape, dtype }, i) => ({ shape: i < numCarry ? shape : [length, ...shape], dtype })),
  eager: eagerScan,
  forwardWithResiduals: (inputs, attrs) => scanWithCarries(bindScan, inputs, attrs),
  vjp: (context) => scanVjp(bindScan, context),
  forwardWithTangents: (inputs, tangents, attrs) => scanWithTangents(bindScan, inputs, tangents, attrs),
  jvp: ({ inputs, tangents, attrs }) => scanWithTangents(bindScan, inputs, tangents, attrs)[1],
  batch: batchScan,
  onnx: (scope, { inputs, inputAvals, attrs }) => {
    const { body, numConsts, numCarry, length, reverse } = attrs
    const { consts, carry, xs } = parts(inputs, attrs)
    if (length === 0)
      return [...carry, ...emptyOf(body, numCarry).map((a) => scope.constant({ ...a, data: allocate(a.dtype, 0) }))]
    const carryAvals = inputAvals.slice(numConsts, numConsts + numCarry)
    const loop = scope.body(
      [{ shape: [], dtype: 'int64' }, { shape: [], dtype: 'bool' }, ...carryAvals],
      (inner, [turn, go, ...state]) => {
        const index = reverse ? inner.node('Sub', [inner.integer(length - 1, 'int64'), turn!]) : turn!
        const rows = xs.map((x) => inner.node('Gather', [x, index], { axis: { int: 0 } }))
        const outputs = inner.inline(body, [...consts, ...state, ...rows])
        return [
          { name: go!, shape: [], dtype: 'bool' as const },
          ...outputs.map((name, i) => ({ name, shape: body.outputs[i]!.shape, dtype: body.outputs[i]!.dtype }))
        ]
      }
    )
    const outputs = scope.nodes('Loop', [scope.integer(length, 'int64'), '', ...carry], body.outputs.length, {
      body: { graph: loop }
    })
    const flip = (y: string): string =>
      scope.node('Slice', [
        y,
        scope.ints([-1]),
        scope.ints([Number.MIN_SAFE_INTEGER]),
        scope.ints([0]),
        scope.ints([-1])
      ])
    return outputs.map((name, i) => (reverse && i >= numCarry ? flip(name) : name))
  },
  wasm: rules.scan,
  reference: referenceScan,
  subgraphs: ({ body }) => [body],
  withSubgraphs: (attrs, [body]) => ({ ...attrs, body: body! })
}
