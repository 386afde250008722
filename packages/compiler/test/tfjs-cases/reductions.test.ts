/** Reductions, cumulative sums, norms, softmaxes, orders: facts of their _test.ts files. */
import * as tf from '@tensorflow/tfjs-core'
import { bool, casesOf, f32, i32, runCases } from './run-cases'

const { exp, log, sqrt } = Math
const tall = f32([1, 2, 3, 0, 0, 1], [3, 2])
const wide = f32([1, 2, 3, 0, 0, 1], [2, 3])
const cube = f32([
  [
    [3, 4],
    [5, 6],
    [7, 8]
  ],
  [
    [3, 5],
    [0, 6],
    [5, 6]
  ]
])
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)

runCases('sums, means, products', [
  ...casesOf(
    'sum',
    ['all', (a) => tf.sum(a), [tall], f32(7), { gradients: [f32(10), f32([10, 10, 10, 10, 10, 10], [3, 2])] }],
    ['NaN', (a) => tf.sum(a), [f32([1, 2, 3, NaN, 0, 1], [3, 2])], f32(NaN)],
    ['int32', (a) => tf.sum(a), [i32([1, 5, 7, 3])], i32(16)],
    ['bool gives int32', (a) => tf.sum(a), [bool([1, 0, 0, 1, 1])], i32(3)],
    ['all, kept', (a) => tf.sum(a, undefined, true), [tall], f32([[7]])],
    [
      'axis 0',
      (a) => tf.sum(a, [0]),
      [tall],
      f32([4, 3]),
      { gradients: [f32([10, 20]), f32([10, 20, 10, 20, 10, 20], [3, 2])] }
    ],
    ['axis 0, kept', (a) => tf.sum(a, [0], true), [tall], f32([[4, 3]])],
    [
      'axis 1',
      (a) => tf.sum(a, 1),
      [tall],
      f32([3, 3, 1]),
      { gradients: [f32([10, 20, 30]), f32([10, 10, 20, 20, 30, 30], [3, 2])] }
    ],
    ['axis -1', (a) => tf.sum(a, -1), [wide], f32([6, 1])],
    ['axes [-1, -2]', (a) => tf.sum(a, [-1, -2]), [tall], f32(7)],
    ['an axis of size 1', (a) => tf.sum(a, 0), [f32([1, 2, 3, 4], [1, 2, 2, 1])], f32([1, 2, 3, 4], [2, 2, 1])],
    ['nothing', (a) => tf.sum(a, 0), [f32([], [0, 2])], f32([0, 0])]
  ),
  ...casesOf(
    'mean',
    ['all', (a) => tf.mean(a), [f32(range(0, 32), [16, 2])], f32(15.5)],
    ['int32 gives float32', (a) => tf.mean(a), [i32([1, 5, 7, 3])], f32(4)],
    ['bool gives float32', (a) => tf.mean(a), [bool([1, 0, 0, 1, 1])], f32(0.6)],
    ['NaN', (a) => tf.mean(a), [f32([1, NaN])], f32(NaN)],
    ['axis 0', (a) => tf.mean(a, [0]), [tall], f32([4 / 3, 1])],
    ['axis -1, kept', (a) => tf.mean(a, -1, true), [tall], f32([[1.5], [1.5], [0.5]])],
    [
      'axes 0 and 1',
      (a) => tf.mean(a, [0, 1]),
      [tall],
      f32(7 / 6),
      { gradients: [f32(1.5), f32([0.25, 0.25, 0.25, 0.25, 0.25, 0.25], [3, 2])] }
    ]
  ),
  ...casesOf(
    'prod',
    ['all', (a) => tf.prod(a), [tall], f32(0)],
    ['NaN', (a) => tf.prod(a), [f32([1, 2, NaN])], f32(NaN)],
    ['int32', (a) => tf.prod(a), [i32([1, 5, 7, 3])], i32(105)],
    ['bool gives int32', (a) => tf.prod(a), [bool([1, 0, 1])], i32(0)],
    ['axis 0, kept', (a) => tf.prod(a, [0], true), [f32([1, 2, 3, 1, 0, 1], [3, 2])], f32([[0, 2]])],
    ['axis -1', (a) => tf.prod(a, -1), [f32([1, 2, 3, 1, 1, 1], [2, 3])], f32([6, 1])],
    ['axes [-1, -2]', (a) => tf.prod(a, [-1, -2]), [f32([1, 2, 3, 1, 1, 1], [3, 2])], f32(6)],
    [
      'slopes with zeros',
      (a) => tf.prod(a, 1),
      [
        f32([
          [1, 2, 0],
          [1, 2, 3]
        ])
      ],
      f32([0, 6]),
      {
        gradients: [
          f32([12, 12]),
          f32([
            [0, 0, 24],
            [72, 36, 24]
          ])
        ]
      }
    ],
    [
      'slopes over the middle axis',
      (a) => tf.prod(a, 1),
      [cube],
      f32([
        [105, 192],
        [0, 180]
      ]),
      {
        gradients: [
          f32([
            [10, 10],
            [10, 10]
          ]),
          f32([
            [
              [350, 480],
              [210, 320],
              [150, 240]
            ],
            [
              [0, 360],
              [150, 300],
              [0, 300]
            ]
          ])
        ]
      }
    ],
    [
      'slopes over two axes',
      (a) => tf.prod(a, [0, 1]),
      [cube],
      f32([0, 34560]),
      {
        gradients: [
          f32([1, 1]),
          f32([
            [
              [0, 8640],
              [0, 5760],
              [0, 4320]
            ],
            [
              [0, 6912],
              [1575, 5760],
              [0, 5760]
            ]
          ])
        ]
      }
    ],
    [
      'slopes over all',
      (a) => tf.prod(a),
      [
        f32([
          [1, 2],
          [3, 4]
        ])
      ],
      f32(24),
      {
        gradients: [
          f32(24),
          f32([
            [576, 288],
            [192, 144]
          ])
        ]
      }
    ]
  ),
  ...casesOf(
    'cumsum',
    ['plain', (a) => tf.cumsum(a), [f32([1, 2, 3, 4])], f32([1, 3, 6, 10])],
    ['reverse', (a) => tf.cumsum(a, 0, false, true), [f32([1, 2, 3, 4])], f32([10, 9, 7, 4])],
    ['exclusive', (a) => tf.cumsum(a, 0, true), [f32([1, 2, 3, 4])], f32([0, 1, 3, 6])],
    ['exclusive, reverse', (a) => tf.cumsum(a, 0, true, true), [f32([1, 2, 3, 4])], f32([9, 7, 4, 0])],
    [
      'slopes',
      (a) => tf.cumsum(a),
      [f32([1, 2, 3])],
      f32([1, 3, 6]),
      { gradients: [f32([4, 5, 6]), f32([15, 11, 6])] }
    ],
    [
      'rows',
      (a) => tf.cumsum(a, 1),
      [
        f32([
          [1, 2],
          [3, 4]
        ])
      ],
      f32([
        [1, 3],
        [3, 7]
      ])
    ],
    [
      'rows from the right, exclusive',
      (a) => tf.cumsum(a, 1, true, true),
      [
        f32([
          [1, 2],
          [3, 4]
        ])
      ],
      f32([
        [2, 0],
        [4, 0]
      ])
    ],
    [
      'columns',
      (a) => tf.cumsum(a),
      [
        f32([
          [1, 2],
          [3, 4]
        ])
      ],
      f32([
        [1, 2],
        [4, 6]
      ])
    ],
    [
      'rank 3',
      (a) => tf.cumsum(a, 2),
      [
        f32([
          [
            [0, 1],
            [2, 3]
          ],
          [
            [4, 5],
            [6, 7]
          ]
        ])
      ],
      f32([
        [
          [0, 1],
          [2, 5]
        ],
        [
          [4, 9],
          [6, 13]
        ]
      ])
    ],
    [
      'axis -2',
      (a) => tf.cumsum(a, -2),
      [
        f32([
          [1, 2],
          [3, 4]
        ])
      ],
      f32([
        [1, 2],
        [4, 6]
      ]),
      { tensorflowjs: 'a shape with a hole in it' }
    ],
    [
      'a long axis',
      (a) => tf.slice(tf.cumsum(a, 2), [0, 31, 43, 3], [1, 1, 3, 1]),
      [f32(new Array(5888).fill(1), [1, 32, 46, 4])],
      f32([44, 45, 46], [1, 1, 3, 1])
    ],
    ['bool gives int32', (a) => tf.cumsum(a), [bool([1, 0, 1])], i32([1, 1, 2])]
  ),
  ...casesOf(
    'cumprod',
    ['plain', (a) => tf.cumprod(a), [f32([1, 2, 3, 4])], f32([1, 2, 6, 24])],
    ['reverse', (a) => tf.cumprod(a, 0, false, true), [f32([1, 2, 3, 4])], f32([24, 24, 12, 4])],
    ['exclusive', (a) => tf.cumprod(a, 0, true), [f32([1, 2, 3, 4])], f32([1, 1, 2, 6])],
    ['exclusive, reverse', (a) => tf.cumprod(a, 0, true, true), [f32([1, 2, 3, 4])], f32([24, 12, 4, 1])],
    [
      'rows',
      (a) => tf.cumprod(a, 1),
      [
        f32([
          [1, 2],
          [3, 4]
        ])
      ],
      f32([
        [1, 2],
        [3, 12]
      ])
    ],
    [
      'columns',
      (a) => tf.cumprod(a),
      [
        f32([
          [1, 2],
          [3, 4]
        ])
      ],
      f32([
        [1, 2],
        [3, 8]
      ])
    ],
    [
      'rank 3',
      (a) => tf.cumprod(a, 2),
      [
        f32([
          [
            [0, 1],
            [2, 3]
          ],
          [
            [4, 5],
            [6, 7]
          ]
        ])
      ],
      f32([
        [
          [0, 0],
          [2, 6]
        ],
        [
          [4, 20],
          [6, 42]
        ]
      ])
    ],
    [
      'powers of two',
      (a) => tf.slice(tf.cumprod(a, 2), [0, 31, 0, 0], [1, 1, 8, 1]),
      [f32(new Array(1024).fill(2), [1, 32, 8, 4])],
      f32([2, 4, 8, 16, 32, 64, 128, 256], [1, 1, 8, 1])
    ],
    [
      'slopes',
      (a) => tf.cumprod(a),
      [f32([1, 2, 3])],
      f32([1, 2, 6]),
      { gradients: [f32([4, 5, 6]), f32([50, 23, 12])] }
    ],
    ['int32', (a) => tf.cumprod(a), [i32([2, -3, 4])], i32([2, -6, -24])]
  )
])

const hills = f32([3, -1, 0, 100, -7, 2], [2, 3])
const bits = bool([1, 1, 0, 0, 1, 0], [2, 3])

runCases('extrema and truth', [
  ...casesOf(
    'max',
    ['all', (a) => tf.max(a), [hills], f32(100)],
    ['NaN', (a) => tf.max(a), [f32([3, NaN, 2])], f32(NaN)],
    ['axis 0, kept', (a) => tf.max(a, [0], true), [hills], f32([[100, -1, 2]])],
    ['axis -1', (a) => tf.max(a, -1), [f32([3, 2, 5, 100, -7, 2], [2, 3])], f32([5, 100])],
    [
      'rank 6',
      (a) => tf.max(a, [5]),
      [f32(range(0, 64), [2, 2, 2, 2, 2, 2])],
      f32(
        range(0, 32).map((i) => 2 * i + 1),
        [2, 2, 2, 2, 2]
      )
    ],
    ['int32', (a) => tf.max(a), [i32([3, -1, 100])], i32(100)],
    [
      'slopes',
      (a) => tf.max(a, -1),
      [
        f32([
          [0, 20, 10],
          [-10, -30, -20]
        ])
      ],
      f32([20, -10]),
      {
        gradients: [
          f32([-1, -1]),
          f32([
            [0, -1, 0],
            [-1, 0, 0]
          ])
        ]
      }
    ],
    [
      'slopes over two axes',
      (a) => tf.max(a, [1, 2]),
      [
        f32([
          [
            [0, 20],
            [10, 15]
          ],
          [
            [-10, -30],
            [-20, -15]
          ]
        ])
      ],
      f32([20, -10]),
      {
        gradients: [
          f32([-1, -1]),
          f32([
            [
              [0, -1],
              [0, 0]
            ],
            [
              [-1, 0],
              [0, 0]
            ]
          ])
        ]
      }
    ],
    // TensorFlow.js gives each of the equals the whole: [0, 0, -1, -1], which is twice the slope along (1, 1, 1, 1)
    [
      'slopes shared by equals',
      (a) => tf.max(a),
      [f32([1, 3, 7, 7])],
      f32(7),
      { gradients: [f32(-1), f32([0, 0, -0.5, -0.5])] }
    ]
  ),
  ...casesOf(
    'min',
    ['all', (a) => tf.min(a), [hills], f32(-7)],
    ['NaN', (a) => tf.min(a), [f32([3, NaN, 2])], f32(NaN)],
    ['axis 0', (a) => tf.min(a, 0), [hills], f32([3, -7, 0])],
    ['axis 1, kept', (a) => tf.min(a, 1, true), [hills], f32([[-1], [-7]])],
    ['int32', (a) => tf.min(a), [i32([3, -1, 100])], i32(-1)],
    [
      'slopes',
      (a) => tf.min(a, 0, true),
      [
        f32([
          [0, 20, 10],
          [-10, -30, 20]
        ])
      ],
      f32([[-10, -30, 10]]),
      {
        gradients: [
          f32([[-1, -1, -1]]),
          f32([
            [0, 0, -1],
            [-1, -1, 0]
          ])
        ]
      }
    ]
  ),
  ...casesOf(
    'any, all',
    ['any', (a) => tf.any(a), [bool([0, 0, 0])], bool(false)],
    ['any of one', (a) => tf.any(a), [bool([1, 0, 1])], bool(true)],
    ['any, axis 0, kept', (a) => tf.any(a, 0, true), [bits], bool([[1, 1, 0]])],
    ['any, axis -1', (a) => tf.any(a, -1), [bits], bool([1, 1])],
    ['all', (a) => tf.all(a), [bool([1, 1, 1])], bool(true)],
    ['all but one', (a) => tf.all(a), [bool([1, 0, 1])], bool(false)],
    ['all, axis 0', (a) => tf.all(a, 0), [bits], bool([0, 1, 0])],
    ['all, axes 0 and 1', (a) => tf.all(a, [0, 1]), [bits], bool(false)]
  ),
  ...casesOf(
    'argMax, argMin',
    ['a vector', (a) => tf.argMax(a), [f32([1, 0, 3, 2])], i32(2)],
    ['one value', (a) => tf.argMax(a), [f32([10])], i32(0)],
    ['NaN is passed over', (a) => tf.argMax(a), [f32([0, 3, 5, NaN, 3])], i32(2)],
    ['a NaN in front is passed over', (a) => tf.argMax(a), [f32([NaN, 1, 2])], i32(2), { tensorflowjs: '0' }],
    ['the least, NaN passed over', (a) => tf.argMin(a), [f32([5, 0, NaN, -1, 3])], i32(3)],
    [
      'axis 0 by default',
      (a) => tf.argMax(a),
      [hills],
      i32([1, 0, 1]),
      { gradients: [f32([1, 1, 1]), f32([0, 0, 0, 0, 0, 0], [2, 3])] }
    ],
    ['axis -1', (a) => tf.argMax(a, -1), [f32([3, 2, 5, 100, -7, 2], [2, 3])], i32([2, 0])],
    [
      'rank 6',
      (a) => tf.argMax(a, 0),
      [f32([3, -1, 0, 100, -7, 2], [2, 1, 1, 1, 1, 3])],
      i32([1, 0, 1], [1, 1, 1, 1, 3])
    ],
    ['bool', (a) => tf.argMax(a), [bool([0, 1])], i32(1)],
    ['int32', (a) => tf.argMin(a), [i32([4, -2, 7])], i32(1)],
    ['argMin, axis 1', (a) => tf.argMin(a, 1), [hills], i32([1, 1])],
    ['a long vector', (a) => tf.argMax(a), [f32(range(0, 300))], i32(299)]
  )
])

runCases('norms and softmaxes', [
  ...casesOf(
    'logSumExp',
    ['0', (a) => tf.logSumExp(a), [f32(0)], f32(0)],
    ['a vector', (a) => tf.logSumExp(a), [f32([1, 2, -3])], f32(log(exp(1) + exp(2) + exp(-3)))],
    ['NaN', (a) => tf.logSumExp(a), [f32([1, 2, NaN])], f32(NaN)],
    ['far out', (a) => tf.logSumExp(a), [f32([1000, 1000])], f32(1000 + log(2))],
    [
      'axis 0, kept',
      (a) => tf.logSumExp(a, [0], true),
      [tall],
      f32([[log(exp(1) + exp(3) + 1), log(exp(2) + 1 + exp(1))]])
    ],
    ['axis -1', (a) => tf.logSumExp(a, -1), [tall], f32([log(exp(1) + exp(2)), log(exp(3) + 1), log(1 + exp(1))])]
  ),
  ...casesOf(
    'norm',
    ['of a scalar', (a) => tf.norm(a), [f32(-22)], f32(22)],
    ['infinity', (a) => tf.norm(a, Infinity), [f32([1, -2, 3, -4])], f32(4)],
    ['-infinity', (a) => tf.norm(a, -Infinity), [f32([1, -2, 3, -4])], f32(1)],
    ['1', (a) => tf.norm(a, 1), [f32([1, -2, 3, -4])], f32(10)],
    [
      'euclidean',
      (a) => tf.norm(a, 'euclidean'),
      [f32([1, -2, 3, -4])],
      f32(sqrt(30)),
      { gradients: [f32(sqrt(30)), f32([1, -2, 3, -4])] }
    ],
    ['of a matrix, infinity', (a) => tf.norm(a, Infinity, [0, 1]), [f32([1, 2, -3, 1, 0, 1], [3, 2])], f32(4)],
    ['of a matrix, -infinity', (a) => tf.norm(a, -Infinity, [0, 1]), [f32([1, 2, -3, 1, 0, 1], [3, 2])], f32(1)],
    ['of a matrix, 1', (a) => tf.norm(a, 1, [0, 1]), [f32([1, 2, -3, 1, 1, 1], [3, 2])], f32(5)],
    ['of a matrix, fro', (a) => tf.norm(a, 'fro', [0, 1]), [f32([1, 2, -3, 1, 1, 1], [3, 2])], f32(sqrt(17))],
    [
      'of rows, kept',
      (a) => tf.norm(a, 2, -1, true),
      [
        f32([
          [3, 4],
          [0, 5]
        ])
      ],
      f32([[5], [5]])
    ]
  ),
  ...casesOf(
    'euclideanNorm',
    [
      'axis 0',
      (a) => tf.euclideanNorm(a, 0),
      [
        f32([
          [3, 5],
          [4, 12]
        ])
      ],
      f32([5, 13])
    ],
    ['all', (a) => tf.euclideanNorm(a), [f32([1, -2, 3, -4])], f32(sqrt(30))]
  ),
  ...casesOf(
    'moments',
    [
      'of all',
      (a) => {
        const { mean, variance } = tf.moments(a)
        return [mean, variance]
      },
      [f32([1, 2, 3, 0, 0, 1], [3, 2])],
      [f32(7 / 6), f32(1.1388889)]
    ],
    [
      'axis 0',
      (a) => {
        const { mean, variance } = tf.moments(a, 0)
        return [mean, variance]
      },
      [tall],
      [f32([4 / 3, 1]), f32([1.5555556, 2 / 3])]
    ],
    [
      'int32 gives float32',
      (a) => {
        const { mean, variance } = tf.moments(a)
        return [mean, variance]
      },
      [i32([1, 5, 7, 3])],
      [f32(4), f32(5)]
    ]
  ),
  ...casesOf(
    'softmax',
    ['a vector', (a) => tf.softmax(a), [f32([2, 1, 3])], f32([0.24472847, 0.09003057, 0.66524096])],
    ['far out', (a) => tf.softmax(a), [f32([1000, 1000])], f32([0.5, 0.5])],
    ['far below', (a) => tf.softmax(a), [f32([-1000, -1000])], f32([0.5, 0.5])],
    ['one far above', (a) => tf.softmax(a), [f32([1000, 0])], f32([1, 0])],
    [
      'rows',
      (a) => tf.softmax(a),
      [
        f32([
          [2, 1, 3],
          [1, 3, 2]
        ])
      ],
      f32([
        [0.24472847, 0.09003057, 0.66524096],
        [0.09003057, 0.66524096, 0.24472847]
      ])
    ],
    ['NaN', (a) => tf.softmax(a), [f32([2, 1, NaN])], f32([NaN, NaN, NaN])],
    [
      'slopes',
      (a) => tf.softmax(a),
      [f32([10, 0, -1])],
      f32([0.9999379, 0.0000453971, 0.0000167007]),
      { gradients: [f32([1, 2, 3]), f32([-0.000078797, 0.0000453949, 0.0000333986])], tolerance: 1e-6 }
    ]
  ),
  ...casesOf(
    'logSoftmax',
    ['a vector', (a) => tf.logSoftmax(a), [f32([2, 1, 3])], f32([-1.4076059, -2.4076059, -0.4076059])],
    ['far out', (a) => tf.logSoftmax(a), [f32([1000, 1000])], f32([-log(2), -log(2)])],
    ['far below', (a) => tf.logSoftmax(a), [f32([-1000, -1000])], f32([-log(2), -log(2)])],
    ['one far above', (a) => tf.logSoftmax(a), [f32([1000, 0])], f32([0, -1000])],
    [
      'rows',
      (a) => tf.logSoftmax(a),
      [
        f32([
          [2, 1, 3],
          [1, 3, 2]
        ])
      ],
      f32([
        [-1.4076059, -2.4076059, -0.4076059],
        [-2.4076059, -0.4076059, -1.4076059]
      ])
    ],
    ['NaN', (a) => tf.logSoftmax(a), [f32([2, 1, NaN])], f32([NaN, NaN, NaN])],
    ['int32 gives float32', (a) => tf.logSoftmax(a), [i32([2, 1, 3])], f32([-1.4076059, -2.4076059, -0.4076059])],
    [
      'slopes',
      (a) => tf.logSoftmax(a),
      [f32([1, 2, 10])],
      f32([-9.0004588, -8.0004588, -0.0004588]),
      {
        gradients: [f32([1, 2, 3]), f32([1 - 6 * exp(-9.0004588), 2 - 6 * exp(-8.0004588), 3 - 6 * exp(-0.0004588)])],
        tolerance: 1e-6
      }
    ]
  )
])
