/** Pools and normalisations: traced, they equal TensorFlow.js's kernels at any geometry, and have derivatives of every order. */
import * as fc from 'fast-check'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { grad, isBdlError, jit, vmap } from '../src/index'
import { traceGraph } from '../src/trace/trace-graph'
import { optimise } from '../src/passes/optimise'
import { composedOps } from './support/composed'
import { names } from './support/graphs'
import { expectNear, expectSameTensors, real, row, type Row } from './support/laws'

type T4 = tf.Tensor4D
type T5 = tf.Tensor5D

const image = (...shape: number[]) => real(shape, -1, 1)

const rows: readonly Row[] = [
  row('maxPool', (x) => tf.maxPool(x as T4, 2, 2, 'valid'), [image(1, 4, 4, 2)]),
  row('maxPool', (x) => tf.maxPool(x as T4, [3, 2], [1, 2], 'same'), [image(1, 4, 3, 2)], { label: 'same' }),
  row('avgPool', (x) => tf.avgPool(x as T4, 2, 2, 'valid'), [image(1, 4, 4, 2)]),
  row('avgPool', (x) => tf.avgPool(x as T4, [3, 2], [2, 1], 'same'), [image(1, 4, 3, 2)], { label: 'same' }),
  row('maxPool3d', (x) => tf.maxPool3d(x as T5, 2, 1, 'same'), [image(1, 2, 3, 2, 1)]),
  row('avgPool3d', (x) => tf.avgPool3d(x as T5, 2, 2, 'same'), [image(1, 2, 3, 3, 1)]),
  ...(['max', 'avg'] as const).map((type) =>
    row('pool', (x) => tf.pool(x as T4, [2, 2], type, 'same', 2), [image(1, 4, 4, 1)], { label: `${type}, dilated` })
  ),
  row('localResponseNormalization', (x) => tf.localResponseNormalization(x as T4, 1, 1.5, 0.7, 0.6), [
    image(1, 2, 2, 4)
  ]),
  row(
    'batchNorm',
    (x, mean, variance, offset, scale) =>
      tf.batchNorm4d(
        x as T4,
        mean as tf.Tensor1D,
        variance as tf.Tensor1D,
        offset as tf.Tensor1D,
        scale as tf.Tensor1D
      ),
    [image(2, 2, 2, 3), image(3), real([3], 0.3, 1), image(3), image(3)]
  )
]

composedOps('a pool', rows)

const size = fc.integer({ min: 1, max: 3 })
const wave = (shape: readonly number[]): tf.Tensor =>
  tf.tensor(
    Float32Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, i) => Math.sin(7 * i) * 4),
    [...shape]
  )

const agrees = async (f: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor): Promise<void> => {
  const compiled = jit(f)
  const want = f(x)
  expectSameTensors('compiled', [await compiled(x)], [want], 1e-5)
  const pair = tf.stack([x, tf.reverse(x, 0)])
  expectSameTensors('vmap', [vmap(f)(pair)], [tf.stack([want, f(tf.reverse(x, 0))])], 1e-5)
  await compiled.dispose()
}

describe('any geometry', () => {
  const geometry = fc.record({
    spatial: fc.array(fc.integer({ min: 3, max: 6 }), { minLength: 3, maxLength: 3 }),
    window: fc.array(size, { minLength: 3, maxLength: 3 }),
    strides: fc.array(size, { minLength: 3, maxLength: 3 }),
    pad: fc.constantFrom('same' as const, 'valid' as const),
    isMax: fc.boolean(),
    channels: size
  })

  test('in two axes', async () => {
    await fc.assert(
      fc.asyncProperty(geometry, async ({ spatial, window, strides, pad, isMax, channels }) => {
        const x = wave([2, spatial[0]!, spatial[1]!, channels])
        const two = (list: readonly number[]): [number, number] => [list[0]!, list[1]!]
        const pool = isMax ? tf.maxPool<T4> : tf.avgPool<T4>
        await agrees((t) => pool(t as T4, two(window), two(strides), pad), x)
      }),
      { numRuns: 40 }
    )
  })

  test('in three axes', async () => {
    await fc.assert(
      fc.asyncProperty(geometry, async ({ spatial, window, strides, pad, isMax, channels }) => {
        const x = wave([2, ...spatial, channels])
        const three = (list: readonly number[]): [number, number, number] => [list[0]!, list[1]!, list[2]!]
        const pool = isMax ? tf.maxPool3d<T5> : tf.avgPool3d<T5>
        await agrees((t) => pool(t as T5, three(window), three(strides), pad), x)
      }),
      { numRuns: 25 }
    )
  })
})

const { NaN: nan, NEGATIVE_INFINITY: low, POSITIVE_INFINITY: high } = Number

test('NaN is passed over and infinities are numbers, as in TensorFlow.js, wherever they stand', async () => {
  const entries = fc.constantFrom(nan, low, high, 0, -0, 1, 2, -3)
  await fc.assert(
    fc.asyncProperty(
      fc.array(entries, { minLength: 36, maxLength: 36 }),
      fc.constantFrom(1, 2),
      async (data, stride) => {
        const x = tf.tensor4d(Float32Array.from(data), [1, 6, 6, 1])
        await agrees((t) => tf.maxPool(t as T4, 2, stride, 'same'), x)
      }
    ),
    { numRuns: 60 }
  )
})

test('gradients at NaN and infinities go where those of TensorFlow.js go', async () => {
  const entries = fc.constantFrom(nan, low, high, 0, 1, 2, -3)
  const weights = wave([1, 5, 5, 1])
  const f = grad((x: tf.Tensor) => tf.sum(tf.mul(tf.maxPool(x as T4, 2, 1, 'valid'), weights)))
  const compiled = jit(f)
  await fc.assert(
    fc.asyncProperty(fc.array(entries, { minLength: 36, maxLength: 36 }), async (data) => {
      const x = tf.tensor4d(Float32Array.from(data), [1, 6, 6, 1])
      expectSameTensors('gradient', [await compiled(x)], [f(x)], 1e-6)
      const { result, indexes } = tf.maxPoolWithArgmax(x as T4, 2, 1, 'valid')
      const [values, places] = [result!.dataSync(), indexes!.dataSync()]
      if (values.includes(low)) return // such a window has no place in TensorFlow.js
      const want = new Float32Array(36)
      places.forEach((place, i) => (want[place]! += weights.dataSync()[i]!))
      expectNear('places', f(x).dataSync(), want, 1e-6)
    }),
    { numRuns: 100 }
  )
  await compiled.dispose()
})

test('of equal maxima the first has the gradient', async () => {
  const f = grad((x: tf.Tensor) => tf.sum(tf.maxPool(x as T4, 2, 2, 'valid')))
  const x = tf.tensor4d([3, 3, 0, 1, 3, 1, 1, 1], [1, 2, 4, 1])
  const want = [1, 0, 0, 1, 0, 0, 0, 0]
  expect(Array.from(f(x).dataSync())).toEqual(want)
  const compiled = jit(f)
  expect(Array.from((await compiled(x)).dataSync())).toEqual(want)
  await compiled.dispose()
})

test('places count from the image or from the first one', async () => {
  const x = wave([2, 4, 4, 3]) as T4
  for (const includesBatch of [false, true]) {
    const f = (t: tf.Tensor): tf.Tensor => tf.maxPoolWithArgmax(t as T4, 2, 2, 'valid', includesBatch)['indexes']!
    const compiled = jit(f)
    expect(Array.from((await compiled(x)).dataSync())).toEqual(Array.from(f(x).dataSync()))
    await compiled.dispose()
  }
})

test('places that nothing asks for are not computed', () => {
  const aval = { shape: [1, 4, 4, 2], dtype: 'float32' } as const
  const { graph } = traceGraph((x) => [tf.maxPool(x as T4, 2, 2, 'valid')], [aval], 'test')
  const pools = optimise(graph).graph.nodes.filter(({ primitive }) => primitive.name === 'maxPool')
  expect(pools.map(({ outputs }) => outputs.length)).toEqual([1])
})

test('the mask of a ReLU before a pool is applied to what was pooled', async () => {
  const same = (x: tf.Tensor): tf.Tensor => tf.depthwiseConv2d(x as T4, tf.ones([1, 1, 2, 1]), 1, 'valid')
  const f = grad((x: tf.Tensor) => tf.sum(tf.square(tf.maxPool(tf.relu(same(x)) as T4, 2, 2, 'valid'))))
  const aval = { shape: [1, 4, 4, 2], dtype: 'float32' } as const
  const { graph } = traceGraph((x) => [f(x)], [aval], 'test')
  const masks = optimise(graph).graph.nodes.filter(({ primitive }) => primitive.name === 'select')
  expect(masks.map(({ outputs: [mask] }) => mask!.shape.reduce((n, d) => n * d, 1))).toEqual([8])
  const x = tf.tensor4d(
    Float32Array.from({ length: 32 }, (_, i) => [nan, -1, 0, 2, high, 0.5, low][i % 7]!),
    [1, 4, 4, 2]
  )
  const [plain, optimised] = [jit(f, { passes: [] }), jit(f)]
  expectSameTensors('gradient', [await optimised(x)], [await plain(x)], 0)
  await plain.dispose()
  await optimised.dispose()
})

test('a window that sees padding alone has no maximum', () => {
  const f = jit((x: tf.Tensor) => tf.maxPool(x as T4, 1, 2, 2))
  return expect(f(tf.ones([1, 2, 2, 1]))).rejects.toSatisfy(
    (error) => isBdlError(error) && error.message.includes('maxPool: pad') && error.message.includes('pooling.test.ts')
  )
})

test('an average pool is a convolution, a maximum one node', () => {
  const aval = { shape: [1, 4, 4, 1], dtype: 'float32' } as const
  const { graph } = traceGraph((x) => [tf.avgPool(tf.maxPool(x as T4, 2, 1, 'same'), 2, 1, 'valid')], [aval], 'test')
  const found = names(optimise(graph).graph).filter((name) => name !== 'reshape' && name !== 'constant')
  expect(found.filter((name) => name !== 'broadcastTo')).toEqual(['maxPool', 'convolution'])
})

describe('no images at all', () => {
  const w = tf.ones([2, 2, 3, 2]) as T4
  const ops: Readonly<Record<string, (x: tf.Tensor) => tf.Tensor>> = {
    'a convolution': (x) => tf.conv2d(x as T4, w, 1, 'same'),
    'a depthwise convolution': (x) => tf.depthwiseConv2d(x as T4, w, 2, 'same'),
    'a maximum': (x) => tf.maxPool(x as T4, 2, 2, 'valid'),
    'an average': (x) => tf.avgPool(x as T4, 2, 1, 'same'),
    'a resize': (x) => tf.image.resizeBilinear(x as T4, [3, 5])
  }
  test.each(Object.entries(ops))('%s and its gradient', async (_, f) => {
    const both = (x: tf.Tensor): readonly tf.Tensor[] => [f(x), grad((t: tf.Tensor) => tf.sum(tf.square(f(t))))(x)]
    const x = tf.zeros([0, 4, 4, 3])
    const compiled = jit(both)
    const want = [f(x), x]
    expectSameTensors('eager', both(x), want, 0)
    expectSameTensors('compiled', await compiled(x), want, 0)
    await compiled.dispose()
  })
})
