/** Special functions against 60-digit values: the float64 reference, eager execution, and compiled for both engines. */
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import {
  digamma,
  erf,
  erfc,
  erfinv,
  erfinvXla,
  grad,
  isBdlError,
  jit,
  lgamma,
  logRemainder,
  polygamma,
  vmap
} from '../src/index'
import { evaluateReference } from '../src/graph/evaluate'
import { traceGraph } from '../src/trace/trace-graph'
import fixture from './fixtures/special-functions.json'

type Elementwise = (x: tf.Tensor) => tf.Tensor

const functions: Readonly<Record<string, Elementwise>> = {
  erf,
  erfc,
  erfinv,
  erfinvXla,
  lgamma,
  digamma,
  logRemainder: (r) => logRemainder(r, tf.sub(r, 1)),
  ...Object.fromEntries([1, 2, 3, 4, 6, 9].map((n) => [`polygamma${n}`, (x: tf.Tensor) => polygamma(n, x)]))
}

/** Largest error over the points: relative, or absolute in units of `floor` where a value is smaller. */
const worst = (got: ArrayLike<number>, want: readonly number[], floor: number): number =>
  want.reduce((most, y, i) => Math.max(most, Math.abs(got[i]! - y) / Math.max(Math.abs(y), floor)), 0)

interface Side {
  readonly isNegative: boolean
  readonly x: readonly number[]
  readonly y: readonly number[]
}

const sides = (xs: readonly number[], ys: readonly number[]): readonly Side[] =>
  [false, true].flatMap((isNegative) => {
    const at = xs.flatMap((x, i) => (x < 0 === isNegative ? [i] : []))
    return at.length === 0 ? [] : [{ isNegative, x: at.map((i) => xs[i]!), y: at.map((i) => ys[i]!) }]
  })

describe.each(fixture.cases)('$fn', ({ fn, x: xs, y: ys }) => {
  test.each(sides(xs, ys))('negative: $isNegative', async ({ isNegative, x, y }) => {
    const f = functions[fn]!
    const tensor = tf.tensor1d([...x])
    // among negative numbers lgamma and its derivatives cross zero, and powers decay below the smallest normal number
    const floor = isNegative ? 1 : 1e-30
    const host = { shape: [x.length], dtype: 'float32', data: Float64Array.from(x) } as const
    const { graph } = traceGraph((t) => [f(t!)], [host], 'test')
    // the float64 digamma is a plain sum, whose error is absolute where it crosses zero
    const exactFloor = fn === 'digamma' ? Math.max(floor, 0.01) : floor
    expect(worst(evaluateReference(graph, [host])[0]!.data, y, exactFloor)).toBeLessThan(2e-13)
    expect(worst(f(tensor).dataSync(), y, floor)).toBeLessThan(6e-8)
    for (const engine of ['onnx', 'wasm'] as const) {
      const compiled = jit(f, { engine })
      const result = await compiled(tensor)
      expect(worst(result.dataSync(), y, floor), engine).toBeLessThan(fn.startsWith('polygamma') ? 1.2e-6 : 4e-7)
      await compiled.dispose()
    }
  })
})

describe('poles and ends', () => {
  const inf = Infinity
  const ends: readonly (readonly [fn: string, x: readonly number[], y: readonly number[]])[] = [
    ['erf', [inf, -inf, NaN, 0], [1, -1, NaN, 0]],
    ['erfc', [inf, -inf, NaN, 0, 30], [0, 2, NaN, 1, 0]],
    ['erfinv', [1, -1, 1.5, -2, NaN, 0], [inf, -inf, NaN, NaN, NaN, 0]],
    ['erfinvXla', [1, -1, 1.5, -2, NaN, 0], [inf, -inf, NaN, NaN, NaN, 0]],
    ['logRemainder', [0, inf, -1, -inf, NaN, 1], [-inf, -inf, NaN, NaN, NaN, 0]],
    ['lgamma', [0, -1, -2, inf, -inf, NaN, 1, 2], [inf, inf, inf, inf, inf, NaN, 0, 0]],
    ['digamma', [0, -0, -1, -7, inf, -inf, NaN], [-inf, inf, NaN, NaN, inf, NaN, NaN]],
    ['polygamma1', [0, -1, -2, inf, -inf, NaN], [inf, inf, inf, 0, NaN, NaN]],
    ['polygamma2', [0, -1, inf, NaN], [-inf, NaN, -0, NaN]]
  ]

  test.each(ends)('%s', async (fn, x, y) => {
    const f = functions[fn]!
    expect(Array.from(f(tf.tensor1d([...x])).dataSync())).toEqual(y)
    for (const engine of ['onnx', 'wasm'] as const) {
      const compiled = jit(f, { engine })
      const result = await compiled(tf.tensor1d([...x]))
      expect(
        Array.from(result.dataSync(), (v) => v + 0),
        engine
      ).toEqual(y.map((v) => v + 0))
      await compiled.dispose()
    }
  })

  test('nothing in, nothing out', async () => {
    for (const f of Object.values(functions)) {
      const compiled = jit(f)
      expect((await compiled(tf.zeros([0, 2]))).shape).toEqual([0, 2])
      await compiled.dispose()
    }
  })
})

test('derivatives are those of one another, under vmap too', () => {
  const x = tf.tensor1d([0.4, 1.7, 6])
  const slope = (f: Elementwise): Elementwise => grad((t: tf.Tensor) => tf.sum(f(t)))
  const pairs: readonly (readonly [Elementwise, Elementwise])[] = [
    [slope(lgamma), digamma],
    [slope(digamma), (t) => polygamma(1, t)],
    [slope(slope(lgamma)), (t) => polygamma(1, t)],
    [slope(slope(slope(lgamma))), (t) => polygamma(2, t)]
  ]
  for (const [derivative, own] of pairs) {
    const want = [...own(x).dataSync()]
    expect(worst(derivative(x).dataSync(), want, 1e-30)).toBeLessThan(1e-6)
    expect(worst(vmap(derivative)(x).dataSync(), want, 1e-30)).toBeLessThan(1e-6)
  }
})

test('an order that is none is refused', () => {
  for (const order of [-1, 0.5, 35, NaN])
    expect(() => polygamma(order, tf.ones([1]))).toThrow(expect.toSatisfy(isBdlError))
})
