/** TensorFlow.js kernels that no trace can hold: why, and what to do instead. */
import { BdlError, type BdlErrorCode } from '../errors.js'
import { currentBuilder, isTracing } from './context.js'
import { whereabouts } from './user-line.js'

export interface Refusal {
  readonly code: BdlErrorCode
  readonly expected: string
  /** What is wrong with the op; also what docs/ops.md says of it. */
  readonly got: string
  readonly hint: string
}

const outside = 'Compute it outside of the traced function, and pass the result as an argument'

const dataDependent = (hint: string = outside): Refusal => ({
  code: 'NotTraceable',
  expected: 'an op whose result has a shape known beforehand',
  got: 'a shape that depends on data',
  hint
})

const complex: Refusal = {
  code: 'UnsupportedOp',
  expected: 'an op of float32, int32 or bool',
  got: 'an op of complex numbers',
  hint:
    'Keep real and imaginary parts as two float32 tensors; a discrete Fourier transform of n numbers is a product with ' +
    'the matrices cos(2πjk/n) and -sin(2πjk/n)'
}

const strings: Refusal = {
  code: 'UnsupportedOp',
  expected: 'an op of float32, int32 or bool',
  got: 'an op of strings',
  hint: outside
}

const pixels: Refusal = {
  code: 'NotTraceable',
  expected: 'an op of tensors',
  got: 'an op that reads or draws an image of the page',
  hint: outside
}

const segments = (name: string): Refusal =>
  dataDependent(
    `Say how many segments there are: tf.unsortedSegmentSum(tf.gather(data, indices), segmentIds, n)${name}`
  )

export const refusals: Readonly<Record<string, Refusal>> = {
  Complex: complex,
  ComplexAbs: complex,
  FFT: complex,
  IFFT: complex,
  Imag: complex,
  Real: complex,
  Draw: pixels,
  FromPixels: pixels,
  Multinomial: {
    code: 'UnsupportedOp',
    expected: 'random numbers that are a function of a key',
    got: 'numbers that TensorFlow.js draws, which the trace would keep for ever',
    hint: 'Draw with a key from @bdl/core: categorical(key, ...)'
  },
  NonMaxSuppressionV3: dataDependent(),
  NonMaxSuppressionV4: dataDependent(),
  NonMaxSuppressionV5: dataDependent(),
  Pool: {
    code: 'UnsupportedOp',
    expected: 'an op of TensorFlow.js',
    got: 'a name that no op of TensorFlow.js goes by',
    hint: 'Call tf.pool, which is made of others'
  },
  RaggedGather: dataDependent(),
  RaggedRange: dataDependent(),
  RaggedTensorToTensor: dataDependent(),
  SparseFillEmptyRows: dataDependent(),
  SparseSegmentMean: segments(', over their counts'),
  SparseSegmentSum: segments(''),
  StaticRegexReplace: strings,
  StringNGrams: strings,
  StringSplit: strings,
  StringToHashBucketFast: strings,
  Unique: dataDependent()
}

const unknown: Refusal = {
  code: 'UnsupportedOp',
  expected: 'an op with a tracing rule',
  got: 'an op without one',
  hint: 'Compose it of other ops, or compute it outside of the traced function'
}

/** A kernel that explains itself. */
export const refuse = (kernel: string) => (): never => {
  throw new BdlError({
    ...(refusals[kernel] ?? unknown),
    fn: isTracing() ? currentBuilder().fn : 'trace',
    argument: `op ${kernel}`,
    ...whereabouts()
  })
}
