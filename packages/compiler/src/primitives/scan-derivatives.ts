/**
 * Derivatives of a scan, each a scan again. Forward: one loop carries values and tangents. Reverse: a loop that runs the
 * other way, and computes the body of each turn again from the carry that the turn began with.
 */
import * as tf from '@tensorflow/tfjs-core'
import { isFloat, type Graph } from '../graph/graph.js'
import { avalOf } from '../trace/context.js'
import { traceGraph, type TracedGraph } from '../trace/trace-graph.js'
import { activeOutputs } from '../transforms/activity.js'
import { pullbackOf } from '../transforms/pullback.js'
import { pushActive } from '../transforms/pushforward.js'
import { kept, place, present, type MaybeTensors } from './optional.js'
import type { VjpContext } from './primitive.js'
import { parts, type LoopForm, type Parts, type ScanAttrs } from './scan-parts.js'

type Tensors = readonly tf.Tensor[]
type Flags = readonly boolean[]

/** Binds a scan whose body was just traced. */
export type BindScan = (traced: TracedGraph, inputs: Tensors, attrs: LoopForm) => Tensors

const zerosLike = (t: tf.Tensor): tf.Tensor => tf.zeros(t.shape)

/** Traces `step` for the rows of such inputs, and binds the loop. */
const bindLoop = (
  bindScan: BindScan,
  step: (turn: Parts<tf.Tensor>) => Tensors,
  { consts, carry, xs }: Parts<tf.Tensor>,
  { length, reverse }: Pick<ScanAttrs, 'length' | 'reverse'>
): Tensors => {
  const form = { numConsts: consts.length, numCarry: carry.length, length, reverse }
  const avals = [
    ...[...consts, ...carry].map((t) => avalOf(t, 'scan')),
    ...xs.map((t) => ({ ...avalOf(t, 'scan'), shape: t.shape.slice(1) }))
  ]
  const traced = traceGraph((...args) => step(parts(args, form)), avals, 'scan')
  return bindScan(traced, [...consts, ...carry, ...xs], form)
}

/** Which inputs have tangents: a carry has one if it starts with one or gets one in a later turn. */
const activeInputs = (attrs: ScanAttrs, flags: Flags): Flags => {
  const carries = activeOutputs(attrs.body, flags).slice(0, attrs.numCarry)
  const next = flags.map((flag, i) => flag || (carries[i - attrs.numConsts] ?? false))
  return next.every((flag, i) => flag === flags[i]) ? flags : activeInputs(attrs, next)
}

/** Values and tangents in one loop: the carry is (carry, its tangents), and so are constants, xs and ys. */
export const scanWithTangents = (
  bindScan: BindScan,
  inputs: Tensors,
  tangents: MaybeTensors,
  attrs: ScanAttrs
): readonly [outputs: Tensors, tangents: MaybeTensors] => {
  const { body, numCarry } = attrs
  const flags = activeInputs(
    attrs,
    tangents.map((dx) => dx !== null)
  )
  const isActive = activeOutputs(body, flags).map((flag, k) => (k < numCarry ? parts(flags, attrs).carry[k]! : flag))
  const x = parts(inputs, attrs)
  const dx = parts(
    inputs.map((t, i) => (flags[i] ? (tangents[i] ?? zerosLike(t)) : null)),
    attrs
  )
  const numTangents = present(dx.carry).length
  const step = ({ consts, carry, xs }: Parts<tf.Tensor>): Tensors => {
    const halves = (from: Tensors, count: number): readonly [Tensors, Tensors] => [
      from.slice(0, count),
      from.slice(count)
    ]
    const all = [halves(consts, x.consts.length), halves(carry, numCarry), halves(xs, x.xs.length)]
    const primals = all.flatMap(([values]) => values)
    const own = all.flatMap(([, dvalues]) => dvalues)
    const [ys, dys] = pushActive(body, primals, place(own, flags), isActive)
    return [...ys.slice(0, numCarry), ...dys.slice(0, numTangents), ...ys.slice(numCarry), ...dys.slice(numTangents)]
  }
  const results = bindLoop(
    bindScan,
    step,
    {
      consts: [...x.consts, ...present(dx.consts)],
      carry: [...x.carry, ...present(dx.carry)],
      xs: [...x.xs, ...present(dx.xs)]
    },
    attrs
  )
  const ys = numCarry + numTangents
  const dys = ys + body.outputs.length - numCarry
  return [
    [...results.slice(0, numCarry), ...results.slice(ys, dys)],
    place([...results.slice(numCarry, ys), ...results.slice(dys)], isActive)
  ]
}

/** Extends the body so that each turn also gives the carry that it started from: what the backward loop needs. */
export const scanWithCarries = (
  bindScan: BindScan,
  inputs: Tensors,
  attrs: ScanAttrs
): readonly [outputs: Tensors, carries: Tensors] => {
  const { body } = attrs
  const graph: Graph = { ...body, outputs: [...body.outputs, ...parts(body.inputs, attrs).carry] }
  const outputs = bindScan({ graph, captures: [] }, inputs, attrs)
  return [outputs.slice(0, body.outputs.length), outputs.slice(body.outputs.length)]
}

/**
 * The backward loop carries the running sums of the cotangents of the constants and the cotangents of the carry, and
 * stacks those of xs.
 */
export const scanVjp = (
  bindScan: BindScan,
  { inputs, outputs, cotangents, needs, attrs }: VjpContext<ScanAttrs>
): MaybeTensors => {
  const { body, numConsts, numCarry } = attrs
  const { consts, carry, xs } = parts(inputs, attrs)
  const carries = outputs.slice(body.outputs.length)
  const isWanted = inputs.map((t, i) => isFloat(t) && (i >= numConsts || needs[i]!))
  const isSeeded = body.outputs.map((y, k) => isFloat(y) && (k < numCarry || cotangents[k] !== null))
  const sums = kept(consts, isWanted).map(zerosLike)
  const seeds = kept(
    cotangents.map((dy, k) => (k < numCarry ? (dy ?? zerosLike(carry[k]!)) : dy)),
    isSeeded
  )
  const numSeeds = kept(isSeeded.slice(0, numCarry), isSeeded).length
  const step = (turn: Parts<tf.Tensor>): Tensors => {
    const [own, dys] = [turn.xs.slice(0, numCarry + xs.length), turn.xs.slice(numCarry + xs.length)]
    const primals = [...turn.consts, ...own]
    const [, pullback] = pullbackOf(body, primals, isWanted)
    const dxs = pullback(place([...turn.carry.slice(sums.length), ...dys], isSeeded))
    const wanted = kept(
      dxs.map((dx, i) => dx ?? zerosLike(primals[i]!)),
      isWanted
    )
    return wanted.map((dx, k) => (k < sums.length ? tf.add(turn.carry[k]!, dx) : dx))
  }
  const loop = {
    consts,
    carry: [...sums, ...present(seeds.slice(0, numSeeds))],
    xs: [...carries, ...xs, ...present(seeds.slice(numSeeds))]
  }
  return place(bindLoop(bindScan, step, loop, { length: attrs.length, reverse: !attrs.reverse }), isWanted)
}
