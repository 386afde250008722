/** What moves numbers without computing: facts of slice, concat, pad, tile, transpose and others' _test.ts. */
import * as tf from '@tensorflow/tfjs-core'
import { bool, casesOf, f32, i32, runCases, type CaseFunction, type Data } from './run-cases'

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)
const strided =
  (...args: [begin: number[], end: number[], strides: number[], ...masks: number[]]): CaseFunction =>
  (x) =>
    tf.stridedSlice(x, ...args)

const four = f32([0, 1, 2, 3])
const wide = f32([
  [1, 2, 3],
  [4, 5, 6]
])
const block = f32(range(1, 13), [2, 3, 2])
const deep = f32(range(1, 13), [2, 3, 1, 2])
const planes = f32([
  [
    [1, 1, 1],
    [2, 2, 2]
  ],
  [
    [3, 3, 3],
    [4, 4, 4]
  ],
  [
    [5, 5, 5],
    [6, 6, 6]
  ]
])

runCases('slices', [
  ...casesOf(
    'slice',
    ['a vector', (x) => tf.slice(x, [1], [2]), [f32([1, 2, 3, 4])], f32([2, 3])],
    ['to the end', (x) => tf.slice(x, [2]), [f32([1, 2, 3, 4])], f32([3, 4])],
    ['size -1', (x) => tf.slice(x, [1, 0], [-1, 2]), [wide], f32([[4, 5]])],
    ['begin is a number', (x) => tf.slice(x, 1), [wide], f32([[4, 5, 6]])],
    ['nothing of it', (x) => tf.slice(x, [0, 1], [2, 0]), [wide], f32([], [2, 0])],
    ['rank 3', (x) => tf.slice(x, [0, 1, 1], [2, 1, 1]), [block], f32([4, 10], [2, 1, 1])],
    ['rank 4', (x) => tf.slice(x, [1, 1, 0, 0], [1, 2, 1, 2]), [deep], f32([9, 10, 11, 12], [1, 2, 1, 2])],
    ['int32', (x) => tf.slice(x, [1], [1]), [i32([5, 12345678])], i32([12345678])],
    ['bool', (x) => tf.slice(x, [1], [2]), [bool([1, 0, 1])], bool([0, 1])],
    [
      'slopes',
      (x) => tf.slice(x, [0, 1], [2, 2]),
      [wide],
      f32([
        [2, 3],
        [5, 6]
      ]),
      {
        gradients: [
          f32([
            [1, 2],
            [3, 4]
          ]),
          f32([
            [0, 1, 2],
            [0, 3, 4]
          ])
        ]
      }
    ]
  ),
  ...casesOf(
    'stridedSlice',
    ['step 2', strided([0], [3], [2]), [four], f32([0, 2])],
    ['empty', strided([10], [3], [2]), [four], f32([])],
    ['negative begin', strided([-3], [3], [1]), [four], f32([1, 2])],
    ['begin out of range', strided([-5], [3], [1]), [four], f32([0, 1, 2])],
    ['negative end', strided([1], [-2], [1]), [four], f32([1])],
    ['end out of range', strided([-3], [5], [1]), [four], f32([1, 2, 3])],
    ['begin mask', strided([1], [3], [1], 1), [four], f32([0, 1, 2])],
    ['end mask', strided([1], [3], [1], 0, 1), [four], f32([1, 2, 3])],
    ['negative step', strided([-1], [-4], [-1]), [four], f32([3, 2, 1])],
    ['negative begin and step', strided([-2], [-3], [-1]), [four], f32([2])],
    ['begin out of range, negative step', strided([5], [-2], [-1]), [four], f32([3])],
    ['end out of range, negative step', strided([-3], [-5], [-1]), [four], f32([1, 0])],
    ['shrink', strided([1], [3], [1], 0, 0, 0, 0, 1), [four], f32(1)],
    ['ellipsis and new axis on one', strided([0], [3], [2], 0, 0, 1, 1), [four], f32([0, 1, 2, 3])],
    ['a new axis in front', strided([0, 0], [1, 3], [1, 2], 0, 0, 0, 1), [four], f32([[0, 2]])],
    ['2D', strided([1, 0], [2, 2], [1, 1]), [wide], f32([[4, 5]])],
    ['2D, steps of 2', strided([0, 0], [2, 3], [2, 2]), [wide], f32([[1, 3]])],
    ['2D, negative step', strided([1, -1], [2, -4], [2, -1]), [wide], f32([[6, 5, 4]])],
    [
      '2D, begin mask',
      strided([1, 0], [2, 2], [1, 1], 1),
      [wide],
      f32([
        [1, 2],
        [4, 5]
      ])
    ],
    ['2D, shrink', strided([1, 0], [2, 2], [1, 1], 0, 0, 0, 0, 1), [wide], f32([4, 5])],
    ['2D, end mask', strided([1, 0], [2, 2], [1, 1], 0, 2), [wide], f32([[4, 5, 6]])],
    ['2D, negative step, begin mask', strided([1, -2], [2, -4], [1, -1], 2), [wide], f32([[6, 5, 4]])],
    ['2D, negative step, end mask', strided([1, -2], [2, -3], [1, -1], 0, 2), [wide], f32([[5, 4]])],
    [
      '3D, backwards',
      strided([-1, -1, -1], [-3, -4, -3], [-1, -1, -1]),
      [block],
      f32(range(1, 13).reverse(), [2, 3, 2])
    ],
    ['3D, steps of 2', strided([0, 0, 0], [2, 3, 2], [2, 2, 2]), [block], f32([1, 5], [1, 2, 1])],
    ['3D, shrink', strided([0, 0, 0], [2, 3, 2], [1, 1, 1], 0, 0, 0, 0, 1), [block], f32(range(1, 7), [3, 2])],
    ['fewer begins than axes', strided([1, 0], [2, 3], [1, 1]), [deep], f32(range(7, 13), [1, 3, 1, 2])],
    [
      'ellipsis first',
      strided([1, 0], [2, 1], [1, 1], 0, 0, 1),
      [planes],
      f32([
        [[1], [2]],
        [[3], [4]],
        [[5], [6]]
      ])
    ],
    [
      'ellipsis in the middle',
      strided([1, 0, 0], [2, 1, 3], [1, 1, 1], 0, 0, 2),
      [planes],
      f32([
        [
          [3, 3, 3],
          [4, 4, 4]
        ]
      ])
    ],
    [
      'several new axes',
      strided([1, 0, 0, 0, 2], [2, 1, 3, 1, 5], [1, 1, 1, 1, 1], 0, 0, 0, 0b1010),
      [f32(new Array(120).fill(0), [2, 3, 4, 5])],
      f32(new Array(30).fill(0), [1, 1, 3, 1, 2, 5])
    ],
    ['int32', strided([1, 0], [2, 2], [1, 1]), [i32([1, 2, 3, 4, 12345678, 6], [2, 3])], i32([[4, 12345678]])],
    ['slopes', strided([0], [4], [2]), [four], f32([0, 2]), { gradients: [f32([3, 5]), f32([3, 0, 5, 0])] }]
  )
])

const wholes = f32([
  [1, 2, 3, 4],
  [5, 6, 7, 8]
])
const square = f32([
  [1, 11],
  [2, 22]
])
const nested = f32([
  [
    [1, 11],
    [2, 22]
  ],
  [
    [3, 33],
    [4, 44]
  ]
])
const concatCase = (
  name: string,
  axis: number,
  parts: readonly Data[],
  expected: Data
): Parameters<typeof casesOf>[1] => [
  name,
  (a, b, c) => tf.concat([a, b, c].slice(0, parts.length), axis),
  parts,
  expected
]

runCases('joining and taking apart', [
  ...casesOf(
    'concat',
    concatCase('vectors', 0, [f32([3]), f32([5, 7])], f32([3, 5, 7])),
    concatCase('one', 0, [f32([3])], f32([3])),
    concatCase(
      'rows',
      0,
      [
        f32([
          [1, 2],
          [3, 4]
        ]),
        f32([[5, 6]]),
        f32([[7, 8]])
      ],
      f32([
        [1, 2],
        [3, 4],
        [5, 6],
        [7, 8]
      ])
    ),
    concatCase(
      'columns',
      1,
      [
        f32([
          [1, 2],
          [3, 4]
        ]),
        f32([
          [5, 6],
          [7, 8]
        ])
      ],
      f32([
        [1, 2, 5, 6],
        [3, 4, 7, 8]
      ])
    ),
    concatCase(
      'axis -1',
      -1,
      [
        f32([[1], [2]]),
        f32([
          [3, 4],
          [5, 6]
        ])
      ],
      f32([
        [1, 3, 4],
        [2, 5, 6]
      ])
    ),
    concatCase('an empty one', 0, [f32([1, 2, 3], [1, 3, 1]), f32([], [0, 3, 1])], f32([1, 2, 3], [1, 3, 1])),
    concatCase('int32', 0, [i32([3]), i32([5])], i32([3, 5])),
    concatCase('bool', 0, [bool([1]), bool([0])], bool([1, 0])),
    [
      'depths',
      (a, b) => tf.concat([a, b], 2),
      [nested, f32(range(1, 5), [2, 2, 1])],
      f32([
        [
          [1, 11, 1],
          [2, 22, 2]
        ],
        [
          [3, 33, 3],
          [4, 44, 4]
        ]
      ]),
      {
        gradients: [
          f32(range(1, 13), [2, 2, 3]),
          f32([1, 2, 4, 5, 7, 8, 10, 11], [2, 2, 2]),
          f32([3, 6, 9, 12], [2, 2, 1])
        ]
      }
    ],
    [
      'a hundred',
      (a) => tf.concat(range(0, 100).map((i) => tf.slice(a, [i], [1]))),
      [f32(range(0, 100))],
      f32(range(0, 100))
    ]
  ),
  ...casesOf(
    'split',
    [
      'by number',
      (x) => tf.split(x, 2, 1),
      [wholes],
      [
        f32([
          [1, 2],
          [5, 6]
        ]),
        f32([
          [3, 4],
          [7, 8]
        ])
      ]
    ],
    [
      'by sizes',
      (x) => tf.split(x, [1, 2, 1], 1),
      [wholes],
      [
        f32([[1], [5]]),
        f32([
          [2, 3],
          [6, 7]
        ]),
        f32([[4], [8]])
      ]
    ],
    [
      'by sizes, one inferred',
      (x) => tf.split(x, [1, 1, -1], 1),
      [wholes],
      [
        f32([[1], [5]]),
        f32([[2], [6]]),
        f32([
          [3, 4],
          [7, 8]
        ])
      ]
    ],
    [
      'axis -2',
      (x) => tf.split(x, 2, -2),
      [f32(range(1, 9), [2, 2, 2])],
      [f32([1, 2, 5, 6], [2, 1, 2]), f32([3, 4, 7, 8], [2, 1, 2])]
    ],
    ['nothing', (x) => tf.split(x, 2, 0), [f32([], [4, 0])], [f32([], [2, 0]), f32([], [2, 0])]],
    [
      'slopes of the second',
      (x) => tf.split(x, [1, 2])[1]!,
      [f32([1, 2, 3])],
      f32([2, 3]),
      { gradients: [f32([1, 1]), f32([0, 1, 1])] }
    ]
  ),
  ...casesOf(
    'stack',
    ['scalars', (a, b, c) => tf.stack([a, b, c]), [f32(1), f32(2), f32(3)], f32([1, 2, 3])],
    [
      'vectors',
      (a, b) => tf.stack([a, b]),
      [f32([1, 2]), f32([3, 4])],
      f32([
        [1, 2],
        [3, 4]
      ])
    ],
    [
      'vectors, axis 1',
      (a, b) => tf.stack([a, b], 1),
      [f32([1, 2]), f32([3, 4])],
      f32([
        [1, 3],
        [2, 4]
      ])
    ],
    [
      'axis -1',
      (a, b) => tf.stack([a, b], -1),
      [f32([1, 2]), f32([3, 4])],
      f32([
        [1, 3],
        [2, 4]
      ])
    ],
    [
      'slopes',
      (a, b) => tf.stack([a, b], 1),
      [f32([1, 2]), f32([3, 4])],
      f32([
        [1, 3],
        [2, 4]
      ]),
      {
        gradients: [
          f32([
            [1, 2],
            [3, 4]
          ]),
          f32([1, 3]),
          f32([2, 4])
        ]
      }
    ]
  ),
  ...casesOf(
    'unstack',
    ['rows', (x) => tf.unstack(x), [wide], [f32([1, 2, 3]), f32([4, 5, 6])]],
    ['columns', (x) => tf.unstack(x, 1), [wide], [f32([1, 4]), f32([2, 5]), f32([3, 6])]],
    [
      'axis -1 of rank 3',
      (x) => tf.unstack(x, -1),
      [nested],
      [
        f32([
          [1, 2],
          [3, 4]
        ]),
        f32([
          [11, 22],
          [33, 44]
        ])
      ]
    ],
    ['one', (x) => tf.unstack(x), [f32([[1, 2]])], [f32([1, 2])]],
    [
      'slopes',
      (x) => tf.unstack(x, 1)[1]!,
      [wide],
      f32([2, 5]),
      {
        gradients: [
          f32([7, 9]),
          f32([
            [0, 7, 0],
            [0, 9, 0]
          ])
        ]
      }
    ]
  ),
  ...casesOf(
    'pad',
    ['a vector of int32', (x) => tf.pad(x, [[2, 3]]), [i32(range(1, 7))], i32([0, 0, 1, 2, 3, 4, 5, 6, 0, 0, 0])],
    ['nowhere', (x) => tf.pad(x, [[0, 0]]), [i32([1, 2])], i32([1, 2])],
    ['another value', (x) => tf.pad(x, [[2, 1]], 1.1), [f32([1, 2])], f32([1.1, 1.1, 1, 2, 1.1])],
    ['NaN', (x) => tf.pad(x, [[1, 1]]), [f32([1, NaN])], f32([0, 1, NaN, 0])],
    [
      'nothing',
      (x) =>
        tf.pad(
          x,
          [
            [0, 4],
            [0, 0]
          ],
          2
        ),
      [f32([], [0, 1])],
      f32([[2], [2], [2], [2]])
    ],
    [
      'a matrix',
      (x) =>
        tf.pad(x, [
          [1, 1],
          [1, 1]
        ]),
      [i32([[1], [2]])],
      i32([
        [0, 0, 0],
        [0, 1, 0],
        [0, 2, 0],
        [0, 0, 0]
      ])
    ],
    [
      'rank 4',
      (x) =>
        tf.pad(x, [
          [0, 0],
          [1, 1],
          [1, 1],
          [0, 0]
        ]),
      [i32([9], [1, 1, 1, 1])],
      i32([0, 0, 0, 0, 9, 0, 0, 0, 0], [1, 3, 3, 1])
    ],
    [
      'slopes',
      (x) =>
        tf.pad(x, [
          [1, 0],
          [0, 1]
        ]),
      [
        f32([
          [1, 2],
          [3, 4]
        ])
      ],
      f32([
        [0, 0, 0],
        [1, 2, 0],
        [3, 4, 0]
      ]),
      {
        gradients: [
          f32([
            [0, 0, 0],
            [10, 20, 0],
            [30, 40, 0]
          ]),
          f32([
            [10, 20],
            [30, 40]
          ])
        ]
      }
    ]
  ),
  ...casesOf(
    'tile',
    ['a vector', (x) => tf.tile(x, [2]), [f32([1, 2, NaN])], f32([1, 2, NaN, 1, 2, NaN])],
    [
      'columns',
      (x) => tf.tile(x, [1, 2]),
      [square],
      f32([
        [1, 11, 1, 11],
        [2, 22, 2, 22]
      ])
    ],
    [
      'both',
      (x) => tf.tile(x, [2, 2]),
      [square],
      f32([
        [1, 11, 1, 11],
        [2, 22, 2, 22],
        [1, 11, 1, 11],
        [2, 22, 2, 22]
      ])
    ],
    [
      'rank 3',
      (x) => tf.tile(x, [1, 2, 1]),
      [f32(range(1, 9), [2, 2, 2])],
      f32([1, 2, 3, 4, 1, 2, 3, 4, 5, 6, 7, 8, 5, 6, 7, 8], [2, 4, 2])
    ],
    ['bool', (x) => tf.tile(x, [2]), [bool([1, 0, 1])], bool([1, 0, 1, 1, 0, 1])],
    [
      'int32',
      (x) => tf.tile(x, [2, 1]),
      [i32([[1, 2]])],
      i32([
        [1, 2],
        [1, 2]
      ])
    ],
    [
      'slopes',
      (x) => tf.tile(x, [3]),
      [f32([1, 2, 3])],
      f32([1, 2, 3, 1, 2, 3, 1, 2, 3]),
      { gradients: [f32([0.1, 0.2, 0.3, 1, 2, 3, 10, 20, 30]), f32([11.1, 22.2, 33.3])] }
    ],
    [
      'slopes of columns',
      (x) => tf.tile(x, [1, 2]),
      [
        f32([
          [1, 2],
          [3, 4]
        ])
      ],
      f32([
        [1, 2, 1, 2],
        [3, 4, 3, 4]
      ]),
      {
        gradients: [
          f32([
            [1, 2, 10, 20],
            [3, 4, 30, 40]
          ]),
          f32([
            [11, 22],
            [33, 44]
          ])
        ]
      }
    ]
  )
])

runCases('other views', [
  ...casesOf(
    'transpose',
    ['of a scalar', (x) => tf.transpose(x), [f32(3)], f32(3)],
    [
      'of a matrix',
      (x) => tf.transpose(x),
      [wide],
      f32([
        [1, 4],
        [2, 5],
        [3, 6]
      ])
    ],
    ['[2, 0, 1]', (x) => tf.transpose(x, [2, 0, 1]), [nested], f32([1, 2, 3, 4, 11, 22, 33, 44], [2, 2, 2])],
    [
      '[2, 1, 0]',
      (x) => tf.transpose(x, [2, 1, 0]),
      [nested],
      f32([1, 3, 2, 4, 11, 33, 22, 44], [2, 2, 2]),
      {
        gradients: [
          f32([111, 211, 121, 221, 112, 212, 122, 222], [2, 2, 2]),
          f32([111, 112, 121, 122, 211, 212, 221, 222], [2, 2, 2])
        ]
      }
    ],
    [
      '[2, 1, 3, 0]',
      (x) => tf.transpose(x, [2, 1, 3, 0]),
      [f32(range(1, 17), [2, 2, 2, 2])],
      f32([1, 9, 2, 10, 5, 13, 6, 14, 3, 11, 4, 12, 7, 15, 8, 16], [2, 2, 2, 2])
    ],
    [
      'rank 6',
      (x) => tf.slice(tf.transpose(x, [1, 0, 2, 3, 4, 5]), [0, 1, 1, 1, 1, 0], [1, 1, 1, 1, 1, 2]),
      [f32(range(1, 65), [2, 2, 2, 2, 2, 2])],
      f32([47, 48], [1, 1, 1, 1, 1, 2])
    ],
    ['bool', (x) => tf.transpose(x), [bool([[1, 0, 0]])], bool([[1], [0], [0]])]
  ),
  ...casesOf(
    'reverse',
    ['a vector of int32', (x) => tf.reverse(x), [i32([1, 2, 12345678])], i32([12345678, 2, 1])],
    [
      'rows',
      (x) => tf.reverse(x, 0),
      [wide],
      f32([
        [4, 5, 6],
        [1, 2, 3]
      ])
    ],
    [
      'axis -1',
      (x) => tf.reverse(x, -1),
      [wide],
      f32([
        [3, 2, 1],
        [6, 5, 4]
      ])
    ],
    [
      'all',
      (x) => tf.reverse(x),
      [wide],
      f32([
        [6, 5, 4],
        [3, 2, 1]
      ])
    ],
    ['bool', (x) => tf.reverse(x), [bool([1, 0, 0])], bool([0, 0, 1])],
    [
      'slopes',
      (x) => tf.reverse(x, 1),
      [wide],
      f32([
        [3, 2, 1],
        [6, 5, 4]
      ]),
      {
        gradients: [
          f32([
            [1, 2, 3],
            [4, 5, 6]
          ]),
          f32([
            [3, 2, 1],
            [6, 5, 4]
          ])
        ]
      }
    ]
  ),
  ...casesOf(
    'reshape, expandDims, squeeze',
    [
      'one size inferred',
      (x) => tf.reshape(x, [3, -1]),
      [wide],
      f32([
        [1, 2],
        [3, 4],
        [5, 6]
      ])
    ],
    ['to a scalar', (x) => tf.reshape(x, []), [f32([[7]])], f32(7)],
    ['nothing', (x) => tf.reshape(x, [0, 5]), [f32([], [0, 3])], f32([], [0, 5])],
    ['expandDims', (x) => tf.expandDims(x, 1), [wide], f32([[[1, 2, 3]], [[4, 5, 6]]])],
    ['expandDims at -1', (x) => tf.expandDims(x, -1), [f32([1, 2])], f32([[1], [2]])],
    ['squeeze', (x) => tf.squeeze(x), [f32([1, 2], [1, 2, 1])], f32([1, 2])],
    ['squeeze one', (x) => tf.squeeze(x, [2]), [f32([1, 2], [1, 2, 1])], f32([[1, 2]])]
  ),
  ...casesOf(
    'broadcastTo',
    [
      'a scalar',
      (x) => tf.broadcastTo(x, [2, 2]),
      [f32(1.5)],
      f32([
        [1.5, 1.5],
        [1.5, 1.5]
      ]),
      {
        gradients: [
          f32([
            [1, 2],
            [3, 4]
          ]),
          f32(10)
        ]
      }
    ],
    [
      'a row',
      (x) => tf.broadcastTo(x, [2, 2]),
      [f32([1, 2])],
      f32([
        [1, 2],
        [1, 2]
      ])
    ],
    [
      'a column',
      (x) => tf.broadcastTo(x, [2, 3]),
      [f32([[1], [2]])],
      f32([
        [1, 1, 1],
        [2, 2, 2]
      ])
    ],
    [
      'both',
      (x) => tf.broadcastTo(x, [3, 2, 2]),
      [f32([[1], [2]])],
      f32([1, 1, 2, 2, 1, 1, 2, 2, 1, 1, 2, 2], [3, 2, 2])
    ],
    [
      'int32',
      (x) => tf.broadcastTo(x, [2, 2]),
      [i32([[3]])],
      i32([
        [3, 3],
        [3, 3]
      ])
    ]
  ),
  ...casesOf(
    'cast',
    ['float32 to int32', (x) => tf.cast(x, 'int32'), [f32([1.9, -1.9, 0.5])], i32([1, -1, 0])],
    ['float32 to bool', (x) => tf.cast(x, 'bool'), [f32([1.5, 0, -2])], bool([1, 0, 1])],
    ['int32 to float32', (x) => tf.cast(x, 'float32'), [i32([3, -4])], f32([3, -4])],
    ['bool to int32', (x) => tf.cast(x, 'int32'), [bool([1, 0])], i32([1, 0])],
    ['bool to float32', (x) => tf.cast(x, 'float32'), [bool([1, 0])], f32([1, 0])]
  ),
  ...casesOf(
    'functions of one rank',
    ['concat1d', (a, b) => tf.concat1d([a as tf.Tensor1D, b as tf.Tensor1D]), [f32([1]), f32([2])], f32([1, 2])],
    ['concat2d', (a) => tf.concat2d([a as tf.Tensor2D, a as tf.Tensor2D], 1), [f32([[1]])], f32([[1, 1]])],
    ['concat3d', (a) => tf.concat3d([a as tf.Tensor3D, a as tf.Tensor3D], 2), [f32([[[1]]])], f32([[[1, 1]]])],
    ['concat4d', (a) => tf.concat4d([a as tf.Tensor4D, a as tf.Tensor4D], 3), [f32([[[[1]]]])], f32([[[[1, 1]]]])],
    ['slice1d', (a) => tf.slice1d(a as tf.Tensor1D, 1, 2), [f32([1, 2, 3])], f32([2, 3])],
    ['slice2d', (a) => tf.slice2d(a as tf.Tensor2D, [0, 1], [2, 1]), [wide], f32([[2], [5]])],
    ['slice3d', (a) => tf.slice3d(a as tf.Tensor3D, [0, 0, 1], [1, 3, 1]), [block], f32([[[2], [4], [6]]])],
    ['slice4d', (a) => tf.slice4d(a as tf.Tensor4D, [1, 2, 0, 0], [1, 1, 1, 2]), [deep], f32([[[[11, 12]]]])],
    ['pad1d', (a) => tf.pad1d(a as tf.Tensor1D, [1, 0]), [f32([1])], f32([0, 1])],
    [
      'pad2d',
      (a) =>
        tf.pad2d(
          a as tf.Tensor2D,
          [
            [0, 0],
            [0, 1]
          ],
          5
        ),
      [f32([[1]])],
      f32([[1, 5]])
    ],
    [
      'pad3d',
      (a) =>
        tf.pad3d(a as tf.Tensor3D, [
          [0, 0],
          [0, 0],
          [0, 1]
        ]),
      [f32([[[1]]])],
      f32([[[1, 0]]])
    ],
    [
      'pad4d',
      (a) =>
        tf.pad4d(a as tf.Tensor4D, [
          [0, 0],
          [0, 0],
          [0, 0],
          [1, 0]
        ]),
      [f32([[[[1]]]])],
      f32([[[[0, 1]]]])
    ],
    ['reverse1d', (a) => tf.reverse1d(a as tf.Tensor1D), [f32([1, 2])], f32([2, 1])],
    [
      'reverse2d',
      (a) => tf.reverse2d(a as tf.Tensor2D, [-2]),
      [wide],
      f32([
        [4, 5, 6],
        [1, 2, 3]
      ])
    ],
    ['reverse3d', (a) => tf.reverse3d(a as tf.Tensor3D, 2), [f32([[[1, 2]]])], f32([[[2, 1]]])],
    ['reverse4d', (a) => tf.reverse4d(a as tf.Tensor4D, [3]), [f32([[[[1, 2]]]])], f32([[[[2, 1]]]])]
  ),
  ...casesOf(
    'clone, ensureShape',
    ['clone', (x) => tf.clone(x), [f32([[1, NaN]])], f32([[1, NaN]]), { gradients: [f32([[3, 4]]), f32([[3, 4]])] }],
    ['clone of int32', (x) => tf.clone(x), [i32([1, 2])], i32([1, 2])],
    ['clone of bool', (x) => tf.clone(x), [bool([1, 0])], bool([1, 0])],
    ['ensureShape', (x) => tf.ensureShape(x, [2, 3]), [wide], wide]
  ),
  ...casesOf(
    'meshgrid',
    [
      'xy',
      (a, b) => tf.meshgrid(a, b),
      [f32([1, 2, 3]), f32([4, 5])],
      [
        f32([
          [1, 2, 3],
          [1, 2, 3]
        ]),
        f32([
          [4, 4, 4],
          [5, 5, 5]
        ])
      ]
    ],
    [
      'ij',
      (a, b) => tf.meshgrid(a, b, { indexing: 'ij' }),
      [f32([1, 2, 3]), f32([4, 5])],
      [
        f32([
          [1, 1],
          [2, 2],
          [3, 3]
        ]),
        f32([
          [4, 5],
          [4, 5],
          [4, 5]
        ])
      ]
    ]
  ),
  ...casesOf(
    'made from nothing',
    ['range', () => tf.range(0, 3, 1, 'int32'), [], i32([0, 1, 2])],
    ['range downwards', () => tf.range(3, -3, -2), [], f32([3, 1, -1])],
    ['range of tenths', () => tf.range(0, 0.5, 0.1), [], f32([0, 0.1, 0.2, 0.3, 0.4])],
    ['range, a step that leads away', () => tf.range(3, 0), [], f32([3, 2, 1])],
    ['linspace', () => tf.linspace(0.2, 1, 5), [], f32([0.2, 0.4, 0.6, 0.8, 1])],
    ['linspace backwards', () => tf.linspace(1, 0, 5), [], f32([1, 0.75, 0.5, 0.25, 0])],
    ['linspace of one', () => tf.linspace(3, 5, 1), [], f32([3])],
    [
      'eye',
      () => tf.eye(2, 3),
      [],
      f32([
        [1, 0, 0],
        [0, 1, 0]
      ])
    ],
    ['eyes', () => tf.eye(2, 2, [2]), [], f32([1, 0, 0, 1, 1, 0, 0, 1], [2, 2, 2])],
    ['fill', () => [tf.fill([2], 2.5), tf.fill([1, 2], 3, 'int32')], [], [f32([2.5, 2.5]), i32([[3, 3]])]],
    ['zeros and ones', () => [tf.zeros([2], 'int32'), tf.ones([1, 2], 'bool')], [], [i32([0, 0]), bool([[1, 1]])]],
    [
      'onesLike, zerosLike',
      (x, y) => [tf.onesLike(x), tf.zerosLike(y)],
      [i32([5, 6]), bool([1, 1])],
      [i32([1, 1]), bool([0, 0])]
    ]
  )
])
