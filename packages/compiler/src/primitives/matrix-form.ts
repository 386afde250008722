/** What primitives on matrices with leading axes have in common: shapes, loops over the batch, and steps that are emitted in place. */
import { tensor, type Tensor } from '@tensorflow/tfjs-core'
import type { OnnxScope } from '../emit/onnx-scope.js'
import { BdlError } from '../errors.js'
import { sizeOf, type Aval, type Graph, type NdArray, type Shape } from '../graph/graph.js'
import type { EmitContext } from './primitive.js'
import { traceGraph } from '../trace/trace-graph.js'
import { whereabouts } from '../trace/user-line.js'

/** Of values and tensors. */
export const expectSquare = (
  fn: string,
  argument: string,
  { shape, dtype }: { readonly shape: Shape; readonly dtype: string }
): void => {
  const [m, n] = shape.slice(-2)
  if (dtype === 'float32' && m !== undefined && m === n) return
  throw new BdlError({
    code: 'ShapeMismatch',
    fn,
    argument,
    expected: 'float32 [..., n, n]',
    got: `${dtype} [${shape.join(', ')}]`,
    ...whereabouts()
  })
}

type Host = Pick<NdArray, 'shape' | 'data'>

/** Calls `f` for each matrix of a batch; inputs have the same leading axes, and outputs get them before their own shapes. */
export const overMatrices = (
  inputs: readonly Host[],
  outputs: readonly Shape[],
  f: (matrices: readonly ArrayLike<number>[]) => readonly Float64Array[]
): readonly NdArray[] => {
  const batch = inputs[0]!.shape.slice(0, -2)
  const sizes = inputs.map(({ shape }) => sizeOf(shape.slice(-2)))
  const results = outputs.map((own): NdArray => ({
    shape: [...batch, ...own],
    dtype: 'float32',
    data: new Float64Array(sizeOf(batch) * sizeOf(own))
  }))
  for (let g = 0; g < sizeOf(batch); g++)
    f(inputs.map(({ data }, i) => data.subarray(g * sizes[i]!, (g + 1) * sizes[i]!))).forEach((data, k) =>
      results[k]!.data.set(data, g * data.length)
    )
  return results
}

/** A host function in float64 on real tensors; results are rounded once. */
export const eagerMatrices = (
  inputs: readonly Tensor[],
  f: (inputs: readonly Host[]) => readonly NdArray[]
): readonly Tensor[] =>
  f(inputs.map((x) => ({ shape: x.shape, data: x.dataSync<'float32'>() }))).map(({ shape, data }) =>
    tensor(Float32Array.from(data), [...shape], 'float32')
  )

/** The graph of steps written as `tf` code, for engines that have no op for the whole. */
export const stepsOf = (avals: readonly Aval[], steps: (inputs: readonly Tensor[]) => readonly Tensor[]): Graph =>
  traceGraph((...xs) => steps(xs), avals, 'jit').graph

/** Steps in place; of an empty input, what the reference makes of it, since ONNX Runtime reduces no empty axes. */
export const emitSteps = (
  scope: OnnxScope,
  { inputs, inputAvals }: Pick<EmitContext<unknown>, 'inputs' | 'inputAvals'>,
  steps: (inputs: readonly Tensor[]) => readonly Tensor[],
  reference: (inputs: readonly NdArray[]) => readonly NdArray[]
): readonly string[] => {
  if (inputAvals.every(({ shape }) => sizeOf(shape) > 0)) return scope.inline(stepsOf(inputAvals, steps), inputs)
  const zeros = inputAvals.map((aval): NdArray => ({ ...aval, data: new Float64Array(sizeOf(aval.shape)) }))
  return reference(zeros).map((value) => scope.constant({ ...value, data: Float32Array.from(value.data) }))
}
