/** Ops on images: traced, they equal TensorFlow.js's kernels, and have derivatives of every order. */
import * as tf from '@tensorflow/tfjs-core'
import { composedOps } from './support/composed'
import { exactly, real, row, type Row } from './support/laws'

type T3 = tf.Tensor3D
type T4 = tf.Tensor4D

const image = (...shape: number[]) => real(shape, -1, 1)

const SCALINGS = [
  ['plain', false, false],
  ['corners aligned', true, false],
  ['half pixels', false, true]
] as const

const SIZES = [
  [5, 4],
  [2, 2],
  [1, 6]
] as const

const resizes: readonly Row[] = SCALINGS.flatMap(([label, align, half]) =>
  SIZES.flatMap(([height, width]) => [
    row('resizeBilinear', (x) => tf.image.resizeBilinear(x as T4, [height, width], align, half), [image(1, 3, 4, 2)], {
      label: `${label}, ${height} by ${width}`
    }),
    row(
      'resizeNearestNeighbor',
      (x) => tf.image.resizeNearestNeighbor(x as T4, [height, width], align, half),
      [image(1, 3, 4, 2)],
      { label: `${label}, ${height} by ${width}` }
    )
  ])
)

/** Corners that are no multiples of a pixel, so that derivatives in them exist. */
const BOXES = [0.05, 0.1, 0.83, 0.87, 0.9, 0.2, 0.15, 0.7, -0.3, 0.1, 0.6, 1.37]

const crops: readonly Row[] = (['bilinear', 'nearest'] as const).flatMap((method) =>
  (
    [
      [3, 2],
      [1, 1]
    ] as const
  ).map(([height, width]) =>
    row(
      'cropAndResize',
      (x, boxes) =>
        tf.image.cropAndResize(
          x as T4,
          boxes as tf.Tensor2D,
          tf.tensor1d([1, 0, 1], 'int32'),
          [height, width],
          method,
          0.25
        ),
      [image(2, 4, 5, 2), exactly([3, 4], 'float32', BOXES)],
      { label: `${method}, ${height} by ${width}` }
    )
  )
)

/** Turns, shears and projects; coordinates stay off the pixels, where a derivative would jump. */
const MAP = [0.83, 0.31, -0.42, -0.27, 1.13, 0.37, 0.021, -0.017]

const transforms: readonly Row[] = (['constant', 'reflect', 'wrap', 'nearest'] as const).flatMap((mode) =>
  (['bilinear', 'nearest'] as const).map((interpolation) =>
    row(
      'transform',
      (x, t) => tf.image.transform(x as T4, t as tf.Tensor2D, interpolation, mode, 0.5, [5, 6]),
      [image(1, 4, 3, 2), exactly([1, 8], 'float32', MAP)],
      { label: `${interpolation}, ${mode}` }
    )
  )
)

const rest: readonly Row[] = [
  row('flipLeftRight', (x) => tf.image.flipLeftRight(x as T4), [image(1, 2, 3, 2)]),
  row('rotateWithOffset', (x) => tf.image.rotateWithOffset(x as T4, 0.7, 0.5, [0.4, 0.6]), [image(1, 4, 4, 1)]),
  row('rgbToGrayscale', (x) => tf.image.rgbToGrayscale(x as T4), [image(1, 2, 2, 3)]),
  row('grayscaleToRGB', (x) => tf.image.grayscaleToRGB(x as T4), [image(1, 2, 2, 1)]),
  row('threshold', (x) => tf.image.threshold(x as T3), [real([3, 3, 3], 0, 255)], { differentiable: false }),
  row('threshold', (x) => tf.image.threshold(x as T3, 'otsu'), [real([4, 4, 3], 0, 255)], {
    differentiable: false,
    label: 'otsu'
  }),
  ...(['reflect', 'symmetric'] as const).map((mode) =>
    row(
      'mirrorPad',
      (x) =>
        tf.mirrorPad(
          x!,
          [
            [1, 2],
            [0, 1]
          ],
          mode
        ),
      [image(3, 2)],
      { label: mode }
    )
  ),
  row('spaceToBatchND', (x) => tf.spaceToBatchND(x!, [2, 2], [[1, 0], [0, 1]]), [image(1, 3, 3, 2)]), // prettier-ignore
  row('batchToSpaceND', (x) => tf.batchToSpaceND(x!, [2, 2], [[1, 0], [0, 1]]), [image(4, 2, 2, 1)]), // prettier-ignore
  row('depthToSpace', (x) => tf.depthToSpace(x as T4, 2), [image(1, 2, 2, 8)]),
  row('dilation2d', (x, w) => tf.dilation2d(x as T4, w as T3, 1, 'same', 1), [image(1, 3, 4, 2), image(2, 2, 2)]),
  row('dilation2d', (x, w) => tf.dilation2d(x as T4, w as T3, 2, 'valid', 1), [image(1, 5, 5, 1), image(2, 3, 1)], {
    label: 'strides'
  }),
  row('dilation2d', (x, w) => tf.dilation2d(x as T4, w as T3, 1, 'same', 2), [image(1, 4, 4, 1), image(2, 2, 1)], {
    label: 'dilated'
  }),
  row('dilation2d', (x, w) => tf.dilation2d(x as T4, w as T3, 1, 'valid'), [exactly([1, 2, 2, 1], 'float32', [1, NaN, NaN, 2]), exactly([2, 2, 1], 'float32', [0, 5, 5, 0.5])], { label: 'NaN is passed over', differentiable: false }) // prettier-ignore
]

composedOps('an op on images', [...resizes, ...crops, ...transforms, ...rest])
