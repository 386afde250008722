/** One call of each TensorFlow.js kernel that a trace knows: inputs by name, and attributes. */
import * as tf from '@tensorflow/tfjs-core'
import { binaries } from '../../src/primitives/binary'
import { unaries } from '../../src/primitives/unary'
import { exactly, integer, real, truth, type Argument } from './laws'

export interface Sample {
  readonly inputs: Readonly<Record<string, Argument>>
  readonly attrs: tf.NamedAttrMap
}

const sample = (inputs: Sample['inputs'], attrs: Sample['attrs'] = {}): Sample => ({ inputs, attrs })

const x = (...shape: number[]): Argument => real(shape, 0.2, 0.8)
const i = (...shape: number[]): Argument => integer(shape, 0, 2)
const whole = (...data: number[]): Argument => exactly([data.length], 'int32', data)

const BITS = ['LogicalAnd', 'LogicalOr', 'LogicalXor', 'LogicalNot']
const operand = (kernel: string): Argument => (BITS.includes(kernel) ? truth([2, 2]) : x(2, 2))

const elementwise: Readonly<Record<string, Sample>> = {
  ...Object.fromEntries(Object.keys(unaries).map((kernel) => [kernel, sample({ x: operand(kernel) })])),
  ...Object.fromEntries(
    Object.keys(binaries).map((kernel) => [kernel, sample({ a: operand(kernel), b: operand(kernel) })])
  ),
  AddN: sample({ 0: x(2), 1: x(2), 2: x(2) }),
  Atan2: sample({ a: x(2), b: x(2) }),
  BitwiseAnd: sample({ a: i(2), b: i(2) }),
  ClipByValue: sample({ x: x(3) }, { clipValueMin: 0.3, clipValueMax: 0.7 }),
  Elu: sample({ x: x(2) }),
  EluGrad: sample({ dy: x(2), y: x(2) }),
  LeakyRelu: sample({ x: x(2) }, { alpha: 0.1 }),
  Prelu: sample({ x: x(2), alpha: x(2) }),
  Relu6: sample({ x: x(2) }),
  Select: sample({ condition: truth([2]), t: x(2), e: x(2) }),
  Selu: sample({ x: x(2) }),
  SquaredDifference: sample({ a: x(2), b: x(2) }),
  Step: sample({ x: x(2) }, { alpha: 0 })
}

const reductions: Readonly<Record<string, Sample>> = {
  ...Object.fromEntries(
    ['Sum', 'Mean', 'Prod', 'Min'].map((kernel) => [kernel, sample({ x: x(2, 3) }, { axis: 1, keepDims: false })])
  ),
  Max: sample({ x: x(2, 3) }, { reductionIndices: 1, keepDims: false }),
  All: sample({ x: truth([2, 3]) }, { axis: 1, keepDims: false }),
  Any: sample({ x: truth([2, 3]) }, { axis: 1, keepDims: false }),
  ArgMax: sample({ x: x(2, 3) }, { axis: 1 }),
  ArgMin: sample({ x: x(2, 3) }, { axis: 1 }),
  Cumprod: sample({ x: x(2, 3) }, { axis: 1, exclusive: false, reverse: false }),
  Cumsum: sample({ x: x(2, 3) }, { axis: 1, exclusive: false, reverse: false }),
  LogSoftmax: sample({ logits: x(2, 3) }, { axis: -1 }),
  Softmax: sample({ logits: x(2, 3) }, { dim: -1 })
}

const shapes: Readonly<Record<string, Sample>> = {
  BroadcastArgs: sample({ s0: whole(1, 3), s1: whole(2, 1) }),
  BroadcastTo: sample({ x: x(3) }, { shape: [2, 3] }),
  Cast: sample({ x: x(2) }, { dtype: 'int32' }),
  Concat: sample({ 0: x(2, 1), 1: x(2, 2) }, { axis: 1 }),
  Diag: sample({ x: x(3) }),
  ExpandDims: sample({ input: x(2) }, { dim: 0 }),
  Fill: sample({}, { shape: [2], value: 3, dtype: 'float32' }),
  Identity: sample({ x: x(2) }),
  LinSpace: sample({}, { start: 0, stop: 1, num: 3 }),
  MatrixBandPart: sample({ input: x(3, 3), numLower: exactly([], 'int32', [0]), numUpper: exactly([], 'int32', [1]) }),
  OneHot: sample({ indices: i(3) }, { depth: 2, onValue: 1, offValue: 0, dtype: 'float32' }),
  OnesLike: sample({ x: x(2) }),
  Pack: sample({ 0: x(2), 1: x(2) }, { axis: 0 }),
  PadV2: sample({ x: x(2) }, { paddings: [[1, 0]], constantValue: 0 }),
  Range: sample({}, { start: 0, stop: 3, step: 1, dtype: 'float32' }),
  Reshape: sample({ x: x(2, 3) }, { shape: [3, 2] }),
  Reverse: sample({ x: x(3) }, { dims: 0 }),
  Slice: sample({ x: x(4) }, { begin: [1], size: [2] }),
  SplitV: sample({ x: x(4) }, { numOrSizeSplits: [1, 3], axis: 0 }),
  StridedSlice: sample(
    { x: x(4) },
    {
      begin: [0],
      end: [4],
      strides: [2],
      beginMask: 0,
      endMask: 0,
      ellipsisMask: 0,
      newAxisMask: 0,
      shrinkAxisMask: 0
    }
  ),
  Tile: sample({ x: x(2) }, { reps: [2] }),
  Transpose: sample({ x: x(2, 3) }, { perm: [1, 0] }),
  Unpack: sample({ value: x(2, 3) }, { axis: 0 }),
  ZerosLike: sample({ x: x(2) })
}

const indexing: Readonly<Record<string, Sample>> = {
  Bincount: sample({ x: i(4), weights: x(4) }, { size: 2 }),
  DenseBincount: sample({ x: i(2, 2), weights: x(2, 2) }, { size: 2, binaryOutput: false }),
  GatherNd: sample({ params: x(2, 2), indices: i(3, 1) }),
  GatherV2: sample({ x: x(3, 2), indices: i(2) }, { axis: 0, batchDims: 0 }),
  LowerBound: sample({ sortedSequence: x(1, 4), values: x(1, 2) }),
  ScatterNd: sample({ indices: i(3, 1), updates: x(3) }, { shape: [2] }),
  SearchSorted: sample({ sortedSequence: x(1, 4), values: x(1, 2) }, { side: 'left' }),
  SparseReshape: sample({ inputIndices: i(2, 2), inputShape: whole(2, 3), newShape: whole(3, -1) }),
  SparseToDense: sample({ sparseIndices: whole(0, 2), sparseValues: x(2), defaultValue: x() }, { outputShape: [3] }),
  TensorScatterUpdate: sample({ tensor: x(3), indices: i(2, 1), updates: x(2) }),
  TopK: sample({ x: x(4) }, { k: 2, sorted: true }),
  UnsortedSegmentSum: sample({ x: x(4), segmentIds: i(4) }, { numSegments: 2 }),
  UpperBound: sample({ sortedSequence: x(1, 4), values: x(1, 2) })
}

const window2 = { strides: [1, 1], pad: 'valid', dilations: [1, 1], dataFormat: 'NHWC' }
const window3 = { strides: [1, 1, 1], pad: 'valid', dilations: [1, 1, 1], dataFormat: 'NDHWC' }
const pool2 = { ...window2, filterSize: [2, 2] }
const pool3 = { ...window3, filterSize: [2, 2, 2] }
const image = x(1, 3, 3, 1)
const volume = x(1, 3, 3, 3, 1)
const lrn = { depthRadius: 1, bias: 1, alpha: 1, beta: 0.5 }
const scale = { alignCorners: false, halfPixelCenters: false }

const products: Readonly<Record<string, Sample>> = {
  BatchMatMul: sample({ a: x(2, 3), b: x(3, 2) }, { transposeA: false, transposeB: false }),
  Einsum: sample({ 0: x(2, 3), 1: x(3, 2) }, { equation: 'ij,jk->ik' }),
  FusedBatchNorm: sample({ x: x(2, 3), mean: x(3), variance: x(3) }, { varianceEpsilon: 1e-3 }),
  _FusedMatMul: sample({ a: x(2, 3), b: x(3, 2), bias: x(2) }, { activation: 'relu' })
}

const convolutions: Readonly<Record<string, Sample>> = {
  Conv2D: sample({ x: image, filter: x(2, 2, 1, 2) }, window2),
  Conv2DBackpropFilter: sample({ x: image, dy: x(1, 2, 2, 2) }, { ...window2, filterShape: [2, 2, 1, 2] }),
  Conv2DBackpropInput: sample({ dy: x(1, 2, 2, 2), filter: x(2, 2, 1, 2) }, { ...window2, inputShape: [1, 3, 3, 1] }),
  Conv3D: sample({ x: volume, filter: x(2, 2, 2, 1, 2) }, window3),
  Conv3DBackpropFilterV2: sample({ x: volume, dy: x(1, 2, 2, 2, 2) }, { ...window3, filterShape: [2, 2, 2, 1, 2] }),
  Conv3DBackpropInputV2: sample(
    { dy: x(1, 2, 2, 2, 2), filter: x(2, 2, 2, 1, 2) },
    { ...window3, inputShape: [1, 3, 3, 3, 1] }
  ),
  DepthwiseConv2dNative: sample({ x: x(1, 3, 3, 2), filter: x(2, 2, 2, 1) }, window2),
  DepthwiseConv2dNativeBackpropFilter: sample(
    { x: x(1, 3, 3, 2), dy: x(1, 2, 2, 2) },
    { ...window2, filterShape: [2, 2, 2, 1] }
  ),
  DepthwiseConv2dNativeBackpropInput: sample(
    { dy: x(1, 2, 2, 2), filter: x(2, 2, 2, 1) },
    { ...window2, inputShape: [1, 3, 3, 2] }
  ),
  Dilation2D: sample({ x: image, filter: x(2, 2, 1) }, window2),
  Dilation2DBackpropFilter: sample({ x: image, filter: x(2, 2, 1), dy: x(1, 2, 2, 1) }, window2),
  Dilation2DBackpropInput: sample({ x: image, filter: x(2, 2, 1), dy: x(1, 2, 2, 1) }, window2),
  FusedConv2D: sample({ x: image, filter: x(2, 2, 1, 2), bias: x(2) }, { ...window2, activation: 'relu' }),
  FusedDepthwiseConv2D: sample(
    { x: x(1, 3, 3, 2), filter: x(2, 2, 2, 1), bias: x(2) },
    { ...window2, activation: 'relu' }
  )
}

const pools: Readonly<Record<string, Sample>> = {
  AvgPool: sample({ x: image }, pool2),
  AvgPool3D: sample({ x: volume }, pool3),
  AvgPool3DGrad: sample({ dy: x(1, 2, 2, 2, 1), input: volume }, pool3),
  AvgPoolGrad: sample({ dy: x(1, 2, 2, 1), input: image }, pool2),
  LRN: sample({ x: x(1, 2, 2, 3) }, lrn),
  LRNGrad: sample({ x: x(1, 2, 2, 3), y: x(1, 2, 2, 3), dy: x(1, 2, 2, 3) }, lrn),
  MaxPool: sample({ x: image }, pool2),
  MaxPool3D: sample({ x: volume }, pool3),
  MaxPool3DGrad: sample({ dy: x(1, 2, 2, 2, 1), input: volume, output: x(1, 2, 2, 2, 1) }, pool3),
  MaxPoolGrad: sample({ dy: x(1, 2, 2, 1), input: image, output: x(1, 2, 2, 1) }, pool2),
  MaxPoolWithArgmax: sample({ x: image }, { ...pool2, includeBatchInIndex: false })
}

const images: Readonly<Record<string, Sample>> = {
  BatchToSpaceND: sample(
    { x: x(4, 1, 1, 1) },
    {
      blockShape: [2, 2],
      crops: [
        [0, 0],
        [0, 0]
      ]
    }
  ),
  CropAndResize: sample(
    { image: x(1, 4, 4, 1), boxes: exactly([1, 4], 'float32', [0, 0, 1, 1]), boxInd: exactly([1], 'int32', [0]) },
    { cropSize: [2, 2], method: 'bilinear', extrapolationValue: 0 }
  ),
  DepthToSpace: sample({ x: x(1, 1, 1, 4) }, { blockSize: 2, dataFormat: 'NHWC' }),
  FlipLeftRight: sample({ image: x(1, 2, 2, 1) }),
  MirrorPad: sample({ x: x(3) }, { paddings: [[1, 1]], mode: 'reflect' }),
  ResizeBilinear: sample({ images: image }, { ...scale, size: [4, 4] }),
  ResizeBilinearGrad: sample({ images: image, dy: x(1, 4, 4, 1) }, scale),
  ResizeNearestNeighbor: sample({ images: image }, { ...scale, size: [4, 4] }),
  ResizeNearestNeighborGrad: sample({ images: image, dy: x(1, 4, 4, 1) }, scale),
  RotateWithOffset: sample({ image: x(1, 3, 3, 1) }, { radians: 0.5, fillValue: 0, center: 0.5 }),
  SpaceToBatchND: sample(
    { x: x(1, 2, 2, 1) },
    {
      blockShape: [2, 2],
      paddings: [
        [0, 0],
        [0, 0]
      ]
    }
  ),
  Transform: sample(
    { image: x(1, 3, 3, 1), transforms: exactly([1, 8], 'float32', [1, 0, 0.5, 0, 1, 0, 0, 0]) },
    { interpolation: 'bilinear', fillMode: 'constant', fillValue: 0, outputShape: [3, 3] }
  )
}

export const samples: Readonly<Record<string, Sample>> = {
  ...elementwise,
  ...reductions,
  ...shapes,
  ...indexing,
  ...products,
  ...convolutions,
  ...pools,
  ...images
}

/** Runs the kernel itself, on whatever backend is current. */
export const callKernel =
  (kernel: string, { inputs, attrs }: Sample) =>
  (...xs: tf.Tensor[]): readonly tf.Tensor[] => {
    const named = Object.fromEntries(Object.keys(inputs).map((name, k) => [name, xs[k]!]))
    const result: tf.Tensor | tf.Tensor[] = tf.engine().runKernel(kernel, named, { ...attrs })
    return Array.isArray(result) ? result : [result]
  }
