/** Layouts run through networks of convolutions: no transposes between layers, the same numbers; ensembles by `vmap`. */
import * as fc from 'fast-check'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { jit, valueAndGrad, vmap } from '../src/index'
import { sizeOf, type Graph } from '../src/graph/graph'
import { optimise } from '../src/passes/optimise'
import { traceGraph } from '../src/trace/trace-graph'
import { flatten } from '../src/tree'
import { wave as host } from './support/graphs'
import { expectNear, expectSameTensors, tensorOf } from './support/laws'

type T4 = tf.Tensor4D

const wave = (shape: readonly number[], phase = 0): tf.Tensor => tensorOf(host(shape, phase))
const f32 = (t: tf.Tensor) => ({ shape: t.shape, dtype: 'float32' as const })

/** Shapes of what is transposed, but for what is as small as a kernel. */
const transposed = (graph: Graph, above: number): readonly string[] =>
  graph.nodes.flatMap(({ primitive, outputs: [output] }) =>
    primitive.name === 'transpose' && sizeOf(output!.shape) > above ? [output!.shape.join()] : []
  )

const layer = (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor): tf.Tensor =>
  tf.relu(tf.add(tf.conv2d(x as T4, w as T4, 1, 'same'), b))

describe('three layers of convolution, bias, ReLU and pool', () => {
  const network = (x: tf.Tensor, ...weights: readonly tf.Tensor[]): tf.Tensor =>
    [0, 2, 4].reduce((h, i) => tf.maxPool(layer(h, weights[i]!, weights[i + 1]!) as T4, 2, 2, 'same'), x)
  const arguments_ = [
    wave([2, 16, 16, 3]),
    wave([3, 3, 3, 4], 1),
    wave([4], 2),
    wave([3, 3, 4, 5], 3),
    wave([5], 4),
    wave([3, 3, 5, 6], 5),
    wave([6], 6)
  ]
  const LARGEST_KERNEL = 3 * 3 * 5 * 6

  test('are transposed on the way in and on the way out', () => {
    const { graph } = traceGraph((x, ...w) => [network(x!, ...w)], arguments_.map(f32), 'test')
    const { nodes } = optimise(graph).graph
    const big = nodes.filter(({ primitive: { name }, outputs: [y] }) => name === 'transpose' && y!.shape[0] === 2)
    expect(big.map(({ outputs: [y] }) => y!.shape)).toEqual([
      [2, 3, 16, 16],
      [2, 2, 2, 6]
    ])
    expect(nodes.filter(({ primitive: { name } }) => name === 'biasedConvolution').length).toBe(3)
  })

  test('have a gradient without transposes between the layers, and it is the same', async () => {
    const step = (x: tf.Tensor, ...w: tf.Tensor[]): readonly tf.Tensor[] => {
      const [value, gradient] = valueAndGrad((own: readonly tf.Tensor[]) => tf.sum(tf.sin(network(x, ...own))))(w)
      return [value, ...gradient]
    }
    const { graph } = traceGraph((x, ...w) => step(x!, ...w), arguments_.map(f32), 'test')
    expect(transposed(graph, LARGEST_KERNEL).length).toBeGreaterThan(10)
    // the image in; nothing comes out but gradients of kernels
    expect(transposed(optimise(graph).graph, LARGEST_KERNEL)).toEqual(['2,3,16,16'])
    const [plain, optimised] = [jit(step, { passes: [] }), jit(step)]
    const [x, ...w] = arguments_
    expectSameTensors('gradients', await optimised(x!, ...w), await plain(x!, ...w), 1e-5)
    await plain.dispose()
    await optimised.dispose()
  })
})

/** What may stand between convolutions, on [N, H, W, 4]: each keeps the shape. */
const BETWEEN: readonly ((x: tf.Tensor, w: tf.Tensor) => tf.Tensor)[] = [
  (x) => tf.tanh(x),
  (x) => tf.relu(x),
  (x, w) => tf.add(x, tf.sum(w, [0, 1, 2])),
  (x) => tf.mul(x, tf.mean(x, [1, 2], true)),
  (x) => tf.sub(x, tf.max(x, 3, true)),
  (x) => tf.div(x, tf.add(1, tf.sum(tf.square(x), 0))),
  (x) => tf.where(tf.greater(x, 0.1), x, 0.3),
  (x) => tf.concat([tf.slice(x, [0, 0, 0, 0], [-1, -1, -1, 2]), tf.slice(x, [0, 0, 0, 2], [-1, -1, -1, 2])], 3),
  (x) => tf.slice(tf.concat([x, tf.sin(x)], 3), [0, 0, 0, 2], [-1, -1, -1, 4]),
  (x) => tf.maxPool(x as T4, 3, 1, 'same'),
  (x) => tf.avgPool(x as T4, 2, 1, 'same'),
  (x) => tf.slice(tf.pad(x, [[0, 0], [1, 0], [0, 1], [0, 0]]), [0, 0, 1, 0], [-1, 5, 5, -1]), // prettier-ignore
  (x) => tf.reverse(x, [1]),
  (x) => tf.transpose(x, [0, 2, 1, 3]),
  (x, w) => tf.depthwiseConv2d(x as T4, tf.slice(w, [0, 0, 0, 0], [-1, -1, -1, 1]) as T4, 1, 'same'),
  (x) => tf.reshape(tf.reshape(x, [-1, 25, 4]), x.shape),
  (x, w) => tf.sin(tf.conv2d(x as T4, w as T4, 1, 'same'))
]

test('any network: optimised = as traced, values and gradients', async () => {
  const choice = fc.array(fc.nat(BETWEEN.length - 1), { minLength: 1, maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(choice, async (steps) => {
      const f = (x: tf.Tensor, w: tf.Tensor): readonly tf.Tensor[] => {
        const loss = (v: tf.Tensor): tf.Tensor => {
          const first: tf.Tensor = tf.sin(tf.conv2d(x as T4, v as T4, 1, 'same'))
          return tf.sum(tf.sin(steps.reduce<tf.Tensor>((h, k) => BETWEEN[k]!(h, v), first)))
        }
        const [value, gradient] = valueAndGrad(loss)(w)
        return [value, gradient]
      }
      const [x, w] = [wave([2, 5, 5, 4]), wave([2, 2, 4, 4], 1)]
      const [plain, optimised] = [jit(f, { passes: [] }), jit(f)]
      expectSameTensors(`steps ${steps.join()}`, await optimised(x, w), await plain(x, w), 1e-4)
      await plain.dispose()
      await optimised.dispose()
    }),
    { numRuns: 60 }
  )
})

interface Classifier {
  readonly [name: string]: tf.Tensor
}

const classifier = (phase: number): Classifier => ({
  w1: tf.mul(wave([3, 3, 1, 4], phase), 0.5),
  b1: tf.mul(wave([4], phase + 1), 0.1),
  w2: tf.mul(wave([3, 3, 4, 6], phase + 2), 0.3),
  b2: tf.mul(wave([6], phase + 3), 0.1),
  w3: tf.mul(wave([3 * 3 * 6, 5], phase + 4), 0.2),
  b3: tf.mul(wave([5], phase + 5), 0.1)
})

const crossEntropy = ({ w1, b1, w2, b2, w3, b3 }: Classifier, x: tf.Tensor, y: tf.Tensor): tf.Tensor => {
  const block = (h: tf.Tensor, w: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.maxPool(layer(h, w, b) as T4, 2, 2, 'same')
  const h = block(block(x, w1!, b1!), w2!, b2!)
  const logits = tf.add(tf.matMul(tf.reshape(h, [x.shape[0]!, 3 * 3 * 6]), w3!), b3!)
  return tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits), y), -1)))
}

test('an ensemble of eight classifiers by vmap over their parameters is eight classifiers', async () => {
  const [x, y] = [wave([6, 10, 10, 1], 9), tf.oneHot(tf.tensor1d([0, 3, 1, 4, 2, 2], 'int32'), 5, 1, 0, 'float32')]
  const gradient = (p: Classifier): readonly [tf.Tensor, Classifier] =>
    valueAndGrad((q: Classifier) => crossEntropy(q, x, y))(p)
  const members = Array.from({ length: 8 }, (_, m) => classifier(m))
  const stacked: Classifier = Object.fromEntries(
    Object.keys(members[0]!).map((name) => [name, tf.stack(members.map((own) => own[name]!))])
  )
  const one = jit(gradient)
  const all = jit((p: Classifier) => vmap(gradient)(p))
  const [batched] = flatten(await all(stacked), 'test')
  for (const [m, own] of members.entries()) {
    const [alone] = flatten(await one(own), 'test')
    alone.forEach((t, k) =>
      expectNear(`member ${m}, leaf ${k}`, tf.squeeze(tf.slice(batched[k]!, m, 1), [0]).dataSync(), t.dataSync(), 1e-5)
    )
  }
  await one.dispose()
  await all.dispose()
})
