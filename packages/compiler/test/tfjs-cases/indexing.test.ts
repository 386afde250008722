/** Reading and writing at positions, orders and searches: facts of gather, scatter, topk, where and others' _test.ts. */
import * as tf from '@tensorflow/tfjs-core'
import { bool, casesOf, f32, i32, runCases } from './run-cases'

const vector = f32([1, 2, 3])
const square = f32([
  [1, 11],
  [2, 22]
])
const cube = f32([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2])
const segments = (count: number) => (x: tf.Tensor, ids: tf.Tensor) =>
  tf.unsortedSegmentSum(x, ids as tf.Tensor1D, count)
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)

runCases('reading at positions', [
  ...casesOf(
    'gather',
    ['a scalar index', (x, i) => tf.gather(x, i, 0), [vector, i32(1)], f32(2)],
    ['a vector of indices', (x, i) => tf.gather(x, i, 0), [vector, i32([0, 2, 0, 1])], f32([1, 3, 1, 2])],
    ['a matrix of indices', (x, i) => tf.gather(x, i, 0), [vector, i32([[0, 2, 0, 1]])], f32([[1, 3, 1, 2]])],
    ['a column', (x, i) => tf.gather(x, i, 1), [square, i32(1)], f32([11, 22])],
    [
      'rows',
      (x, i) => tf.gather(x, i, 0),
      [square, i32([1, 0, 0, 1])],
      f32([
        [2, 22],
        [1, 11],
        [1, 11],
        [2, 22]
      ])
    ],
    [
      'columns',
      (x, i) => tf.gather(x, i, 1),
      [square, i32([1, 0, 0, 1])],
      f32([
        [11, 1, 1, 11],
        [22, 2, 2, 22]
      ])
    ],
    [
      'axis -1',
      (x, i) => tf.gather(x, i, -1),
      [square, i32([1, 0])],
      f32([
        [11, 1],
        [22, 2]
      ])
    ],
    [
      'a matrix of columns',
      (x, i) => tf.gather(x, i, 1),
      [
        square,
        i32([
          [1, 0],
          [0, 1]
        ])
      ],
      f32([
        [
          [11, 1],
          [1, 11]
        ],
        [
          [22, 2],
          [2, 22]
        ]
      ])
    ],
    [
      'member by member',
      (x, i) => tf.gather(x, i, 1, 1),
      [
        square,
        i32([
          [1, 0],
          [0, 1]
        ])
      ],
      f32([
        [11, 1],
        [2, 22]
      ])
    ],
    [
      'member by member, counted from the right',
      (x, i) => tf.gather(x, i, 1, -1),
      [
        square,
        i32([
          [1, 0],
          [0, 1]
        ])
      ],
      f32([
        [11, 1],
        [2, 22]
      ])
    ],
    [
      'member by member, at the last axis',
      (x, i) => tf.gather(x, i, 2, 1),
      [
        f32([
          [
            [1, 2],
            [3, 4]
          ]
        ]),
        i32([[1, 0, 1]])
      ],
      f32([
        [
          [2, 1, 2],
          [4, 3, 4]
        ]
      ])
    ],
    [
      'rank 3',
      (x, i) => tf.gather(x, i, 2),
      [cube, i32([1, 0, 0, 1])],
      f32([2, 1, 1, 2, 4, 3, 3, 4, 6, 5, 5, 6, 8, 7, 7, 8], [2, 2, 4])
    ],
    ['bool', (x, i) => tf.gather(x, i, 0), [bool([1, 0, 1]), i32([0, 2, 0, 1])], bool([1, 1, 1, 0])],
    [
      'int32',
      (x, i) => tf.gather(x, i, 0),
      [
        i32([1, 2, 5]),
        i32([
          [0, 2],
          [0, 1]
        ])
      ],
      i32([
        [1, 5],
        [1, 2]
      ])
    ],
    ['NaN', (x, i) => tf.gather(x, i, 0), [f32([1, 2, NaN]), i32([0, 2])], f32([1, NaN])],
    [
      'slopes',
      (x, i) => tf.gather(x, i),
      [vector, i32([0, 2, 0, 1])],
      f32([1, 3, 1, 2]),
      { gradients: [f32([3, 4, 5, 6]), f32([8, 6, 4]), null] }
    ],
    [
      'slopes of rows',
      (x, i) => tf.gather(x, i, 0),
      [square, i32([1, 0, 0, 1])],
      f32([
        [2, 22],
        [1, 11],
        [1, 11],
        [2, 22]
      ]),
      {
        gradients: [
          f32([
            [3, 4],
            [5, 6],
            [7, 8],
            [9, 10]
          ]),
          f32([
            [12, 14],
            [12, 14]
          ]),
          null
        ]
      }
    ],
    [
      'slopes of columns',
      (x, i) => tf.gather(x, i, 1),
      [square, i32([1, 0, 0, 1])],
      f32([
        [11, 1, 1, 11],
        [22, 2, 2, 22]
      ]),
      {
        gradients: [
          f32([
            [3, 4, 5, 6],
            [7, 8, 9, 10]
          ]),
          f32([
            [9, 9],
            [17, 17]
          ]),
          null
        ]
      }
    ],
    [
      'slopes member by member',
      (x, i) => tf.gather(x, i, 1, 1),
      [
        square,
        i32([
          [1, 0],
          [1, 1]
        ])
      ],
      f32([
        [11, 1],
        [22, 22]
      ]),
      {
        gradients: [
          f32([
            [3, 4],
            [5, 6]
          ]),
          f32([
            [4, 3],
            [0, 11]
          ]),
          null
        ]
      }
    ],
    ['no indices', (x, i) => tf.gather(x, i), [square, i32([])], f32([], [0, 2])]
  ),
  ...casesOf(
    'gatherND',
    [
      'rows',
      (x, i) => tf.gatherND(x, i),
      [
        f32([
          [1, 2],
          [3, 4]
        ]),
        i32([[1], [0]])
      ],
      f32([
        [3, 4],
        [1, 2]
      ])
    ],
    [
      'elements',
      (x, i) => tf.gatherND(x, i),
      [
        f32([
          [1, 2],
          [3, 4]
        ]),
        i32([
          [0, 0],
          [1, 1]
        ])
      ],
      f32([1, 4])
    ],
    ['one index vector', (x, i) => tf.gatherND(x, i), [cube, i32([1, 0])], f32([5, 6])],
    [
      'rank 3 of int32',
      (x, i) => tf.gatherND(x, i),
      [i32([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2]), i32([[[0, 1]], [[1, 0]]])],
      i32([[[3, 4]], [[5, 6]]])
    ],
    [
      'slopes',
      (x, i) => tf.gatherND(x, i),
      [
        square,
        i32([
          [0, 1],
          [0, 1],
          [1, 0]
        ])
      ],
      f32([11, 11, 2]),
      {
        gradients: [
          f32([1, 2, 4]),
          f32([
            [0, 3],
            [4, 0]
          ]),
          null
        ]
      }
    ]
  ),
  ...casesOf(
    'oneHot',
    [
      'a diagonal',
      (i) => tf.oneHot(i, 2),
      [i32([0, 1])],
      i32([
        [1, 0],
        [0, 1]
      ])
    ],
    ['a scalar', (i) => tf.oneHot(i, 4), [i32(2)], i32([0, 0, 1, 0])],
    [
      'four of three',
      (i) => tf.oneHot(i, 3),
      [i32([2, 1, 2, 0])],
      i32([
        [0, 0, 1],
        [0, 1, 0],
        [0, 0, 1],
        [1, 0, 0]
      ])
    ],
    ['out of range', (i) => tf.oneHot(i, 3), [i32([-1, 5, 12345])], i32([0, 0, 0, 0, 0, 0, 0, 0, 0], [3, 3])],
    [
      'values on and off',
      (i) => tf.oneHot(i, 2, 3, -2),
      [i32([0, 1])],
      i32([
        [3, -2],
        [-2, 3]
      ])
    ],
    [
      'float32',
      (i) => tf.oneHot(i, 2, 0.9, 0.1, 'float32'),
      [i32([0, 1])],
      f32([
        [0.9, 0.1],
        [0.1, 0.9]
      ])
    ],
    [
      'bool',
      (i) => tf.oneHot(i, 2, 1, 0, 'bool'),
      [i32([0, 1])],
      bool([
        [1, 0],
        [0, 1]
      ])
    ],
    [
      'a matrix',
      (i) => tf.oneHot(i, 4),
      [
        i32([
          [1, 3],
          [2, 3]
        ])
      ],
      i32([
        [
          [0, 1, 0, 0],
          [0, 0, 0, 1]
        ],
        [
          [0, 0, 1, 0],
          [0, 0, 0, 1]
        ]
      ])
    ]
  ),
  ...casesOf(
    'where',
    ['scalars', (c, a, b) => tf.where(c, a, b), [bool(true), f32(10), f32(20)], f32(10)],
    [
      'vectors',
      (c, a, b) => tf.where(c, a, b),
      [bool([1, 0, 1, 0]), f32([10, 10, 10, 10]), f32([20, 20, 20, 20])],
      f32([10, 20, 10, 20])
    ],
    [
      'a row chooses',
      (c, a, b) => tf.where(c, a, b),
      [bool([1, 0]), f32([[10], [10]]), f32([[5], [5]])],
      f32([
        [10, 5],
        [10, 5]
      ])
    ],
    [
      'rank 3 and 1',
      (c, a, b) => tf.where(c, a, b),
      [bool([1, 0]), f32([[9], [9]]), f32([8, 8, 8, 8], [4, 1, 1])],
      f32([9, 8, 9, 8, 9, 8, 9, 8, 9, 8, 9, 8, 9, 8, 9, 8], [4, 2, 2])
    ],
    [
      'one condition',
      (c, a, b) => tf.where(c, a, b),
      [bool([0]), f32([1, 1, 1], [1, 3]), f32([0, 0, 0], [1, 3])],
      f32([0, 0, 0], [1, 3])
    ],
    [
      'int32',
      (c, a, b) => tf.where(c, a, b),
      [bool([1, 0, 0]), i32([12345678, 10, 10]), i32([20, 20, -12345678])],
      i32([12345678, 20, -12345678])
    ],
    ['bool', (c, a, b) => tf.where(c, a, b), [bool([1, 0]), bool([0, 0]), bool([1, 1])], bool([0, 1])],
    [
      'NaN that is not chosen',
      (c, a, b) => tf.where(c, a, b),
      [bool([1, 0]), f32([1, NaN]), f32([NaN, 2])],
      f32([1, 2])
    ],
    [
      'slopes',
      (c, a, b) => tf.where(c, a, b),
      [bool([1, 0, 1]), f32([1, 2, 3]), f32([4, 5, 6])],
      f32([1, 5, 3]),
      { gradients: [f32([1, 2, 3]), null, f32([1, 0, 3]), f32([0, 2, 0])] }
    ]
  )
])

runCases('writing at positions', [
  ...casesOf(
    'scatterND',
    [
      'elements',
      (i, u) => tf.scatterND(i, u, [8]),
      [i32([[4], [3], [1], [7]]), f32([9, 10, 11, 12])],
      f32([0, 11, 0, 10, 9, 0, 0, 12])
    ],
    ['sums of int32', (i, u) => tf.scatterND(i, u, [3]), [i32([[0], [2], [0]]), i32([9, 10, 11])], i32([20, 0, 10])],
    ['a vector of indices', (i, u) => tf.scatterND(i, u, [3]), [i32([0, 2, 0]), f32([9, 10, 11])], f32([20, 0, 10])],
    [
      'planes',
      (i, u) => tf.scatterND(i, u, [4, 2, 2]),
      [i32([[0], [2]]), f32([5, 5, 6, 6, 7, 7, 8, 8], [2, 2, 2])],
      f32([5, 5, 6, 6, 0, 0, 0, 0, 7, 7, 8, 8, 0, 0, 0, 0], [4, 2, 2])
    ],
    [
      'pairs of indices',
      (i, u) => tf.scatterND(i, u, [2, 3]),
      [
        i32([
          [0, 2],
          [1, 0]
        ]),
        f32([5, 6])
      ],
      f32([
        [0, 0, 5],
        [6, 0, 0]
      ])
    ],
    [
      'slopes',
      (i, u) => tf.scatterND(i, u, [3]),
      [i32([[0], [2], [0]]), f32([9, 10, 11])],
      f32([20, 0, 10]),
      { gradients: [f32([1, 2, 3]), null, f32([1, 3, 1])] }
    ]
  ),
  ...casesOf(
    'tensorScatterUpdate',
    [
      'elements',
      (t, i, u) => tf.tensorScatterUpdate(t, i, u),
      [f32([1, 1, 1, 1, 1, 1, 1, 1]), i32([[4], [3], [1], [7]]), f32([9, 10, 11, 12])],
      f32([1, 11, 1, 10, 9, 1, 1, 12])
    ],
    ['int32', (t, i, u) => tf.tensorScatterUpdate(t, i, u), [i32([1, 1, 1]), i32([[2]]), i32([9])], i32([1, 1, 9])],
    [
      'bool',
      (t, i, u) => tf.tensorScatterUpdate(t, i, u),
      [bool([1, 1, 0]), i32([[0], [2]]), bool([0, 1])],
      bool([0, 1, 1])
    ],
    [
      'the last of several stays',
      (t, i, u) => tf.tensorScatterUpdate(t, i, u),
      [f32([1, 1, 1]), i32([[1], [1], [0], [1]]), f32([5, 6, 7, 8])],
      f32([7, 8, 1])
    ],
    [
      'planes',
      (t, i, u) => tf.tensorScatterUpdate(t, i, u),
      [
        f32([1, 1, 1, 1, 1, 1], [3, 2]),
        i32([[0], [2]]),
        f32([
          [5, 5],
          [7, 8]
        ])
      ],
      f32([
        [5, 5],
        [1, 1],
        [7, 8]
      ])
    ],
    [
      'NaN goes where it is written',
      (t, i, u) => tf.tensorScatterUpdate(t, i, u),
      [f32([1, NaN, 1]), i32([[1], [0], [0]]), f32([2, NaN, 3])],
      f32([3, 2, 1])
    ],
    [
      'slopes',
      (t, i, u) => tf.tensorScatterUpdate(t, i, u),
      [f32([1, 2, 3]), i32([[0], [2], [0]]), f32([9, 10, 11])],
      f32([11, 2, 10]),
      { gradients: [f32([1, 2, 4]), f32([0, 2, 0]), null, f32([0, 4, 1])] }
    ],
    ['no updates', (t, i, u) => tf.tensorScatterUpdate(t, i, u), [f32([1, 2]), i32([], [0, 1]), f32([])], f32([1, 2])]
  ),
  ...casesOf(
    'sparseToDense',
    ['one element', (i, v) => tf.sparseToDense(i, v, [6], 0), [i32(2), i32(100)], i32([0, 0, 100, 0, 0, 0])],
    [
      'elements of int32',
      (i, v, d) => tf.sparseToDense(i, v, [6], d as tf.Scalar),
      [i32([0, 2, 4]), i32([100, 101, 102]), i32(0)],
      i32([100, 0, 101, 0, 102, 0])
    ],
    [
      'one value for all',
      (i, v, d) => tf.sparseToDense(i, v, [6], d as tf.Scalar),
      [i32([0, 2, 4]), i32(10), i32(0)],
      i32([10, 0, 10, 0, 10, 0])
    ],
    [
      'of a matrix',
      (i, v) => tf.sparseToDense(i, v, [2, 2]),
      [
        i32([
          [0, 1],
          [1, 1]
        ]),
        f32([5, 6])
      ],
      f32([
        [0, 5],
        [0, 6]
      ])
    ],
    [
      'a default value',
      (i, v, d) => tf.sparseToDense(i, v, [2, 2], d as tf.Scalar),
      [
        i32([
          [0, 1],
          [1, 1]
        ]),
        f32([5, 6]),
        f32(1)
      ],
      f32([
        [1, 5],
        [1, 6]
      ])
    ],
    ['nothing', (i, v, d) => tf.sparseToDense(i, v, [3], d as tf.Scalar), [i32([]), f32([]), f32(5)], f32([5, 5, 5])]
  ),
  ...casesOf(
    'unsortedSegmentSum',
    [
      'a vector',
      segments(3),
      [f32([1, 2, 3, 4]), i32([0, 2, 0, 1])],
      f32([4, 4, 2]),
      { gradients: [f32([11, 2, 7]), f32([11, 7, 11, 2]), null] }
    ],
    [
      'rows',
      segments(2),
      [
        f32([
          [1, 2],
          [3, 4]
        ]),
        i32([0, 0])
      ],
      f32([
        [4, 6],
        [0, 0]
      ]),
      {
        gradients: [
          f32([
            [11, 2],
            [4, 5]
          ]),
          f32([
            [11, 2],
            [11, 2]
          ]),
          null
        ]
      }
    ],
    [
      'planes',
      segments(3),
      [f32(range(1, 13), [3, 2, 2]), i32([2, 1, 2])],
      f32([0, 0, 0, 0, 5, 6, 7, 8, 10, 12, 14, 16], [3, 2, 2])
    ],
    [
      'ids out of range count for nothing',
      segments(3),
      [f32([1, 2, 3, 4]), i32([0, 2, -1, 1])],
      f32([1, 4, 2]),
      { gradients: [f32([11, 2, 7]), f32([11, 7, 0, 2]), null] }
    ],
    ['many', segments(5), [f32(range(0, 100)), i32(range(0, 100).map((i) => i % 5))], f32([950, 970, 990, 1010, 1030])]
  ),
  ...casesOf(
    'bincount',
    [
      'counts',
      (x, w) => tf.bincount(x as tf.Tensor1D, w as tf.Tensor1D, 3),
      [i32([1, 1, 1, 2]), f32([])],
      f32([0, 3, 1])
    ],
    [
      'out of range',
      (x, w) => tf.bincount(x as tf.Tensor1D, w as tf.Tensor1D, 2),
      [i32([1, 1, 1, 2]), f32([])],
      f32([0, 3])
    ],
    [
      'weights',
      (x, w) => tf.bincount(x as tf.Tensor1D, w as tf.Tensor1D, 3),
      [i32([1, 1, 1, 2]), f32([0.5, 0.3, 0.3, 0.1])],
      f32([0, 1.1, 0.1])
    ],
    [
      'counts of int32',
      (x, w) => tf.bincount(x as tf.Tensor1D, w as tf.Tensor1D, 3),
      [i32([1, 1, 1, 2]), i32([])],
      i32([0, 3, 1])
    ]
  ),
  ...casesOf(
    'denseBincount',
    [
      'rows',
      (x, w) => tf.denseBincount(x as tf.Tensor2D, w as tf.Tensor2D, 3),
      [
        i32([
          [1, 1],
          [1, 2]
        ]),
        f32([], [0, 0])
      ],
      f32([
        [0, 2, 0],
        [0, 1, 1]
      ])
    ],
    [
      'rows, out of range',
      (x, w) => tf.denseBincount(x as tf.Tensor2D, w as tf.Tensor2D, 2),
      [
        i32([
          [1, 1],
          [1, 2]
        ]),
        f32([], [0, 0])
      ],
      f32([
        [0, 2],
        [0, 1]
      ])
    ],
    [
      'rows with weights',
      (x, w) => tf.denseBincount(x as tf.Tensor2D, w as tf.Tensor2D, 3),
      [
        i32([
          [1, 1],
          [1, 2]
        ]),
        f32([
          [0.5, 0.3],
          [0.3, 0.1]
        ])
      ],
      f32([
        [0, 0.8, 0],
        [0, 0.3, 0.1]
      ])
    ],
    [
      'presence in rows',
      (x, w) => tf.denseBincount(x as tf.Tensor2D, w as tf.Tensor2D, 3, true),
      [
        i32([
          [1, 1],
          [1, 2]
        ]),
        f32([], [0, 0])
      ],
      f32([
        [0, 1, 0],
        [0, 1, 1]
      ])
    ],
    [
      'a vector',
      (x, w) => tf.denseBincount(x as tf.Tensor1D, w as tf.Tensor1D, 3),
      [i32([1, 1, 1, 2]), f32([0.5, 0.3, 0.3, 0.1])],
      f32([0, 1.1, 0.1])
    ]
  ),
  ...casesOf(
    'diag',
    ['one', (x) => tf.diag(x), [f32([5])], f32([[5]])],
    [
      'a vector with NaN',
      (x) => tf.diag(x),
      [f32([1, NaN])],
      f32([
        [1, 0],
        [0, NaN]
      ])
    ],
    [
      'a matrix',
      (x) => tf.slice(tf.diag(x), [1, 0, 0, 0], [1, 2, 3, 2]),
      [f32([8, 2, 3, 4, 5, 1], [3, 2])],
      f32([0, 0, 3, 0, 0, 0, 0, 0, 0, 4, 0, 0], [1, 2, 3, 2])
    ],
    [
      'int32',
      (x) => tf.diag(x),
      [i32([3, 4])],
      i32([
        [3, 0],
        [0, 4]
      ])
    ]
  )
])

const sequence = f32([
  [0, 3, 9, 9, 10],
  [1, 2, 3, 4, 5]
])
const probes = f32([
  [2, 4, 9],
  [0, 2, 6]
])
const long = range(0, 3000).map((i) => 2 * i)
const topk =
  (k: number) =>
  (x: tf.Tensor): readonly tf.Tensor[] => {
    const { values, indices } = tf.topk(x, k)
    return [values, indices]
  }
const five = i32([
  [0, 0],
  [0, 6],
  [0, 9],
  [1, 0],
  [2, 0],
  [2, 1]
])

runCases('orders and searches', [
  ...casesOf(
    'topk',
    ['none', topk(0), [f32([20, 10, 40, 30])], [f32([]), i32([])]],
    ['the largest', topk(1), [f32([20, 10, 40, 30])], [f32([40]), i32([2])]],
    [
      'of rows',
      topk(2),
      [
        f32([
          [1, 5, 2],
          [4, 3, 6],
          [3, 2, 1],
          [1, 2, 3]
        ])
      ],
      [
        f32([
          [5, 2],
          [6, 4],
          [3, 2],
          [3, 2]
        ]),
        i32([
          [1, 2],
          [2, 0],
          [0, 1],
          [2, 1]
        ])
      ]
    ],
    [
      'rank 3',
      topk(3),
      [
        f32([
          [
            [1, 5, 2],
            [4, 3, 6]
          ],
          [
            [3, 2, 1],
            [1, 2, 3]
          ]
        ])
      ],
      [f32([5, 2, 1, 6, 4, 3, 3, 2, 1, 3, 2, 1], [2, 2, 3]), i32([1, 2, 0, 2, 0, 1, 0, 1, 2, 2, 1, 0], [2, 2, 3])]
    ],
    ['int32, the lower index first', topk(4), [i32([1, 2, 2, 1])], [i32([2, 2, 1, 1]), i32([1, 2, 0, 3])]],
    [
      'negative infinity',
      topk(3),
      [f32([-Infinity, -Infinity, -Infinity])],
      [f32([-Infinity, -Infinity, -Infinity]), i32([0, 1, 2])]
    ],
    [
      'slopes',
      (x) => tf.topk(x, 2).values,
      [f32([20, 10, 40, 30])],
      f32([40, 30]),
      { gradients: [f32([1, 2]), f32([0, 0, 1, 2])] }
    ]
  ),
  ...casesOf(
    'searchSorted',
    [
      'left',
      (s, v) => tf.searchSorted(s, v, 'left'),
      [sequence, probes],
      i32([
        [1, 2, 2],
        [0, 1, 5]
      ])
    ],
    [
      'right',
      (s, v) => tf.searchSorted(s, v, 'right'),
      [sequence, probes],
      i32([
        [1, 2, 4],
        [0, 2, 5]
      ])
    ],
    [
      'lowerBound',
      (s, v) => tf.lowerBound(s, v),
      [sequence, probes],
      i32([
        [1, 2, 2],
        [0, 1, 5]
      ])
    ],
    [
      'upperBound',
      (s, v) => tf.upperBound(s, v),
      [sequence, probes],
      i32([
        [1, 2, 4],
        [0, 2, 5]
      ])
    ],
    ['int32', (s, v) => tf.searchSorted(s, v, 'right'), [i32([[0, 3, 9, 9, 10]]), i32([[2, 4, 9]])], i32([[1, 2, 4]])],
    [
      'a long sequence, by bisection',
      (s, v) => [tf.lowerBound(s, v), tf.upperBound(s, v)],
      [
        f32([long, long]),
        f32([
          [-1, 0, 1, 3001, 5998],
          [2, 5997, 9999, 1024, 6]
        ])
      ],
      [
        i32([
          [0, 0, 1, 1501, 2999],
          [1, 2999, 3000, 512, 3]
        ]),
        i32([
          [0, 1, 1, 1501, 3000],
          [2, 2999, 3000, 513, 4]
        ])
      ]
    ]
  ),
  ...casesOf(
    'sparseReshape',
    [
      'the same rank',
      (i, s, t) => Object.values(tf.sparse.sparseReshape(i as tf.Tensor2D, s as tf.Tensor1D, t as tf.Tensor1D)),
      [
        i32([
          [0, 0],
          [1, 0],
          [1, 3],
          [2, 0],
          [3, 2],
          [3, 3]
        ]),
        i32([5, 6]),
        i32([3, 10])
      ],
      [
        i32([
          [0, 0],
          [0, 6],
          [0, 9],
          [1, 2],
          [2, 0],
          [2, 1]
        ]),
        i32([3, 10])
      ]
    ],
    [
      'up a rank, one size inferred',
      (i, s, t) => Object.values(tf.sparse.sparseReshape(i as tf.Tensor2D, s as tf.Tensor1D, t as tf.Tensor1D)),
      [five, i32([3, 10]), i32([2, -1, 5])],
      [
        i32([
          [0, 0, 0],
          [0, 1, 1],
          [0, 1, 4],
          [0, 2, 0],
          [1, 1, 0],
          [1, 1, 1]
        ]),
        i32([2, 3, 5])
      ]
    ],
    [
      'down a rank',
      (i, s, t) => Object.values(tf.sparse.sparseReshape(i as tf.Tensor2D, s as tf.Tensor1D, t as tf.Tensor1D)),
      [
        i32([
          [0, 0, 1],
          [0, 1, 0],
          [0, 1, 2],
          [1, 0, 3],
          [1, 1, 1],
          [1, 1, 3],
          [1, 2, 2]
        ]),
        i32([2, 3, 4]),
        i32([6, 4])
      ],
      [
        i32([
          [0, 1],
          [1, 0],
          [1, 2],
          [3, 3],
          [4, 1],
          [4, 3],
          [5, 2]
        ]),
        i32([6, 4])
      ]
    ]
  ),
  ...casesOf(
    'broadcastArgs',
    ['two shapes', (a, b) => tf.broadcastArgs(a, b), [i32([1, 1, 1]), i32([3, 1])], i32([1, 3, 1])],
    ['one is empty', (a, b) => tf.broadcastArgs(a, b), [i32([]), i32([2, 3])], i32([2, 3])]
  )
])
