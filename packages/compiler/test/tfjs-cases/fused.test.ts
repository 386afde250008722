import { casesOf, f32, runCases } from './run-cases'
import { fusedMatMul, fusedDepthwiseConv2d, fusedConv2d, gradients } from './window-ops'

runCases('fused', [
  ...casesOf(
    'fused.matMul',
    [
      '[2, 3] by [3, 2]',
      fusedMatMul({}),
      [f32([1, 2, 3, 4, 5, 6], [2, 3]), f32([0, 1, -3, 2, 2, 1], [3, 2])],
      f32([0, 8, -3, 20], [2, 2])
    ],
    [
      '[2, 3] by [3, 2], transposeA false, transposeB false, activation relu',
      fusedMatMul({ transposeA: false, transposeB: false, activation: 'relu' }),
      [f32([1, 2, 3, 4, 5, 6], [2, 3]), f32([0, 1, -3, 2, 2, 1], [3, 2])],
      f32([0, 8, 0, 20], [2, 2])
    ],
    [
      '[2, 3] by [3, 2], transposeA false, transposeB false, activation elu',
      fusedMatMul({ transposeA: false, transposeB: false, activation: 'elu' }),
      [f32([1, 2, 3, 4, 5, 6], [2, 3]), f32([0, 1, -3, 2, 2, 1], [3, 2])],
      f32([0, 8, -0.9502, 20], [2, 2]),
      { tolerance: 0.0001 }
    ],
    [
      '[2, 3] by [3, 2], transposeA false, transposeB false, activation relu6',
      fusedMatMul({ transposeA: false, transposeB: false, activation: 'relu6' }),
      [f32([1, 2, 3, 4, 5, 6], [2, 3]), f32([0, 1, -3, 2, 2, 1], [3, 2])],
      f32([0, 6, 0, 6], [2, 2])
    ],
    [
      '[2, 3] by [3, 2] by [1, 2], transposeA false, transposeB false, activation prelu, preluActivationWeights',
      fusedMatMul({ transposeA: false, transposeB: false, activation: 'prelu' }, 'preluActivationWeights'),
      [f32([1, 2, 3, 4, 5, 6], [2, 3]), f32([0, 1, -3, 2, 2, 1], [3, 2]), f32([0.5, 0.5], [1, 2])],
      f32([0, 8, -1.5, 20], [2, 2])
    ],
    [
      '[2, 3] by [3, 2], transposeA false, transposeB false, activation leakyrelu, leakyreluAlpha 0.3',
      fusedMatMul({ transposeA: false, transposeB: false, activation: 'leakyrelu', leakyreluAlpha: 0.3 }),
      [f32([1, 2, 3, 4, 5, 6], [2, 3]), f32([0, 1, -3, 2, 2, 1], [3, 2])],
      f32([0, 8, -0.90000004, 20], [2, 2])
    ],
    [
      '[2, 3] by [3, 2], transposeA false, transposeB false, activation leakyrelu',
      fusedMatMul({ transposeA: false, transposeB: false, activation: 'leakyrelu' }),
      [f32([1, 2, 3, 4, 5, 6], [2, 3]), f32([0, 1, -3, 2, 2, 1], [3, 2])],
      f32([0, 8, -0.6, 20], [2, 2])
    ],
    [
      '[2, 3] by [3, 2], transposeA false, transposeB false, activation sigmoid',
      fusedMatMul({ transposeA: false, transposeB: false, activation: 'sigmoid' }),
      [f32([1, 2, 3, 4, 5, 6], [2, 3]), f32([0, 1, -3, 2, 2, 1], [3, 2])],
      f32([0.5, 0.99966455, 0.04742587, 1], [2, 2])
    ],
    [
      '[2, 3] by [2, 3], transposeA false, transposeB true, activation relu',
      fusedMatMul({ transposeA: false, transposeB: true, activation: 'relu' }),
      [f32([1, 2, 3, 4, 5, 6], [2, 3]), f32([0, 1, -3, 2, 2, 1], [2, 3])],
      f32([0, 9, 0, 24], [2, 2])
    ],
    [
      '[2, 3] by [3, 2] by [2, 2], transposeA false, transposeB false, activation relu, bias',
      fusedMatMul({ transposeA: false, transposeB: false, activation: 'relu' }, 'bias'),
      [f32([1, 2, 3, 4, 5, 6], [2, 3]), f32([0, 1, -3, 2, 2, 1], [3, 2]), f32([1, 1, 1, 1], [2, 2])],
      f32([1, 9, 0, 21], [2, 2])
    ],
    [
      '[2, 3] by [3, 2] by [2], transposeA false, transposeB false, activation relu, bias',
      fusedMatMul({ transposeA: false, transposeB: false, activation: 'relu' }, 'bias'),
      [f32([1, 2, 3, 4, 5, 6], [2, 3]), f32([0, 1, -3, 2, 2, 1], [3, 2]), f32([1, 1], [2])],
      f32([1, 9, 0, 21], [2, 2])
    ],
    [
      '[2, 3] by [3, 2] by [2], transposeA false, transposeB false, activation elu, bias',
      fusedMatMul({ transposeA: false, transposeB: false, activation: 'elu' }, 'bias'),
      [f32([1, 2, 3, 4, 5, 6], [2, 3]), f32([0, 1, -3, 2, 2, 1], [3, 2]), f32([1, 1], [2])],
      f32([1, 9, -0.8647, 21], [2, 2]),
      { tolerance: 0.0001 }
    ],
    [
      '[1, 2, 3] by [3, 2] by [2], transposeA false, transposeB false, activation elu, bias',
      fusedMatMul({ transposeA: false, transposeB: false, activation: 'elu' }, 'bias'),
      [f32([1, 2, 3, 4, 5, 6], [1, 2, 3]), f32([0, 1, -3, 2, 2, 1], [3, 2]), f32([1, 1], [2])],
      f32([1, 9, -0.8647, 21], [1, 2, 2]),
      { tolerance: 0.0001 }
    ],
    [
      '[2, 2, 3] by [2, 3, 2] by [1, 2], transposeA false, transposeB false, activation relu, bias',
      fusedMatMul({ transposeA: false, transposeB: false, activation: 'relu' }, 'bias'),
      [
        f32([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], [2, 2, 3]),
        f32([0, 1, -3, 2, 2, 1, 0, 1, -3, 2, 2, 1], [2, 3, 2]),
        f32([1, 2], [1, 2])
      ],
      f32([2, 6, 0, 18, 0, 30, 0, 42], [2, 2, 2])
    ],
    [
      '[2, 3] by [3, 2] by [2, 2], transposeA false, transposeB false, activation linear, bias',
      fusedMatMul({ transposeA: false, transposeB: false, activation: 'linear' }, 'bias'),
      [f32([1, 2, 3, 4, 5, 6], [2, 3]), f32([0, 1, -3, 2, 2, 1], [3, 2]), f32([1, 1, 1, 1], [2, 2])],
      f32([1, 9, -2, 21], [2, 2])
    ]
  ),
  ...casesOf(
    'fused.depthwiseConv2d',
    [
      '[1, 3, 3, 1] by [2, 2, 1, 1], strides 1, pad valid',
      fusedDepthwiseConv2d({ strides: 1, pad: 'valid' }),
      [
        f32([0.230664, 0.987388, 0.0685208, 0.419224, 0.887861, 0.731641, 0.0741907, 0.409265, 0.351377], [1, 3, 3, 1]),
        f32([-0.303873, -0.229223, 0.144333, 0.803373], [2, 2, 1, 1])
      ],
      f32([0.47737, 0.40018, 0.00859, -0.09615], [1, 2, 2, 1])
    ],
    [
      '[1, 3, 3, 1] by [2, 2, 1, 1], strides 1, pad valid, activation relu',
      fusedDepthwiseConv2d({ strides: 1, pad: 'valid', activation: 'relu' }),
      [
        f32([0.230664, 0.987388, 0.0685208, 0.419224, 0.887861, 0.731641, 0.0741907, 0.409265, 0.351377], [1, 3, 3, 1]),
        f32([-0.303873, -0.229223, 0.144333, 0.803373], [2, 2, 1, 1])
      ],
      f32([0.47737, 0.40018, 0.00859, 0], [1, 2, 2, 1])
    ],
    [
      '[1, 3, 3, 4] by [2, 2, 4, 1] by [4], strides 1, pad same, bias',
      fusedDepthwiseConv2d({ strides: 1, pad: 'same' }, 'bias'),
      [
        f32(
          [0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8],
          [1, 3, 3, 4]
        ),
        f32([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], [2, 2, 4, 1]),
        f32([0, 1, 2, 3], [4])
      ],
      f32(
        [
          124, 167, 92, 142, 112, 117, 76, 124, 16, 28, 44, 64, 88, 134, 134, 88, 76, 120, 154, 205, 40, 58, 80, 106, 4,
          18, 36, 31, 20, 33, 50, 71, 0, 7, 16, 27
        ],
        [1, 3, 3, 4]
      )
    ],
    [
      '[1, 3, 3, 1] by [2, 2, 1, 1] by [], strides 1, pad valid, activation relu, bias',
      fusedDepthwiseConv2d({ strides: 1, pad: 'valid', activation: 'relu' }, 'bias'),
      [
        f32([0.230664, 0.987388, 0.0685208, 0.419224, 0.887861, 0.731641, 0.0741907, 0.409265, 0.351377], [1, 3, 3, 1]),
        f32([-0.303873, -0.229223, 0.144333, 0.803373], [2, 2, 1, 1]),
        f32([1], [])
      ],
      f32([1.47737, 1.40018, 1.00859, 0.90385], [1, 2, 2, 1])
    ],
    [
      '[1, 5, 5, 1] by [3, 3, 1, 1] by [1, 3, 3, 1], strides 1, pad valid, activation prelu, preluActivationWeights',
      fusedDepthwiseConv2d({ strides: 1, pad: 'valid', activation: 'prelu' }, 'preluActivationWeights'),
      [
        f32(
          [
            0.149194, 0.089009, 0.654891, 0.083324, 0.537043, 0.644331, 0.563037, 0.211859, 0.633501, 0.186427,
            0.777034, 0.50001, 0.607341, 0.95303, 0.696479, 0.050387, 0.62045, 0.728049, 0.028043, 0.437009, 0.712881,
            0.741935, 0.974474, 0.621102, 0.171411
          ],
          [1, 5, 5, 1]
        ),
        f32(
          [-0.125386, -0.975199, -0.640437, -0.281895, -0.990968, -0.347208, -0.889702, -0.180695, -0.691992],
          [3, 3, 1, 1]
        ),
        f32([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9], [1, 3, 3, 1])
      ],
      f32([-0.254, -0.50118, -0.73622, -0.94068, -1.2298, -1.84585, -2.3089, -2.7499, -2.64077], [1, 3, 3, 1]),
      { tolerance: 0.0001 }
    ],
    [
      '[1, 5, 5, 1] by [3, 3, 1, 1], strides 1, pad valid, activation leakyrelu, leakyreluAlpha 0.3',
      fusedDepthwiseConv2d({ strides: 1, pad: 'valid', activation: 'leakyrelu', leakyreluAlpha: 0.3 }),
      [
        f32(
          [
            0.149194, 0.089009, 0.654891, 0.083324, 0.537043, 0.644331, 0.563037, 0.211859, 0.633501, 0.186427,
            0.777034, 0.50001, 0.607341, 0.95303, 0.696479, 0.050387, 0.62045, 0.728049, 0.028043, 0.437009, 0.712881,
            0.741935, 0.974474, 0.621102, 0.171411
          ],
          [1, 5, 5, 1]
        ),
        f32(
          [-0.125386, -0.975199, -0.640437, -0.281895, -0.990968, -0.347208, -0.889702, -0.180695, -0.691992],
          [3, 3, 1, 1]
        )
      ],
      f32(
        [
          -0.76200676, -0.75176555, -0.73621863, -0.7055102, -0.73788023, -0.92292625, -0.98954403, -1.0312264,
          -0.8802569
        ],
        [1, 3, 3, 1]
      )
    ],
    [
      '[1, 5, 5, 1] by [3, 3, 1, 1], strides 1, pad valid, activation sigmoid',
      fusedDepthwiseConv2d({ strides: 1, pad: 'valid', activation: 'sigmoid' }),
      [
        f32(
          [
            0.149194, 0.089009, 0.654891, 0.083324, 0.537043, 0.644331, 0.563037, 0.211859, 0.633501, 0.186427,
            0.777034, 0.50001, 0.607341, 0.95303, 0.696479, 0.050387, 0.62045, 0.728049, 0.028043, 0.437009, 0.712881,
            0.741935, 0.974474, 0.621102, 0.171411
          ],
          [1, 5, 5, 1]
        ),
        f32(
          [-0.125386, -0.975199, -0.640437, -0.281895, -0.990968, -0.347208, -0.889702, -0.180695, -0.691992],
          [3, 3, 1, 1]
        )
      ],
      f32(
        [0.07309964, 0.07544667, 0.07914197, 0.08693069, 0.07873929, 0.04409045, 0.03562334, 0.0311462, 0.05048907],
        [1, 3, 3, 1]
      )
    ],
    [
      'gradient, [2, 3, 3, 1] by [2, 2, 1, 1], strides 1, pad 0',
      gradients(fusedDepthwiseConv2d({ strides: 1, pad: 0 }), [0, 1]),
      [
        f32([1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9], [2, 3, 3, 1]),
        f32([-1, 1, -2, 0.5], [2, 2, 1, 1]),
        f32([3, 1, 2, 0, 3, 1, 2, 0], [2, 2, 2, 1])
      ],
      [
        f32([-3, 2, 1, -8, 1.5, 0.5, -4, 1, 0, -3, 2, 1, -8, 1.5, 0.5, -4, 1, 0], [2, 3, 3, 1]),
        f32([26, 38, 62, 74], [2, 2, 1, 1])
      ]
    ],
    [
      'gradient, [2, 3, 3, 1] by [2, 2, 1, 1] by [2, 2, 2, 1], strides 1, pad 0, dataFormat NHWC, dilations [1 1], bias',
      gradients(fusedDepthwiseConv2d({ strides: 1, pad: 0, dataFormat: 'NHWC', dilations: [1, 1] }, 'bias'), [0, 1, 2]),
      [
        f32([1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9], [2, 3, 3, 1]),
        f32([-1, 1, -2, 0.5], [2, 2, 1, 1]),
        f32([1, 1, 1, 1, 1, 1, 1, 1], [2, 2, 2, 1]),
        f32([3, 1, 2, 0, 3, 1, 2, 0], [2, 2, 2, 1])
      ],
      [
        f32([-3, 2, 1, -8, 1.5, 0.5, -4, 1, 0, -3, 2, 1, -8, 1.5, 0.5, -4, 1, 0], [2, 3, 3, 1]),
        f32([26, 38, 62, 74], [2, 2, 1, 1]),
        f32([3, 1, 2, 0, 3, 1, 2, 0], [2, 2, 2, 1])
      ]
    ],
    [
      'gradient, [2, 3, 3, 1] by [2, 2, 1, 1] by [2, 2, 2, 1], strides 1, pad 0, dataFormat NHWC, dilations [1 1], activation relu, bias',
      gradients(
        fusedDepthwiseConv2d({ strides: 1, pad: 0, dataFormat: 'NHWC', dilations: [1, 1], activation: 'relu' }, 'bias'),
        [0, 1, 2]
      ),
      [
        f32([1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9], [2, 3, 3, 1]),
        f32([-1, 1, -2, 0.5], [2, 2, 1, 1]),
        f32([1, 1, 1, 1, 1, 1, 1, 1], [2, 2, 2, 1]),
        f32([3, 1, 2, 0, 3, 1, 2, 0], [2, 2, 2, 1])
      ],
      [
        f32([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], [2, 3, 3, 1]),
        f32([0, 0, 0, 0], [2, 2, 1, 1]),
        f32([0, 0, 0, 0, 0, 0, 0, 0], [2, 2, 2, 1])
      ]
    ]
  ),
  ...casesOf(
    'fused.conv2d',
    [
      '[2, 2, 2, 2] by [1, 1, 2, 2], strides 1, pad 0',
      fusedConv2d({ strides: 1, pad: 0 }),
      [f32([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], [2, 2, 2, 2]), f32([-1, 1, -2, 0.5], [1, 1, 2, 2])],
      f32([-5, 2, -11, 5, -17, 8, -23, 11, -29, 14, -35, 17, -41, 20, -47, 23], [2, 2, 2, 2])
    ],
    [
      '[2, 2, 2, 2] by [1, 1, 2, 2], strides 1, pad 0, dataFormat NHWC, dilations [1 1], activation relu',
      fusedConv2d({ strides: 1, pad: 0, dataFormat: 'NHWC', dilations: [1, 1], activation: 'relu' }),
      [f32([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], [2, 2, 2, 2]), f32([-1, 1, -2, 0.5], [1, 1, 2, 2])],
      f32([0, 2, 0, 5, 0, 8, 0, 11, 0, 14, 0, 17, 0, 20, 0, 23], [2, 2, 2, 2])
    ],
    [
      '[2, 2, 2, 2] by [1, 1, 2, 2] by [2], strides 1, pad 0, dataFormat NHWC, dilations [1 1], bias',
      fusedConv2d({ strides: 1, pad: 0, dataFormat: 'NHWC', dilations: [1, 1] }, 'bias'),
      [
        f32([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], [2, 2, 2, 2]),
        f32([-1, 1, -2, 0.5], [1, 1, 2, 2]),
        f32([5, 6], [2])
      ],
      f32([0, 8, -6, 11, -12, 14, -18, 17, -24, 20, -30, 23, -36, 26, -42, 29], [2, 2, 2, 2])
    ],
    [
      '[4, 2, 1] by [4, 2, 1, 1], strides 1, pad [[0 0] [1 2] [0 1] [0 0]], dataFormat NHWC, dilations 1',
      fusedConv2d({
        strides: 1,
        pad: [
          [0, 0],
          [1, 2],
          [0, 1],
          [0, 0]
        ],
        dataFormat: 'NHWC',
        dilations: 1
      }),
      [f32([1, 2, 3, 4, 5, 6, 7, 8], [4, 2, 1]), f32([3, 1, 5, 0, 2, 7, 8, 9], [4, 2, 1, 1])],
      f32([133, 66, 200, 102, 108, 58, 56, 58], [4, 2, 1])
    ],
    [
      '[2, 2, 2, 2] by [1, 1, 2, 2], strides 1, pad 0, dataFormat NHWC, dilations [1 1], activation elu',
      fusedConv2d({ strides: 1, pad: 0, dataFormat: 'NHWC', dilations: [1, 1], activation: 'elu' }),
      [f32([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], [2, 2, 2, 2]), f32([-1, 1, -2, 0.5], [1, 1, 2, 2])],
      f32([-0.99326, 2, -1, 5, -1, 8, -1, 11, -1, 14, -1, 17, -1, 20, -1, 23], [2, 2, 2, 2]),
      { tolerance: 0.0001 }
    ],
    [
      '[2, 2, 2, 2] by [1, 1, 2, 2] by [1, 1, 2], strides 1, pad 0, dataFormat NHWC, dilations [1 1], activation prelu, preluActivationWeights',
      fusedConv2d(
        { strides: 1, pad: 0, dataFormat: 'NHWC', dilations: [1, 1], activation: 'prelu' },
        'preluActivationWeights'
      ),
      [
        f32([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], [2, 2, 2, 2]),
        f32([-1, 1, -2, 0.5], [1, 1, 2, 2]),
        f32([0.25, 0.75], [1, 1, 2])
      ],
      f32([-1.25, 2, -2.75, 5, -4.25, 8, -5.75, 11, -7.25, 14, -8.75, 17, -10.25, 20, -11.75, 23], [2, 2, 2, 2])
    ],
    [
      '[2, 2, 2, 2] by [1, 1, 2, 2], strides 1, pad 0, dataFormat NHWC, dilations [1 1], activation leakyrelu, leakyreluAlpha 0.3',
      fusedConv2d({
        strides: 1,
        pad: 0,
        dataFormat: 'NHWC',
        dilations: [1, 1],
        activation: 'leakyrelu',
        leakyreluAlpha: 0.3
      }),
      [f32([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], [2, 2, 2, 2]), f32([-1, 1, -2, 0.5], [1, 1, 2, 2])],
      f32(
        [-1.5, 2, -3.3000002, 5, -5.1000004, 8, -6.9, 11, -8.700001, 14, -10.5, 17, -12.3, 20, -14.1, 23],
        [2, 2, 2, 2]
      )
    ],
    [
      '[2, 2, 2, 2] by [1, 1, 2, 2], strides 1, pad 0, dataFormat NHWC, dilations [1 1], activation sigmoid, leakyreluAlpha 0.3',
      fusedConv2d({
        strides: 1,
        pad: 0,
        dataFormat: 'NHWC',
        dilations: [1, 1],
        activation: 'sigmoid',
        leakyreluAlpha: 0.3
      }),
      [
        f32([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], [2, 2, 2, 2]),
        f32([-0.1, 0.1, -0.2, 0.05], [1, 1, 2, 2])
      ],
      f32(
        [
          0.3775407, 0.549834, 0.24973989, 0.6224593, 0.15446526, 0.6899744, 0.09112296, 0.7502601, 0.0521535,
          0.80218387, 0.02931219, 0.84553474, 0.0163025, 0.8807971, 0.0090133, 0.908877
        ],
        [2, 2, 2, 2]
      )
    ],
    [
      '[2, 2, 2, 2] by [1, 1, 2, 2] by [], strides 1, pad 0, dataFormat NHWC, dilations [1 1], activation relu, bias',
      fusedConv2d({ strides: 1, pad: 0, dataFormat: 'NHWC', dilations: [1, 1], activation: 'relu' }, 'bias'),
      [
        f32([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], [2, 2, 2, 2]),
        f32([-1, 1, -2, 0.5], [1, 1, 2, 2]),
        f32([5], [])
      ],
      f32([0, 7, 0, 10, 0, 13, 0, 16, 0, 19, 0, 22, 0, 25, 0, 28], [2, 2, 2, 2])
    ],
    [
      '[1, 2, 2, 2] by [1, 1, 2, 2], strides 1, pad 0, dataFormat NCHW',
      fusedConv2d({ strides: 1, pad: 0, dataFormat: 'NCHW' }),
      [f32([1, 3, 5, 7, 2, 4, 6, 8], [1, 2, 2, 2]), f32([-1, 1, -2, 0.5], [1, 1, 2, 2])],
      f32([-5, -11, -17, -23, 2, 5, 8, 11], [1, 2, 2, 2])
    ],
    [
      '[1, 4, 2, 2] by [1, 1, 4, 4] by [], strides 1, pad same, dataFormat NCHW, dilations 1, bias',
      fusedConv2d({ strides: 1, pad: 'same', dataFormat: 'NCHW', dilations: 1 }, 'bias'),
      [
        f32([1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4], [1, 4, 2, 2]),
        f32([3, 3, 3, 3, 1, 1, 1, 1, 5, 5, 5, 5, 0, 0, 0, 0], [1, 1, 4, 4]),
        f32([1], [])
      ],
      f32([10, 19, 28, 37, 10, 19, 28, 37, 10, 19, 28, 37, 10, 19, 28, 37], [1, 4, 2, 2])
    ],
    [
      '[1, 4, 2, 2] by [1, 1, 4, 4] by [4], strides 1, pad same, dataFormat NCHW, dilations 1, bias',
      fusedConv2d({ strides: 1, pad: 'same', dataFormat: 'NCHW', dilations: 1 }, 'bias'),
      [
        f32([1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4], [1, 4, 2, 2]),
        f32([3, 3, 3, 3, 1, 1, 1, 1, 5, 5, 5, 5, 0, 0, 0, 0], [1, 1, 4, 4]),
        f32([1, 2, 1, 2], [4])
      ],
      f32([10, 19, 28, 37, 11, 20, 29, 38, 10, 19, 28, 37, 11, 20, 29, 38], [1, 4, 2, 2])
    ],
    [
      '[2, 4, 2, 2] by [1, 1, 4, 4] by [4], strides 1, pad same, dataFormat NCHW, dilations 1, bias',
      fusedConv2d({ strides: 1, pad: 'same', dataFormat: 'NCHW', dilations: 1 }, 'bias'),
      [
        f32(
          [1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4],
          [2, 4, 2, 2]
        ),
        f32([3, 3, 3, 3, 1, 1, 1, 1, 5, 5, 5, 5, 0, 0, 0, 0], [1, 1, 4, 4]),
        f32([1, 2, 1, 2], [4])
      ],
      f32(
        [
          10, 19, 28, 37, 11, 20, 29, 38, 10, 19, 28, 37, 11, 20, 29, 38, 10, 19, 28, 37, 11, 20, 29, 38, 10, 19, 28,
          37, 11, 20, 29, 38
        ],
        [2, 4, 2, 2]
      )
    ],
    [
      '[1, 2, 2, 2] by [1, 1, 2, 2] by [], strides 1, pad 0, dataFormat NCHW, dilations 1, activation prelu, preluActivationWeights',
      fusedConv2d(
        { strides: 1, pad: 0, dataFormat: 'NCHW', dilations: 1, activation: 'prelu' },
        'preluActivationWeights'
      ),
      [f32([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 2, 2]), f32([-1, 1, -2, 0.5], [1, 1, 2, 2]), f32([10], [])],
      f32([-110, -140, -170, -200, 3.5, 5, 6.5, 8], [1, 2, 2, 2])
    ],
    [
      '[1, 2, 2, 2] by [1, 1, 2, 2] by [2], strides 1, pad 0, dataFormat NCHW, dilations 1, activation prelu, preluActivationWeights',
      fusedConv2d(
        { strides: 1, pad: 0, dataFormat: 'NCHW', dilations: 1, activation: 'prelu' },
        'preluActivationWeights'
      ),
      [f32([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 2, 2]), f32([-1, 1, -2, 0.5], [1, 1, 2, 2]), f32([10, 100], [2])],
      f32([-110, -140, -170, -200, 3.5, 5, 6.5, 8], [1, 2, 2, 2])
    ],
    [
      '[1, 2, 2, 2] by [1, 1, 2, 2] by [2, 1, 1], strides 1, pad 0, dataFormat NCHW, dilations 1, activation prelu, preluActivationWeights',
      fusedConv2d(
        { strides: 1, pad: 0, dataFormat: 'NCHW', dilations: 1, activation: 'prelu' },
        'preluActivationWeights'
      ),
      [f32([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 2, 2]), f32([-1, -1, -2, -2], [1, 1, 2, 2]), f32([1, 10], [2, 1, 1])],
      f32([-11, -14, -17, -20, -110, -140, -170, -200], [1, 2, 2, 2])
    ],
    [
      '[1, 2, 2, 2] by [1, 1, 2, 2] by [2, 2, 2], strides 1, pad 0, dataFormat NCHW, dilations 1, activation prelu, preluActivationWeights',
      fusedConv2d(
        { strides: 1, pad: 0, dataFormat: 'NCHW', dilations: 1, activation: 'prelu' },
        'preluActivationWeights'
      ),
      [
        f32([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 2, 2]),
        f32([-1, -1, -2, -2], [1, 1, 2, 2]),
        f32([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2])
      ],
      f32([-11, -28, -51, -80, -55, -84, -119, -160], [1, 2, 2, 2])
    ],
    [
      '[4, 4, 1] by [1, 1, 1, 3], strides [2 2], pad same',
      fusedConv2d({ strides: [2, 2], pad: 'same' }),
      [
        f32([10, 30, 50, 70, 20, 40, 60, 80, -10, -30, -50, -70, -20, -40, -60, -80], [4, 4, 1]),
        f32([1, 0.5, 1], [1, 1, 1, 3])
      ],
      f32([10, 5, 10, 50, 25, 50, -10, -5, -10, -50, -25, -50], [2, 2, 3])
    ],
    [
      '[4, 4, 1] by [1, 1, 1, 3], strides [2 2], pad same, dataFormat NHWC, dilations [1 1], activation relu',
      fusedConv2d({ strides: [2, 2], pad: 'same', dataFormat: 'NHWC', dilations: [1, 1], activation: 'relu' }),
      [
        f32([10, 30, 50, 70, 20, 40, 60, 80, -10, -30, -50, -70, -20, -40, -60, -80], [4, 4, 1]),
        f32([1, 0.5, 1], [1, 1, 1, 3])
      ],
      f32([10, 5, 10, 50, 25, 50, 0, 0, 0, 0, 0, 0], [2, 2, 3])
    ],
    [
      '[4, 4, 1] by [1, 1, 1, 3] by [1, 1, 1], strides [2 2], pad same, dataFormat NHWC, dilations [1 1], activation prelu, preluActivationWeights',
      fusedConv2d(
        { strides: [2, 2], pad: 'same', dataFormat: 'NHWC', dilations: [1, 1], activation: 'prelu' },
        'preluActivationWeights'
      ),
      [
        f32([10, 30, 50, 70, 20, 40, 60, 80, -10, -30, -50, -70, -20, -40, -60, -80], [4, 4, 1]),
        f32([1, 0.5, 1], [1, 1, 1, 3]),
        f32([0.5], [1, 1, 1])
      ],
      f32([10, 5, 10, 50, 25, 50, -5, -2.5, -5, -25, -12.5, -25], [2, 2, 3])
    ],
    [
      '[4, 4, 1] by [1, 1, 1, 3], strides [2 2], pad same, dataFormat NHWC, dilations [1 1], activation leakyrelu, leakyreluAlpha 0.3',
      fusedConv2d({
        strides: [2, 2],
        pad: 'same',
        dataFormat: 'NHWC',
        dilations: [1, 1],
        activation: 'leakyrelu',
        leakyreluAlpha: 0.3
      }),
      [
        f32([10, 30, 50, 70, 20, 40, 60, 80, -10, -30, -50, -70, -20, -40, -60, -80], [4, 4, 1]),
        f32([1, 0.5, 1], [1, 1, 1, 3])
      ],
      f32([10, 5, 10, 50, 25, 50, -3, -1.5, -3, -15.000001, -7.5000005, -15.000001], [2, 2, 3])
    ],
    [
      '[4, 4, 1] by [1, 1, 1, 3] by [1, 1, 1], strides [1 1], pad same, dataFormat NHWC, dilations [1 1], activation prelu, preluActivationWeights',
      fusedConv2d(
        { strides: [1, 1], pad: 'same', dataFormat: 'NHWC', dilations: [1, 1], activation: 'prelu' },
        'preluActivationWeights'
      ),
      [
        f32([10, 30, 50, 70, 20, 40, 60, 80, -10, -30, -50, -70, -20, -40, -60, -80], [4, 4, 1]),
        f32([1, 0.5, 1], [1, 1, 1, 3]),
        f32([0.5], [1, 1, 1])
      ],
      f32(
        [
          10, 5, 10, 30, 15, 30, 50, 25, 50, 70, 35, 70, 20, 10, 20, 40, 20, 40, 60, 30, 60, 80, 40, 80, -5, -2.5, -5,
          -15, -7.5, -15, -25, -12.5, -25, -35, -17.5, -35, -10, -5, -10, -20, -10, -20, -30, -15, -30, -40, -20, -40
        ],
        [4, 4, 3]
      )
    ],
    [
      '[4, 4, 1] by [1, 1, 1, 3], strides [1 1], pad same, dataFormat NHWC, dilations [1 1], activation leakyrelu, leakyreluAlpha 0.3',
      fusedConv2d({
        strides: [1, 1],
        pad: 'same',
        dataFormat: 'NHWC',
        dilations: [1, 1],
        activation: 'leakyrelu',
        leakyreluAlpha: 0.3
      }),
      [
        f32([10, 30, 50, 70, 20, 40, 60, 80, -10, -30, -50, -70, -20, -40, -60, -80], [4, 4, 1]),
        f32([1, 0.5, 1], [1, 1, 1, 3])
      ],
      f32(
        [
          10, 5, 10, 30, 15, 30, 50, 25, 50, 70, 35, 70, 20, 10, 20, 40, 20, 40, 60, 30, 60, 80, 40, 80, -3, -1.5, -3,
          -9, -4.5, -9, -15.000001, -7.5000005, -15.000001, -21, -10.5, -21, -6, -3, -6, -12, -6, -12, -18, -9, -18,
          -24, -12, -24
        ],
        [4, 4, 3]
      )
    ],
    [
      '[4, 4, 1] by [1, 1, 1, 3] by [], strides [2 2], pad same, dataFormat NHWC, dilations [1 1], activation relu, bias',
      fusedConv2d({ strides: [2, 2], pad: 'same', dataFormat: 'NHWC', dilations: [1, 1], activation: 'relu' }, 'bias'),
      [
        f32([10, 30, 50, 70, 20, 40, 60, 80, -10, -30, -50, -70, -20, -40, -60, -80], [4, 4, 1]),
        f32([1, 0.5, 1], [1, 1, 1, 3]),
        f32([5], [])
      ],
      f32([15, 10, 15, 55, 30, 55, 0, 0, 0, 0, 0, 0], [2, 2, 3])
    ],
    [
      '[2, 2, 2] by [2, 2, 2, 2], strides [1 1], pad same, dataFormat NCHW',
      fusedConv2d({ strides: [1, 1], pad: 'same', dataFormat: 'NCHW' }),
      [
        f32([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2]),
        f32([1, 2, 3, 4, 5, 6, 7, 8, -1, -2, -3, -4, -5, -6, -7, -8], [2, 2, 2, 2])
      ],
      f32([-32, -8, 100, 28, -40, -12, 122, 40], [2, 2, 2])
    ],
    [
      '[1, 4, 2, 2] by [2, 2, 4, 4] by [], strides 1, pad same, dataFormat NCHW, dilations 1, bias',
      fusedConv2d({ strides: 1, pad: 'same', dataFormat: 'NCHW', dilations: 1 }, 'bias'),
      [
        f32([1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4], [1, 4, 2, 2]),
        f32(
          [
            3, 3, 3, 3, 1, 1, 1, 1, 5, 5, 5, 5, 0, 0, 0, 0, 3, 3, 3, 3, 1, 1, 1, 1, 5, 5, 5, 5, 0, 0, 0, 0, 3, 3, 3, 3,
            1, 1, 1, 1, 5, 5, 5, 5, 0, 0, 0, 0, 3, 3, 3, 3, 1, 1, 1, 1, 5, 5, 5, 5, 0, 0, 0, 0
          ],
          [2, 2, 4, 4]
        ),
        f32([1], [])
      ],
      f32([91, 55, 64, 37, 91, 55, 64, 37, 91, 55, 64, 37, 91, 55, 64, 37], [1, 4, 2, 2])
    ],
    [
      '[1, 4, 2, 2] by [2, 2, 4, 4] by [4], strides 1, pad same, dataFormat NCHW, dilations 1, bias',
      fusedConv2d({ strides: 1, pad: 'same', dataFormat: 'NCHW', dilations: 1 }, 'bias'),
      [
        f32([1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4], [1, 4, 2, 2]),
        f32(
          [
            3, 3, 3, 3, 1, 1, 1, 1, 5, 5, 5, 5, 0, 0, 0, 0, 3, 3, 3, 3, 1, 1, 1, 1, 5, 5, 5, 5, 0, 0, 0, 0, 3, 3, 3, 3,
            1, 1, 1, 1, 5, 5, 5, 5, 0, 0, 0, 0, 3, 3, 3, 3, 1, 1, 1, 1, 5, 5, 5, 5, 0, 0, 0, 0
          ],
          [2, 2, 4, 4]
        ),
        f32([1, 2, 1, 2], [4])
      ],
      f32([91, 55, 64, 37, 92, 56, 65, 38, 91, 55, 64, 37, 92, 56, 65, 38], [1, 4, 2, 2])
    ],
    [
      '[1, 2, 2, 2] by [2, 2, 2, 2] by [], strides 1, pad same, dataFormat NCHW, dilations 1, activation prelu, preluActivationWeights',
      fusedConv2d(
        { strides: 1, pad: 'same', dataFormat: 'NCHW', dilations: 1, activation: 'prelu' },
        'preluActivationWeights'
      ),
      [
        f32([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 2, 2]),
        f32([-1, -1, -1, -1, 1, 1, 1, 1, -2, -2, -2, -2, 0.5, 0.5, 0.5, 0.5], [2, 2, 2, 2]),
        f32([10], [])
      ],
      f32([-120, -320, 2, -120, -120, -320, 2, -120], [1, 2, 2, 2])
    ],
    [
      '[1, 2, 2, 2] by [2, 2, 2, 2] by [2], strides 1, pad same, dataFormat NCHW, dilations 1, activation prelu, preluActivationWeights',
      fusedConv2d(
        { strides: 1, pad: 'same', dataFormat: 'NCHW', dilations: 1, activation: 'prelu' },
        'preluActivationWeights'
      ),
      [
        f32([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 2, 2]),
        f32([-1, -1, -1, -1, 1, 1, 1, 1, -2, -2, -2, -2, 0.5, 0.5, 0.5, 0.5], [2, 2, 2, 2]),
        f32([1, 10], [2])
      ],
      f32([-12, -32, 2, -12, -120, -320, 2, -120], [1, 2, 2, 2])
    ],
    [
      '[1, 2, 2, 2] by [2, 2, 2, 2] by [2, 1, 1], strides 1, pad same, dataFormat NCHW, dilations 1, activation prelu, preluActivationWeights',
      fusedConv2d(
        { strides: 1, pad: 'same', dataFormat: 'NCHW', dilations: 1, activation: 'prelu' },
        'preluActivationWeights'
      ),
      [
        f32([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 2, 2]),
        f32([-1, -1, -1, -1, 1, 1, 1, 1, -2, -2, -2, -2, 0.5, 0.5, 0.5, 0.5], [2, 2, 2, 2]),
        f32([1, 10], [2, 1, 1])
      ],
      f32([-12, -32, 2, -12, -120, -320, 2, -120], [1, 2, 2, 2])
    ],
    [
      '[1, 2, 2, 2] by [2, 2, 2, 2] by [2, 2, 2], strides 1, pad same, dataFormat NCHW, dilations 1, activation prelu, preluActivationWeights',
      fusedConv2d(
        { strides: 1, pad: 'same', dataFormat: 'NCHW', dilations: 1, activation: 'prelu' },
        'preluActivationWeights'
      ),
      [
        f32([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 2, 2]),
        f32([-1, -1, -1, -1, 1, 1, 1, 1, -2, -2, -2, -2, 0.5, 0.5, 0.5, 0.5], [2, 2, 2, 2]),
        f32([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2])
      ],
      f32([-12, -64, 2, -48, -60, -192, 2, -96], [1, 2, 2, 2])
    ],
    [
      '[2, 2, 2, 2] by [2, 2, 2, 2], strides [1 1], pad same, dataFormat NCHW, dilations 1',
      fusedConv2d({ strides: [1, 1], pad: 'same', dataFormat: 'NCHW', dilations: 1 }),
      [
        f32([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], [2, 2, 2, 2]),
        f32([1, 2, 3, 4, 5, 6, 7, 8, -1, -2, -3, -4, -5, -6, -7, -8], [2, 2, 2, 2])
      ],
      f32([-32, -8, 100, 28, -40, -12, 122, 40, -32, -8, 228, 60, -40, -12, 282, 88], [2, 2, 2, 2])
    ],
    [
      '[2, 2, 2, 2] by [2, 2, 2, 2] by [], strides [1 1], pad same, dataFormat NCHW, dilations 1, bias',
      fusedConv2d({ strides: [1, 1], pad: 'same', dataFormat: 'NCHW', dilations: 1 }, 'bias'),
      [
        f32([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], [2, 2, 2, 2]),
        f32([1, 2, 3, 4, 5, 6, 7, 8, -1, -2, -3, -4, -5, -6, -7, -8], [2, 2, 2, 2]),
        f32([1], [])
      ],
      f32([-31, -7, 101, 29, -39, -11, 123, 41, -31, -7, 229, 61, -39, -11, 283, 89], [2, 2, 2, 2])
    ],
    [
      '[2, 2, 2, 2] by [2, 2, 2, 2] by [2], strides [1 1], pad same, dataFormat NCHW, dilations 1, bias',
      fusedConv2d({ strides: [1, 1], pad: 'same', dataFormat: 'NCHW', dilations: 1 }, 'bias'),
      [
        f32([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], [2, 2, 2, 2]),
        f32([1, 2, 3, 4, 5, 6, 7, 8, -1, -2, -3, -4, -5, -6, -7, -8], [2, 2, 2, 2]),
        f32([1, 2], [2])
      ],
      f32([-31, -7, 101, 29, -38, -10, 124, 42, -31, -7, 229, 61, -38, -10, 284, 90], [2, 2, 2, 2])
    ],
    [
      '[2, 2, 2, 2] by [2, 2, 2, 2] by [], strides [1 1], pad same, dataFormat NCHW, dilations 1, activation prelu, preluActivationWeights',
      fusedConv2d(
        { strides: [1, 1], pad: 'same', dataFormat: 'NCHW', dilations: 1, activation: 'prelu' },
        'preluActivationWeights'
      ),
      [
        f32([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], [2, 2, 2, 2]),
        f32([1, 2, 3, 4, 5, 6, 7, 8, -1, -2, -3, -4, -5, -6, -7, -8], [2, 2, 2, 2]),
        f32([10], [])
      ],
      f32([-320, -80, 100, 28, -400, -120, 122, 40, -320, -80, 228, 60, -400, -120, 282, 88], [2, 2, 2, 2])
    ],
    [
      '[2, 2, 2, 2] by [2, 2, 2, 2] by [2], strides [1 1], pad same, dataFormat NCHW, dilations 1, activation prelu, preluActivationWeights',
      fusedConv2d(
        { strides: [1, 1], pad: 'same', dataFormat: 'NCHW', dilations: 1, activation: 'prelu' },
        'preluActivationWeights'
      ),
      [
        f32([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], [2, 2, 2, 2]),
        f32([1, 2, 3, 4, 5, 6, 7, 8, -1, -2, -3, -4, -5, -6, -7, -8], [2, 2, 2, 2]),
        f32([1, 10], [2])
      ],
      f32([-32, -8, 100, 28, -400, -120, 122, 40, -32, -8, 228, 60, -400, -120, 282, 88], [2, 2, 2, 2])
    ],
    [
      '[2, 2, 2, 2] by [2, 2, 2, 2] by [2, 1, 1], strides [1 1], pad same, dataFormat NCHW, dilations 1, activation prelu, preluActivationWeights',
      fusedConv2d(
        { strides: [1, 1], pad: 'same', dataFormat: 'NCHW', dilations: 1, activation: 'prelu' },
        'preluActivationWeights'
      ),
      [
        f32([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], [2, 2, 2, 2]),
        f32([1, 2, 3, 4, 5, 6, 7, 8, -1, -2, -3, -4, -5, -6, -7, -8], [2, 2, 2, 2]),
        f32([1, 10], [2, 1, 1])
      ],
      f32([-32, -8, 100, 28, -400, -120, 122, 40, -32, -8, 228, 60, -400, -120, 282, 88], [2, 2, 2, 2])
    ],
    [
      '[2, 2, 2, 2] by [2, 2, 2, 2] by [2, 2, 2], strides [1 1], pad same, dataFormat NCHW, dilations 1, activation prelu, preluActivationWeights',
      fusedConv2d(
        { strides: [1, 1], pad: 'same', dataFormat: 'NCHW', dilations: 1, activation: 'prelu' },
        'preluActivationWeights'
      ),
      [
        f32([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], [2, 2, 2, 2]),
        f32([1, 2, 3, 4, 5, 6, 7, 8, -1, -2, -3, -4, -5, -6, -7, -8], [2, 2, 2, 2]),
        f32([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2])
      ],
      f32([-32, -16, 100, 28, -200, -72, 122, 40, -32, -16, 228, 60, -200, -72, 282, 88], [2, 2, 2, 2])
    ],
    [
      'gradient, [2, 3, 3, 1] by [2, 2, 1, 1], strides 1, pad 0',
      gradients(fusedConv2d({ strides: 1, pad: 0 }), [0, 1]),
      [
        f32([1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9], [2, 3, 3, 1]),
        f32([-1, 1, -2, 0.5], [2, 2, 1, 1]),
        f32([3, 1, 2, 0, 3, 1, 2, 0], [2, 2, 2, 1])
      ],
      [
        f32([-3, 2, 1, -8, 1.5, 0.5, -4, 1, 0, -3, 2, 1, -8, 1.5, 0.5, -4, 1, 0], [2, 3, 3, 1]),
        f32([26, 38, 62, 74], [2, 2, 1, 1])
      ]
    ],
    [
      'gradient, [2, 3, 3, 1] by [2, 2, 1, 1] by [2, 2, 2, 1], strides 1, pad 0, dataFormat NHWC, dilations [1 1], bias',
      gradients(fusedConv2d({ strides: 1, pad: 0, dataFormat: 'NHWC', dilations: [1, 1] }, 'bias'), [0, 1, 2]),
      [
        f32([1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9], [2, 3, 3, 1]),
        f32([-1, 1, -2, 0.5], [2, 2, 1, 1]),
        f32([1, 1, 1, 1, 1, 1, 1, 1], [2, 2, 2, 1]),
        f32([3, 1, 2, 0, 3, 1, 2, 0], [2, 2, 2, 1])
      ],
      [
        f32([-3, 2, 1, -8, 1.5, 0.5, -4, 1, 0, -3, 2, 1, -8, 1.5, 0.5, -4, 1, 0], [2, 3, 3, 1]),
        f32([26, 38, 62, 74], [2, 2, 1, 1]),
        f32([3, 1, 2, 0, 3, 1, 2, 0], [2, 2, 2, 1])
      ]
    ],
    [
      'gradient, [2, 3, 3, 1] by [2, 2, 1, 1] by [2, 2, 2, 1], strides 1, pad 0, dataFormat NHWC, dilations [1 1], activation relu, bias',
      gradients(
        fusedConv2d({ strides: 1, pad: 0, dataFormat: 'NHWC', dilations: [1, 1], activation: 'relu' }, 'bias'),
        [0, 1, 2]
      ),
      [
        f32([1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9], [2, 3, 3, 1]),
        f32([-1, 1, -2, 0.5], [2, 2, 1, 1]),
        f32([1, 1, 1, 1, 1, 1, 1, 1], [2, 2, 2, 1]),
        f32([3, 1, 2, 0, 3, 1, 2, 0], [2, 2, 2, 1])
      ],
      [
        f32([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], [2, 3, 3, 1]),
        f32([0, 0, 0, 0], [2, 2, 1, 1]),
        f32([0, 0, 0, 0, 0, 0, 0, 0], [2, 2, 2, 1])
      ]
    ],
    [
      'gradient, [2, 3, 3, 1] by [2, 2, 1, 1] by [2, 2, 2, 1], strides 1, pad 0, dataFormat NHWC, dilations [1 1], activation elu, bias',
      gradients(
        fusedConv2d({ strides: 1, pad: 0, dataFormat: 'NHWC', dilations: [1, 1], activation: 'elu' }, 'bias'),
        [0, 1, 2]
      ),
      [
        f32([1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9], [2, 3, 3, 1]),
        f32([-1, 1, -2, 0.5], [2, 2, 1, 1]),
        f32([1, 1, 1, 1, 1, 1, 1, 1], [2, 2, 2, 1]),
        f32([3, 1, 2, 0, 3, 1, 2, 0], [2, 2, 2, 1])
      ],
      [
        f32(
          [
            -0.090592146, 0.0838542, 0.0067379475, -0.1818552, 0.032491088, 0.0033689737, -0.0013418198, 0.00033545494,
            0, -0.090592146, 0.0838542, 0.0067379475, -0.1818552, 0.032491088, 0.0033689737, -0.0013418198,
            0.00033545494, 0
          ],
          [2, 3, 3, 1]
        ),
        f32([0.21350336, 0.40950537, 0.8015094, 0.9975114], [2, 2, 1, 1]),
        f32([0.090592146, 0.0067379475, 0.0006709099, 0, 0.090592146, 0.0067379475, 0.0006709099, 0], [2, 2, 2, 1])
      ]
    ]
  )
])
