/** Functions of one tensor: facts of their _test.ts files, each at their values, at NaN, and with the slopes they state. */
import * as tf from '@tensorflow/tfjs-core'
import { bool, casesOf, f32, i32, runCases, type OpCase } from './run-cases'

type Unary = (x: tf.Tensor) => tf.Tensor
type Real = (x: number) => number

/** Values, NaN and a matrix of them, and slopes where there are any, all from the function of real numbers. */
const elementwise = (op: string, f: Unary, real: Real, values: readonly number[], slope?: Real): readonly OpCase[] => {
  const x = values.map(Math.fround)
  const dy = x.map((_, i) => i + 1)
  const slopes = slope && { gradients: [f32(dy), f32(x.map((v, i) => slope(v) * dy[i]!))] as const }
  return casesOf(
    op,
    ['values', f, [f32(x)], f32(x.map(real)), slopes],
    ['NaN stays', f, [f32([x[0]!, NaN, x[1]!])], f32([real(x[0]!), NaN, real(x[1]!)])],
    ['a column', f, [f32(x, [x.length, 1])], f32(x.map(real), [x.length, 1])],
    ['a scalar', f, [f32(x[1]!)], f32(real(x[1]!)), slope && { gradients: [f32(8), f32(8 * slope(x[1]!))] }],
    ['rank 5', f, [f32(x.slice(0, 4), [1, 1, 2, 2, 1])], f32(x.slice(0, 4).map(real), [1, 1, 2, 2, 1])],
    ['nothing', f, [f32([], [0, 3])], f32([], [0, 3])]
  )
}

const { exp, log, log1p, sqrt, PI } = Math
const zero: Real = () => 0
const logistic: Real = (x) => 1 / (1 + exp(-x))
const wide = [1, -3, 2, 7, -4]
const near = [-0.1, 0.2, 0.3, -0.5]
const SCALE = 1.0507009873554805
const SCALE_ALPHA = 1.7580993408473768

runCases('powers and exponentials', [
  ...elementwise(
    'square',
    tf.square,
    (x) => x * x,
    [-1, 2, 3, -5, sqrt(2)],
    (x) => 2 * x
  ),
  ...elementwise('sqrt', tf.sqrt, sqrt, [1, 2, 3, 4], (x) => 0.5 / sqrt(x)),
  ...elementwise(
    'rsqrt',
    tf.rsqrt,
    (x) => 1 / sqrt(x),
    [1, 2, 3, 4],
    (x) => -0.5 / x ** 1.5
  ),
  ...elementwise(
    'reciprocal',
    tf.reciprocal,
    (x) => 1 / x,
    [-1, 2, 3, -5],
    (x) => -1 / (x * x)
  ),
  ...elementwise('exp', tf.exp, exp, [-1, 2, 3, -5, 0], exp),
  ...elementwise('expm1', tf.expm1, Math.expm1, [-1, 2, 3, -5, 1e-6], exp),
  ...elementwise('log', tf.log, log, [1, 2, 3, 64], (x) => 1 / x),
  ...elementwise('log1p', tf.log1p, log1p, [1, 2, 3, 5, 1e-6], (x) => 1 / (1 + x)),
  ...casesOf(
    'square',
    ['int32', tf.square, [i32([2, 4, 40000])], i32([4, 16, 1600000000])],
    ['bool counts', tf.square, [bool([1, 0])], i32([1, 0]), { tensorflowjs: 'a bool' }]
  ),
  ...casesOf('sqrt', ['of negative numbers', tf.sqrt, [f32([1, -1])], f32([1, NaN])]),
  ...casesOf('reciprocal', ['0 and infinity', tf.reciprocal, [f32([0, Infinity, 2])], f32([Infinity, 0, 0.5])]),
  ...casesOf('exp', ['int32 gives float32', tf.exp, [i32([10, 0])], f32([exp(10), 1])]),
  ...casesOf('expm1', [
    'int32 gives float32',
    tf.expm1,
    [i32([1, 0])],
    f32([Math.expm1(1), 0]),
    { tensorflowjs: 'int32, truncated' }
  ]),
  ...casesOf(
    'log',
    ['of negative numbers, and of 0', tf.log, [f32([1, -1, 0])], f32([0, NaN, -Infinity])],
    [
      'slopes of negative numbers',
      tf.log,
      [f32([-1, 2, -5])],
      f32([NaN, log(2), NaN]),
      { gradients: [f32([1, 2, 4]), f32([-1, 1, -0.8])] }
    ]
  ),
  ...casesOf('log1p', [
    'slope at -1',
    tf.log1p,
    [f32([-1, 3])],
    f32([-Infinity, log(4)]),
    { gradients: [f32([1, 3]), f32([Infinity, 0.75])] }
  ])
])

runCases('circles and hyperbolas', [
  ...elementwise('sin', tf.sin, Math.sin, wide, Math.cos),
  ...elementwise('cos', tf.cos, Math.cos, wide, (x) => -Math.sin(x)),
  ...elementwise('tan', tf.tan, Math.tan, wide, (x) => 1 / Math.cos(x) ** 2),
  ...elementwise('asin', tf.asin, Math.asin, [0.1, -0.3, 0.2, 0.7, -0.4], (x) => 1 / sqrt(1 - x * x)),
  ...elementwise('acos', tf.acos, Math.acos, [0.1, -0.3, 0.2, 0.7, -0.4], (x) => -1 / sqrt(1 - x * x)),
  ...elementwise('atan', tf.atan, Math.atan, wide, (x) => 1 / (1 + x * x)),
  ...elementwise('sinh', tf.sinh, Math.sinh, [1, -3, 2, -1, -3], Math.cosh),
  ...elementwise('cosh', tf.cosh, Math.cosh, [1, -3, 2, -1, -3], Math.sinh),
  ...elementwise('tanh', tf.tanh, Math.tanh, [1, -3, 2, 7, -4, 0], (x) => 1 - Math.tanh(x) ** 2),
  ...elementwise('asinh', tf.asinh, Math.asinh, wide, (x) => 1 / sqrt(x * x + 1)),
  ...elementwise('acosh', tf.acosh, Math.acosh, [2, 3, 4, 5, 6], (x) => 1 / sqrt(x * x - 1)),
  ...elementwise('atanh', tf.atanh, Math.atanh, near, (x) => 1 / (1 - x * x)),
  ...casesOf('asin', ['outside', tf.asin, [f32([4, -0.5, -3])], f32([NaN, Math.asin(-0.5), NaN])]),
  ...casesOf('acos', ['outside', tf.acos, [f32([4, -0.5, -3])], f32([NaN, Math.acos(-0.5), NaN])]),
  ...casesOf('acosh', ['outside', tf.acosh, [f32([4, -1, 2])], f32([Math.acosh(4), NaN, Math.acosh(2)])]),
  ...casesOf('atanh', ['at and beyond the ends', tf.atanh, [f32([1, -1, 2])], f32([Infinity, -Infinity, NaN])]),
  ...casesOf('asinh', [
    'int32 gives float32',
    tf.asinh,
    [i32([1, -3])],
    f32([Math.asinh(1), Math.asinh(-3)]),
    { tensorflowjs: 'int32, truncated' }
  ]),
  ...casesOf('tanh', ['far out', tf.tanh, [f32([100, -100])], f32([1, -1])])
])

runCases('signs, roundings, tests', [
  ...elementwise('abs', tf.abs, Math.abs, [1, -2, 3, -0.1], Math.sign),
  ...elementwise(
    'neg',
    tf.neg,
    (x) => -x,
    wide,
    () => -1
  ),
  ...elementwise('floor', tf.floor, Math.floor, [1.5, 2.1, -1.4, 3, -5.9], zero),
  ...elementwise('ceil', tf.ceil, Math.ceil, [1.5, 2.1, -1.4, 3, -5.9], zero),
  ...casesOf(
    'abs',
    ['int32', tf.abs, [i32([10, 12345678, -12345678])], i32([10, 12345678, 12345678])],
    ['zero has slope 0', tf.abs, [f32([0, -2])], f32([0, 2]), { gradients: [f32([3, 5]), f32([0, -5])] }]
  ),
  ...casesOf(
    'neg',
    ['int32', tf.neg, [i32([1, -3, 12345678])], i32([-1, 3, -12345678])],
    ['of a bool, int32', tf.neg, [bool([1, 0])], i32([-1, 0]), { tensorflowjs: 'a bool' }]
  ),
  ...casesOf(
    'sign',
    ['values', tf.sign, [f32([1.5, 0, -1.4])], f32([1, 0, -1]), { gradients: [f32([1, 1, 1]), f32([0, 0, 0])] }],
    ['int32', tf.sign, [i32([-7, 0, 7])], i32([-1, 0, 1])],
    ['NaN stays', tf.sign, [f32([1.5, NaN, -1.4])], f32([1, NaN, -1]), { tensorflowjs: '0 for NaN' }]
  ),
  ...casesOf(
    'round',
    [
      'halves to even',
      tf.round,
      [f32([0.9, 2.5, 2.3, 1.5, -4.5])],
      f32([1, 2, 2, 2, -4]),
      { gradients: [f32([1, 2, 3, 4, 5]), f32([0, 0, 0, 0, 0])] }
    ],
    ['int32', tf.round, [i32([-12345678, 10, 12345678])], i32([-12345678, 10, 12345678])],
    ['NaN stays', tf.round, [f32([1.5, NaN, -1.4])], f32([2, NaN, -1])]
  ),
  ...casesOf(
    'isNaN, isInf, isFinite',
    ['isNaN', tf.isNaN, [f32([NaN, Infinity, -Infinity, 0, 1])], bool([1, 0, 0, 0, 0])],
    ['isInf', tf.isInf, [f32([NaN, Infinity, -Infinity, 0, 1])], bool([0, 1, 1, 0, 0])],
    ['isFinite', tf.isFinite, [f32([NaN, Infinity, -Infinity, 0, 1])], bool([0, 0, 0, 1, 1])],
    [
      'int32',
      (x) => [tf.isNaN(x), tf.isInf(x), tf.isFinite(x)],
      [i32([0, 5])],
      [bool([0, 0]), bool([0, 0]), bool([1, 1])]
    ]
  ),
  ...casesOf(
    'step',
    [
      'values',
      (x) => tf.step(x),
      [f32([1, -2, -0.01, 3, -0.1])],
      f32([1, 0, 0, 1, 0]),
      { gradients: [f32([1, 2, 3, 4, 5]), f32([0, 0, 0, 0, 0])] }
    ],
    ['alpha, and NaN', (x) => tf.step(x, 0.1), [f32([1, -2, -0.01, 3, NaN])], f32([1, 0.1, 0.1, 1, NaN])],
    ['int32', (x) => tf.step(x), [i32([1, -2, 12345678, -12345678])], i32([1, 0, 1, 0])]
  ),
  ...casesOf(
    'clipByValue',
    ['values', (x) => tf.clipByValue(x, -1, 50), [f32([3, -1, 0, 100, -7, 2])], f32([3, -1, 0, 50, -1, 2])],
    [
      'NaN stays',
      (x) => tf.clipByValue(x, -1, 50),
      [f32([3, -1, 0, 100, -7, 2, 5, NaN])],
      f32([3, -1, 0, 50, -1, 2, 5, NaN])
    ],
    [
      'slopes, 1 at the bounds',
      (x) => tf.clipByValue(x, -1, 2),
      [f32([-1, 1, 2, 3, -2])],
      f32([-1, 1, 2, 2, -1]),
      { gradients: [f32([1, 10, 100, 1000, 5]), f32([1, 10, 100, 0, 0])] }
    ],
    ['one value', (x) => tf.clipByValue(x, 2, 2), [f32([1, 2, 3])], f32([2, 2, 2])],
    ['int32', (x) => tf.clipByValue(x, -1, 50), [i32([2, 3, 400])], i32([2, 3, 50])],
    ['infinite bounds', (x) => tf.clipByValue(x, -Infinity, 0), [f32([2, -Infinity])], f32([0, -Infinity])]
  )
])

runCases('activations', [
  ...elementwise('sigmoid', tf.sigmoid, logistic, [1, 2, -3, 5, 7], (x) => logistic(x) * logistic(-x)),
  ...elementwise(
    'logSigmoid',
    tf.logSigmoid,
    (x) => -log1p(exp(-x)),
    [1, 2, -3, 5],
    (x) => logistic(-x)
  ),
  ...elementwise('softplus', tf.softplus, (x) => log1p(exp(x)), [1, 2, -3, 5], logistic),
  ...elementwise(
    'relu',
    tf.relu,
    (x) => Math.max(x, 0),
    [1, -1, 5, 0.1],
    (x) => Number(x > 0)
  ),
  ...elementwise(
    'relu6',
    tf.relu6,
    (x) => Math.min(Math.max(x, 0), 6),
    [8, -1, 0.5, 3],
    (x) => Number(x > 0 && x < 6)
  ),
  ...elementwise(
    'elu',
    tf.elu,
    (x) => (x > 0 ? x : Math.expm1(x)),
    [1, 3, -2, 0.4],
    (x) => (x > 0 ? 1 : exp(x))
  ),
  ...elementwise(
    'selu',
    tf.selu,
    (x) => (x > 0 ? SCALE * x : SCALE_ALPHA * Math.expm1(x)),
    [1, -1, -3, 2],
    (x) => (x > 0 ? SCALE : SCALE_ALPHA * exp(x))
  ),
  ...elementwise(
    'leakyRelu',
    (x) => tf.leakyRelu(x, 0.1),
    (x) => (x > 0 ? x : 0.1 * x),
    [1, -1, 0.1, -4],
    (x) => (x > 0 ? 1 : 0.1)
  ),
  ...elementwise(
    'erf',
    tf.erf,
    (x) => ({ 0.25: 0.2763264, 0.5: 0.5204999, 0.75: 0.7111556, 1: 0.8427008 })[x]!,
    [0.25, 0.5, 0.75, 1],
    (x) => (2 / sqrt(PI)) * exp(-x * x)
  ),
  ...casesOf('sigmoid', ['far out', tf.sigmoid, [f32([-100, 100])], f32([0, 1])]),
  ...casesOf('logSigmoid', [
    'far out',
    tf.logSigmoid,
    [f32([-100, -200, -3000, 100, 50000])],
    f32([-100, -200, -3000, 0, 0])
  ]),
  ...casesOf('softplus', ['far out', tf.softplus, [f32([-100, -50000, 100, 3000])], f32([0, 0, 100, 3000])]),
  ...casesOf(
    'relu',
    ['int32', tf.relu, [i32([12345678, -2, 0, 3, -1])], i32([12345678, 0, 0, 3, 0])],
    [
      'slope 0 at 0',
      tf.relu,
      [f32([1, -1, 0, 0.1])],
      f32([1, 0, 0, 0.1]),
      { gradients: [f32([1, 2, 3, 4]), f32([1, 0, 0, 4])] }
    ]
  ),
  ...casesOf('relu6', ['int32', tf.relu6, [i32([12345678, -2, 0, 3, -1])], i32([6, 0, 0, 3, 0])]),
  ...casesOf('leakyRelu', ['int32 gives float32', (x) => tf.leakyRelu(x), [i32([0, 1, -2])], f32([0, 1, -0.4])]),
  ...casesOf(
    'erf',
    ['far out', tf.erf, [f32([-1.4, -2.5, -3.1, -4.4])], f32([-0.9522852, -0.999593, -0.9999883, -1])],
    ['int32 gives float32', tf.erf, [i32(1)], f32(0.8427008)]
  )
])
