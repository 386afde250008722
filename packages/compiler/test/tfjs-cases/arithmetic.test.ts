/** Arithmetic of two tensors: facts of add, sub, floordiv, arithmetic, binary_ops and bitwise_and _test.ts. */
import * as tf from '@tensorflow/tfjs-core'
import { bool, casesOf, f32, i32, runCases } from './run-cases'

const { log } = Math
const [a4, b4] = [f32([0.5, 3, -0.1, -4]), f32([0.2, 0.4, 0.25, 0.15])]
const [a22, b22] = [f32([1, 2, -3, -4], [2, 2]), f32([2, 3], [2, 1])]
const [row2, square] = [f32([0.5, 0.3]), f32([0.2, 0.4, 0.6, 0.15], [2, 2])]
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)

runCases('sums and differences', [
  ...casesOf(
    'add',
    ['a scalar and a vector', (a, b) => tf.add(a, b), [f32(5), f32([1, 2, 3])], f32([6, 7, 8])],
    ['a scalar NaN', (a, b) => tf.add(a, b), [f32(NaN), f32([1, 2, 3])], f32([NaN, NaN, NaN])],
    ['NaN stays', (a, b) => tf.add(a, b), [f32([2, 5, NaN]), f32([4, 2, -1])], f32([6, 7, NaN])],
    ['same rank', (a, b) => tf.add(a, b), [a22, b22], f32([3, 4, 0, -1], [2, 2])],
    ['2D and 1D', (a, b) => tf.add(a, b), [a22, f32([1, 2])], f32([2, 4, -2, -2], [2, 2])],
    [
      'each with one axis',
      (a, b) => tf.add(a, b),
      [f32([[1, 2, 5]]), f32([[7], [3]])],
      f32([
        [8, 9, 12],
        [4, 5, 8]
      ])
    ],
    [
      '3D and a scalar',
      (a, b) => tf.add(a, b),
      [f32([1, 2, 3, 4, 5, 6], [2, 3, 1]), f32(-1)],
      f32(range(0, 6), [2, 3, 1])
    ],
    [
      '6D and a scalar',
      (a, b) => tf.add(a, b),
      [f32(range(0, 64), [2, 2, 2, 2, 2, 2]), f32(-1)],
      f32(range(-1, 63), [2, 2, 2, 2, 2, 2])
    ],
    [
      '6D and 2D',
      (a, b) => tf.slice(tf.add(a, b), [1, 1, 1, 1, 0, 0], [1, 1, 1, 1, 2, 2]),
      [f32(range(0, 64), [2, 2, 2, 2, 2, 2]), f32([11, 13, 17, 19], [2, 2])],
      f32([71, 74, 79, 82], [1, 1, 1, 1, 2, 2])
    ],
    ['nothing to add', (a, b) => tf.add(a, b), [f32([1]), f32([], [0, 0, 5])], f32([], [0, 0, 5])],
    ['int32 and float32', (a, b) => tf.add(a, b), [i32(1), f32(1)], f32(2)],
    ['int32 and true', (a, b) => tf.add(a, b), [i32(1), bool(true)], i32(2)],
    ['int32 and false', (a, b) => tf.add(a, b), [i32(1), bool(false)], i32(1)],
    [
      'gradient: a scalar',
      (a, b) => tf.add(a, b),
      [f32(2), f32([3, 4, 5])],
      f32([5, 6, 7]),
      { gradients: [f32([7, 8, 9]), f32(24), f32([7, 8, 9])] }
    ],
    [
      'gradient: 2D',
      (a, b) => tf.add(a, b),
      [
        f32([[2], [3]]),
        f32([
          [4, 5],
          [6, 7]
        ])
      ],
      f32([
        [6, 7],
        [9, 10]
      ]),
      {
        gradients: [
          f32([
            [5, 4],
            [3, 2]
          ]),
          f32([[9], [5]]),
          f32([
            [5, 4],
            [3, 2]
          ])
        ]
      }
    ]
  ),
  ...casesOf(
    'addN',
    ['one', (a) => tf.addN([a]), [f32([1, 2, 3])], f32([1, 2, 3])],
    [
      'three',
      (a, b, c) => tf.addN([a, b, c]),
      [f32([1, 2]), f32([3, 4]), f32([5, 6])],
      f32([9, 12]),
      { gradients: [f32([1, 10]), f32([1, 10]), f32([1, 10]), f32([1, 10])] }
    ],
    ['int32', (a, b) => tf.addN([a, b]), [i32([1, 2]), i32([3, 4])], i32([4, 6])]
  ),
  ...casesOf(
    'sub',
    ['a scalar less a vector', (a, b) => tf.sub(a, b), [f32(5), f32([7, 2, 3])], f32([-2, 3, 2])],
    ['a vector less a scalar, NaN', (a, b) => tf.sub(a, b), [f32([1, NaN, 3]), f32(5)], f32([-4, NaN, -2])],
    ['same rank', (a, b) => tf.sub(a, b), [a22, b22], f32([-1, 0, -6, -7], [2, 2])],
    ['2D and 1D', (a, b) => tf.sub(a, b), [a22, f32([1, 2])], f32([0, 0, -4, -6], [2, 2])],
    [
      'each with one axis',
      (a, b) => tf.sub(a, b),
      [f32([[1, 2, 5]]), f32([[7], [3]])],
      f32([
        [-6, -5, -2],
        [-2, -1, 2]
      ])
    ],
    ['int32 and bool', (a, b) => tf.sub(a, b), [i32(1), bool(true)], i32(0)],
    [
      'gradient',
      (a, b) => tf.sub(a, b),
      [f32([1, 2, 3]), f32([3, 2, 1])],
      f32([-2, 0, 2]),
      { gradients: [f32([1, 10, 20]), f32([1, 10, 20]), f32([-1, -10, -20])] }
    ],
    [
      'gradient: a scalar',
      (a, b) => tf.sub(a, b),
      [f32([3, 4, 5]), f32(2)],
      f32([1, 2, 3]),
      { gradients: [f32([7, 8, 9]), f32([7, 8, 9]), f32(-24)] }
    ],
    [
      'gradient: a column',
      (a, b) => tf.sub(a, b),
      [
        f32([
          [4, 5],
          [6, 7]
        ]),
        f32([[2], [3]])
      ],
      f32([
        [2, 3],
        [3, 4]
      ]),
      {
        gradients: [
          f32([
            [5, 4],
            [3, 2]
          ]),
          f32([
            [5, 4],
            [3, 2]
          ]),
          f32([[-9], [-5]])
        ]
      }
    ]
  ),
  ...casesOf(
    'squaredDifference',
    ['float32', (a, b) => tf.squaredDifference(a, b), [a4, b4], f32([0.09, 6.76, 0.1225, 17.2225])],
    ['int32', (a, b) => tf.squaredDifference(a, b), [i32([1, 5, 2, 3]), i32([2, 3, 1, 4])], i32([1, 4, 1, 1])],
    ['int32 and bool', (a, b) => tf.squaredDifference(a, b), [i32(5), bool(true)], i32(16)],
    [
      'NaN',
      (a, b) => tf.squaredDifference(a, b),
      [f32([0.5, -0.1, NaN]), f32([0.2, 0.3, 0.25])],
      f32([0.09, 0.16, NaN])
    ],
    [
      'gradient',
      (a, b) => tf.squaredDifference(a, b),
      [f32([1.1, 2.6, 3, 5.9]), f32([1, 2.7, 3, 5.8])],
      f32([0.01, 0.01, 0, 0.01]),
      { gradients: [f32([1, 2, 3, 1]), f32([0.2, -0.4, 0, 0.2]), f32([-0.2, 0.4, 0, -0.2])] }
    ]
  )
])

runCases('products, quotients, powers', [
  ...casesOf(
    'mul',
    ['same shape', (a, b) => tf.mul(a, b), [a22, f32([5, 3, 4, -7], [2, 2])], f32([5, 6, -12, 28], [2, 2])],
    ['same rank', (a, b) => tf.mul(a, b), [a22, b22], f32([2, 4, -9, -12], [2, 2])],
    ['2D and 1D', (a, b) => tf.mul(a, b), [a22, f32([1, 2])], f32([1, 4, -3, -8], [2, 2])],
    [
      '5D and 2D',
      (a, b) => tf.mul(a, b),
      [f32(range(1, 33), [2, 2, 2, 2, 2]), b22],
      f32(
        [
          2, 4, 9, 12, 10, 12, 21, 24, 18, 20, 33, 36, 26, 28, 45, 48, 34, 36, 57, 60, 42, 44, 69, 72, 50, 52, 81, 84,
          58, 60, 93, 96
        ],
        [2, 2, 2, 2, 2]
      )
    ],
    ['int32 and float32', (a, b) => tf.mul(a, b), [i32(2), f32(3)], f32(6)],
    ['int32 and bool', (a, b) => tf.mul(a, b), [i32(2), bool(false)], i32(0)],
    [
      'gradient',
      (a, b) => tf.mul(a, b),
      [f32([3, 1, 2, 3], [2, 2]), f32([1, 3, 4, 5], [2, 2])],
      f32([3, 3, 8, 15], [2, 2]),
      { gradients: [f32([1, 10, 15, 20], [2, 2]), f32([1, 30, 60, 100], [2, 2]), f32([3, 10, 30, 60], [2, 2])] }
    ],
    [
      'gradient: a scalar',
      (a, b) => tf.mul(a, b),
      [f32(2), f32([3, 4, 5])],
      f32([6, 8, 10]),
      { gradients: [f32([6, 7, 8]), f32(86), f32([12, 14, 16])] }
    ],
    [
      'gradient: a column',
      (a, b) => tf.mul(a, b),
      [
        f32([[3], [4]]),
        f32([
          [2, 3],
          [4, 5]
        ])
      ],
      f32([
        [6, 9],
        [16, 20]
      ]),
      {
        gradients: [
          f32([
            [6, 7],
            [8, 9]
          ]),
          f32([[33], [77]]),
          f32([
            [18, 21],
            [32, 36]
          ])
        ]
      }
    ]
  ),
  ...casesOf(
    'div',
    [
      'a scalar by a matrix',
      (a, b) => tf.div(a, b),
      [
        f32(2),
        f32([
          [1, 2, 3],
          [4, 5, 6]
        ])
      ],
      f32([
        [2, 1, 2 / 3],
        [0.5, 0.4, 1 / 3]
      ])
    ],
    ['NaN', (a, b) => tf.div(a, b), [f32([[1, 2, NaN]]), f32(2)], f32([[0.5, 1, NaN]])],
    ['by zero', (a, b) => tf.div(a, b), [f32([1, -1, 0]), f32(0)], f32([Infinity, -Infinity, NaN])],
    ['int32 rounds down', (a, b) => tf.div(a, b), [i32([3, 7, -7, 8]), i32([2, 2, 2, -3])], i32([1, 3, -4, -3])],
    ['int32 and float32', (a, b) => tf.div(a, b), [i32(6), f32(4)], f32(1.5)],
    ['int32 and bool', (a, b) => tf.div(a, b), [i32(6), bool(true)], i32(6)],
    [
      'gradient',
      (a, b) => tf.div(a, b),
      [f32([1, 2, 3]), f32([3, 4, 5])],
      f32([1 / 3, 0.5, 0.6]),
      { gradients: [f32([1, 10, 20]), f32([1 / 3, 2.5, 4]), f32([-1 / 9, -1.25, -2.4])] }
    ],
    [
      'gradient: a scalar',
      (a, b) => tf.div(a, b),
      [f32(2), f32([3, 4, 5])],
      f32([2 / 3, 0.5, 0.4]),
      { gradients: [f32([6, 7, 8]), f32(2 + 7 / 4 + 8 / 5), f32([-12 / 9, -14 / 16, -16 / 25])] }
    ],
    [
      'gradient: a column',
      (a, b) => tf.div(a, b),
      [
        f32([[3], [4]]),
        f32([
          [2, 3],
          [4, 5]
        ])
      ],
      f32([
        [1.5, 1],
        [1, 0.8]
      ]),
      {
        gradients: [
          f32([
            [6, 7],
            [8, 9]
          ]),
          f32([[3 + 7 / 3], [2 + 9 / 5]]),
          f32([
            [-4.5, -7 / 3],
            [-2, -36 / 25]
          ])
        ]
      }
    ]
  ),
  ...casesOf(
    'divNoNan',
    ['zeros', (a, b) => tf.divNoNan(a, b), [f32([1, 0, -3, 4]), f32([2, 0, 0, -2])], f32([0.5, 0, 0, -2])],
    [
      'broadcast',
      (a, b) => tf.divNoNan(a, b),
      [f32([[1, 2]]), f32([[0], [4]])],
      f32([
        [0, 0],
        [0.25, 0.5]
      ])
    ]
  ),
  ...casesOf(
    'floorDiv',
    ['int32', (a, b) => tf.floorDiv(a, b), [i32([10, 20, -20, -40]), i32([10, 12, 8, 5])], i32([1, 1, -3, -8])],
    [
      'float32 gives int32',
      (a, b) => tf.floorDiv(a, b),
      [f32([0, -6, 5.9, -5.9]), f32([3, 3, -3.1, -3.1])],
      i32([0, -2, -2, 1])
    ]
  ),
  ...casesOf(
    'mod',
    ['float32', (a, b) => tf.mod(a, b), [a4, b4], f32([0.1, 0.2, 0.15, 0.05]), { tolerance: 1e-6 }],
    ['int32', (a, b) => tf.mod(a, b), [i32([1, 5, 2, 3]), i32([2, 3, 1, 4])], i32([1, 2, 0, 3])],
    ['int32 and bool', (a, b) => tf.mod(a, b), [i32(5), bool(true)], i32(0)],
    ['NaN', (a, b) => tf.mod(a, b), [f32([5, -1, NaN]), f32([2, 3, 0.25])], f32([1, 2, NaN])],
    ['sign of the divisor', (a, b) => tf.mod(a, b), [f32(2), f32([3, 3, -1, -4])], f32([2, 2, 0, -2])],
    ['signs of int32', (a, b) => tf.mod(a, b), [i32([7, -7, 7, -7]), i32([4, 4, -4, -4])], i32([3, 1, -1, -3])],
    [
      'broadcast',
      (a, b) => tf.mod(a, b),
      [f32([0.5, 2.5, -0.1, -4]), f32(0.6)],
      f32([0.5, 0.1, 0.5, 0.2]),
      { tolerance: 1e-6 }
    ],
    [
      'gradient',
      (a, b) => tf.mod(a, b),
      [f32([1.1, 2.6, 3, 5.9]), f32([1, 2.7, 3, 5.8])],
      f32([0.1, 2.6, 0, 0.1]),
      { tolerance: 1e-6, gradients: [f32([1, 2, 3, 4]), f32([1, 2, 3, 4]), f32([-1, 0, -3, -4])] }
    ],
    [
      'gradient: a scalar',
      (a, b) => tf.mod(a, b),
      [f32(0.7), f32([0.2, 0.3, 0.4, 0.5])],
      f32([0.1, 0.1, 0.3, 0.2]),
      { tolerance: 1e-6, gradients: [f32([1, 2, 3, 4]), f32(10), f32([-3, -4, -3, -4])] }
    ]
  ),
  ...casesOf(
    'pow',
    [
      'whole exponents of negative numbers',
      (a, b) => tf.pow(a, b),
      [f32([1, -2, -3, 0, 7, 1]), i32([5, 3, 4, 5, 2, -3])],
      f32([1, -8, 81, 0, 49, 1])
    ],
    ['int32', (a, b) => tf.pow(a, b), [i32([1, 2, 3]), i32(2)], i32([1, 4, 9])],
    ['negative int32', (a, b) => tf.pow(a, b), [i32([-1, -2, -3]), i32([2, 3, 0])], i32([1, -8, 1])],
    ['NaN', (a, b) => tf.pow(a, b), [f32([NaN, 3, NaN, 0]), f32([1, 3, 2, 3])], f32([NaN, 27, NaN, 0])],
    ['exponent 0', (a, b) => tf.pow(a, b), [f32([-2, -1, 0, 1, 2]), f32(0)], f32([1, 1, 1, 1, 1])],
    ['fractions', (a, b) => tf.pow(a, b), [f32([2, 4]), f32([0.5, 1.2])], f32([2 ** 0.5, 4 ** 1.2])],
    ['2D and 1D', (a, b) => tf.pow(a, b), [a22, i32([1, 2])], f32([1, 4, -3, 16], [2, 2])],
    [
      'fractions of negative numbers',
      (a, b) => tf.pow(a, b),
      [f32([-2, -3, -4]), f32([2.1, -3.01, 4.1])],
      f32([NaN, NaN, NaN])
    ],
    [
      'negative base, negative exponent',
      (a, b) => tf.pow(a, b),
      [f32([-2, -3, -4, -5]), f32([2, -3, 4, -5])],
      f32([4, -1 / 27, 256, -1 / 3125])
    ],
    ['gradient', (a, b) => tf.pow(a, b), [f32(4), f32(1.5)], f32(8), { gradients: [f32(3), f32(9), f32(24 * log(4))] }],
    ['gradient of the square at 0', (a) => tf.pow(a, 2), [f32(0)], f32(0), { gradients: [f32(1), f32(0)] }],
    [
      'gradient: mixed',
      (a, b) => tf.pow(a, b),
      [f32([-1, 0.5, 2]), f32([3, 2, -1])],
      f32([-1, 0.25, 0.5]),
      { gradients: [f32([1, 5, 10]), f32([3, 5, -2.5]), f32([0, 1.25 * log(0.5), 5 * log(2)])] }
    ],
    [
      'gradient of a negative base',
      (a, b) => tf.pow(a, b),
      [f32([-1, -0.5, -2.7]), f32([3, 2, -1])],
      f32([-1, 0.25, -1 / 2.7]),
      { gradients: [f32([1, 1, 1]), null, f32([0, 0, 0])] }
    ],
    [
      'gradient: a scalar',
      (a, b) => tf.pow(a, b),
      [f32(2), f32([3, 4, 5])],
      f32([8, 16, 32]),
      { gradients: [f32([6, 7, 8]), f32(72 + 224 + 640), f32([48 * log(2), 112 * log(2), 256 * log(2)])] }
    ]
  ),
  ...casesOf('bitwiseAnd', [
    'int32',
    (a, b) => tf.bitwiseAnd(a, b),
    [i32([0, 5, 3, 14]), i32([5, 0, 7, 11])],
    i32([0, 0, 3, 10])
  ])
])

runCases('extrema of two, angles, slopes', [
  ...casesOf(
    'maximum',
    ['float32', (a, b) => tf.maximum(a, b), [a4, b4], f32([0.5, 3, 0.25, 0.15])],
    ['int32', (a, b) => tf.maximum(a, b), [i32([1, 5, 2, 3]), i32([2, 3, 1, 4])], i32([2, 5, 2, 4])],
    ['bool gives int32', (a, b) => tf.maximum(a, b), [bool([1, 0, 0, 1]), bool([0, 0, 1, 1])], i32([1, 0, 1, 1])],
    ['float32 and int32', (a, b) => tf.maximum(a, b), [f32([1, 0, 0, 1]), i32([0, 0, 1, 1])], f32([1, 0, 1, 1])],
    ['NaN', (a, b) => tf.maximum(a, b), [f32([0.5, -0.1, NaN]), f32([0.2, 0.3, 0.25])], f32([0.5, 0.3, NaN])],
    ['broadcast', (a, b) => tf.maximum(a, b), [row2, square], f32([0.5, 0.4, 0.6, 0.3], [2, 2])],
    ['a column', (a, b) => tf.maximum(a, b), [f32([[0.5], [0.3]]), square], f32([0.5, 0.5, 0.6, 0.3], [2, 2])],
    // TensorFlow.js gives a tie to the first: 3 and 0
    [
      'gradient, a tie in equal shares',
      (a, b) => tf.maximum(a, b),
      [f32([1.1, 2.6, 3, 5.9]), f32([1, 2.7, 3, 5.8])],
      f32([1.1, 2.7, 3, 5.9]),
      { gradients: [f32([1, 2, 3, 4]), f32([1, 0, 1.5, 4]), f32([0, 2, 1.5, 0])] }
    ]
  ),
  ...casesOf(
    'minimum',
    ['float32', (a, b) => tf.minimum(a, b), [a4, b4], f32([0.2, 0.4, -0.1, -4])],
    ['bool gives int32', (a, b) => tf.minimum(a, b), [bool([1, 0, 0, 1]), bool([0, 0, 1, 1])], i32([0, 0, 0, 1])],
    ['NaN', (a, b) => tf.minimum(a, b), [f32([0.5, -0.1, NaN]), f32([0.2, 0.3, 0.25])], f32([0.2, -0.1, NaN])],
    ['broadcast', (a, b) => tf.minimum(a, b), [f32(0.6), a4], f32([0.5, 0.6, -0.1, -4])],
    [
      'gradient',
      (a, b) => tf.minimum(a, b),
      [f32([1.1, 2.6, 5.9]), f32([1, 2.7, 5.8])],
      f32([1, 2.6, 5.8]),
      { gradients: [f32([1, 2, 4]), f32([0, 2, 0]), f32([1, 0, 4])] }
    ]
  ),
  ...casesOf(
    'atan2',
    [
      'quotients',
      (a, b) => tf.atan2(a, b),
      [f32([1, 2, 3, 4, 5, 6]), f32([1, 2.5, 3.5, 4.5, 2, 5])],
      f32(
        [
          [1, 1],
          [2, 2.5],
          [3, 3.5],
          [4, 4.5],
          [5, 2],
          [6, 5]
        ].map(([y, x]) => Math.atan2(y!, x!))
      )
    ],
    ['NaN', (a, b) => tf.atan2(a, b), [f32([1, 2]), f32([3, NaN])], f32([Math.atan2(1, 3), NaN])],
    [
      'broadcast',
      (a, b) => tf.atan2(a, b),
      [f32([1, 2, -3, -4], [2, 2]), b22],
      f32([Math.atan2(1, 2), Math.PI / 4, -Math.PI / 4, Math.atan2(-4, 3)], [2, 2])
    ],
    [
      'infinities',
      (a, b) => tf.atan2(a, b),
      [f32([Infinity, Infinity, 1, 1, -1]), f32([Infinity, -Infinity, Infinity, -Infinity, -Infinity])],
      f32([Math.PI / 4, 0.75 * Math.PI, 0, Math.PI, -Math.PI])
    ],
    [
      'zeros',
      (a, b) => tf.atan2(a, b),
      [f32([0, 0, 1, -1]), f32([-1, 1, 0, 0])],
      f32([Math.PI, 0, Math.PI / 2, -Math.PI / 2])
    ],
    [
      'gradient',
      (a, b) => tf.atan2(a, b),
      [f32(5), f32(2)],
      f32(Math.atan2(5, 2)),
      { gradients: [f32(4), f32(8 / 29), f32(-20 / 29)] }
    ],
    [
      'gradient: 2D',
      (a, b) => tf.atan2(a, b),
      [f32([3, 1, 2, 3], [2, 2]), f32([1, 3, 4, 5], [2, 2])],
      f32([Math.atan2(3, 1), Math.atan2(1, 3), Math.atan2(2, 4), Math.atan2(3, 5)], [2, 2]),
      {
        gradients: [
          f32([1, 10, 15, 20], [2, 2]),
          f32([0.1, 3, 3, 100 / 34], [2, 2]),
          f32([-0.3, -1, -1.5, -60 / 34], [2, 2])
        ]
      }
    ]
  ),
  ...casesOf(
    'prelu',
    ['basic', (x, w) => tf.prelu(x, w), [f32([0, 1, -2, -4]), f32([0.15, 0.2, 0.25, 0.15])], f32([0, 1, -0.5, -0.6])],
    [
      'int32 gives float32',
      (x, w) => tf.prelu(x, w),
      [i32([0, 1, -2, -4]), f32([0.15, 0.2, 0.25, 0.15])],
      f32([0, 1, -0.5, -0.6])
    ],
    [
      'gradient',
      (x, w) => tf.prelu(x, w),
      [f32([0.5, 3, -0.1, -4]), f32([0.2, 0.4, 0.25, 0.15])],
      f32([0.5, 3, -0.025, -0.6]),
      { gradients: [f32([1, 1, 1, 1]), f32([1, 1, 0.25, 0.15]), f32([0, 0, -0.1, -4])] }
    ],
    [
      'gradient of one slope',
      (x, w) => tf.prelu(x, w),
      [f32([[0.5, 3, -0.1, -4]]), f32([[0.2]])],
      f32([[0.5, 3, -0.02, -0.8]]),
      { gradients: [f32([[1, 1, 1, 1]]), null, f32([[-4.1]])] }
    ]
  )
])
