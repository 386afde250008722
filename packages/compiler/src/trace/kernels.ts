/**
 * What each TensorFlow.js kernel means in our primitives. A kernel either is a primitive, or is a composition written as
 * `tf` code, which is traced in its turn.
 */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError } from '../errors.js'
import { NO_ATTRS } from '../primitives/elementwise.js'
import { select } from '../primitives/binary.js'
import { bitwiseAnd } from '../primitives/bitwise.js'
import { matMul } from '../primitives/linalg.js'
import { pad } from '../primitives/pad.js'
import * as reduce from '../primitives/reduce.js'
import * as shape from '../primitives/shape.js'
import type { DType } from '../graph/graph.js'
import { currentBuilder, record, resolve, tensorOf } from './context.js'
import { whereabouts } from './user-line.js'
import { compositions } from './compositions.js'
import { elementwiseKernels } from './elementwise-kernels.js'
import { convolutions } from './convolutions.js'
import { images } from './images.js'
import { morphology } from './morphology.js'
import { pooling } from './pooling.js'
import { rearrangements } from './rearrangements.js'
import { resizing } from './resizing.js'
import { indexKernels } from './index-kernels.js'
import { refuse } from './refusals.js'
import { scatterKernels } from './scatter-kernels.js'
import { inputOf, inputsOf } from './kernel-table.js'
import type { KernelInputs, KernelTable } from './kernel-table.js'

const axesOf = (axis: unknown, rank: number): number[] => {
  const list =
    axis === undefined || axis === null ? Array.from({ length: rank }, (_, i) => i) : [axis].flat().map(Number)
  const wrong = list.find((a) => !(a >= -rank && a < rank))
  if (wrong !== undefined && rank > 0) throw new Error(`axis ${wrong} of a tensor of rank ${rank}`)
  return [...new Set(list.map((a) => (a < 0 ? a + rank : a)))].sort((a, b) => a - b)
}

const reductionKernel =
  (primitive: typeof reduce.sum) =>
  (inputs: KernelInputs, attrs: Readonly<Record<string, unknown>>): readonly tf.Tensor[] => {
    const x = inputOf(inputs, 'x')
    // tf.max, alone, calls its axes reductionIndices
    const axes = axesOf(attrs['axis'] ?? attrs['reductionIndices'], x.rank)
    return record(primitive, [x], { axes, keepDims: attrs['keepDims'] === true })
  }

/** Booleans as the int32 that they count and compare as. */
const countable = (x: tf.Tensor): tf.Tensor => (x.dtype === 'bool' ? tf.cast(x, 'int32') : x)

const argKernel =
  (primitive: typeof reduce.argMax) =>
  (inputs: KernelInputs, attrs: Readonly<Record<string, unknown>>): readonly tf.Tensor[] => {
    const x = inputOf(inputs, 'x')
    return record(primitive, [countable(x)], { axis: axesOf(attrs['axis'] ?? 0, x.rank)[0] ?? 0 })
  }

const reshapeTo = (x: tf.Tensor, to: readonly number[]): readonly tf.Tensor[] =>
  record(shape.reshape, [x], { shape: to })

const numbers = (value: unknown): number[] =>
  typeof value === 'number'
    ? [value]
    : (value as ArrayLike<number> | undefined)
      ? Array.from(value as ArrayLike<number>)
      : []

/** One product of matrices where the right factor has no batch: rows of the left are folded, so that it becomes a Gemm. */
const matMulKernel = (a: tf.Tensor, b: tf.Tensor, transposeA: boolean, transposeB: boolean): tf.Tensor => {
  if (a.rank > 2 && b.rank === 2 && !transposeA) {
    const k = a.shape[a.rank - 1]!
    const folded = matMulKernel(tf.reshape(a, [a.size / k, k]), b, false, transposeB)
    return tf.reshape(folded, [...a.shape.slice(0, -1), folded.shape[1]!])
  }
  return record(matMul, [a, b], { transposeA, transposeB })[0]!
}

/** A copy of `reps` along each axis: a broadcast, with axes of size 1 put in where there is something to repeat. */
const tile = (x: tf.Tensor, reps: readonly number[]): tf.Tensor => {
  if (reps.every((r) => r === 1)) return tf.clone(x)
  const needsAxis = x.shape.map((n, i) => n !== 1 && reps[i] !== 1)
  const from = x.shape.flatMap((n, i) => (needsAxis[i] ? [1, n] : [n]))
  const to = x.shape.flatMap((n, i) => (needsAxis[i] ? [reps[i]!, n] : [n === 1 ? reps[i]! : n]))
  const base = needsAxis.some(Boolean) ? tf.reshape(x, from) : x
  const [wide] = record(shape.broadcastTo, [base], { shape: to })
  return needsAxis.some(Boolean)
    ? tf.reshape(
        wide!,
        x.shape.map((n, i) => n * reps[i]!)
      )
    : wide!
}

const sliceSize = (x: tf.Tensor, begin: readonly number[], size: readonly number[]): number[] =>
  x.shape.map((n, i) => (size[i] === undefined || size[i] === -1 ? n - (begin[i] ?? 0) : size[i]))

const direct: KernelTable = {
  Identity: (inputs) => [aliasOf(inputOf(inputs, 'x'))],
  Cast: (inputs, { dtype }) => {
    const x = inputOf(inputs, 'x')
    return x.dtype === dtype ? [aliasOf(x)] : record(shape.cast, [x], { dtype: expectNumeric(dtype) })
  },
  Select: (inputs) => {
    const [condition, t, e] = [inputOf(inputs, 'condition'), inputOf(inputs, 't'), inputOf(inputs, 'e')]
    const dtype = expectNumeric(tf.upcastType(t.dtype, e.dtype))
    return record(select, [condition, tf.cast(t, dtype), tf.cast(e, dtype)], NO_ATTRS)
  },
  Sum: reductionKernel(reduce.sum),
  Prod: reductionKernel(reduce.prod),
  Max: reductionKernel(reduce.max),
  Min: reductionKernel(reduce.min),
  Any: reductionKernel(reduce.any),
  All: reductionKernel(reduce.all),
  ArgMax: argKernel(reduce.argMax),
  ArgMin: argKernel(reduce.argMin),
  Cumsum: (inputs, { axis, exclusive, reverse }) =>
    record(reduce.cumsum, [countable(inputOf(inputs, 'x'))], {
      axis: axesOf(axis, inputOf(inputs, 'x').rank)[0]!,
      exclusive: exclusive === true,
      reverse: reverse === true
    }),
  LogSoftmax: (inputs, { axis }) => {
    const x = inputOf(inputs, 'logits')
    const at = axesOf(axis ?? -1, x.rank)[0]!
    if (at === x.rank - 1) return record(reduce.logSoftmax, [x], NO_ATTRS)
    const perm = x.shape.map((_, i) => i).filter((i) => i !== at)
    const back = shape.invertPermutation([...perm, at])
    return [tf.transpose(tf.logSoftmax(tf.transpose(x, [...perm, at])), back)]
  },
  Reshape: (inputs, { shape: to }) => {
    const x = inputOf(inputs, 'x')
    const wanted = numbers(to)
    const known = wanted.filter((n) => n !== -1).reduce((n, d) => n * d, 1)
    return reshapeTo(
      x,
      wanted.map((n) => (n === -1 ? x.size / known : n))
    )
  },
  ExpandDims: (inputs, { dim }) => {
    const x = inputOf(inputs, 'input')
    const at = Number(dim) < 0 ? x.rank + Number(dim) + 1 : Number(dim)
    return reshapeTo(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)])
  },
  Transpose: (inputs, { perm }) => record(shape.transpose, [inputOf(inputs, 'x')], { perm: numbers(perm) }),
  BroadcastTo: (inputs, { shape: to }) => record(shape.broadcastTo, [inputOf(inputs, 'x')], { shape: numbers(to) }),
  Tile: (inputs, { reps }) => [tile(inputOf(inputs, 'x'), numbers(reps))],
  Concat: (inputs, { axis }) => {
    const all = inputsOf(inputs)
    const at = axesOf(axis, all[0]!.rank)[0]!
    const filled = all.filter((x) => x.size > 0)
    if (filled.length === 0) return [aliasOf(all[0]!)]
    return filled.length === 1 ? [aliasOf(filled[0]!)] : record(shape.concat, filled, { axis: at })
  },
  SplitV: (inputs, { numOrSizeSplits, axis }) => {
    const x = inputOf(inputs, 'x')
    const at = axesOf(axis ?? 0, x.rank)[0]!
    const n = x.shape[at]!
    if (typeof numOrSizeSplits === 'number')
      return record(shape.split, [x], {
        axis: at,
        sizes: Array.from({ length: numOrSizeSplits }, () => n / numOrSizeSplits)
      })
    const sizes = numbers(numOrSizeSplits)
    const known = sizes.filter((s) => s !== -1).reduce((s, m) => s + m, 0)
    return record(shape.split, [x], { axis: at, sizes: sizes.map((s) => (s === -1 ? n - known : s)) })
  },
  Slice: (inputs, { begin, size }) => {
    const x = inputOf(inputs, 'x')
    const at = x.shape.map((_, i) => numbers(begin)[i] ?? 0)
    return record(shape.slice, [x], { begin: at, size: sliceSize(x, at, numbers(size)) })
  },
  PadV2: (inputs, { paddings, constantValue }) =>
    record(pad, [inputOf(inputs, 'x')], {
      paddings: (paddings as readonly (readonly [number, number])[]).map(([a, b]) => [a, b] as const),
      value: Number(constantValue ?? 0)
    }),
  Reverse: (inputs, { dims }) => {
    const x = inputOf(inputs, 'x')
    return record(shape.reverse, [x], { axes: axesOf(dims, x.rank) })
  },
  BitwiseAnd: (inputs) => record(bitwiseAnd, [inputOf(inputs, 'a'), inputOf(inputs, 'b')], NO_ATTRS),
  BatchMatMul: (inputs, { transposeA, transposeB }) => [
    matMulKernel(inputOf(inputs, 'a'), inputOf(inputs, 'b'), transposeA === true, transposeB === true)
  ]
}

/** The same value under a new tensor: an alias costs no node. */
const aliasOf = (x: tf.Tensor): tf.Tensor => tensorOf(currentBuilder(), resolve(currentBuilder(), x))

const expectNumeric = (dtype: unknown): DType => {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype
  throw new BdlError({
    code: 'DtypeMismatch',
    fn: 'cast',
    argument: 'dtype',
    expected: 'float32, int32 or bool',
    got: String(dtype),
    ...whereabouts()
  })
}

export const traceKernels: KernelTable = {
  ...elementwiseKernels,
  ...direct,
  ...compositions,
  ...convolutions,
  ...pooling,
  ...resizing,
  ...images,
  ...rearrangements,
  ...morphology,
  ...indexKernels,
  ...scatterKernels
}

/** Every kernel name that TensorFlow.js knows: its exports whose value is their own name. */
export const allKernelNames = (): readonly string[] =>
  Object.entries(tf)
    .filter(([name, value]) => name === value)
    .map(([name]) => name)

/** Kernels whose result is a list, of however many tensors. */
const LISTS = ['SplitV', 'Unpack']

/** Registers a recording kernel for each op that we know, and one that explains itself for each that we do not. */
export const registerTraceKernels = (backendName: string): void => {
  for (const [kernelName, kernel] of Object.entries(traceKernels))
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, attrs }) => {
        const outputs = kernel(inputs as KernelInputs, { ...attrs })
        return outputs.length === 1 && !LISTS.includes(kernelName) ? outputs[0]! : [...outputs]
      }
    })
  for (const kernelName of allKernelNames())
    if (!(kernelName in traceKernels)) tf.registerKernel({ kernelName, backendName, kernelFunc: refuse(kernelName) })
}
