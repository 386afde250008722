/**
 * The programs on which TensorFlow.js's own tape is silently wrong at second order, held against closed forms and float64
 * finite differences, eagerly and compiled.
 */
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { grad, jit } from '../src/index'
import { evaluateReference } from '../src/graph/evaluate'
import { expectNear, finiteDifferences, graphFor, hostOf, real, tensorOf } from './support/laws'

type Scalar = (x: tf.Tensor) => tf.Tensor

const nth = (f: Scalar, order: number): Scalar => (order === 0 ? f : grad(nth(f, order - 1)))

const both = async (f: Scalar, x: number): Promise<readonly number[]> => {
  const compiled = jit(f)
  const at = tf.scalar(x)
  const results = [f(at).dataSync()[0]!, (await compiled(at)).dataSync()[0]!]
  await compiled.dispose()
  return results
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))
const [t, s] = [Math.tanh(0.7), sigmoid(0.7)]
const slope = s * (1 - s)

/** Second derivative at 0.7, from its closed form. */
const second: readonly (readonly [name: string, f: Scalar, truth: number])[] = [
  ['x tanh x', (x) => tf.mul(x, tf.tanh(x)), 2 * (1 - t * t) * (1 - 0.7 * t)],
  ['x exp x', (x) => tf.mul(x, tf.exp(x)), 2.7 * Math.exp(0.7)],
  ['x sigmoid x', (x) => tf.mul(x, tf.sigmoid(x)), 2 * slope + 0.7 * slope * (1 - 2 * s)],
  ['log1p(exp x)', (x) => tf.log1p(tf.exp(x)), slope],
  ['softplus', tf.softplus, slope],
  ['logSigmoid', (x) => tf.logSigmoid(x), -slope],
  ['tanh', tf.tanh, -2 * t * (1 - t * t)],
  ['exp', tf.exp, Math.exp(0.7)],
  ['sigmoid cross entropy', (x) => tf.losses.sigmoidCrossEntropy(tf.scalar(1), x), slope],
  [
    'Gaussian negative log likelihood in log scale',
    (x) => tf.add(x, tf.mul(0.5, tf.square(tf.div(1, tf.exp(x))))),
    2 * Math.exp(-1.4)
  ],
  [
    'first softmax of (x, 0)',
    (x) => tf.sum(tf.slice(tf.softmax(tf.stack([x, tf.zerosLike(x)])), 0, 1)),
    slope * (1 - 2 * s)
  ],
  ['first log-softmax of (x, 0)', (x) => tf.sum(tf.slice(tf.logSoftmax(tf.stack([x, tf.zerosLike(x)])), 0, 1)), -slope],
  ['logSumExp of (x, 0)', (x) => tf.sum(tf.logSumExp(tf.stack([x, tf.zerosLike(x)]))), slope],
  ['elu of -x', (x) => tf.elu(tf.neg(x)), Math.exp(-0.7)],
  ['prod of (x, x, x)', (x) => tf.prod(tf.stack([x, x, x])), 6 * 0.7],
  ['max of (x², 0)', (x) => tf.max(tf.stack([tf.square(x), tf.zerosLike(x)])), 2]
]

test.each(second)('second derivative of %s at 0.7', async (_, f, truth) => {
  expectNear('second derivative', await both(nth(f, 2), 0.7), [truth, truth], 1e-5)
})

test('the figures of the design page', async () => {
  expect(
    (
      await both(
        nth((x) => tf.mul(x, tf.tanh(x)), 2),
        0.7
      )
    ).map((x) => x.toFixed(4))
  ).toEqual(['0.7324', '0.7324'])
  expect(
    (
      await both(
        nth((x) => tf.mul(x, tf.exp(x)), 2),
        0.7
      )
    ).map((x) => x.toFixed(4))
  ).toEqual(['5.4371', '5.4371'])
})

const third: readonly (readonly [name: string, f: Scalar, truth: number])[] = [
  ['x tanh x', (x) => tf.mul(x, tf.tanh(x)), (1 - t * t) * (-6 * t + 0.7 * (6 * t * t - 2))],
  ['x exp x', (x) => tf.mul(x, tf.exp(x)), 3.7 * Math.exp(0.7)],
  ['softplus', tf.softplus, slope * (1 - 2 * s)],
  ['log1p(exp x)', (x) => tf.log1p(tf.exp(x)), slope * (1 - 2 * s)],
  ['sin', tf.sin, -Math.cos(0.7)],
  ['1/x', tf.reciprocal, -6 / 0.7 ** 4]
]

test.each(third)('third derivative of %s at 0.7', async (_, f, truth) => {
  expectNear('third derivative', await both(nth(f, 3), 0.7), [truth, truth], 2e-5)
})

type Params = readonly [w1: tf.Tensor, w2: tf.Tensor]

/** The trace estimate eᵀ (∂f/∂x) e of a two-layer tanh field, as FFJORD needs it. */
const hutchinson = (w1: tf.Tensor, w2: tf.Tensor, x: tf.Tensor, e: tf.Tensor): tf.Tensor => {
  const field = (at: tf.Tensor): tf.Tensor => tf.matMul(tf.tanh(tf.matMul(at, w1)), w2)
  return tf.sum(tf.mul(grad((at: tf.Tensor) => tf.sum(tf.mul(field(at), e)))(x), e))
}

test('parameter gradients of a Hutchinson trace through tanh', async () => {
  const args = [real([3, 4], -1, 1), real([4, 3], -1, 1), real([2, 3], -1, 1), real([2, 3], -1, 1)]
  const inputs = args.map((arg) => hostOf(arg))
  const truth = finiteDifferences(
    graphFor((w1, w2, x, e) => [hutchinson(w1!, w2!, x!, e!)], args),
    inputs
  ).slice(0, 2)
  const gradient = (w1: tf.Tensor, w2: tf.Tensor, x: tf.Tensor, e: tf.Tensor): Params =>
    grad((params: Params) => hutchinson(...params, x, e))([w1, w2])
  evaluateReference(
    graphFor((w1, w2, x, e) => gradient(w1!, w2!, x!, e!), args),
    inputs
  ).forEach(({ data }, k) => expectNear('reference', data, truth[k]!, 1e-7))
  const [w1, w2, x, e] = inputs.map(tensorOf)
  const compiled = jit(gradient)
  for (const own of [gradient(w1!, w2!, x!, e!), await compiled(w1!, w2!, x!, e!)])
    own.forEach((g, k) => expectNear('gradient', g.dataSync(), truth[k]!, 1e-5))
  await compiled.dispose()
})

test('the Hessian of a logistic regression is Xᵀ diag(p (1 - p)) X', async () => {
  const [xs, ys, at] = [
    [0.5, -1, 1.5, 0.3, -0.7, 2],
    [1, 0, 1],
    [0.4, -0.2]
  ]
  const loss = (w: tf.Tensor): tf.Tensor => {
    const logits = tf.reshape(tf.matMul(tf.tensor2d(xs!, [3, 2]), tf.reshape(w, [2, 1])), [3])
    return tf.sum(tf.sub(tf.softplus(logits), tf.mul(logits, tf.tensor1d(ys!))))
  }
  const hessian = (w: tf.Tensor): tf.Tensor =>
    tf.stack([0, 1].map((i) => grad((v: tf.Tensor) => tf.sum(tf.slice(grad(loss)(v), i, 1)))(w)))
  const truth = [0, 0, 0, 0]
  for (let n = 0; n < 3; n++) {
    const row = xs!.slice(2 * n, 2 * n + 2)
    const p = sigmoid(row[0]! * at![0]! + row[1]! * at![1]!)
    for (let i = 0; i < 2; i++) for (let j = 0; j < 2; j++) truth[2 * i + j]! += p * (1 - p) * row[i]! * row[j]!
  }
  const w = tf.tensor1d(at!)
  const compiled = jit(hessian)
  expectNear('eager', hessian(w).dataSync(), truth, 1e-6)
  expectNear('compiled', (await compiled(w)).dataSync(), truth, 1e-6)
  await compiled.dispose()
})

test('a gradient step inside a gradient (MAML) equals finite differences', async () => {
  const arg = real([3], -1, 1)
  const inner = (w: tf.Tensor): tf.Tensor => tf.sum(tf.sigmoid(tf.mul(w, tf.square(w))))
  const outer = (w: tf.Tensor): tf.Tensor => tf.sum(tf.tanh(tf.sub(w, tf.mul(0.3, grad(inner)(w)))))
  const truth = finiteDifferences(
    graphFor((w) => [outer(w!)], [arg]),
    [hostOf(arg)]
  )[0]!
  const w = tensorOf(hostOf(arg))
  const compiled = jit(grad(outer))
  expectNear('eager', grad(outer)(w).dataSync(), truth, 1e-5)
  expectNear('compiled', (await compiled(w)).dataSync(), truth, 1e-5)
  await compiled.dispose()
})
