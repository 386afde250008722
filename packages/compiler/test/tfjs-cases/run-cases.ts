/**
 * Runs cases of TensorFlow.js's own op tests: inputs and expected outputs, and gradients where their tests state them.
 * Each case runs five ways: TensorFlow.js itself (a check on the row), traced and replayed op by op, traced and interpreted
 * in float64, compiled for ONNX Runtime and to WebAssembly. Inputs are arguments of the traced function, so that nothing is
 * folded beforehand.
 */
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { jit, vjp } from '../../src/index'
import { evaluate, evaluateReference } from '../../src/graph/evaluate'
import { sizeOf, type DType, type NdArray, type Shape } from '../../src/graph/graph'
import { traceGraph } from '../../src/trace/trace-graph'

export interface Data {
  readonly shape: Shape
  readonly dtype: DType
  readonly data: readonly number[]
}

type Nested = number | boolean | readonly Nested[]

const shapeOf = (values: Nested): number[] =>
  typeof values === 'object' ? [values.length, ...(values.length === 0 ? [] : shapeOf(values[0]!))] : []

const flat = (values: Nested): readonly number[] =>
  typeof values === 'object' ? values.flatMap(flat) : [Number(values)]

const dataOf =
  (dtype: DType) =>
  (values: Nested, shape?: Shape): Data => {
    const data = flat(values)
    const own = shape ?? shapeOf(values)
    if (sizeOf(own) !== data.length) throw new Error(`a row gives ${data.length} numbers for shape [${own.join()}]`)
    return { shape: own, dtype, data: dtype === 'float32' ? data.map(Math.fround) : data }
  }

/** A float32 tensor: nested arrays, or flat numbers and a shape. */
export const f32 = dataOf('float32')
export const i32 = dataOf('int32')
export const bool = dataOf('bool')

type Result = tf.Tensor | readonly tf.Tensor[]
/** Rows name as many parameters as they have inputs. */
export type CaseFunction = (
  a: tf.Tensor,
  b: tf.Tensor,
  c: tf.Tensor,
  d: tf.Tensor,
  e: tf.Tensor,
  g: tf.Tensor
) => Result

interface Options {
  /** Cotangent of the one result, and the gradients that it gives; `null` for an input that has none. */
  readonly gradients?: readonly [dy: Data, ...gradients: (Data | null)[]]
  /** Relative to the expected number, and absolute below 1. Default 1e-5; more where a row states rounded numbers. */
  readonly tolerance?: number
  /** What TensorFlow.js gives instead: a row with this holds it to the right numbers, which it must not give. */
  readonly tensorflowjs?: string
}

export interface OpCase extends Options {
  readonly op: string
  readonly name: string
  readonly f: CaseFunction
  readonly inputs: readonly Data[]
  readonly expected: readonly Data[]
}

type OwnRow = readonly [
  name: string,
  f: CaseFunction,
  inputs: readonly Data[],
  expected: Data | readonly Data[],
  options?: Options
]

const isMany = (expected: Data | readonly Data[]): expected is readonly Data[] => Array.isArray(expected)

/** Cases of one op. */
export const casesOf = (op: string, ...rows: readonly OwnRow[]): readonly OpCase[] =>
  rows.map(([name, f, inputs, expected, options = {}]) => ({
    op,
    name,
    f,
    inputs,
    expected: isMany(expected) ? expected : [expected],
    ...options
  }))

const tensorOf = ({ shape, dtype, data }: Data): tf.Tensor =>
  tf.tensor(
    dtype === 'float32' ? Float32Array.from(data) : dtype === 'int32' ? Int32Array.from(data) : Uint8Array.from(data),
    [...shape],
    dtype
  )

const many = (result: Result): readonly tf.Tensor[] => (result instanceof tf.Tensor ? [result] : result)

const call = (f: CaseFunction, xs: readonly tf.Tensor[]): readonly tf.Tensor[] => {
  const [a, b, c, d, e, g] = xs
  return many(f(a!, b!, c!, d!, e!, g!))
}

const hostOf = (t: tf.Tensor): Data => {
  if (t.dtype !== 'float32' && t.dtype !== 'int32' && t.dtype !== 'bool') throw new Error(`a result of ${t.dtype}`)
  return { shape: t.shape, dtype: t.dtype, data: Array.from(t.dataSync()) }
}

/** What is wrong with a result; empty where it is as expected. */
const faults = (got: readonly Data[], want: readonly Data[], tolerance: number): readonly string[] => {
  if (got.length !== want.length) return [`${got.length} results, expected ${want.length}`]
  return got.flatMap((own, k) => {
    const { shape, dtype, data } = want[k]!
    const form = `${own.dtype} [${own.shape.join()}]`
    if (form !== `${dtype} [${shape.join()}]`) return [`result ${k} is ${form}, expected ${dtype} [${shape.join()}]`]
    return own.data.flatMap((a, i) => {
      const b = data[i]!
      const agrees = a === b || (Number.isNaN(a) && Number.isNaN(b)) || near(a, b, tolerance)
      return agrees ? [] : [`result ${k} at ${i}: got ${a}, expected ${b}`]
    })
  })
}

const near = (a: number, b: number, tolerance: number): boolean =>
  Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b)) && Number.isFinite(a)

const attempt = (body: () => readonly tf.Tensor[]): readonly Data[] | string => {
  try {
    return body().map(hostOf)
  } catch (error) {
    return String(error)
  }
}

const checkTensorFlow = ({ f, expected, tensorflowjs, tolerance = 1e-5 }: OpCase, xs: readonly tf.Tensor[]): void => {
  const got = attempt(() => call(f, xs))
  const wrong = typeof got === 'string' ? [got] : faults(got, expected, tolerance)
  if (tensorflowjs === undefined) expect(wrong, 'TensorFlow.js').toEqual([])
  else expect(wrong.length, 'the row says that TensorFlow.js is wrong').toBeGreaterThan(0)
}

const checkTraced = (own: OpCase, xs: readonly tf.Tensor[]): void => {
  const { f, inputs, expected, tolerance = 1e-5 } = own
  const { graph, captures } = traceGraph((...args) => call(f, args), inputs, 'test')
  expect(faults(evaluate(graph, [...xs, ...captures]).map(hostOf), expected, tolerance), 'op by op').toEqual([])
  const host = [...inputs, ...captures.map(hostOf)].map((x): NdArray => ({ ...x, data: Float64Array.from(x.data) }))
  const exact = evaluateReference(graph, host).map((x): Data => ({ ...x, data: Array.from(x.data) }))
  expect(faults(exact, expected, tolerance), 'in float64').toEqual([])
}

const ENGINES = ['onnx', 'wasm'] as const

const checkCompiled = async (own: OpCase, xs: readonly tf.Tensor[]): Promise<void> => {
  for (const engine of ENGINES) {
    const compiled = jit((...args: tf.Tensor[]) => call(own.f, args), { engine })
    const results = await compiled(...xs)
    expect(faults(results.map(hostOf), own.expected, own.tolerance ?? 1e-5), `compiled, ${engine}`).toEqual([])
    await compiled.dispose()
  }
}

const checkGradients = async (own: OpCase, xs: readonly tf.Tensor[]): Promise<void> => {
  if (own.gradients === undefined) return
  const [dy, ...wanted] = own.gradients
  const isWanted = (_: unknown, i: number): boolean => wanted[i] !== undefined && wanted[i] !== null
  const pull = (cotangent: tf.Tensor, ...args: tf.Tensor[]): readonly tf.Tensor[] => {
    const [, pullback] = vjp((some: readonly tf.Tensor[]) => call(own.f, some)[0]!, args as readonly tf.Tensor[])
    return pullback(cotangent).filter(isWanted)
  }
  const want = wanted.filter((gradient) => gradient !== null)
  const tolerance = own.tolerance ?? 1e-5
  expect(faults(pull(tensorOf(dy), ...xs).map(hostOf), want, tolerance), 'gradient, op by op').toEqual([])
  for (const engine of ENGINES) {
    const compiled = jit(pull, { engine })
    const results = await compiled(tensorOf(dy), ...xs)
    expect(faults(results.map(hostOf), want, tolerance), `gradient, compiled, ${engine}`).toEqual([])
    await compiled.dispose()
  }
}

/** One test for each case. */
export const runCases = (topic: string, cases: readonly OpCase[]): void => {
  describe(topic, () => {
    test.each(cases.map((own): [string, OpCase] => [`${own.op}: ${own.name}`, own]))('%s', async (_, own) => {
      const xs = own.inputs.map(tensorOf)
      checkTensorFlow(own, xs)
      checkTraced(own, xs)
      await checkCompiled(own, xs)
      await checkGradients(own, xs)
    })
  })
}
