/** The factor of a positive definite matrix, batched over leading axes. */
import * as tf from '@tensorflow/tfjs-core'
import * as rules from '../emit/wasm/rules/factorisations.js'
import type { NdArray } from '../graph/graph.js'
import { bind1 } from '../trace/context.js'
import { NO_ATTRS, type NoAttrs } from './elementwise.js'
import { choleskySteps } from './factor-steps.js'
import { emitSteps, eagerMatrices, expectSquare, overMatrices } from './matrix-form.js'
import { choleskyOf } from './matrices-host.js'
import type { Primitive } from './primitive.js'
import { halfLower, symmetricPart, transposed } from './triangles.js'
import { solve } from './triangular-solve.js'

const factor = ({ shape, data }: Pick<NdArray, 'shape' | 'data'>): readonly NdArray[] => {
  const n = shape[shape.length - 1]!
  return overMatrices([{ shape, data }], [[n, n]], ([a]) => [choleskyOf(a!, n)])
}

/**
 * L with L Lᵀ = (A + Aᵀ) / 2, lower triangular; NaN throughout where that is not positive definite. With Φ the lower triangle
 * whose diagonal is halved, dL = L Φ(L⁻¹ dA L⁻ᵀ): Murray (2016), "Differentiation of the Cholesky decomposition",
 * arXiv:1602.07527, equations 8 and 10.
 */
export const cholesky: Primitive<NoAttrs> = {
  name: 'cholesky',
  infer: ([a]) => {
    expectSquare('cholesky', 'a', a!)
    return [{ shape: a!.shape, dtype: 'float32' }]
  },
  eager: (inputs) => eagerMatrices(inputs, ([a]) => factor(a!)),
  vjp: ({ outputs: [l], cotangents: [dl] }) => {
    const inner = halfLower(tf.matMul(l!, dl!, true, false))
    const left = solve(l!, inner, { lower: true, transpose: true })
    const right = solve(l!, transposed(left), { lower: true, transpose: true })
    return [symmetricPart(right)]
  },
  jvp: ({ outputs: [l], tangents: [da] }) => {
    const left = solve(l!, symmetricPart(da!), { lower: true, transpose: false })
    const inner = solve(l!, transposed(left), { lower: true, transpose: false })
    return [tf.matMul(l!, halfLower(inner))]
  },
  batch: ({ inputs: [a] }) => ({ outputs: [bind1(cholesky, [a!], NO_ATTRS)], batched: [true] }),
  onnx: (scope, context) =>
    emitSteps(
      scope,
      context,
      ([a]) => [choleskySteps(a!)],
      ([a]) => factor(a!)
    ),
  wasm: rules.cholesky,
  reference: ([a]) => factor(a!)
}
