/** TensorFlow.js ops that a trace composes of primitives: eager = compiled = vmap = a loop over members. */
import * as fc from 'fast-check'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { digamma, erf, erfc, grad, jit, lgamma, polygamma, sort, vmap } from '../src/index'
import { evaluateReference } from '../src/graph/evaluate'
import {
  exactly,
  expectNear,
  expectSameTensors,
  finiteDifferences,
  gradientOf,
  graphFor,
  hostOf,
  integer,
  lossOf,
  real,
  row,
  tensorOf,
  truth,
  type Argument,
  type Row
} from './support/laws'

type Op = (...xs: tf.Tensor[]) => tf.Tensor

const x = (...shape: number[]): Argument => real(shape, -2, 2)
const positive = (...shape: number[]): Argument => real(shape, 0.3, 2)

const ops: Readonly<Record<string, readonly [f: Op, args: readonly Argument[]]>> = {
  einsum: [(a, b) => tf.einsum('bij,bjk->bki', a!, b!), [x(2, 2, 3), x(2, 3, 2)]],
  'einsum, outer': [(a, b) => tf.einsum('i,j->ij', a!, b!), [x(2), x(3)]],
  'einsum, trace of a product': [(a, b) => tf.einsum('ij,ji->', a!, b!), [x(2, 3), x(3, 2)]],
  stridedSlice: [(a) => tf.stridedSlice(a!, [0, 3], [2, 0], [1, -2]), [x(2, 4)]],
  'stridedSlice, step 2': [(a) => tf.stridedSlice(a!, [1], [5], [2]), [x(6)]],
  'topk values': [(a) => tf.topk(a!, 2).values, [x(2, 4)]],
  'topk indices': [(a) => tf.topk(a!, 2).indices, [x(2, 4)]],
  oneHot: [(i) => tf.oneHot(i!, 4), [integer([3], 0, 4)]],
  'oneHot, float': [(i) => tf.oneHot(tf.cast(i!, 'int32'), 3, 0.9, 0.05, 'float32'), [integer([2, 2], 0, 3)]],
  gatherND: [(a, i) => tf.gatherND(a!, i!), [x(3, 3, 2), integer([2, 2], 0, 3)]],
  scatterND: [(i, u) => tf.scatterND(tf.reshape(i!, [4, 1]), u!, [3, 2]), [integer([4], 0, 3), x(4, 2)]],
  unsortedSegmentSum: [(u, i) => tf.unsortedSegmentSum(u!, i as tf.Tensor1D, 3), [x(4, 2), integer([4], 0, 3)]],
  batchNorm: [
    (a, m, v, o, s) => tf.batchNorm(a!, m as tf.Tensor1D, v as tf.Tensor1D, o as tf.Tensor1D, s as tf.Tensor1D, 1e-2),
    [x(3, 2), x(2), positive(2), x(2), x(2)]
  ],
  mean: [(a) => tf.mean(a!, [0, -1]), [x(2, 3, 2)]],
  'mean of all': [(a) => tf.mean(a!), [x(2, 3)]],
  stack: [(a, b) => tf.stack([a!, b!], 1), [x(2, 3), x(2, 3)]],
  unstack: [
    (a) => {
      const [p, q] = tf.unstack(a!, 1)
      return tf.mul(p!, q!)
    },
    [x(3, 2)]
  ],
  tile: [(a) => tf.tile(a!, [2, 3]), [x(2, 2)]],
  'norm 2': [(a) => tf.norm(a!), [x(2, 3)]],
  'norm 1 over an axis': [(a) => tf.norm(a!, 1, 1), [x(2, 3)]],
  logSumExp: [(a) => tf.logSumExp(a!, 1), [x(2, 3)]],
  logSigmoid: [(a) => tf.logSigmoid(a!), [x(4)]],
  prelu: [(a, w) => tf.prelu(a!, w!), [x(2, 3), positive(3)]],
  elu: [(a) => tf.elu(a!), [x(6)]],
  selu: [(a) => tf.selu(a!), [x(6)]],
  leakyRelu: [(a) => tf.leakyRelu(a!, 0.1), [x(6)]],
  relu6: [(a) => tf.relu6(tf.mul(a!, 5)), [x(6)]],
  step: [(a) => tf.step(a!, 0.3), [x(6)]],
  clipByValue: [(a) => tf.clipByValue(a!, -1, 0.5), [x(6)]],
  cumprod: [(a) => tf.cumprod(a!, 1), [x(2, 5)]],
  'cumprod, exclusive and reverse': [(a) => tf.cumprod(a!, 0, true, true), [x(3, 2)]],
  atan2: [(a, b) => tf.atan2(a!, b!), [x(5), x(5)]],
  squaredDifference: [(a, b) => tf.squaredDifference(a!, b!), [x(2, 3), x(3)]],
  outerProduct: [(a, b) => tf.outerProduct(a as tf.Tensor1D, b as tf.Tensor1D), [x(2), x(3)]],
  'dot of vectors': [(a, b) => tf.dot(a!, b!), [x(3), x(3)]],
  'dot of matrix and vector': [(a, b) => tf.dot(a!, b!), [x(2, 3), x(3)]],
  moments: [
    (a) => {
      const { mean, variance } = tf.moments(a!, 0, true)
      return tf.add(mean, variance)
    },
    [x(3, 2)]
  ],
  addN: [(a, b, c) => tf.addN([a!, b!, c!]), [x(2), x(2), x(2)]],
  'softmax cross entropy': [(a, b) => tf.losses.softmaxCrossEntropy(tf.softmax(b!), a!), [x(2, 3), x(2, 3)]],
  'sigmoid cross entropy': [(a, b) => tf.losses.sigmoidCrossEntropy(tf.sigmoid(b!), a!), [x(2, 3), x(2, 3)]],
  'mean squared error': [(a, b) => tf.losses.meanSquaredError(a!, b!), [x(2, 3), x(2, 3)]],
  'absolute difference': [(a, b) => tf.losses.absoluteDifference(a!, b!), [x(2, 3), x(2, 3)]],
  'huber loss': [(a, b) => tf.losses.huberLoss(a!, b!), [x(2, 3), x(2, 3)]],
  'log loss': [(a, b) => tf.losses.logLoss(tf.sigmoid(a!), tf.sigmoid(b!)), [x(2, 3), x(2, 3)]],
  linspace: [(a) => tf.mul(a!, tf.linspace(0, 1, 5)), [x(5)]],
  range: [(a) => tf.mul(a!, tf.range(4, 0, -1)), [x(4)]],
  'fill, ones, zeros, eye': [
    (a) => tf.add(tf.mul(tf.fill([2, 2], 3), tf.eye(2)), tf.mul(a!, tf.sub(tf.onesLike(a!), tf.zerosLike(a!)))),
    [x(2, 2)]
  ],
  'where and a comparison': [(a) => tf.where(tf.greater(a!, 0.5), tf.exp(a!), tf.square(a!)), [x(6)]],
  'mirrored by reverse and concat': [(a) => tf.concat([a!, tf.reverse(a!, 0)]), [x(3, 2)]],
  squeeze: [(a) => tf.squeeze(tf.expandDims(a!, 1), [1]), [x(2, 3)]],
  'sum of int32': [(i) => tf.sum(i!, 0), [integer([3, 2], -4, 5)]],
  logicalXor: [(a, b) => tf.logicalXor(a!, b!), [truth([4]), truth([4])]],
  'gather, member by member': [(a, i) => tf.gather(a!, i!, 2, 1), [x(2, 2, 4), integer([2, 3], 0, 4)]],
  'unsortedSegmentSum, ids out of range': [
    (u, i) => tf.unsortedSegmentSum(u!, i as tf.Tensor1D, 2),
    [x(5, 2), integer([5], -1, 2)]
  ],
  tensorScatterUpdate: [
    (a, i, u) => tf.tensorScatterUpdate(a!, tf.reshape(i!, [4, 1]), u!),
    [x(3, 2), integer([4], 0, 3), x(4, 2)]
  ],
  sparseToDense: [
    (i, v, d) => tf.sparseToDense(i!, v!, [4], d as tf.Scalar),
    [exactly([3], 'int32', [0, 2, 3]), x(3), x()]
  ],
  bincount: [(i, w) => tf.bincount(i as tf.Tensor1D, w as tf.Tensor1D, 3), [integer([5], 0, 4), x(5)]],
  denseBincount: [(i, w) => tf.denseBincount(i as tf.Tensor2D, w as tf.Tensor2D, 3), [integer([2, 4], 0, 4), x(2, 4)]],
  diag: [(a) => tf.diag(a!), [x(3)]],
  lowerBound: [(s, v) => tf.lowerBound(sort(s!), v!), [x(2, 5), x(2, 3)]],
  'upperBound, by bisection': [(s, v) => tf.upperBound(sort(s!), v!), [x(2, 500), x(2, 10)]],
  sort: [(a) => sort(a!, true), [x(2, 5)]],
  'linalg.bandPart': [(a) => tf.linalg.bandPart(a!, 1, 0), [x(2, 3, 3)]],
  'linalg.qr': [(a) => tf.matMul(...tf.linalg.qr(tf.add(a!, tf.mul(tf.eye(2), 5)))), [x(2, 2)]],
  'linalg.gramSchmidt': [
    (a) => tf.linalg.gramSchmidt(tf.add(a!, tf.mul(tf.eye(2), 5)) as tf.Tensor2D) as tf.Tensor,
    [x(2, 2)]
  ],
  divNoNan: [(a, b) => tf.divNoNan(a!, b!), [x(3), exactly([3], 'float32', [1.5, 0.5, -2])]],
  movingAverage: [(v, a, d) => tf.movingAverage(v!, a!, d as tf.Scalar, 3), [x(3), x(3), positive()]],
  'cosine distance': [(a, b) => tf.losses.cosineDistance(a!, b!, 1), [x(2, 3), x(2, 3)]],
  'hinge loss': [(a, b) => tf.losses.hingeLoss(tf.step(a!), b!), [x(2, 3), x(2, 3)]],
  'lgamma, digamma, trigamma': [(a) => tf.stack([lgamma(a!), digamma(a!), polygamma(1, a!)]), [real([4], 0.3, 6)]],
  'erf, erfc': [(a) => tf.stack([erf(a!), erfc(a!)]), [x(4)]],
  'atan2 in every quadrant and on the axes': [
    (a, b) => tf.atan2(a!, b!),
    [exactly([9], 'float32', [1, 1, -1, -1, 0, 0, 1, -1, 0]), exactly([9], 'float32', [1, -1, 1, -1, 1, -1, 0, 0, 0])]
  ]
}

const NOT_DIFFERENTIABLE = [
  'topk indices',
  'oneHot',
  'oneHot, float',
  'sum of int32',
  'logicalXor',
  'atan2 in every quadrant and on the axes',
  'lowerBound',
  'upperBound, by bisection'
]

const rows: readonly (readonly [string, Row])[] = Object.entries(ops).map(([name, [f, args]]) => [
  name,
  row('', f, args, { differentiable: !NOT_DIFFERENTIABLE.includes(name) })
])

describe('a composed op', () => {
  test.each(rows)('%s', async (_, own) => {
    const inputs = own.args.map((arg) => hostOf(arg))
    const members = [0, 1].map((m) => own.args.map((arg) => tensorOf(hostOf(arg, m))))
    const [first] = members
    const stacked = own.args.map((_arg, i) => tf.stack(members.map((xs) => xs[i]!)))
    const want = [own.f(...first!), tf.stack(members.map((xs) => own.f(...xs)))]
    const f = (...xs: tf.Tensor[]): readonly tf.Tensor[] => [
      own.f(...xs.slice(0, own.args.length)),
      vmap((...each: tf.Tensor[]) => own.f(...each))(...xs.slice(own.args.length))
    ]
    expectSameTensors('eager', f(...first!, ...stacked), want, 1e-5)
    const compiled = jit(f)
    expectSameTensors('compiled', await compiled(...first!, ...stacked), want, 2e-5)
    await compiled.dispose()
    const [value] = evaluateReference(
      graphFor((...xs) => [own.f(...xs)], own.args),
      inputs
    )
    expectNear('traced, in float64', value!.data, want[0]!.dataSync(), 1e-5)
    if (!own.differentiable) return
    const differences = finiteDifferences(
      graphFor((...xs) => [lossOf(own)(...xs)], own.args),
      inputs
    )
    evaluateReference(graphFor(gradientOf(own), own.args), inputs).forEach((g, k) =>
      expectNear(`gradient ${k}`, g.data, differences[k]!, 1e-6)
    )
  })
})

const wave = (shape: readonly number[], phase: number): tf.Tensor =>
  tf.tensor(
    Float32Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, i) => Math.sin(3 * i + phase)),
    [...shape]
  )

const agrees = async (f: Op, args: readonly tf.Tensor[], want: tf.Tensor): Promise<void> => {
  const compiled = jit(f)
  expectSameTensors('compiled', [await compiled(...args)], [want], 2e-5)
  expectSameTensors('vmap', [vmap(f)(...args.map((t) => tf.stack([t, t])))], [tf.stack([want, want])], 2e-5)
  await compiled.dispose()
}

describe('any shapes', () => {
  const size = fc.integer({ min: 1, max: 3 })

  test('einsum of two operands equals sums written out', async () => {
    const labels = fc.shuffledSubarray(['a', 'b', 'c', 'd'], { minLength: 1, maxLength: 3 })
    await fc.assert(
      fc.asyncProperty(
        labels,
        labels,
        fc.array(size, { minLength: 4, maxLength: 4 }),
        fc.infiniteStream(fc.boolean()),
        async (p, q, sizes, coins) => {
          const out = [...new Set([...p, ...q])].filter(() => coins.next().value)
          const shapeOf = (own: readonly string[]): number[] => own.map((c) => sizes['abcd'.indexOf(c)]!)
          const [a, b] = [wave(shapeOf(p), 0), wave(shapeOf(q), 1)]
          // every operand stretched over all labels
          const all = ['a', 'b', 'c', 'd']
          const stretch = (t: tf.Tensor, own: readonly string[]): tf.Tensor => {
            const order = all.filter((c) => own.includes(c))
            return tf.reshape(
              tf.transpose(
                t,
                order.map((c) => own.indexOf(c))
              ),
              all.map((c) => (own.includes(c) ? sizes['abcd'.indexOf(c)]! : 1))
            )
          }
          const product = tf.mul(stretch(a, p), stretch(b, q))
          const present = all.filter((c) => p.includes(c) || q.includes(c))
          const summed = tf.sum(
            product,
            all.flatMap((c, i) => (out.includes(c) ? [] : [i]))
          )
          const kept = present.filter((c) => out.includes(c))
          const want = tf.transpose(
            summed,
            out.map((c) => kept.indexOf(c))
          )
          await agrees((s, t) => tf.einsum(`${p.join('')},${q.join('')}->${out.join('')}`, s!, t!), [a, b], want)
        }
      ),
      { numRuns: 40 }
    )
  })

  test('matMul broadcasts leading axes, eagerly under vmap and compiled', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(size, fc.integer({ min: 0, max: 2 })), { maxLength: 2 }),
        size,
        size,
        size,
        fc.boolean(),
        fc.boolean(),
        async (batch, m, k, n, ta, tb) => {
          const lead = (hidden: number): number[] => batch.map(([d, which]) => (which === hidden ? 1 : d))
          const [a, b] = [
            wave([...lead(1), ...(ta ? [k, m] : [m, k])], 0),
            wave([...lead(2), ...(tb ? [n, k] : [k, n])], 1)
          ]
          const swap = (t: tf.Tensor, is: boolean): tf.Tensor =>
            is
              ? tf.transpose(
                  t,
                  t.shape.map((_, i) => (i < t.rank - 2 ? i : 2 * t.rank - 3 - i))
                )
              : t
          const want = tf.sum(tf.mul(tf.expandDims(swap(a, ta), -1), tf.expandDims(swap(b, tb), -3)), -2)
          await agrees((s, t) => tf.matMul(s!, t!, ta, tb), [a, b], want)
        }
      ),
      { numRuns: 40 }
    )
  })

  test('gather at any axis, with indices of any rank', async () => {
    const shape = fc.array(size, { minLength: 1, maxLength: 3 })
    await fc.assert(
      fc.asyncProperty(shape, fc.nat(2), fc.array(size, { maxLength: 2 }), async (own, at, indexShape) => {
        const axis = at % own.length
        const indices = tf.tensor(
          Int32Array.from({ length: indexShape.reduce((n, d) => n * d, 1) }, (_, i) => (7 * i + 1) % own[axis]!),
          indexShape,
          'int32'
        )
        const a = wave(own, 0)
        await agrees((t, i) => tf.gather(t!, i!, axis), [a, indices], tf.gather(a, indices, axis))
        const counts = grad((t: tf.Tensor) => tf.sum(tf.gather(t, indices, axis)))(a)
        expectNear('gradient', [tf.sum(counts).dataSync()[0]!], [tf.gather(a, indices, axis).size], 1e-6)
      }),
      { numRuns: 40 }
    )
  })

  test('repeated labels are refused', () => {
    expect(() => grad((a: tf.Tensor) => tf.sum(tf.einsum('ii->i', a)))(tf.ones([2, 2]))).toThrow()
  })
})
