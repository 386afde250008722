/** What a row of the primitives' law table is, and the means to hold it to the laws. */
import * as tf from '@tensorflow/tfjs-core'
import { expect } from 'vitest'
import { evaluateReference } from '../../src/graph/evaluate'
import { sizeOf, type DType, type Graph, type NdArray, type Shape } from '../../src/graph/graph'
import { jit } from '../../src/jit'
import { traceGraph } from '../../src/trace/trace-graph'
import { grad } from '../../src/transforms/grad'
import { leaves, type Tree } from '../../src/tree'

export interface Argument {
  readonly shape: Shape
  readonly dtype: DType
  /** Values in the domain of the op; `phase` makes another draw. */
  readonly values: (phase: number) => readonly number[]
}

export interface Row {
  /** The primitive that tracing `f` must record. */
  readonly primitive: string
  readonly label: string
  readonly f: (...xs: tf.Tensor[]) => tf.Tensor
  readonly args: readonly Argument[]
  /** Whether derivatives of first and second order are held against finite differences. */
  readonly differentiable: boolean
  /** Whether it has a derivative in forward mode alone. */
  readonly forwardOnly: boolean
  /** Defined at NaN and ±inf: compiled must equal eager there. */
  readonly special: boolean
  /** Where `special` does not hold, because TensorFlow.js and IEEE 754 differ. */
  readonly except: (...at: number[]) => boolean
  /** Absolute error that is allowed at special values. */
  readonly absolute: number
  /** Of float32 against float64, relative to the largest entry. */
  readonly tolerance: number
}

export const row = (
  primitive: string,
  f: Row['f'],
  args: readonly Argument[],
  options: Partial<
    Pick<Row, 'label' | 'differentiable' | 'forwardOnly' | 'special' | 'except' | 'absolute' | 'tolerance'>
  > = {}
): Row => ({
  primitive,
  label: '',
  f,
  args,
  differentiable: args.some(({ dtype }) => dtype === 'float32'),
  forwardOnly: false,
  special: false,
  except: () => false,
  absolute: 0,
  tolerance: 1e-5,
  ...options
})

/** The golden-ratio sequence: in [0, 1), evenly spread, no two alike. */
const spread = (i: number, phase: number): number => (((i + 1) * 0.6180339887 + phase * 0.7548776662 + 0.11) % 1) + 0

const draw = (shape: Shape, phase: number, value: (u: number) => number): readonly number[] =>
  Array.from({ length: sizeOf(shape) }, (_, i) => value(spread(i, phase)))

let salt = 0
const salted = (): number => (salt = (salt + 1) % 97)

export const real = (shape: Shape, low: number, high: number): Argument => {
  const own = salted()
  return {
    shape,
    dtype: 'float32',
    values: (phase) => draw(shape, phase + own, (u) => Math.fround(low + (high - low) * u))
  }
}
export const integer = (shape: Shape, low: number, high: number): Argument => {
  const own = salted()
  return {
    shape,
    dtype: 'int32',
    values: (phase) => draw(shape, phase + own, (u) => Math.floor(low + (high - low) * u))
  }
}
export const truth = (shape: Shape): Argument => {
  const own = salted()
  return { shape, dtype: 'bool', values: (phase) => draw(shape, phase + own, (u) => Number(u < 0.5)) }
}
export const exactly = (shape: Shape, dtype: DType, data: readonly number[]): Argument => ({
  shape,
  dtype,
  values: () => data
})

export const hostOf = ({ shape, dtype, values }: Argument, phase = 0): NdArray => ({
  shape,
  dtype,
  data: Float64Array.from(values(phase))
})

export const tensorOf = ({ shape, dtype, data }: NdArray): tf.Tensor =>
  tf.tensor(
    dtype === 'float32' ? Float32Array.from(data) : dtype === 'int32' ? Int32Array.from(data) : Uint8Array.from(data),
    [...shape],
    dtype
  )

type Many = (...xs: tf.Tensor[]) => readonly tf.Tensor[]

/** The graph of a function without captured tensors. */
export const graphFor = (f: Many, args: readonly Argument[]): Graph => traceGraph(f, args, 'test').graph

/** Numbers in [-0.9, 1.1), another set for each phase. */
export const weightsFor = (shape: Shape, phase: number): tf.Tensor =>
  tensorOf({
    shape,
    dtype: 'float32',
    data: Float64Array.from(draw(shape, 40 + phase, (u) => Math.fround(u * 2 - 0.9)))
  })

/** Σ f(x) w: a scalar whose gradient sees every entry of f, each with another weight. */
export const lossOf =
  ({ f }: Row) =>
  (...xs: tf.Tensor[]): tf.Tensor => {
    const y = f(...xs)
    return tf.sum(tf.mul(tf.cast(y, 'float32'), weightsFor(y.shape, 0)))
  }

export const floatsOf = (row: Row, xs: readonly tf.Tensor[]): tf.Tensor[] =>
  xs.filter((_, i) => row.args[i]!.dtype === 'float32')

/** The arguments with the float32 ones replaced. */
export const withFloats = (row: Row, xs: readonly tf.Tensor[], floats: readonly tf.Tensor[]): tf.Tensor[] => {
  const rest = [...floats]
  return xs.map((x, i) => (row.args[i]!.dtype === 'float32' ? rest.shift()! : x))
}

/** Gradient of `lossOf(row)` in the float32 arguments. */
export const gradientOf =
  (row: Row): Many =>
  (...xs) =>
    grad((floats: readonly tf.Tensor[]) => lossOf(row)(...withFloats(row, xs, floats)))(floatsOf(row, xs))

/** Σ ∇loss · d for fixed directions d. */
export const slopeOf =
  (row: Row) =>
  (...xs: tf.Tensor[]): tf.Tensor =>
    gradientOf(row)(...xs)
      .map((g, i) => tf.sum(tf.mul(g, weightsFor(g.shape, i + 1))))
      .reduce((a, b) => tf.add(a, b))

/** The Hessian times d: gradient of `slopeOf`. */
export const curvatureOf =
  (row: Row): Many =>
  (...xs) =>
    grad((floats: readonly tf.Tensor[]) => slopeOf(row)(...withFloats(row, xs, floats)))(floatsOf(row, xs))

/** Central differences in float64 of the scalar output of a graph, in each float32 input. */
export const finiteDifferences = (graph: Graph, inputs: readonly NdArray[]): readonly (readonly number[])[] => {
  const step = 1e-5
  const at = (k: number, i: number, delta: number): number =>
    evaluateReference(
      graph,
      inputs.map((x, j) =>
        j === k ? { ...x, data: Float64Array.from(x.data, (v, l) => (l === i ? v + delta : v)) } : x
      )
    )[0]!.data[0]!
  return inputs.flatMap((x, k) =>
    x.dtype === 'float32' ? [Array.from(x.data, (_, i) => (at(k, i, step) - at(k, i, -step)) / (2 * step))] : []
  )
}

const describeAt = (what: string, i: number, a: number, b: number): string => `${what}[${i}]: got ${a}, expected ${b}`

/** Entry by entry, relative to the largest expected entry (at least 1); NaN and ±inf must agree. */
export const expectNear = (what: string, got: ArrayLike<number>, want: ArrayLike<number>, tolerance: number): void => {
  expect(got.length, `${what}: size`).toBe(want.length)
  const scale = Array.from(want).reduce((m, x) => (Number.isFinite(x) ? Math.max(m, Math.abs(x)) : m), 1)
  for (let i = 0; i < want.length; i++) {
    const [a, b] = [got[i]!, want[i]!]
    if (Object.is(a, b) || a === b) continue
    if (!(Math.abs(a - b) <= tolerance * scale)) throw new Error(describeAt(what, i, a, b))
  }
}

export const expectSameTensors = (
  what: string,
  got: readonly tf.Tensor[],
  want: readonly tf.Tensor[],
  tolerance: number
): void => {
  expect(
    got.map(({ shape, dtype }) => ({ shape, dtype })),
    what
  ).toEqual(want.map(({ shape, dtype }) => ({ shape, dtype })))
  got.forEach((t, k) => expectNear(`${what} ${k}`, t.dataSync(), want[k]!.dataSync(), tolerance))
}

/** Eagerly and compiled, the leaves of a result are those wanted. */
export const expectEagerAndCompiled = async (
  f: (...xs: tf.Tensor[]) => Tree,
  args: readonly tf.Tensor[],
  want: readonly tf.Tensor[],
  tolerance = 1e-5
): Promise<void> => {
  expectSameTensors('eager', leaves(f(...args)), want, tolerance)
  const compiled = jit(f)
  expectSameTensors('compiled', leaves(await compiled(...args)), want, tolerance)
  await compiled.dispose()
}
