/** Rows of the law table: convolutions, pools, and reading along an axis. */
import * as tf from '@tensorflow/tfjs-core'
import { addAlong, takeAlong } from '../../src/primitives/along'
import { biasedConvolution } from '../../src/primitives/biased-convolution'
import { convolution } from '../../src/primitives/convolution'
import type { ConvolutionAttrs } from '../../src/primitives/convolution-form'
import { maxPool } from '../../src/primitives/max-pool'
import type { MaxPoolAttrs } from '../../src/primitives/max-pool-form'
import { bind, bind1 } from '../../src/trace/context'
import { exactly, integer, real, row, type Row } from './laws'

type Shape = readonly number[]

const sum = (a: number, b: number): number => a + b

/** Attributes of a convolution with a kernel of `kernel` taps on `image`, plain unless said otherwise. */
const plain = (image: Shape, kernel: Shape, rest: Partial<ConvolutionAttrs> = {}): Omit<ConvolutionAttrs, 'of'> => ({
  groups: 1,
  strides: image.map(() => 1),
  dilations: image.map(() => 1),
  padding: image.map(() => [0, 0] as const),
  image,
  kernel,
  ...rest
})

interface Geometry {
  readonly label: string
  readonly attrs: Omit<ConvolutionAttrs, 'of'>
  /** Examples, and channels of image and output in each group. */
  readonly sizes: readonly [examples: number, inner: number, outer: number]
}

const geometries: readonly Geometry[] = [
  { label: '1 axis', attrs: plain([4], [2]), sizes: [2, 2, 3] },
  { label: '2 axes, padded', attrs: plain([3, 4], [2, 3], { padding: [[0, 1], [1, 1]] }), sizes: [2, 2, 2] }, // prettier-ignore
  { label: 'stride 2 and 3, points left over', attrs: plain([5, 6], [2, 2], { strides: [2, 3] }), sizes: [1, 2, 2] },
  { label: 'dilation 2', attrs: plain([5, 4], [2, 2], { dilations: [2, 1], padding: [[1, 0], [0, 0]] }), sizes: [1, 2, 2] }, // prettier-ignore
  {
    label: 'stride and dilation',
    attrs: plain([7], [3], { strides: [2], dilations: [2], padding: [[2, 1]] }),
    sizes: [1, 1, 2]
  },
  { label: 'negative padding', attrs: plain([6], [2], { padding: [[-1, -2]] }), sizes: [2, 1, 2] },
  { label: 'padding wider than the kernel', attrs: plain([3], [1], { padding: [[2, 1]] }), sizes: [1, 2, 1] },
  { label: 'two groups', attrs: plain([4], [2], { groups: 2 }), sizes: [2, 2, 1] },
  { label: 'three groups of one channel, stride 2', attrs: plain([3, 3], [2, 2], { groups: 3, strides: [2, 1], padding: [[1, 0], [0, 0]] }), sizes: [1, 1, 2] }, // prettier-ignore
  { label: '3 axes', attrs: plain([2, 3, 3], [2, 2, 1], { strides: [1, 1, 2] }), sizes: [1, 2, 2] },
  { label: 'more channels out than in', attrs: plain([3, 3], [2, 2]), sizes: [1, 1, 5] },
  { label: 'many channels', attrs: plain([3, 3], [2, 2]), sizes: [1, 9, 2] }
]

const positions = ({ attrs }: Geometry): Shape =>
  attrs.image.map((n, d) => {
    const room = n + attrs.padding[d]!.reduce(sum) - (attrs.kernel[d]! - 1) * attrs.dilations[d]! - 1
    return Math.floor(room / attrs.strides[d]!) + 1
  })

const convolutionRows: readonly Row[] = geometries.flatMap((geometry) => {
  const { label, attrs, sizes } = geometry
  const [n, inner, outer] = sizes
  const image = real([n, attrs.groups * inner, ...attrs.image], -1, 1)
  const kernel = real([attrs.groups * outer, inner, ...attrs.kernel], -1, 1)
  const output = real([n, attrs.groups * outer, ...positions(geometry)], -1, 1)
  const bound = (of: ConvolutionAttrs['of']) => (a: tf.Tensor | undefined, b: tf.Tensor | undefined) =>
    bind1(convolution, [a!, b!], { ...attrs, of })
  return [
    row('convolution', bound('output'), [image, kernel], { label }),
    row('convolution', bound('image'), [kernel, output], { label: `gradient in the image, ${label}` }),
    row('convolution', bound('kernel'), [image, output], { label: `gradient in the kernel, ${label}` })
  ]
})

const biased = (image: Shape, attrs: Partial<ConvolutionAttrs> = {}): Row => {
  const all = { ...plain(image, image.map(() => 2), attrs), of: 'output' } as const // prettier-ignore
  const { groups } = all
  return row(
    'biasedConvolution',
    (x, w, b) => bind1(biasedConvolution, [x!, w!, b!], all),
    [real([2, 2 * groups, ...image], -1, 1), real([3 * groups, 2, ...all.kernel], -1, 1), real([3 * groups], -1, 1)],
    { differentiable: false, label: `${image.length} axes, ${groups} groups` }
  )
}

const pool = (attrs: Partial<MaxPoolAttrs> & Pick<MaxPoolAttrs, 'window'>): MaxPoolAttrs => ({
  strides: attrs.window.map(() => 1),
  dilations: attrs.window.map(() => 1),
  padding: attrs.window.map(() => [0, 0] as const),
  indices: true,
  ...attrs
})

const maxima = (attrs: Partial<MaxPoolAttrs> & Pick<MaxPoolAttrs, 'window'>) => (x: tf.Tensor | undefined) =>
  bind(maxPool, [x!], pool(attrs))[0]!

const places = (attrs: Partial<MaxPoolAttrs> & Pick<MaxPoolAttrs, 'window'>) => (x: tf.Tensor | undefined) =>
  bind(maxPool, [x!], pool(attrs))[1]!

const { NaN: nan, NEGATIVE_INFINITY: low, POSITIVE_INFINITY: high } = Number

const poolRows: readonly Row[] = [
  row('maxPool', (x) => tf.sin(maxima({ window: [2] })(x)), [real([2, 5], -2, 2)]),
  row('maxPool', (x) => tf.sin(maxima({ window: [2, 2], strides: [2, 2] })(x)), [real([2, 2, 4, 4], -2, 2)], {
    label: 'windows that share nothing'
  }),
  row('maxPool', (x) => tf.sin(maxima({ window: [3, 2], strides: [2, 1], padding: [[1, 1], [0, 1]] })(x)), [real([1, 2, 5, 3], -2, 2)], { label: 'windows that overlap, padded' }), // prettier-ignore
  row('maxPool', maxima({ window: [2], dilations: [2] }), [real([2, 5], -2, 2)], { label: 'dilated' }),
  row('maxPool', maxima({ window: [2], dilations: [3], padding: [[3, 0]] }), [real([2, 5], -2, 2)], {
    label: 'padding that ONNX does not take'
  }),
  row('maxPool', maxima({ window: [2], padding: [[-1, -1]] }), [real([2, 6], -2, 2)], { label: 'negative padding' }),
  row('maxPool', maxima({ window: [2, 2], indices: false }), [real([3, 3], -2, 2)], { label: 'values alone' }),
  row('maxPool', maxima({ window: [2, 1, 2] }), [real([1, 2, 2, 2, 3], -2, 2)], { label: '3 axes' }),
  row('maxPool', maxima({ window: [2] }), [integer([2, 5], -9, 9)], { label: 'int32' }),
  row('maxPool', places({ window: [2], strides: [2], padding: [[1, 0]] }), [integer([2, 5], -3, 3)], {
    label: 'places, int32'
  }),
  row('maxPool', places({ window: [3], strides: [2] }), [exactly([2, 5], 'float32', [1, 2, 2, 2, 0, 3, 3, 1, 1, 1])], {
    label: 'places: the first of equal ones',
    differentiable: false
  }),
  ...([maxima, places] as const).map((of, i) =>
    row(
      'maxPool',
      of({ window: [2], strides: [2] }),
      [exactly([2, 8], 'float32', [nan, 1, 2, nan, nan, nan, low, low, low, nan, nan, low, high, nan, high, high])],
      { label: `NaN is passed over, ${i === 0 ? 'values' : 'places'}`, differentiable: false }
    )
  ),
  row('takeAlong', (x, i) => tf.sin(bind1(takeAlong, [x!, i!], {})), [real([2, 4], -2, 2), integer([2, 3], 0, 4)]),
  row('takeAlong', (x, i) => bind1(takeAlong, [x!, i!], {}), [integer([4], -5, 5), integer([3], 0, 4)], {
    label: 'int32, one row'
  }),
  row('addAlong', (y, i) => tf.sin(bind1(addAlong, [y!, i!], { size: 3, isDisjoint: false })), [
    real([2, 4], -2, 2),
    integer([2, 4], 0, 3)
  ]),
  row(
    'addAlong',
    (y, i) => tf.sin(bind1(addAlong, [y!, i!], { size: 5, isDisjoint: true })),
    [real([2, 3], -2, 2), exactly([2, 3], 'int32', [4, 0, 1, 2, 3, 0])],
    { label: 'each place once' }
  )
]

export const convRows: readonly Row[] = [
  ...convolutionRows,
  biased([3, 4]),
  biased([3], { groups: 2, padding: [[1, 0]] }),
  ...poolRows
]
