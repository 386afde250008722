/** Products, linear algebra, losses and what is made of them: facts of mat_mul, einsum, losses, linalg, lstm _test.ts. */
import * as tf from '@tensorflow/tfjs-core'
import { bool, casesOf, f32, i32, runCases } from './run-cases'

const { cos, exp, log, PI, sqrt } = Math
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)
const repeated = (n: number, value: number): number[] => new Array<number>(n).fill(value)
const a23 = f32([
  [1, 2, 3],
  [4, 5, 6]
])
const b32 = f32([
  [0, 1],
  [-3, 2],
  [2, 1]
])
const a5 = f32([2, 1, 3, 2, 1, 1, 1, 5, 6, 7, 8, 1, 2, 2, 1, 9, 11, 10, 1, 1, 3, 2, 1, 1], [4, 3, 2])
const halves = [2.5, 4, 1.5, 3.5, 9.5, 8.5, 3, 5.5, 16, 1.5, 4, 1.5]
const einsum = (equation: string) => (a: tf.Tensor, b?: tf.Tensor) => tf.einsum(equation, ...(b ? [a, b] : [a]))

runCases('products', [
  ...casesOf(
    'matMul',
    [
      'plain',
      (a, b) => tf.matMul(a, b),
      [a23, b32],
      f32([
        [0, 8],
        [-3, 20]
      ])
    ],
    ['unequal batches', (a, b) => tf.matMul(a, b), [a5, f32([[[1], [0.5]]])], f32(halves, [4, 3, 1])],
    [
      'unequal ranks',
      (a, b) => tf.matMul(a, b),
      [f32(a5.data.slice(), [1, 2, 2, 3, 2]), f32([[1], [0.5]])],
      f32(halves, [1, 2, 2, 3, 1])
    ],
    [
      'float32 and int32',
      (a, b) => tf.matMul(a, b),
      [
        a23,
        i32([
          [0, 1],
          [-3, 2],
          [2, 1]
        ])
      ],
      f32([
        [0, 8],
        [-3, 20]
      ])
    ],
    [
      'int32 and bool',
      (a, b) => tf.matMul(a, b),
      [
        i32([
          [1, 2, 3],
          [4, 5, 6]
        ]),
        bool([
          [0, 1],
          [1, 1],
          [1, 1]
        ])
      ],
      i32([
        [5, 6],
        [11, 15]
      ])
    ],
    [
      'right transposed',
      (a, b) => tf.matMul(a, b, false, true),
      [
        a23,
        f32([
          [1, 0, 2],
          [4, 3, 0]
        ])
      ],
      f32([
        [7, 10],
        [16, 31]
      ])
    ],
    [
      'left transposed',
      (a, b) => tf.matMul(a, b, true, false),
      [
        a23,
        f32([
          [1, 0, 2],
          [4, 3, 0]
        ])
      ],
      f32([
        [17, 12, 2],
        [22, 15, 4],
        [27, 18, 6]
      ])
    ],
    [
      'both transposed',
      (a, b) => tf.matMul(a, b, true, true),
      [
        f32([
          [1, 2],
          [3, 4],
          [5, 6]
        ]),
        f32([
          [1, 0, 2],
          [4, 3, 0]
        ])
      ],
      f32([
        [11, 13],
        [14, 20]
      ])
    ],
    [
      'long vectors in a batch',
      (a, b) => tf.matMul(a, b),
      [
        f32(
          repeated(3000, 0).map((_, i) => (i === 10 ? 2 : 0)),
          [3, 1, 1000]
        ),
        f32(
          repeated(3000, 0).map((_, i) => (i === 10 ? 2 : 0)),
          [3, 1000, 1]
        )
      ],
      f32([4, 0, 0], [3, 1, 1])
    ],
    ['nothing', (a, b) => tf.matMul(a, b), [f32([], [0, 3]), f32(range(1, 7), [3, 2])], f32([], [0, 2])],
    ['nothing to sum', (a, b) => tf.matMul(a, b), [f32([], [2, 0]), f32([], [0, 3])], f32(repeated(6, 0), [2, 3])],
    [
      'NaN',
      (a, b) => tf.matMul(a, b),
      [
        f32([
          [1, NaN],
          [1, 2]
        ]),
        f32([[1], [1]])
      ],
      f32([[NaN], [3]])
    ],
    [
      'slopes',
      (a, b) => tf.matMul(a, b),
      [
        f32([
          [1, 2, 3],
          [10, 20, 30]
        ]),
        f32([
          [2, 3],
          [4, 1],
          [2, 3]
        ])
      ],
      f32([
        [16, 14],
        [160, 140]
      ]),
      {
        gradients: [
          f32([
            [1, 10],
            [20, 30]
          ]),
          f32([
            [32, 14, 32],
            [130, 110, 130]
          ]),
          f32([
            [201, 310],
            [402, 620],
            [603, 930]
          ])
        ]
      }
    ],
    [
      'slopes, right transposed',
      (a, b) => tf.matMul(a, b, false, true),
      [
        f32([
          [1, 2],
          [3, 10],
          [20, 30]
        ]),
        f32([
          [2, 3],
          [4, 1]
        ])
      ],
      f32([
        [8, 6],
        [36, 22],
        [130, 110]
      ]),
      {
        gradients: [
          f32([
            [1, 10],
            [20, 30],
            [40, 50]
          ]),
          f32([
            [42, 13],
            [160, 90],
            [280, 170]
          ]),
          f32([
            [861, 1402],
            [1100, 1820]
          ])
        ]
      }
    ]
  ),
  ...casesOf(
    'dot, outerProduct',
    [
      'vector times matrix',
      (a, b) => tf.dot(a, b),
      [
        f32([2, 3]),
        f32([
          [1, 2],
          [3, 4]
        ])
      ],
      f32([11, 16])
    ],
    [
      'matrix times vector',
      (a, b) => tf.dot(a, b),
      [
        f32([
          [1, 2],
          [3, 4]
        ]),
        f32([2, 3])
      ],
      f32([8, 18])
    ],
    ['vectors', (a, b) => tf.dot(a, b), [f32([2, 3]), f32([2, 1])], f32(7)],
    [
      'NaN',
      (a, b) => tf.dot(a, b),
      [
        f32([
          [1, 2],
          [3, 4]
        ]),
        f32([2, NaN])
      ],
      f32([NaN, NaN])
    ],
    [
      'outer',
      (a, b) => tf.outerProduct(a as tf.Tensor1D, b as tf.Tensor1D),
      [f32([2, 3]), f32([2, 1])],
      f32([
        [4, 2],
        [6, 3]
      ])
    ]
  ),
  ...casesOf(
    'fused.matMul',
    [
      'plain',
      (a, b) => tf.fused.matMul({ a, b }),
      [a23, b32],
      f32([
        [0, 8],
        [-3, 20]
      ])
    ],
    [
      'relu',
      (a, b) => tf.fused.matMul({ a, b, activation: 'relu' }),
      [a23, b32],
      f32([
        [0, 8],
        [0, 20]
      ])
    ],
    [
      'elu',
      (a, b) => tf.fused.matMul({ a, b, activation: 'elu' }),
      [a23, b32],
      f32([
        [0, 8],
        [exp(-3) - 1, 20]
      ])
    ],
    [
      'relu6',
      (a, b) => tf.fused.matMul({ a, b, activation: 'relu6' }),
      [a23, b32],
      f32([
        [0, 6],
        [0, 6]
      ])
    ],
    [
      'prelu and a bias',
      (a, b, bias, w) => tf.fused.matMul({ a, b, bias, activation: 'prelu', preluActivationWeights: w }),
      [a23, b32, f32([1, -1]), f32([0.5, 0.5])],
      f32([
        [1, 7],
        [-1, 19]
      ])
    ],
    [
      'sigmoid',
      (a, b) => tf.fused.matMul({ a, b, activation: 'sigmoid' }),
      [a23, b32],
      f32(
        [0, 8, -3, 20].map((x) => 1 / (1 + exp(-x))),
        [2, 2]
      )
    ]
  ),
  ...casesOf(
    'einsum',
    ['scalars', einsum(',->'), [f32(2), f32(3)], f32(6)],
    ['a vector and a scalar, summed', einsum('i,->'), [f32([2, 3]), f32(4)], f32(20)],
    ['a vector and a scalar', einsum('i,->i'), [f32([2, 3]), f32(4)], f32([8, 12])],
    [
      'a sum',
      einsum('ij->'),
      [
        f32([
          [1, 2],
          [3, 4]
        ])
      ],
      f32(10)
    ],
    [
      'trace of a product',
      einsum('ij,ji->'),
      [
        f32([
          [1, 2],
          [3, 4]
        ]),
        f32([
          [4, 3],
          [2, 1]
        ])
      ],
      f32(21)
    ],
    ['inner', einsum('i,i->'), [f32([1, 3, 5]), f32([2, 4, 6])], f32(44)],
    [
      'outer',
      einsum('i,j->ij'),
      [f32([1, 3, 5]), f32([2, 4, 6])],
      f32([
        [2, 4, 6],
        [6, 12, 18],
        [10, 20, 30]
      ])
    ],
    ['matrix times vector', einsum('ij,j->i'), [a23, f32([2, 4, 6])], f32([28, 64])],
    ['columns', einsum('ij->j'), [a23], f32([5, 7, 9])],
    [
      'transposed',
      einsum('ij->ji'),
      [a23],
      f32([
        [1, 4],
        [2, 5],
        [3, 6]
      ])
    ],
    [
      'a product, transposed',
      einsum('ij,jk->ki'),
      [
        a23,
        f32([
          [0, 1],
          [2, 3],
          [4, 5]
        ])
      ],
      f32([
        [16, 34],
        [22, 49]
      ])
    ],
    [
      'inner in a batch',
      einsum('bi,bi->b'),
      [
        a23,
        f32([
          [0, 1, 2],
          [3, 4, 5]
        ])
      ],
      f32([8, 62])
    ],
    [
      'outer in a batch',
      einsum('bi,bj->bij'),
      [
        a23,
        f32([
          [0, 1, 2],
          [3, 4, 5]
        ])
      ],
      f32([
        [
          [0, 1, 2],
          [0, 2, 4],
          [0, 3, 6]
        ],
        [
          [12, 16, 20],
          [15, 20, 25],
          [18, 24, 30]
        ]
      ])
    ],
    [
      'products in a batch',
      einsum('bij,bjk->bik'),
      [f32(range(1, 13), [2, 2, 3]), f32(range(1, 19), [2, 3, 3])],
      f32([
        [
          [30, 36, 42],
          [66, 81, 96]
        ],
        [
          [318, 342, 366],
          [435, 468, 501]
        ]
      ])
    ],
    [
      'adc,abc->adb',
      einsum('adc,abc->adb'),
      [f32(range(1, 9), [2, 2, 2]), f32(range(1, 13), [2, 3, 2])],
      f32([
        [
          [5, 11, 17],
          [11, 25, 39]
        ],
        [
          [83, 105, 127],
          [113, 143, 173]
        ]
      ])
    ],
    [
      'two axes summed',
      einsum('abcd,cde->abe'),
      [f32(range(1, 33), [2, 4, 2, 2]), f32(range(1, 9), [2, 2, 2])],
      f32([
        [
          [50, 60],
          [114, 140],
          [178, 220],
          [242, 300]
        ],
        [
          [306, 380],
          [370, 460],
          [434, 540],
          [498, 620]
        ]
      ])
    ],
    [
      'aecd,abcd->abe',
      einsum('aecd,abcd->abe'),
      [f32(range(1, 33), [2, 4, 2, 2]), f32(range(1, 25), [2, 3, 2, 2])],
      f32([
        [
          [30, 70, 110, 150],
          [70, 174, 278, 382],
          [110, 278, 446, 614]
        ],
        [
          [1078, 1310, 1542, 1774],
          [1374, 1670, 1966, 2262],
          [1670, 2030, 2390, 2750]
        ]
      ])
    ],
    [
      'int32',
      einsum('ij,j->i'),
      [
        i32([
          [1, 2],
          [3, 4]
        ]),
        i32([5, 6])
      ],
      i32([17, 39])
    ],
    [
      'slopes',
      einsum('ij,j->i'),
      [a23, f32([2, 4, 6])],
      f32([28, 64]),
      {
        gradients: [
          f32([1, 10]),
          f32([
            [2, 4, 6],
            [20, 40, 60]
          ]),
          f32([41, 52, 63])
        ]
      }
    ]
  )
])

const x3 = f32([
  [1, 3, 2],
  [-2, 0, 7],
  [8, -9, 4]
])
const isOrthonormal = (y: tf.Tensor): tf.Tensor => tf.matMul(y, y, false, true)

runCases('linear algebra', [
  ...casesOf(
    'linalg.qr',
    ['1x1', (x) => tf.linalg.qr(x), [f32([[10]])], [f32([[-1]]), f32([[-10]])]],
    [
      '2x2',
      (x) => tf.linalg.qr(x),
      [
        f32([
          [1, 3],
          [-2, -4]
        ])
      ],
      [
        f32([
          [-sqrt(0.2), -2 * sqrt(0.2)],
          [2 * sqrt(0.2), -sqrt(0.2)]
        ]),
        f32([
          [-sqrt(5), -11 * sqrt(0.2)],
          [0, -2 * sqrt(0.2)]
        ])
      ],
      { tolerance: 1e-6 }
    ],
    [
      '3x3',
      (x) => tf.linalg.qr(x),
      [x3],
      [
        f32([
          [-0.1204, 0.8729, 0.4729],
          [0.2408, -0.4364, 0.8669],
          [-0.9631, -0.2182, 0.1576]
        ]),
        f32([
          [-8.3066, 8.3066, -2.4077],
          [0, 4.5826, -2.1822],
          [0, 0, 7.6447]
        ])
      ],
      { tolerance: 6e-5 }
    ],
    [
      'a zero on the diagonal',
      (x) => tf.linalg.qr(x),
      [
        f32([
          [0, 2, 2],
          [1, 1, 1],
          [0, 1, 2]
        ])
      ],
      [
        f32([
          [0, -0.89442719, 0.4472136],
          [1, 0, 0],
          [0, -0.4472136, -0.89442719]
        ]),
        f32([
          [1, 1, 1],
          [0, -2.23606798, -2.68328157],
          [0, 0, -0.89442719]
        ])
      ],
      { tolerance: 1e-6 }
    ],
    [
      '3x2',
      (x) => tf.linalg.qr(x),
      [
        f32([
          [1, 2],
          [3, -3],
          [-2, 1]
        ])
      ],
      [
        f32([
          [-0.2673, 0.9221],
          [-0.8018, -0.3738],
          [0.5345, -0.0997]
        ]),
        f32([
          [-3.7417, 2.4054],
          [0, 2.8661]
        ])
      ],
      { tolerance: 6e-5 }
    ],
    [
      '3x2, full',
      (x) => tf.linalg.qr(x, true),
      [
        f32([
          [1, 2],
          [3, -3],
          [-2, 1]
        ])
      ],
      [
        f32([
          [-0.2673, 0.9221, 0.2798],
          [-0.8018, -0.3738, 0.4663],
          [0.5345, -0.0997, 0.8393]
        ]),
        f32([
          [-3.7417, 2.4054],
          [0, 2.8661],
          [0, 0]
        ])
      ],
      { tolerance: 6e-5 }
    ],
    [
      'a batch',
      (x) => tf.linalg.qr(x),
      [
        f32([
          [
            [-1, -3],
            [2, 4]
          ],
          [
            [1, 3],
            [-2, -4]
          ]
        ])
      ],
      [
        f32([
          [
            [-0.4472136, -0.8944272],
            [0.8944272, -0.4472136]
          ],
          [
            [-0.4472136, -0.8944272],
            [0.8944272, -0.4472136]
          ]
        ]),
        f32([
          [
            [2.236068, 4.9193496],
            [0, 0.8944272]
          ],
          [
            [-2.236068, -4.9193496],
            [0, -0.8944272]
          ]
        ])
      ],
      { tolerance: 2e-6 }
    ],
    [
      'slope of |det| through r',
      (x) => tf.abs(tf.prod(tf.sum(tf.mul(tf.linalg.qr(x)[1], tf.eye(2)), 1))),
      [
        f32([
          [1, 3],
          [-2, -4]
        ])
      ],
      f32(2),
      {
        gradients: [
          f32(1),
          f32([
            [-4, 2],
            [-3, 1]
          ])
        ]
      }
    ]
  ),
  ...casesOf(
    'linalg.gramSchmidt',
    [
      'a matrix',
      (x) => isOrthonormal(tf.linalg.gramSchmidt(x as tf.Tensor2D) as tf.Tensor2D),
      [x3],
      f32([
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1]
      ]),
      { tolerance: 1e-6 }
    ],
    [
      'two of three',
      (x) => isOrthonormal(tf.linalg.gramSchmidt(x as tf.Tensor2D) as tf.Tensor2D),
      [a23],
      f32([
        [1, 0],
        [0, 1]
      ]),
      { tolerance: 1e-6 }
    ],
    [
      'the first keeps its direction',
      (x, y) => (tf.linalg.gramSchmidt([x as tf.Tensor1D, y as tf.Tensor1D]) as tf.Tensor1D[])[0]!,
      [f32([3, 4]), f32([1, 0])],
      f32([0.6, 0.8])
    ]
  ),
  ...casesOf(
    'linalg.bandPart',
    ['all', (x) => tf.linalg.bandPart(x, -1, -1), [x3], x3],
    [
      'upper triangle',
      (x) => tf.linalg.bandPart(x, 0, -1),
      [x3],
      f32([
        [1, 3, 2],
        [0, 0, 7],
        [0, 0, 4]
      ])
    ],
    [
      'lower triangle',
      (x) => tf.linalg.bandPart(x, -1, 0),
      [x3],
      f32([
        [1, 0, 0],
        [-2, 0, 0],
        [8, -9, 4]
      ])
    ],
    [
      'one below',
      (x) => tf.linalg.bandPart(x, 1, 0),
      [x3],
      f32([
        [1, 0, 0],
        [-2, 0, 0],
        [0, -9, 4]
      ])
    ],
    [
      'widths that are tensors',
      (x, m, n) => tf.linalg.bandPart(x, m as tf.Scalar, n as tf.Scalar),
      [x3, i32(0), i32(1)],
      f32([
        [1, 3, 0],
        [0, 0, 7],
        [0, 0, 4]
      ])
    ],
    [
      'a batch',
      (x) => tf.linalg.bandPart(x, 0, 0),
      [f32(range(1, 9), [2, 2, 2])],
      f32([
        [
          [1, 0],
          [0, 4]
        ],
        [
          [5, 0],
          [0, 8]
        ]
      ])
    ]
  ),
  ...casesOf(
    'confusionMatrix',
    [
      '3x3',
      (a, b) => tf.math.confusionMatrix(a as tf.Tensor1D, b as tf.Tensor1D, 3),
      [i32([0, 1, 2, 1, 0]), i32([0, 2, 2, 1, 0])],
      i32([
        [2, 0, 0],
        [0, 1, 1],
        [0, 0, 1]
      ])
    ],
    [
      'float32',
      (a, b) => tf.math.confusionMatrix(a as tf.Tensor1D, b as tf.Tensor1D, 2),
      [f32([0, 1, 1]), f32([1, 1, 0])],
      i32([
        [0, 1],
        [1, 1]
      ])
    ]
  ),
  ...casesOf(
    'movingAverage',
    [
      'debiased',
      (v, x, s) => tf.movingAverage(v, x, 0.6, s as tf.Scalar),
      [
        f32([
          [1, 2],
          [3, 4]
        ]),
        f32([
          [11, 12],
          [13, 14]
        ]),
        f32(2)
      ],
      f32([
        [7.25, 8.25],
        [9.25, 10.25]
      ])
    ],
    [
      'biased',
      (v, x, d) => tf.movingAverage(v, x, d as tf.Scalar, undefined, false),
      [f32([[0.4, 0.8]]), f32([[11, 12]]), f32(0.6)],
      f32([[4.64, 5.28]])
    ]
  )
])

const [p1, l1, w1] = [f32([1, 2, 3]), f32([0.3, -0.6, -0.1]), f32([0.1, 0.2, 0.3])]
const [p2, l2, w2] = [
  f32([
    [4, 8, 12],
    [8, 1, 3]
  ]),
  f32([
    [1, 9, 2],
    [-5, -2, 6]
  ]),
  f32([
    [3, 0, 5],
    [0, 4, 2]
  ])
]
const [q2, m2] = [
  f32([
    [0.1, 0.7, 0.1],
    [0.5, 0.05, 0.15]
  ]),
  f32([
    [0.4, 0.8, 0.12],
    [0.8, 0.1, 0.3]
  ])
]
const [sure, wrong] = [
  f32([
    [10, -10, -10],
    [-10, 10, -10],
    [-10, -10, 10]
  ]),
  f32([
    [0, 0, 1],
    [1, 0, 0],
    [0, 1, 0]
  ])
]
const { NONE, MEAN, SUM } = tf.Reduction
const softplus = (x: number): number => Math.log1p(exp(x))
const { losses } = tf

runCases('losses', [
  ...casesOf(
    'losses.computeWeightedLoss',
    ['a mean', (x) => losses.computeWeightedLoss(x), [p1], f32(2)],
    [
      'by weights that are not 0',
      (x, w) => losses.computeWeightedLoss(x, w),
      [
        p2,
        f32([
          [1, 0, 2],
          [-5, 0, 6]
        ])
      ],
      f32(1.5)
    ],
    ['mean', (x, w) => losses.computeWeightedLoss(x, w, MEAN), [p1, w1], f32(1.4 / 0.6)],
    [
      'mean, weights of columns',
      (x, w) => losses.computeWeightedLoss(x, w, MEAN),
      [wrong, f32([[0.1, 0.2, 0.3]])],
      f32(0.6 / 1.8)
    ],
    ['sum', (x, w) => losses.computeWeightedLoss(x, w, SUM), [p1, w1], f32(1.4)],
    ['none', (x, w) => losses.computeWeightedLoss(x, w, NONE), [p1, w1], f32([0.1, 0.4, 0.9])]
  ),
  ...casesOf(
    'losses.absoluteDifference',
    ['1D', (l, p) => losses.absoluteDifference(l, p), [l1, p1], f32((0.7 + 2.6 + 3.1) / 3)],
    ['weighted', (l, p, w) => losses.absoluteDifference(l, p, w), [l2, p2, w2], f32((9 + 50 + 12 + 6) / 4)],
    ['none', (l, p, w) => losses.absoluteDifference(l, p, w, NONE), [l1, p1, w1], f32([0.07, 0.52, 0.93])]
  ),
  ...casesOf(
    'losses.meanSquaredError',
    ['1D', (l, p) => losses.meanSquaredError(l, p), [l1, p1], f32((0.49 + 6.76 + 9.61) / 3)],
    [
      'weighted, mean',
      (l, p, w) => losses.meanSquaredError(l, p, w, MEAN),
      [l1, p1, w1],
      f32((0.049 + 1.352 + 2.883) / 0.6)
    ],
    ['2D, weighted', (l, p, w) => losses.meanSquaredError(l, p, w), [l2, p2, w2], f32((27 + 500 + 36 + 18) / 4)]
  ),
  ...casesOf(
    'losses.cosineDistance',
    ['1D', (l, p) => losses.cosineDistance(l, p, 0), [l1, p1], f32(1 - (0.3 - 1.2 - 0.3))],
    ['2D', (l, p) => losses.cosineDistance(l, p, 1), [l2, p2], f32((1 - 100 + 1 + 24) / 2)],
    [
      '2D, weighted, none',
      (l, p, w) => losses.cosineDistance(l, p, 1, w, NONE),
      [l2, p2, f32([[3], [0]])],
      f32([[-297], [0]])
    ]
  ),
  ...casesOf(
    'losses.hingeLoss',
    ['1D', (l, p) => losses.hingeLoss(l, p), [f32([0, 1, 0, 1]), f32([0, 0, 1, 1])], f32(1)],
    [
      'weighted',
      (l, p, w) => losses.hingeLoss(l, p, w),
      [f32([0, 1, 0, 1]), f32([0, 0, 1, 1]), f32([0.1, 0.2, 0.3, 0.4])],
      f32(0.225)
    ],
    [
      'none',
      (l, p, w) => losses.hingeLoss(l, p, w, NONE),
      [f32([0, 1, 0, 1]), f32([0, 0, 1, 1]), f32([0.1, 0.2, 0.3, 0.4])],
      f32([0.1, 0.2, 0.6, 0])
    ]
  ),
  ...casesOf(
    'losses.huberLoss',
    ['1D', (l, p) => losses.huberLoss(l, p), [p1, f32([0.3, 0.6, 0.1])], f32(1.1816667)],
    ['delta', (l, p) => losses.huberLoss(l, p, undefined, 0.4), [p1, f32([0.3, 0.6, 0.1])], f32(0.58666664)],
    [
      'weighted, mean',
      (l, p, w) => losses.huberLoss(l, p, w, undefined, MEAN),
      [p1, f32([0.3, 0.6, 0.1]), w1],
      f32(1.5408332)
    ],
    ['2D, weighted', (l, p, w) => losses.huberLoss(l, p, w), [m2, q2, w2], f32(0.040875)]
  ),
  ...casesOf(
    'losses.logLoss',
    ['1D', (l, p) => losses.logLoss(l, p), [p1, f32([0.3, 0.6, 0.1])], f32(2.668788)],
    ['below 0', (l, p) => losses.logLoss(l, p), [p1, f32([0.3, -0.6, -0.1])], f32(NaN)],
    [
      'weighted, none',
      (l, p, w) => losses.logLoss(l, p, w, undefined, NONE),
      [p1, f32([0.3, 0.6, 0.1]), w1],
      f32([0.12039725, 0.02107204, 2.0091095])
    ],
    ['2D, weighted, mean', (l, p, w) => losses.logLoss(l, p, w, undefined, MEAN), [m2, q2, w2], f32(0.53904504)]
  ),
  ...casesOf(
    'losses.sigmoidCrossEntropy',
    [
      'all wrong',
      (l, p) => losses.sigmoidCrossEntropy(l, p),
      [wrong, sure],
      f32((3 * (10 + softplus(-10)) + 3 * (10 + softplus(-10)) + 3 * softplus(-10)) / 9)
    ],
    [
      'all right',
      (l, p) => losses.sigmoidCrossEntropy(l, p),
      [
        f32([
          [1, 0, 0],
          [0, 1, 0],
          [0, 0, 1]
        ]),
        sure
      ],
      f32(softplus(-10))
    ],
    [
      'weighted',
      (l, p, w) => losses.sigmoidCrossEntropy(l, p, w),
      [wrong, sure, f32([[0.1, 0.2, 0.3]])],
      f32(1.3333424)
    ],
    [
      'smoothed, mean',
      (l, p, w) => losses.sigmoidCrossEntropy(l, p, w, 0.3, MEAN),
      [wrong, sure, f32([[0.1, 0.2, 0.3]])],
      f32(6.1667128)
    ]
  ),
  ...casesOf(
    'losses.softmaxCrossEntropy',
    ['all wrong', (l, p) => losses.softmaxCrossEntropy(l, p), [wrong, sure], f32(20)],
    [
      'all right',
      (l, p) => losses.softmaxCrossEntropy(l, p),
      [
        f32([
          [1, 0, 0],
          [0, 1, 0],
          [0, 0, 1]
        ]),
        sure
      ],
      f32(0),
      { tolerance: 1e-6 }
    ],
    [
      'weighted, none',
      (l, p, w) => losses.softmaxCrossEntropy(l, p, w, undefined, NONE),
      [wrong, sure, w1],
      f32([2, 4, 6])
    ],
    [
      'smoothed, mean',
      (l, p, w) => losses.softmaxCrossEntropy(l, p, w, 0.3, MEAN),
      [wrong, sure, f32([[0.1, 0.2, 0.3]])],
      f32(18)
    ],
    [
      'slopes',
      (l, p) => losses.softmaxCrossEntropy(l, p),
      [f32([[0, 1]]), f32([[log(3), 0]])],
      f32(log(4)),
      { gradients: [f32(1), f32([[-log(0.75), log(4)]]), f32([[0.75, -0.75]])] }
    ]
  )
])

const gates = f32([0.5, 0.1, 0.4, -0.2, 0.3, 0.2, -0.1, 0.6], [2, 4])
const sigmoid = (x: number): number => 1 / (1 + exp(-x))

runCases('cells, frames, windows', [
  ...casesOf('basicLSTMCell', [
    'one unit',
    (forget, kernel, bias, x, c, h) =>
      tf.basicLSTMCell(
        forget as tf.Scalar,
        kernel as tf.Tensor2D,
        bias as tf.Tensor1D,
        x as tf.Tensor2D,
        c as tf.Tensor2D,
        h as tf.Tensor2D
      ),
    [f32(1), gates, f32([0, 0, 0, 0]), f32([[0.7]]), f32([[0.2]]), f32([[-0.3]])],
    (() => {
      const [i, j, f, o] = [0, 1, 2, 3].map((k) => 0.7 * gates.data[k]! - 0.3 * gates.data[4 + k]!) as [
        number,
        number,
        number,
        number
      ]
      const c = 0.2 * sigmoid(f + 1) + sigmoid(i) * Math.tanh(j)
      return [f32([[c]]), f32([[Math.tanh(c) * sigmoid(o)]])]
    })()
  ]),
  ...casesOf('multiRNNCell', [
    'two cells are one on top of the other',
    (forget, kernel, bias, x, c, h) => {
      const cell = (data: tf.Tensor2D, own: tf.Tensor2D, last: tf.Tensor2D): [tf.Tensor2D, tf.Tensor2D] =>
        tf.basicLSTMCell(forget as tf.Scalar, kernel as tf.Tensor2D, bias as tf.Tensor1D, data, own, last)
      const [cs, hs] = tf.multiRNNCell([cell, cell], x as tf.Tensor2D, [c, c] as tf.Tensor2D[], [h, h] as tf.Tensor2D[])
      const [c1, h1] = cell(x as tf.Tensor2D, c as tf.Tensor2D, h as tf.Tensor2D)
      const [c2, h2] = cell(h1, c as tf.Tensor2D, h as tf.Tensor2D)
      return [cs[0]!, hs[0]!, cs[1]!, hs[1]!].map((t, k) => tf.sub(t, [c1, h1, c2, h2][k]!))
    },
    [f32(1), gates, f32([0.1, 0.2, 0.3, 0.4]), f32([[0.7]]), f32([[0.2]]), f32([[-0.3]])],
    [f32([[0]]), f32([[0]]), f32([[0]]), f32([[0]])]
  ]),
  ...casesOf(
    'signal',
    [
      'frame',
      (x) => tf.signal.frame(x as tf.Tensor1D, 3, 2),
      [f32([1, 2, 3, 4, 5])],
      f32([
        [1, 2, 3],
        [3, 4, 5]
      ])
    ],
    [
      'frame, the end padded',
      (x) => tf.signal.frame(x as tf.Tensor1D, 3, 3, true, 100),
      [f32([1, 2, 3, 4, 5])],
      f32([
        [1, 2, 3],
        [4, 5, 100]
      ])
    ],
    [
      'hannWindow',
      () => tf.signal.hannWindow(10),
      [],
      f32(range(0, 10).map((i) => 0.5 - 0.5 * cos((2 * PI * i) / 10)))
    ],
    [
      'hammingWindow',
      () => tf.signal.hammingWindow(9),
      [],
      f32(range(0, 9).map((i) => 0.54 - 0.46 * cos((2 * PI * i) / 8)))
    ]
  ),
  ...casesOf(
    'batchNorm',
    [
      'a scale and an offset',
      (x, m, v, o, s) => tf.batchNorm(x, m as tf.Tensor1D, v as tf.Tensor1D, o as tf.Tensor1D, s as tf.Tensor1D, 0.001),
      [
        f32([
          [2, 4],
          [9, 23]
        ]),
        f32([1, 2]),
        f32([2, 3]),
        f32([3, 4]),
        f32([4, 5])
      ],
      f32([
        [3 + (4 * 1) / sqrt(2.001), 4 + (5 * 2) / sqrt(3.001)],
        [3 + (4 * 8) / sqrt(2.001), 4 + (5 * 21) / sqrt(3.001)]
      ])
    ],
    [
      'neither',
      (x, m, v) => tf.batchNorm(x, m as tf.Tensor1D, v as tf.Tensor1D),
      [f32([[2, 4]]), f32([1, 2]), f32([2, 3])],
      f32([[1 / sqrt(2.001), 2 / sqrt(3.001)]])
    ]
  )
])

const orders = [
  ['equal', tf.equal, (a: number, b: number) => a === b],
  ['notEqual', tf.notEqual, (a: number, b: number) => a !== b],
  ['less', tf.less, (a: number, b: number) => a < b],
  ['lessEqual', tf.lessEqual, (a: number, b: number) => a <= b],
  ['greater', tf.greater, (a: number, b: number) => a > b],
  ['greaterEqual', tf.greaterEqual, (a: number, b: number) => a >= b]
] as const

runCases('comparisons', [
  ...orders.flatMap(([op, f, holds]) => {
    const truth = (a: readonly number[], b: readonly number[]): number[] =>
      a.map((x, i) => Number(holds(Math.fround(x), Math.fround(b[i]!))))
    return casesOf(
      op,
      ['int32', (a, b) => f(a, b), [i32([1, 4, 5]), i32([2, 3, 5])], bool(truth([1, 4, 5], [2, 3, 5]))],
      [
        'float32',
        (a, b) => f(a, b),
        [f32([1.1, 4.1, 5.1, -0]), f32([2.2, 3.2, 5.1, 0])],
        bool(truth([1.1, 4.1, 5.1, -0], [2.2, 3.2, 5.1, 0]))
      ],
      [
        'NaN and infinities',
        (a, b) => f(a, b),
        [f32([1.1, NaN, NaN, Infinity, Infinity]), f32([NaN, 2.1, NaN, Infinity, -Infinity])],
        bool(truth([1.1, NaN, NaN, Infinity, Infinity], [NaN, 2.1, NaN, Infinity, -Infinity]))
      ],
      [
        'float32 and int32',
        (a, b) => f(a, b),
        [f32([1.1, 4.1, 5]), i32([2, 3, 5])],
        bool(truth([1.1, 4.1, 5], [2, 3, 5]))
      ],
      ['int32 and bool', (a, b) => f(a, b), [i32([1, 4, 0]), bool([1, 1, 0])], bool(truth([1, 4, 0], [1, 1, 0]))],
      [
        'broadcast',
        (a, b) => f(a, b),
        [
          f32([[1.1], [7.1]]),
          f32([
            [0.1, 1.1, 2.1],
            [7.1, 8.1, 9.1]
          ])
        ],
        bool(truth([1.1, 1.1, 1.1, 7.1, 7.1, 7.1], [0.1, 1.1, 2.1, 7.1, 8.1, 9.1]), [2, 3])
      ],
      ['a scalar', (a, b) => f(a, b), [f32(2), f32([1, 2, 3])], bool(truth([2, 2, 2], [1, 2, 3]))],
      [
        'have no slopes',
        (a, b) => tf.mul(a, tf.cast(f(a, b), 'float32')),
        [f32([1, 3]), f32([2, 2])],
        f32(truth([1, 3], [2, 2]).map((t, i) => t * [1, 3][i]!)),
        { gradients: [f32([1, 1]), f32(truth([1, 3], [2, 2])), f32([0, 0])] }
      ]
    )
  }),
  ...casesOf(
    'logicalAnd, Or, Xor, Not',
    ['and', (a, b) => tf.logicalAnd(a, b), [bool([1, 0, 0, 1]), bool([0, 1, 0, 1])], bool([0, 0, 0, 1])],
    ['or', (a, b) => tf.logicalOr(a, b), [bool([1, 0, 0, 1]), bool([0, 1, 0, 1])], bool([1, 1, 0, 1])],
    ['xor', (a, b) => tf.logicalXor(a, b), [bool([1, 0, 0, 1]), bool([0, 1, 0, 1])], bool([1, 1, 0, 0])],
    ['not', (a) => tf.logicalNot(a), [bool([[1, 0]])], bool([[0, 1]])],
    [
      'and, broadcast',
      (a, b) => tf.logicalAnd(a, b),
      [
        bool([[1], [0]]),
        bool([
          [0, 1, 0],
          [0, 1, 0]
        ])
      ],
      bool([
        [0, 1, 0],
        [0, 0, 0]
      ])
    ],
    [
      'xor, broadcast',
      (a, b) => tf.logicalXor(a, b),
      [
        bool([[1], [0]]),
        bool([
          [0, 0, 0],
          [0, 1, 0]
        ])
      ],
      bool([
        [1, 1, 1],
        [0, 1, 0]
      ])
    ]
  )
])
