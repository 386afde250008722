/** The law table: one row or more for each primitive, with arguments in its safe domain. */
import * as tf from '@tensorflow/tfjs-core'
import {
  argsort,
  bitsToUnit,
  bitwiseXor,
  cond,
  customVjp,
  digamma,
  erf,
  erfc,
  erfinv,
  erfinvXla,
  foriLoop,
  lgamma,
  logRemainder,
  polygamma,
  scan,
  sort,
  stopGradient,
  threefry2x32,
  whileLoop
} from '../../src/index'
import { logicalXor } from '../../src/primitives/binary'
import { bitwiseAnd } from '../../src/primitives/bitwise'
import { gemm } from '../../src/primitives/gemm'
import { top } from '../../src/primitives/reduce'
import { softmax } from '../../src/primitives/softmax'
import { bind1 } from '../../src/trace/context'
import { scatterAdd } from '../../src/primitives/indexing'
import { exactly, integer, real, row, truth, type Row } from './laws'
import { convRows } from './rows-conv'
import { linalgRows as factorRows } from './rows-linalg'
import { transformRows } from './rows-transforms'

type Unary = (x: tf.Tensor) => tf.Tensor
type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor

type Edges = Partial<Pick<Row, 'except' | 'absolute'>>

const unary = (name: string, f: Unary, low: number, high: number, edges: Edges = {}): Row =>
  row(name, (x) => f(x!), [real([2, 3], low, high)], { special: true, ...edges })

const unaryRows: readonly Row[] = [
  unary('abs', tf.abs, -2, 2),
  unary('neg', tf.neg, -2, 2),
  unary('sign', tf.sign, -2, 2, { except: Number.isNaN }),
  unary('floor', tf.floor, -3, 3),
  unary('ceil', tf.ceil, -3, 3),
  unary('round', tf.round, -3, 3),
  unary('exp', tf.exp, -2, 2),
  unary('expm1', tf.expm1, -2, 2),
  unary('log', tf.log, 0.3, 3),
  unary('log1p', tf.log1p, -0.6, 3),
  unary('sqrt', tf.sqrt, 0.3, 3),
  unary('rsqrt', tf.rsqrt, 0.3, 3),
  unary('square', tf.square, -2, 2),
  unary('reciprocal', tf.reciprocal, 0.4, 3),
  unary('sin', tf.sin, -3, 3),
  unary('cos', tf.cos, -3, 3),
  unary('tan', tf.tan, -1.1, 1.1),
  unary('asin', tf.asin, -0.8, 0.8),
  unary('acos', tf.acos, -0.8, 0.8),
  unary('atan', tf.atan, -3, 3),
  unary('sinh', tf.sinh, -2, 2),
  unary('cosh', tf.cosh, -2, 2),
  unary('asinh', tf.asinh, -2, 2),
  unary('acosh', tf.acosh, 1.4, 4),
  unary('atanh', tf.atanh, -0.8, 0.8),
  unary('tanh', tf.tanh, -2, 2),
  unary('sigmoid', tf.sigmoid, -3, 3, { absolute: 1e-7 }),
  unary('softplus', tf.softplus, -3, 3),
  unary('relu', tf.relu, -2, 2),
  unary('erf', tf.erf, -2, 2, { absolute: 2e-7 }),
  unary('clip', (x) => tf.clipByValue(x, -1, 0.75), -2, 2),
  row('clip', (x) => tf.clipByValue(x!, -3, 4), [integer([6], -9, 9)], { label: 'int32' }),
  unary('erf', erf, -2, 2),
  unary('erfc', erfc, -2, 4),
  unary('erfinv', erfinv, -0.7, 0.7),
  unary('erfinvXla', erfinvXla, -0.7, 0.7),
  unary('logRemainder', (x) => logRemainder(tf.add(x, 1), x), -0.7, 3),
  unary('lgamma', lgamma, 0.3, 6),
  row('lgamma', (x) => lgamma(x!), [exactly([4], 'float32', [-0.4, -1.3, -2.6, -3.5])], { label: 'negative' }),
  unary('polygamma', digamma, 0.3, 6),
  row('polygamma', (x) => digamma(x!), [exactly([4], 'float32', [-0.4, -1.3, -2.6, 0.7])], {
    label: 'negative, and not'
  }),
  ...[1, 2, 5].map((order) =>
    row('polygamma', (x) => polygamma(order, x!), [real([2, 3], 0.5, 4)], { label: `order ${order}`, special: true })
  ),
  row('polygamma', (x) => polygamma(2, x!), [exactly([3], 'float32', [-0.4, -1.3, 2.5])], {
    label: 'order 2, negative'
  }),
  row('isNaN', (x) => tf.isNaN(x!), [exactly([3], 'float32', [NaN, 1, -Infinity])], {
    special: true,
    differentiable: false
  }),
  row('isInf', (x) => tf.isInf(x!), [exactly([3], 'float32', [NaN, 1, -Infinity])], {
    special: true,
    differentiable: false
  }),
  row('isFinite', (x) => tf.isFinite(x!), [exactly([3], 'float32', [NaN, 1, -Infinity])], {
    special: true,
    differentiable: false
  }),
  row('logicalNot', (x) => tf.logicalNot(x!), [truth([5])]),
  row('stopGradient', (x) => tf.mul(x!, stopGradient(tf.sin(x!))), [real([3], -2, 2)], {
    differentiable: false,
    label: 'value'
  }),
  ...(['abs', 'neg', 'sign', 'square'] as const).map((name) =>
    row(name, (x) => tf[name](x!), [integer([2, 3], -9, 9)], { label: 'int32' })
  )
]

const binary = (
  name: string,
  f: Binary,
  a: readonly [number, number],
  b: readonly [number, number],
  differentiable = true,
  edges: Edges = {}
): readonly Row[] => [
  row(name, (x, y) => f(x!, y!), [real([2, 3], ...a), real([3], ...b)], { special: true, differentiable, ...edges }),
  row(name, (x, y) => f(x!, y!), [real([2, 1], ...a), real([1, 3], ...b)], { differentiable, label: 'both broadcast' }),
  row(name, (x, y) => f(x!, y!), [real([], ...a), real([2, 2], ...b)], { differentiable, label: 'scalar' })
]

const binaryInt = (name: string, f: Binary, b: readonly [number, number] = [-9, 9]): Row =>
  row(name, (x, y) => f(x!, y!), [integer([2, 3], -9, 9), integer([3], ...b)], { label: 'int32' })

const binaryBool = (name: string, f: Binary): Row => row(name, (x, y) => f(x!, y!), [truth([2, 3]), truth([3])])

const binaryRows: readonly Row[] = [
  ...binary('add', tf.add, [-2, 2], [-2, 2]),
  ...binary('sub', tf.sub, [-2, 2], [-2, 2]),
  ...binary('mul', tf.mul, [-2, 2], [-2, 2]),
  ...binary('div', tf.div, [-2, 2], [0.5, 2]),
  ...binary('floorDiv', tf.floorDiv, [-5, 5], [0.7, 2], false).map((r) => ({ ...r, special: false })),
  ...binary('mod', tf.mod, [-5, 5], [0.7, 2], true, { except: (_, b) => Math.abs(b) === Infinity }),
  ...binary('pow', tf.pow, [0.4, 2], [-2, 2], true, { except: (a, b) => Math.abs(a) === 1 && !Number.isFinite(b) }),
  ...binary('maximum', tf.maximum, [-2, 2], [-2, 2]),
  ...binary('minimum', tf.minimum, [-2, 2], [-2, 2]),
  ...(
    [
      ['equal', tf.equal],
      ['notEqual', tf.notEqual],
      ['less', tf.less],
      ['lessEqual', tf.lessEqual],
      ['greater', tf.greater],
      ['greaterEqual', tf.greaterEqual]
    ] as const
  ).flatMap(([name, f]) => [...binary(name, f, [-2, 2], [-2, 2], false), binaryInt(name, f, [-3, 3])]),
  binaryInt('add', tf.add),
  binaryInt('sub', tf.sub),
  binaryInt('mul', tf.mul),
  binaryInt('floorDiv', tf.floorDiv, [1, 5]),
  binaryInt('floorDiv', tf.div, [-5, -1]),
  binaryInt('mod', tf.mod, [1, 5]),
  binaryInt('mod', tf.mod, [-5, -1]),
  binaryInt('maximum', tf.maximum),
  binaryInt('minimum', tf.minimum),
  binaryInt('bitwiseAnd', (a, b) => bind1(bitwiseAnd, [a, b], {})), // tf.bitwiseAnd does not broadcast
  binaryBool('logicalAnd', tf.logicalAnd),
  binaryBool('logicalOr', tf.logicalOr),
  binaryBool('logicalXor', (a, b) => bind1(logicalXor, [a, b], {})), // tf.logicalXor is made of the others
  row('equal', (a, b) => tf.equal(a!, b!), [truth([4]), truth([4])], { label: 'bool' }),
  row('select', (c, a, b) => tf.where(c!, a!, b!), [truth([2, 3]), real([2, 3], -2, 2), real([2, 3], -2, 2)]),
  row('select', (c, a, b) => tf.where(c!, a!, b!), [truth([2, 1]), real([3], -2, 2), real([], -2, 2)], {
    label: 'broadcast'
  }),
  row('select', (c, a, b) => tf.where(c!, a!, b!), [truth([4]), integer([4], -5, 5), integer([4], -5, 5)], {
    label: 'int32'
  }),
  row('select', (c, a, b) => tf.where(c!, a!, b!), [truth([4]), truth([4]), truth([4])], { label: 'bool' }),
  row('select', (c, a) => tf.where(c!, a!, 0), [truth([4]), integer([4], -5, 5)], { label: 'int32 or a float' })
]

const axisCases: readonly (readonly [label: string, axis: number | number[] | undefined, keepDims: boolean])[] = [
  ['all', undefined, false],
  ['axis 0', 0, false],
  ['last, kept', -1, true],
  ['two axes', [0, 2], false]
]

const reduction = (name: 'sum' | 'prod' | 'max' | 'min'): readonly Row[] => [
  ...axisCases.map(([label, axis, keepDims]) =>
    row(name, (x) => tf[name](x!, axis, keepDims), [real([2, 3, 2], 0.5, 1.5)], { label })
  ),
  row(name, (x) => tf[name](x!, 1), [integer([2, 3], -4, 5)], { label: 'int32' })
]

const reduceRows: readonly Row[] = [
  ...(['sum', 'prod', 'max', 'min'] as const).flatMap(reduction),
  row('prod', (x) => tf.prod(x!, 1), [exactly([3, 3], 'float32', [0, 0.5, 2, 3, 0, 0, 1.5, -0.5, 2])], {
    label: 'zeros'
  }),
  row('sum', (x) => tf.sum(x!), [truth([5])], { label: 'bool' }),
  ...(['max', 'min'] as const).map((name) =>
    row(name, (x) => tf[name](x!, 1), [exactly([4, 3], 'float32', [1, NaN, 2, NaN, 1, 2, 1, 2, NaN, 2, 1, 0])], {
      label: 'NaN anywhere',
      differentiable: false
    })
  ),
  ...(['argMax', 'argMin'] as const).map((name) =>
    row(name, (x) => tf[name](x!, 1), [exactly([3, 3], 'float32', [1, NaN, 2, 1, 2, NaN, 2, 1, 0])], {
      label: 'NaN is passed over',
      differentiable: false
    })
  ),
  ...(
    [
      ['any', tf.any],
      ['all', tf.all]
    ] as const
  ).flatMap(([name, f]) => [
    row(name, (x) => f(x!, 1), [truth([3, 3])]),
    row(name, (x) => f(x!), [truth([4])], { label: 'all axes' })
  ]),
  ...(
    [
      ['argMax', tf.argMax],
      ['argMin', tf.argMin]
    ] as const
  ).flatMap(([name, f]) => [
    row(name, (x) => f(x!, -1), [real([3, 4], -2, 2)], { differentiable: false }),
    row(name, (x) => f(x!, 0), [exactly([3, 2], 'float32', [1, 2, 1, 5, 0, 5])], {
      differentiable: false,
      label: 'ties: the first'
    })
  ]),
  ...[false, true].flatMap((exclusive) =>
    [false, true].map((reverse) =>
      row('cumsum', (x) => tf.cumsum(x!, 1, exclusive, reverse), [real([2, 3, 2], -2, 2)], {
        label: `${exclusive} ${reverse}`
      })
    )
  ),
  row('cumsum', (x) => tf.cumsum(x!, 0), [integer([4], -4, 5)], { label: 'int32' }),
  row('logSoftmax', (x) => tf.logSoftmax(x!), [real([2, 3], -2, 2)]),
  row('logSoftmax', (x) => tf.softmax(x!), [real([2, 3], -2, 2)], { label: 'softmax' })
]

const shapeRows: readonly Row[] = [
  row('reshape', (x) => tf.sin(tf.reshape(x!, [3, 2])), [real([2, 3], -2, 2)]),
  row('reshape', (x) => tf.reshape(x!, [3, 2]), [integer([6], -4, 5)], { label: 'int32' }),
  row('transpose', (x) => tf.sin(tf.transpose(x!, [2, 0, 1])), [real([2, 3, 2], -2, 2)]),
  row('broadcastTo', (x) => tf.sin(tf.broadcastTo(x!, [2, 3, 4])), [real([3, 1], -2, 2)]),
  row('broadcastTo', (x) => tf.broadcastTo(x!, [2, 2]), [truth([2])], { label: 'bool' }),
  row('concat', (a, b) => tf.sin(tf.concat([a!, b!], 1)), [real([2, 1], -2, 2), real([2, 3], -2, 2)]),
  row('concat', (a, b) => tf.concat([a!, b!], 0), [truth([2]), truth([3])], { label: 'bool' }),
  row(
    'split',
    (x) => {
      const [a, , c] = tf.split(x!, [1, 2, 1], 1)
      return tf.mul(a!, c!)
    },
    [real([2, 4], -2, 2)]
  ),
  row('slice', (x) => tf.sin(tf.slice(x!, [0, 1], [2, 2])), [real([2, 4], -2, 2)]),
  row('slice', (x) => tf.slice(x!, [1], [2]), [integer([4], -5, 5)], { label: 'int32' }),
  row(
    'pad',
    (x) =>
      tf.sin(
        tf.pad(
          x!,
          [
            [1, 0],
            [0, 2]
          ],
          0.5
        )
      ),
    [real([2, 2], -2, 2)]
  ),
  row('pad', (x) => tf.pad(x!, [[1, 2]], 7), [integer([3], -5, 5)], { label: 'int32' }),
  row('reverse', (x) => tf.sin(tf.reverse(x!, [0, 2])), [real([2, 3, 2], -2, 2)]),
  row('cast', (x) => tf.cast(x!, 'int32'), [real([5], -4, 4)], { differentiable: false, label: 'float32 to int32' }),
  row('cast', (x) => tf.cast(x!, 'float32'), [integer([5], -4, 4)], { label: 'int32 to float32' }),
  row('cast', (x) => tf.cast(x!, 'bool'), [integer([5], -1, 2)], { label: 'int32 to bool' }),
  row('cast', (x) => tf.cast(x!, 'int32'), [truth([5])], { label: 'bool to int32' }),
  row('cast', (x) => tf.cast(x!, 'bool'), [exactly([3], 'float32', [0, 0.5, -2])], {
    differentiable: false,
    label: 'float32 to bool'
  }),
  row('constant', (x) => tf.mul(x!, tf.tensor1d([1, 2, 3])), [real([3], -2, 2)])
]

const indexingRows: readonly Row[] = [
  row('gather', (x, i) => tf.sin(tf.gather(x!, i!, 1)), [real([2, 4, 2], -2, 2), integer([3], 0, 4)]),
  row('gather', (x, i) => tf.sin(tf.gather(x!, i!)), [real([4, 2], -2, 2), integer([2, 2], 0, 4)], {
    label: 'matrix of indices'
  }),
  row('gather', (x, i) => tf.sin(tf.gather(x!, i!)), [real([4], -2, 2), integer([], 0, 4)], { label: 'scalar index' }),
  row('gather', (x, i) => tf.gather(x!, i!), [integer([4], -5, 5), integer([3], 0, 4)], { label: 'int32' }),
  row('scatterAdd', (y, i) => tf.sin(bind1(scatterAdd, [y!, i!], { axis: 1, size: 4 })), [
    real([2, 3, 2], -2, 2),
    integer([3], 0, 4)
  ]),
  row(
    'scatterAdd',
    (y, i) => tf.sin(bind1(scatterAdd, [y!, i!], { axis: 0, size: 3 })),
    [real([2, 2, 2], -2, 2), integer([2, 2], 0, 3)],
    { label: 'matrix of indices' }
  ),
  row(
    'scatterAdd',
    (y, i) => tf.unsortedSegmentSum(y!, tf.reshape(i!, [5]) as tf.Tensor1D, 3),
    [integer([5], -5, 5), integer([5], 0, 3)],
    { label: 'int32' }
  ),
  row('argsort', (x) => argsort(x!), [real([2, 5], -2, 2)], { differentiable: false }),
  row('argsort', (x) => argsort(x!, true), [exactly([5], 'float32', [1, 2, 2, 0, 1])], {
    differentiable: false,
    label: 'descending, stable'
  }),
  row('argsort', (x) => argsort(x!), [integer([6], -3, 3)], { label: 'int32' }),
  row('argsort', (x) => argsort(x!), [truth([6])], { label: 'bool' }),
  ...[false, true].flatMap((descending) => [
    row(
      'argsort',
      (x) => argsort(x!, descending),
      [exactly([2, 4], 'float32', [NaN, 1, NaN, 0, 2, NaN, Infinity, 1])],
      {
        differentiable: false,
        label: `NaN last, ${descending ? 'descending' : 'ascending'}`
      }
    ),
    row('argsort', (x) => sort(x!, descending), [real([2, 5], -2, 2)], { label: `sorted values, ${descending}` })
  ]),
  row('argsort', (x) => sort(x!), [integer([2, 4], -9, 9)], { label: 'sorted int32' }),
  row('argsort', (x) => tf.topk(x!, 2).values, [real([3, 4], -2, 2)], { label: 'the largest two' }),
  row('argsort', (x) => tf.topk(x!, 2).indices, [real([4], -2, 2)], {
    differentiable: false,
    label: 'where the largest two are'
  })
]

const linalgRows: readonly Row[] = [
  ...[false, true].flatMap((ta) =>
    [false, true].map((tb) =>
      row(
        'matMul',
        (a, b) => tf.matMul(a!, b!, ta, tb),
        [real(ta ? [3, 2] : [2, 3], -1, 1), real(tb ? [2, 3] : [3, 2], -1, 1)],
        { label: `${ta} ${tb}` }
      )
    )
  ),
  ...[false, true].flatMap((ta) =>
    [false, true].map((tb) =>
      row(
        'matMul',
        (a, b) => tf.matMul(a!, b!, ta, tb),
        [real(ta ? [2, 3, 2] : [2, 2, 3], -1, 1), real(tb ? [1, 4, 3] : [1, 3, 4], -1, 1)],
        { label: `batched ${ta} ${tb}` }
      )
    )
  ),
  row('matMul', (a, b) => tf.matMul(a!, b!, true, true), [integer([3, 2], -9, 9), integer([4, 3], -9, 9)], {
    label: 'int32'
  }),
  row('matMul', (a, b) => tf.matMul(a!, b!), [real([2, 2, 3], -1, 1), real([3, 2], -1, 1)], {
    label: 'matrix on the right'
  }),
  row('matMul', (a, b) => tf.matMul(a!, b!), [real([2, 3], -1, 1), real([2, 3, 2], -1, 1)], {
    label: 'matrix on the left'
  }),
  row('gemm', (a, b, c) => bind1(gemm, [a!, b!, c!], { transposeA: false, transposeB: true }), [
    real([2, 3], -1, 1),
    real([4, 3], -1, 1),
    real([4], -1, 1)
  ]),
  row('top', (x) => bind1(top, [x!], { axes: [1], keepDims: true }), [real([2, 3, 2], -2, 2)]),
  row('top', (x) => bind1(top, [x!], { axes: [0], keepDims: true }), [real([3, 4], -2, 2)], { label: 'of columns' }),
  row('softmax', (x) => bind1(softmax, [x!], {}), [real([2, 3], -2, 2)]),
  row('softmax', (x) => bind1(softmax, [x!], {}), [real([4096, 3], -2, 2)], {
    differentiable: false, // 12,288 finite differences of 12,288 numbers
    label: 'many short rows'
  })
]

const logistic = customVjp({
  forward: (x: tf.Tensor): readonly [tf.Tensor, tf.Tensor] => {
    const y = tf.div(1, tf.add(1, tf.exp(tf.neg(x))))
    return [y, y]
  },
  backward: (y: tf.Tensor, dy: tf.Tensor): readonly [tf.Tensor] => [tf.mul(dy, tf.mul(y, tf.sub(1, y)))]
})

const loopRows: readonly Row[] = [
  row(
    'scan',
    (c, w, xs) => {
      const [last, ys] = scan(
        (carry: tf.Tensor, x: tf.Tensor): readonly [tf.Tensor, tf.Tensor] => {
          const next = tf.tanh(tf.add(tf.mul(carry, w!), x))
          return [next, tf.mul(next, carry)]
        },
        c!,
        xs!
      )
      return tf.concat([tf.reshape(last, [1, 2]), ys])
    },
    [real([2], -1, 1), real([2], -1, 1), real([3, 2], -1, 1)]
  ),
  row(
    'scan',
    (x) => foriLoop(1, 4, (i, c: tf.Tensor) => tf.sin(tf.mul(c, tf.cast(i, 'float32'))), x!),
    [real([3], -1, 1)],
    { label: 'foriLoop' }
  ),
  row(
    'scan',
    (xs) =>
      scan(
        (n: tf.Tensor, x: tf.Tensor): readonly [tf.Tensor, tf.Tensor] => [tf.add(n, x), n],
        tf.scalar(3, 'int32'),
        xs!,
        { reverse: true }
      )[1],
    [integer([4], -3, 3)],
    { label: 'int32, reverse' }
  ),
  row(
    'cond',
    (p, x, y) =>
      cond(
        p!,
        (a: tf.Tensor, b: tf.Tensor) => tf.mul(a, tf.sin(b)),
        (a: tf.Tensor, b: tf.Tensor) => tf.exp(tf.sub(a, b)),
        x!,
        y!
      ),
    [truth([]), real([2], -1, 1), real([2], -1, 1)]
  ),
  row(
    'whileLoop',
    (x, w) =>
      whileLoop(
        (c: tf.Tensor) => tf.less(tf.sum(c), 9),
        (c) => tf.add(tf.mul(c, 1.5), w!),
        x!
      ),
    [real([2], 0.2, 2), real([2], 0.1, 1)],
    { differentiable: false, forwardOnly: true }
  ),
  row('customVjp', (x) => logistic(x!), [real([2, 3], -2, 2)])
]

const bits = (shape: readonly number[]) => integer(shape, -(2 ** 31), 2 ** 31)

const randomRows: readonly Row[] = [
  row('threefry2x32', (a, b, c, d) => tf.stack([...threefry2x32(a!, b!, c!, d!)]), [
    bits([]),
    bits([]),
    bits([3]),
    bits([2, 1])
  ]),
  row('bitsToUnit', (x) => bitsToUnit(x!), [bits([6])]),
  row('bitwiseXor', (a, b) => bitwiseXor(a!, b!), [bits([2, 3]), bits([3])])
]

export const rows: readonly Row[] = [
  ...unaryRows,
  ...binaryRows,
  ...reduceRows,
  ...shapeRows,
  ...indexingRows,
  ...linalgRows,
  ...factorRows,
  ...convRows,
  ...loopRows,
  ...transformRows,
  ...randomRows
]
