/** The ops of the tables on convolutions, pools and images: options first, tensors later. */
import * as tf from '@tensorflow/tfjs-core'
import { vjp } from '../../src/index'
import type { CaseFunction } from './run-cases'

/** `f(x, ...options)` as a function of x. */
const one =
  <X extends tf.Tensor, P extends readonly unknown[]>(f: (x: X, ...options: P) => tf.Tensor) =>
  (...options: P): CaseFunction =>
  (x) =>
    f(x as X, ...options)

const two =
  <X extends tf.Tensor, W extends tf.Tensor, P extends readonly unknown[]>(
    f: (x: X, w: W, ...options: P) => tf.Tensor
  ) =>
  (...options: P): CaseFunction =>
  (x, w) =>
    f(x as X, w as W, ...options)

export const conv1d = two<tf.Tensor3D, tf.Tensor3D, Tail<Parameters<typeof tf.conv1d<tf.Tensor3D>>>>(tf.conv1d)
export const conv2d = two<tf.Tensor4D, tf.Tensor4D, Tail<Parameters<typeof tf.conv2d<tf.Tensor4D>>>>(tf.conv2d)
export const conv3d = two<tf.Tensor5D, tf.Tensor5D, Tail<Parameters<typeof tf.conv3d<tf.Tensor5D>>>>(tf.conv3d)
export const conv2dTranspose = two<tf.Tensor4D, tf.Tensor4D, Tail<Parameters<typeof tf.conv2dTranspose<tf.Tensor4D>>>>(
  tf.conv2dTranspose
)
export const conv3dTranspose = two<tf.Tensor5D, tf.Tensor5D, Tail<Parameters<typeof tf.conv3dTranspose<tf.Tensor5D>>>>(
  tf.conv3dTranspose
)
export const depthwiseConv2d = two<tf.Tensor4D, tf.Tensor4D, Tail<Parameters<typeof tf.depthwiseConv2d<tf.Tensor4D>>>>(
  tf.depthwiseConv2d
)
export const dilation2d = two<tf.Tensor4D, tf.Tensor3D, Tail<Parameters<typeof tf.dilation2d<tf.Tensor4D>>>>(
  tf.dilation2d
)
export const transform = two<tf.Tensor4D, tf.Tensor2D, Tail<Parameters<typeof tf.image.transform>>>(tf.image.transform)

type Tail<P extends readonly unknown[]> = P extends readonly [unknown, unknown, ...infer R] ? R : never
type Rest<P extends readonly unknown[]> = P extends readonly [unknown, ...infer R] ? R : never

export const maxPool = one<tf.Tensor4D, Rest<Parameters<typeof tf.maxPool<tf.Tensor4D>>>>(tf.maxPool)
export const avgPool = one<tf.Tensor4D, Rest<Parameters<typeof tf.avgPool<tf.Tensor4D>>>>(tf.avgPool)
export const maxPool3d = one<tf.Tensor5D, Rest<Parameters<typeof tf.maxPool3d<tf.Tensor5D>>>>(tf.maxPool3d)
export const avgPool3d = one<tf.Tensor5D, Rest<Parameters<typeof tf.avgPool3d<tf.Tensor5D>>>>(tf.avgPool3d)
export const pool = one<tf.Tensor4D, Rest<Parameters<typeof tf.pool<tf.Tensor4D>>>>(tf.pool)
export const localResponseNormalization = one<
  tf.Tensor4D,
  Rest<Parameters<typeof tf.localResponseNormalization<tf.Tensor4D>>>
>(tf.localResponseNormalization)
export const mirrorPad = one<tf.Tensor, Rest<Parameters<typeof tf.mirrorPad<tf.Tensor>>>>(tf.mirrorPad)
export const batchToSpaceND = one<tf.Tensor, Rest<Parameters<typeof tf.batchToSpaceND<tf.Tensor>>>>(tf.batchToSpaceND)
export const spaceToBatchND = one<tf.Tensor, Rest<Parameters<typeof tf.spaceToBatchND<tf.Tensor>>>>(tf.spaceToBatchND)
export const depthToSpace = one<tf.Tensor4D, Rest<Parameters<typeof tf.depthToSpace>>>(tf.depthToSpace)
export const resizeBilinear = one<tf.Tensor4D, Rest<Parameters<typeof tf.image.resizeBilinear<tf.Tensor4D>>>>(
  tf.image.resizeBilinear
)
export const resizeNearestNeighbor = one<
  tf.Tensor4D,
  Rest<Parameters<typeof tf.image.resizeNearestNeighbor<tf.Tensor4D>>>
>(tf.image.resizeNearestNeighbor)
export const rgbToGrayscale = one<tf.Tensor4D, []>(tf.image.rgbToGrayscale)
export const grayscaleToRGB = one<tf.Tensor4D, []>(tf.image.grayscaleToRGB)
export const flipLeftRight = one<tf.Tensor4D, []>(tf.image.flipLeftRight)
export const rotateWithOffset = one<tf.Tensor4D, Rest<Parameters<typeof tf.image.rotateWithOffset>>>(
  tf.image.rotateWithOffset
)
export const threshold = one<tf.Tensor3D, Rest<Parameters<typeof tf.image.threshold>>>(tf.image.threshold)

export const maxPoolWithArgmax =
  (...options: Rest<Parameters<typeof tf.maxPoolWithArgmax<tf.Tensor4D>>>): CaseFunction =>
  (x) => {
    const { result, indexes } = tf.maxPoolWithArgmax(x as tf.Tensor4D, ...options)
    return [result!, indexes!]
  }

export const separableConv2d =
  (...options: Tail3<Parameters<typeof tf.separableConv2d<tf.Tensor4D>>>): CaseFunction =>
  (x, depthwise, pointwise) =>
    tf.separableConv2d(x as tf.Tensor4D, depthwise as tf.Tensor4D, pointwise as tf.Tensor4D, ...options)

export const cropAndResize =
  (...options: Tail3<Parameters<typeof tf.image.cropAndResize>>): CaseFunction =>
  (image, boxes, owner) =>
    tf.image.cropAndResize(image as tf.Tensor4D, boxes as tf.Tensor2D, owner as tf.Tensor1D, ...options)

type Tail3<P extends readonly unknown[]> = P extends readonly [unknown, unknown, unknown, ...infer R] ? R : never

type More = 'bias' | 'preluActivationWeights'
const named = (more: readonly More[], tensors: readonly tf.Tensor[]): Partial<Record<More, tf.Tensor>> =>
  Object.fromEntries(more.map((name, i) => [name, tensors[i]!]))

type FusedConv2d = Omit<Parameters<typeof tf.fused.conv2d<tf.Tensor4D>>[0], 'x' | 'filter' | More>
export const fusedConv2d =
  (options: FusedConv2d, ...more: readonly More[]): CaseFunction =>
  (x, filter, ...rest) =>
    tf.fused.conv2d({ ...options, x: x as tf.Tensor4D, filter: filter as tf.Tensor4D, ...named(more, rest) })

type FusedDepthwise = Omit<Parameters<typeof tf.fused.depthwiseConv2d<tf.Tensor4D>>[0], 'x' | 'filter' | More>
export const fusedDepthwiseConv2d =
  (options: FusedDepthwise, ...more: readonly More[]): CaseFunction =>
  (x, filter, ...rest) =>
    tf.fused.depthwiseConv2d({ ...options, x: x as tf.Tensor4D, filter: filter as tf.Tensor4D, ...named(more, rest) })

type FusedMatMul = Omit<Parameters<typeof tf.fused.matMul>[0], 'a' | 'b' | More>
export const fusedMatMul =
  (options: FusedMatMul, ...more: readonly More[]): CaseFunction =>
  (a, b, ...rest) =>
    tf.fused.matMul({ ...options, a, b, ...named(more, rest) })

type Shift = 'offset' | 'scale'
const normalised =
  <X extends tf.Tensor>(f: (x: X, mean: X, variance: X, offset?: X, scale?: X, epsilon?: number) => tf.Tensor) =>
  (more: readonly Shift[], epsilon?: number): CaseFunction =>
  (x, mean, variance, ...rest) => {
    const given = (name: Shift): X | undefined => {
      const at = more.indexOf(name)
      return at < 0 ? undefined : (rest[at] as X)
    }
    return f(x as X, mean as X, variance as X, given('offset'), given('scale'), epsilon)
  }

export const batchNorm2d = normalised<tf.Tensor2D>(tf.batchNorm2d)
export const batchNorm3d = normalised<tf.Tensor3D>(tf.batchNorm3d)
export const batchNorm4d = normalised<tf.Tensor4D>(tf.batchNorm4d)

/** The gradients of `f` in some of its inputs, as a function of all inputs and the cotangent, which comes last. */
export const gradients =
  (f: CaseFunction, wanted: readonly number[]): CaseFunction =>
  (...args) => {
    const all: readonly (tf.Tensor | undefined)[] = args
    const given = all.filter((t) => t !== undefined)
    const [, pullback] = vjp(
      (inputs: readonly tf.Tensor[]) => {
        const [a, b, c, d, e, g] = inputs
        const result = f(a!, b!, c!, d!, e!, g!)
        return result instanceof tf.Tensor ? result : result[0]!
      },
      given.slice(0, -1)
    )
    const found = pullback(given[given.length - 1]!)
    return wanted.map((i) => found[i]!)
  }
