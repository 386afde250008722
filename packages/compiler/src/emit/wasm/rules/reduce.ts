/** Reductions, and what is composed of them. */
import type { ReduceAttrs } from '../../../primitives/reduce.js'
import { exp, log } from '../math/index.js'
import type { Operand, Reduction } from '../program.js'
import type { WasmRule, WasmScope } from '../scope.js'

export const reduction =
  (how: Reduction): WasmRule<ReduceAttrs> =>
  (scope, { inputs: [x], outputAvals: [aval], attrs: { axes } }) => [
    scope.reshape(scope.reduce(x!, axes, how), aval!.shape)
  ]

/** Reduced over the last axis, which stays with size 1. */
const rows = (scope: WasmScope, x: Operand, how: Reduction): Operand => {
  const last = x.shape.length - 1
  return scope.reshape(scope.reduce(x, [last], how), [...x.shape.slice(0, last), 1])
}

export const softmax: WasmRule<unknown> = (scope, { inputs: [x] }) => {
  const top = rows(scope, x!, 'max')
  const [e] = scope.map(x!.shape, ['float32'], [x!, top], (l, v, m) => [exp(l, l.sub(v!, m!))])
  return scope.map(x!.shape, ['float32'], [e!, rows(scope, e!, 'sum')], (l, v, total) => [l.div(v!, total!)])
}

export const logSoftmax: WasmRule<unknown> = (scope, { inputs: [x] }) => {
  const top = rows(scope, x!, 'max')
  const [shifted] = scope.map(x!.shape, ['float32'], [x!, top], (l, v, m) => [l.sub(v!, m!)])
  const [e] = scope.map(x!.shape, ['float32'], [shifted!], (l, v) => [exp(l, v!)])
  const total = rows(scope, e!, 'sum')
  return scope.map(x!.shape, ['float32'], [shifted!, total], (l, v, s) => [l.sub(v!, log(l, s!))])
}
