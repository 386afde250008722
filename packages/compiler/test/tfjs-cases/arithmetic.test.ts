/** Arithmetic of two tensors: facts of TensorFlow.js's arithmetic_test.ts, add_test.ts, sub_test.ts and others. */
import * as tf from '@tensorflow/tfjs-core'
import { bool, casesOf, f32, i32, runCases } from './run-cases'

runCases('arithmetic', [
  ...casesOf(
    'add',
    ['a scalar and a vector', (a, b) => tf.add(a, b), [f32(5), f32([1, 2, 3, 4, 5, 6])], f32([6, 7, 8, 9, 10, 11])],
    ['NaN stays', (a, b) => tf.add(a, b), [f32([2, 5, NaN]), f32([4, 2, -1])], f32([6, 7, NaN])],
    [
      'inner broadcast',
      (a, b) => tf.add(a, b),
      [f32([[3, 4]]), f32([[2], [4]])],
      f32([
        [5, 6],
        [7, 8]
      ])
    ],
    ['int32', (a, b) => tf.add(a, b), [i32([2, 3, -1]), i32(4)], i32([6, 7, 3])],
    ['bool and int32', (a, b) => tf.add(a, b), [bool([true, false]), i32([4, 5])], i32([5, 5])],
    [
      'gradients of a broadcast',
      (a, b) => tf.add(a, b),
      [f32(2), f32([3, 4, 5])],
      f32([5, 6, 7]),
      { gradients: [f32([1, 2, 3]), f32(6), f32([1, 2, 3])] }
    ],
    ['nothing to add', (a, b) => tf.add(a, b), [f32([], [0, 2]), f32([[1, 2]])], f32([], [0, 2])]
  )
])
