/** A matrix with no more columns than rows as orthonormal columns times a triangle, batched over leading axes. */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError } from '../errors.js'
import type { Aval, NdArray } from '../graph/graph.js'
import { bind } from '../trace/context.js'
import { whereabouts } from '../trace/user-line.js'
import { NO_ATTRS, type NoAttrs } from './elementwise.js'
import { qrSteps } from './factor-steps.js'
import { eagerMatrices, emitSteps, overMatrices, stepsOf } from './matrix-form.js'
import { qrOf } from './matrices-host.js'
import type { JvpContext, Primitive, VjpContext } from './primitive.js'
import { lowerPart, transposed } from './triangles.js'
import { solve } from './triangular-solve.js'

const infer = ([a]: readonly Aval[]): readonly Aval[] => {
  const { shape, dtype } = a!
  const [m, n] = shape.slice(-2)
  if (dtype !== 'float32' || m === undefined || n === undefined || m < n)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn: 'qr',
      argument: 'a',
      expected: 'float32 [..., m, n] with m >= n',
      got: `${dtype} [${shape.join(', ')}]`,
      ...whereabouts()
    })
  const batch = shape.slice(0, -2)
  return [[...batch, m, n], [...batch, n, n], batch].map((own) => ({ shape: own, dtype: 'float32' }))
}

const factor = ({ shape, data }: Pick<NdArray, 'shape' | 'data'>): readonly NdArray[] => {
  const [m, n] = shape.slice(-2) as [number, number]
  return overMatrices([{ shape, data }], [[m, n], [n, n], []], ([a]) => {
    const { q, r, sign } = qrOf(a!, m, n)
    return [q, r, Float64Array.of(sign)]
  })
}

/** X R⁻ᵀ and X R⁻¹ of an upper triangle R. */
const timesInverse = (x: tf.Tensor, r: tf.Tensor, transpose: boolean): tf.Tensor =>
  transposed(solve(r, transposed(x), { lower: false, transpose: !transpose }))

/** (Q̄ + Q copyltu(M)) R⁻ᵀ with M = R R̄ᵀ - Q̄ᵀ Q, copyltu(M) the symmetric matrix with M's lower triangle: Seeger et al. (2017). */
const vjp = ({ outputs: [q, r], cotangents: [dq, dr] }: VjpContext<NoAttrs>): readonly (tf.Tensor | null)[] => {
  if (dq === null && dr === null) return [null]
  const terms = [dr && tf.matMul(r!, dr!, false, true), dq && tf.neg(tf.matMul(dq!, q!, true, false))]
  const m = terms.flatMap((term) => term ?? []).reduce((a, b) => tf.add(a, b))
  const below = lowerPart(m, -1)
  const inner = tf.matMul(q!, tf.add(lowerPart(m), transposed(below)))
  return [timesInverse(dq ? tf.add(dq, inner) : inner, r!, true)]
}

/** With C = Qᵀ dA R⁻¹ and Ω = tril(C, -1) - tril(C, -1)ᵀ: dQ = Q (Ω - C) + dA R⁻¹, dR = (C - Ω) R. */
const jvp = ({ outputs: [q, r, sign], tangents: [da] }: JvpContext<NoAttrs>): readonly (tf.Tensor | null)[] => {
  const moved = timesInverse(da!, r!, false)
  const c = tf.matMul(q!, moved, true, false)
  const below = lowerPart(c, -1)
  const rest = tf.sub(c, tf.sub(below, transposed(below)))
  return [tf.sub(moved, tf.matMul(q!, rest)), tf.matMul(rest, r!), tf.zerosLike(sign!)]
}

/** Q with orthonormal columns, R upper triangular with a diagonal >= 0, and the sign of det Q where A is square. */
export const qrPrimitive: Primitive<NoAttrs> = {
  name: 'qr',
  infer,
  eager: (inputs) => eagerMatrices(inputs, ([a]) => factor(a!)),
  vjp,
  jvp,
  batch: ({ inputs: [a] }) => ({ outputs: bind(qrPrimitive, [a!], NO_ATTRS), batched: [true, true, true] }),
  onnx: (scope, context) =>
    emitSteps(
      scope,
      context,
      ([a]) => qrSteps(a!),
      ([a]) => factor(a!)
    ),
  wasm: (scope, { inputs }) =>
    scope.inline(
      stepsOf(inputs, ([a]) => qrSteps(a!)),
      inputs
    ),
  reference: ([a]) => factor(a!)
}
