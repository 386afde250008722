/**
 * Convolutions: traced, they equal TensorFlow.js's kernels at any geometry, and JAX's numbers where TensorFlow.js has no such
 * convolution; batched over images, kernels or both they are one convolution still.
 */
import * as fc from 'fast-check'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { grad, isBdlError, jit, jvp, vmap, type InAxis } from '../src/index'
import { evaluateReference } from '../src/graph/evaluate'
import type { Graph } from '../src/graph/graph'
import { optimise } from '../src/passes/optimise'
import { convolution } from '../src/primitives/convolution'
import type { ConvolutionAttrs } from '../src/primitives/convolution-form'
import { bind1 } from '../src/trace/context'
import { traceGraph } from '../src/trace/trace-graph'
import { composedOps } from './support/composed'
import { wave as host } from './support/graphs'
import { expectNear, expectSameTensors, real, row, tensorOf, type Row } from './support/laws'

type T3 = tf.Tensor3D
type T4 = tf.Tensor4D
type T5 = tf.Tensor5D

const data = (...shape: number[]) => real(shape, -1, 1)

const rows: readonly Row[] = [
  row('conv1d', (x, w) => tf.conv1d(x as T3, w as T3, 2, 'same'), [data(2, 5, 2), data(3, 2, 2)]),
  row('conv2d', (x, w) => tf.conv2d(x as T4, w as T4, [1, 2], 'same'), [data(2, 4, 4, 2), data(3, 2, 2, 3)]),
  row('conv2d', (x, w) => tf.conv2d(x as T4, w as T4, 1, 'valid', 'NCHW'), [data(2, 2, 3, 4), data(2, 2, 2, 3)], {
    label: 'NCHW'
  }),
  row('conv2d', (x, w) => tf.conv2d(x as T4, w as T4, 1, 1, 'NHWC', 2), [data(1, 4, 4, 1), data(2, 2, 1, 2)], {
    label: 'dilated'
  }),
  row('conv3d', (x, w) => tf.conv3d(x as T5, w as T5, [1, 2, 1], 'same'), [data(1, 2, 3, 3, 2), data(2, 2, 1, 2, 2)]),
  row('conv2dTranspose', (x, w) => tf.conv2dTranspose(x as T4, w as T4, [1, 5, 6, 2], 2, 'same'), [
    data(1, 3, 3, 1),
    data(3, 2, 2, 1)
  ]),
  row('conv3dTranspose', (x, w) => tf.conv3dTranspose(x as T5, w as T5, [1, 3, 4, 3, 1], [1, 2, 1], 'valid'), [
    data(1, 2, 2, 2, 1),
    data(2, 2, 2, 1, 1)
  ]),
  row('depthwiseConv2d', (x, w) => tf.depthwiseConv2d(x as T4, w as T4, 1, 'same'), [
    data(1, 3, 4, 2),
    data(2, 2, 2, 2)
  ]),
  row('separableConv2d', (x, w, p) => tf.separableConv2d(x as T4, w as T4, p as T4, 2, 'same'), [
    data(1, 4, 4, 2),
    data(2, 2, 2, 1),
    data(1, 1, 2, 3)
  ]),
  ...(['relu', 'elu', 'sigmoid', 'leakyrelu', 'relu6', 'linear'] as const).map((activation) =>
    row(
      'fused.conv2d',
      (x, w, b) =>
        tf.fused.conv2d({
          x: x as T4,
          filter: w as T4,
          strides: 1,
          pad: 'same',
          bias: b!,
          activation,
          leakyreluAlpha: 0.3
        }),
      [data(1, 3, 3, 2), data(2, 2, 2, 2), data(2)],
      { label: activation }
    )
  ),
  row(
    'fused.depthwiseConv2d',
    (x, w, b, p) =>
      tf.fused.depthwiseConv2d({
        x: x as T4,
        filter: w as T4,
        strides: 1,
        pad: 'valid',
        bias: b!,
        activation: 'prelu',
        preluActivationWeights: p!
      }),
    [data(1, 3, 3, 2), data(2, 2, 2, 1), data(2), real([2], 0.2, 0.8)]
  ),
  row(
    'fused.matMul',
    (a, b, bias) => tf.fused.matMul({ a: a!, b: b!, transposeB: true, bias: bias!, activation: 'sigmoid' }),
    [data(2, 3), data(4, 3), data(4)]
  )
]

composedOps('a convolution', rows)

const wave = (shape: readonly number[], phase = 0): tf.Tensor => tensorOf(host(shape, phase))

const agrees = async (f: (x: tf.Tensor, w: tf.Tensor) => tf.Tensor, x: tf.Tensor, w: tf.Tensor): Promise<void> => {
  const compiled = jit(f)
  const want = f(x, w)
  expectSameTensors('compiled', [await compiled(x, w)], [want], 1e-5)
  const two = [tf.stack([x, tf.neg(x)]), tf.stack([w, tf.square(w)])] as const
  expectSameTensors('vmap', [vmap(f)(...two)], [tf.stack([want, f(tf.neg(x), tf.square(w))])], 1e-5)
  await compiled.dispose()
}

const size = fc.integer({ min: 1, max: 3 })

/** Strides or dilations: TensorFlow.js takes no both. */
const steps = fc.tuple(fc.boolean(), size, size)

describe('any geometry', () => {
  test('full convolutions in two axes', async () => {
    const pads = fc.constantFrom('same' as const, 'valid' as const, 1, [[0, 0], [2, 0], [1, 1], [0, 0]] as const) // prettier-ignore
    await fc.assert(
      fc.asyncProperty(steps, size, size, size, size, pads, async ([isStride, a, b], kh, kw, c, o, pad) => {
        const step: [number, number] = [a, b]
        const [strides, dilations] = isStride ? [step, 1] : [1, step]
        const padding = typeof pad === 'object' ? (pad.map(([p, q]) => [p, q]) as [number, number][]) : pad
        const explicit = padding as Parameters<typeof tf.conv2d<T4>>[3]
        await agrees(
          (x, w) => tf.conv2d(x as T4, w as T4, strides as number, explicit, 'NHWC', dilations as number),
          wave([2, 7, 8, c]),
          wave([kh, kw, c, o], 1)
        )
      }),
      { numRuns: 40 }
    )
  })

  test('depthwise convolutions', async () => {
    const pads = fc.constantFrom('same' as const, 'valid' as const)
    await fc.assert(
      fc.asyncProperty(steps, size, size, size, pads, async ([isStride, a], k, c, m, pad) => {
        const [strides, dilations] = isStride ? [a, 1] : [1, a]
        await agrees(
          (x, w) => tf.depthwiseConv2d(x as T4, w as T4, strides, pad, 'NHWC', dilations),
          wave([2, 7, 7, c]),
          wave([k, k, c, m], 1)
        )
      }),
      { numRuns: 30 }
    )
  })

  test('every contraction of the form, in groups, with strides and dilations at once and negative padding', async () => {
    const axis = fc.record({
      image: fc.integer({ min: 1, max: 7 }),
      kernel: size,
      stride: size,
      dilation: size,
      before: fc.integer({ min: -1, max: 2 }),
      after: fc.integer({ min: -1, max: 2 })
    })
    const fits = ({ image, kernel, dilation, before, after }: { readonly [K in 'image' | 'kernel' | 'dilation' | 'before' | 'after']: number }): boolean => // prettier-ignore
      image + before + after > (kernel - 1) * dilation && image > -before && image > -after && before < (kernel - 1) * dilation + 1 // prettier-ignore
    await fc.assert(
      fc.asyncProperty(
        fc.array(axis.filter(fits), { minLength: 1, maxLength: 2 }),
        size,
        size,
        size,
        size,
        async (axes, n, groups, inner, outer) => {
          // prettier-ignore
          const attrs: Omit<ConvolutionAttrs, 'of'> = {
          groups,
          image: axes.map((a) => a.image),
          kernel: axes.map((a) => a.kernel),
          strides: axes.map((a) => a.stride),
          dilations: axes.map((a) => a.dilation),
          padding: axes.map((a) => [a.before, a.after] as const)
        }
          const positions = axes.map(
            (a) =>
          Math.floor((a.image + a.before + a.after - (a.kernel - 1) * a.dilation - 1) / a.stride) + 1 // prettier-ignore
          )
          const operands = {
            image: host([n, groups * inner, ...attrs.image]),
            kernel: host([groups * outer, inner, ...attrs.kernel], 1),
            output: host([n, groups * outer, ...positions], 2)
          }
          const pairs = {
            output: ['image', 'kernel'],
            image: ['kernel', 'output'],
            kernel: ['image', 'output']
          } as const
          for (const of of ['output', 'image', 'kernel'] as const) {
            const inputs = pairs[of].map((role) => operands[role])
            const f = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => bind1(convolution, [a, b], { ...attrs, of })
            const { graph } = traceGraph((a, b) => [f(a!, b!)], inputs, 'test')
            const [want] = evaluateReference(graph, inputs)
            const compiled = jit(f)
            const [a, b] = inputs.map(tensorOf) as [tf.Tensor, tf.Tensor]
            expectNear(`compiled ${of}`, (await compiled(a, b)).dataSync(), want!.data, 2e-5)
            expectNear(`eager ${of}`, f(a, b).dataSync(), want!.data, 2e-5)
            await compiled.dispose()
          }
        }
      ),
      { numRuns: 60 }
    )
  })
})

/** jax.lax.conv_general_dilated in float64: x = sin(0, 1, 2 ...), w = cos(0, 1, 2 ...). */
test('groups, a stride, a dilation, and padding of both signs, against JAX', () => {
  const attrs: ConvolutionAttrs = {
    of: 'output',
    groups: 2,
    image: [5, 6],
    kernel: [2, 2],
    strides: [2, 1],
    dilations: [1, 2],
    padding: [
      [1, 0],
      [-1, 2]
    ]
  }
  const count = (shape: readonly number[], of: (i: number) => number) => ({
    shape,
    dtype: 'float32' as const,
    data: Float64Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, i) => of(i))
  })
  const inputs = [count([2, 4, 5, 6], Math.sin), count([6, 2, 2, 2], Math.cos)]
  const f = (x: tf.Tensor, w: tf.Tensor): tf.Tensor => bind1(convolution, [x, w], attrs)
  const loss = (x: tf.Tensor, w: tf.Tensor): tf.Tensor => tf.sum(tf.sin(f(x, w)))
  const inKernel = (x: tf.Tensor, w: tf.Tensor): tf.Tensor => grad((v: tf.Tensor) => loss(x, v))(w)
  const { graph } = traceGraph(
    (x, w) => [
      f(x!, w!),
      grad((v: tf.Tensor) => loss(v, w!))(x!),
      inKernel(x!, w!),
      jvp(
        ([p, q]: readonly [tf.Tensor, tf.Tensor]) => inKernel(p, q),
        [x!, w!] as const,
        [tf.cos(x!), tf.sin(w!)] as const
      )[1]
    ],
    inputs,
    'test'
  )
  const [y, dx, dw, mixed] = evaluateReference(graph, inputs).map((own) => Array.from(own.data)) as [number[], number[], number[], number[]] // prettier-ignore
  const squares = (values: readonly number[]): number => values.reduce((sum, v) => sum + v * v, 0)
  expectNear('y', y.slice(0, 3), [-0.12399237372138801, 1.2991676885037695, 1.5278789693373236], 1e-12)
  expectNear('dx', dx.slice(0, 4), [0, 0.10189485123850058, -0.13040570311273944, -0.9937843552808686], 1e-12)
  expectNear('dw', dw.slice(0, 3), [-1.799442910756278, -1.9119162949819462, -2.27399146101201], 1e-12)
  expectNear('mixed', mixed.slice(0, 3), [-0.8576043771094675, 13.882177225102167, 1.05698432705052], 1e-12)
  expectNear(
    'sums of squares',
    [y, dx, dw, mixed].map(squares),
    [136.46585917926856, 57.57925431723024, 484.4180772505134, 5017.841815568935],
    1e-12
  )
})

const convolutionsIn = (graph: Graph): readonly ConvolutionAttrs[] =>
  graph.nodes.flatMap(({ primitive, attrs }) => (primitive.name === 'convolution' ? [attrs as ConvolutionAttrs] : []))

describe('one convolution for many members', () => {
  const f = (x: tf.Tensor, w: tf.Tensor): tf.Tensor => tf.conv2d(x as T4, w as T4, 1, 'same')
  const x = wave([3, 2, 4, 4, 2])
  const w = wave([3, 2, 2, 2, 3], 1)
  const cases: readonly (readonly [string, readonly [InAxis, InAxis], number])[] = [
    ['images', [0, null], 1],
    ['kernels', [null, 0], 1],
    ['both', [0, 0], 3]
  ]

  test.each(cases)('over %s', async (_, axes, groups) => {
    const members = axes.map((axis, i) => (axis === 0 ? [x, w][i]! : tf.squeeze(tf.slice([x, w][i]!, 0, 1), [0])))
    const loss = (p: tf.Tensor, q: tf.Tensor): tf.Tensor => tf.sum(tf.sin(f(p, q)))
    const both = (p: tf.Tensor, q: tf.Tensor): readonly tf.Tensor[] => [
      f(p, q),
      ...grad(([a, b]: readonly [tf.Tensor, tf.Tensor]) => loss(a, b))([p, q])
    ]
    const batched = vmap(both, axes)
    const { graph } = traceGraph(
      (p, q) => batched(p!, q!),
      members.map(({ shape }) => ({ shape, dtype: 'float32' as const })),
      'test'
    )
    const attrs = convolutionsIn(optimise(graph).graph)
    expect(attrs.map(({ of }) => of).sort()).toEqual(['image', 'kernel', 'output'])
    expect(attrs.find(({ of }) => of === 'output')!.groups).toBe(groups)
    const loop = [0, 1, 2].map((m) => both(...(members.map((t, i) => (axes[i] === 0 ? tf.squeeze(tf.slice(t, m, 1), [0]) : t)) as [tf.Tensor, tf.Tensor]))) // prettier-ignore
    const want = loop[0]!.map((_own, k) => tf.stack(loop.map((own) => own[k]!)))
    const compiled = jit((p: tf.Tensor, q: tf.Tensor) => batched(p, q))
    expectSameTensors('compiled', await compiled(members[0]!, members[1]!), want, 1e-5)
    await compiled.dispose()
  })
})

test('what does not fit is refused with the shapes and the line', () => {
  const attrs = { of: 'output', groups: 2, image: [4], kernel: [2], strides: [1], dilations: [1], padding: [[0, 0]] } as const // prettier-ignore
  const f = jit((x: tf.Tensor, w: tf.Tensor) => bind1(convolution, [x, w], attrs))
  return expect(f(tf.ones([1, 3, 4]), tf.ones([2, 2, 2]))).rejects.toSatisfy(
    (error) => isBdlError(error) && error.code === 'ShapeMismatch' && error.message.includes('[1, 3, 4] and [2, 2, 2]')
  )
})

test('a window that fits nowhere gives nothing, as in TensorFlow.js', async () => {
  const f = jit((x: tf.Tensor) => tf.avgPool3d(x as T5, [1, 1, 3], 1, 'valid'))
  expect((await f(tf.ones([1, 1, 1, 1, 1]))).shape).toEqual([1, 1, 1, 0, 1])
  await f.dispose()
})
