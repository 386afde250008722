import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { decode, expectClose, expectKs, ksStatistic } from '../src/index'

const tolerance = { atol: 0.5, rtol: 0.1 }

test('the bound is atol + rtol |expected|, met from both sides', () => {
  expectClose([11.4, -8.6], [10, -10], tolerance)
  expect(() => expectClose([11.6], [10], tolerance)).toThrow(/worst at \[0\]: 11.6, expected 10/)
  expect(() => expectClose([8.4], [10], tolerance)).toThrow(/1 of 1/)
})

test('infinities and NaN must be met exactly', () => {
  expectClose([Infinity, -Infinity, NaN], [Infinity, -Infinity, NaN], tolerance)
  expect(() => expectClose([1e30], [Infinity], tolerance)).toThrow()
  expect(() => expectClose([NaN], [1], tolerance)).toThrow()
  expect(() => expectClose([Infinity], [1], tolerance)).toThrow()
  expect(() => expectClose([1], [NaN], tolerance)).toThrow()
})

test('a zero tolerance asks for equality', () => {
  expectClose([0, 1], [0, 1], { atol: 0, rtol: 0 })
  expect(() => expectClose([0, 1.0001], [0, 1], { atol: 0, rtol: 0 })).toThrow(/worst at \[1\]/)
})

test('shapes must agree, and the worst entry is named by its index', () => {
  const actual = tf.tensor2d([
    [1, 2],
    [3, 9]
  ])
  expect(() =>
    expectClose(
      actual,
      [
        [1, 2],
        [3, 4]
      ],
      tolerance
    )
  ).toThrow(/worst at \[1, 1\]/)
  expect(() => expectClose(actual, [1, 2, 3, 9], tolerance)).toThrow(/shape \[2,2\], expected \[4\]/)
  actual.dispose()
})

test('decode replaces words at any depth and nothing else', () => {
  expect(decode({ a: ['inf', '-inf', 1, null], b: { c: 'nan', d: 'Normal' } })).toEqual({
    a: [Infinity, -Infinity, 1, null],
    b: { c: NaN, d: 'Normal' }
  })
})

test('the KS statistic of a grid is half its spacing, and a wrong law is caught', () => {
  const grid = Array.from({ length: 1000 }, (_, i) => (i + 0.5) / 1000)
  expect(ksStatistic(grid, (x) => x)).toBeCloseTo(0.0005, 10)
  expect(() => expectKs(grid, (x) => x * x)).toThrow(/sqrt\(n\) D/)
})
