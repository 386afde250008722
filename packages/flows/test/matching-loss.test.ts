// On Gaussian data the best field of every path is known, and so is the part of the loss that no field explains.
import * as tf from '@tensorflow/tfjs-core'
import { grad, hvp, jit, vmap } from '@bdl/compiler'
import {
  addTrees,
  indexTree,
  key,
  leaves,
  mapTree,
  normal,
  scaleTree,
  scoped,
  splitStack,
  stackTrees,
  subTrees,
  uniform,
  type Key
} from '@bdl/core'
import { eagerAndCompiled, expectClose, expectNoLeak } from '@bdl/testing'
import { describe, expect, test } from 'vitest'
import {
  bridgePath,
  conditionalFlowMatching,
  conditionalVelocityMlp,
  flowMatching,
  linearPath,
  optimalPairing,
  sinkhornPairing,
  standardNormal,
  varianceExploding,
  velocityFromScore,
  velocityMlp,
  diffusionPath,
  type Velocity
} from '../src/index'
import { everyPath, gaussianTruth, rateOf, stdOf, type KnownPath } from './every-path'

const [mean, std] = [1, 0.5]
const [low, high] = [0.2, 0.8]
const times = (k: Key, n: number) => uniform(k, [n], { minval: low, maxval: high })

/** The velocity of data N(mean, std^2) on a path, by its score. */
const best = ({ path }: KnownPath): Velocity =>
  velocityFromScore(path)((t, x) =>
    scoped(() => {
      const [a, s] = [path.alpha(t), path.std(t)].map((w) => tf.expandDims(w, -1)) as [tf.Tensor, tf.Tensor]
      const variance = tf.add(tf.mul(tf.square(a), std * std), tf.square(s))
      return tf.neg(tf.div(tf.sub(x, tf.mul(a, mean)), variance))
    })
  )

/** Var(velocity | x_t): of the data given x_t, and of the source given all the noise in x_t. */
const residual = (known: KnownPath, t: number): number => {
  const [a, s] = [known.alpha(t), stdOf(known, t)]
  const [aRate, sRate] = [rateOf(known.alpha, t), rateOf((at) => stdOf(known, at), t)]
  const { variance } = gaussianTruth(known, mean, std, t, 0)
  const split = (rateOf(known.sigma, t) * known.sourceStd) ** 2 + rateOf(known.width, t) ** 2 - sRate ** 2
  return split + ((aRate * s - a * sRate) * std) ** 2 / variance
}

const averages = (known: KnownPath): { readonly first: number; readonly second: number } => {
  const at = Array.from({ length: 2000 }, (_, i) => residual(known, low + ((i + 0.5) / 2000) * (high - low)))
  const meanOf = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0) / numbers.length
  return { first: meanOf(at), second: meanOf(at.map((r) => r * r)) }
}

const n = 40000
const data = tf.add(tf.mul(normal(key(2), [n, 1]), std), mean)
const lossOf = async (known: KnownPath, velocity: Velocity): Promise<number> => {
  const field = { init: () => [], build: () => velocity }
  const loss = jit((batch: tf.Tensor, k: Key) => flowMatching({ field, path: known.path, times })([], batch, k))
  const value = (await loss(data, key(3))).dataSync()[0]!
  loss.dispose()
  return value
}

describe.each(everyPath)('$name', (known) => {
  test('the loss of the best field is what cannot be explained, and another field has more', async () => {
    const { first, second } = averages(known)
    // The residual is Gaussian given t, so its fourth moment is 3 r^2.
    const bound = 5 * Math.sqrt((3 * second - first * first) / n)
    const found = await lossOf(known, best(known))
    expect(Math.abs(found - first)).toBeLessThan(bound)
    // An error of delta adds delta^2 to the expectation.
    const delta = Math.sqrt(4 * bound)
    expect(await lossOf(known, (t, x) => tf.add(best(known)(t, x), delta))).toBeGreaterThan(first + bound)
  })
})

describe('transformations', () => {
  const field = velocityMlp({ dimension: 2, hidden: [6] })
  const loss = flowMatching({ field, path: linearPath(), pair: optimalPairing })
  const batch = normal(key(5), [12, 2])
  const params = mapTree((leaf) => tf.add(leaf, normal(key(6), leaf.shape)))(field.init(key(0)))

  test('gradients of an ensemble, each with its own pairs, are those of its members', async () => {
    const members = stackTrees([params, mapTree((leaf) => tf.mul(leaf, 0.5))(params)])
    const keys = splitStack(key(7), 2)
    const both = (p: typeof params, k: tf.Tensor) => vmap(grad(loss), [0, null, 0])(p, batch, k)
    const [eager, compiled] = await eagerAndCompiled(both, [members, keys])
    for (const i of [0, 1]) {
      const k = tf.reshape(tf.slice(keys, [i, 0], [1, 2]), [2])
      const alone = leaves(grad(loss)(indexTree(i)(members), batch, k))
      for (const gradient of [eager, compiled])
        leaves(indexTree(i)(gradient)).forEach((leaf, j) => expectClose(leaf, alone[j]!, { atol: 1e-5, rtol: 1e-4 }))
    }
  })

  test('nothing is left behind', () => {
    const k = key(9)
    expectNoLeak(() => loss(params, batch, k))
    const conditional = conditionalVelocityMlp({ dimension: 2, context: 1 })
    const others = conditional.init(key(0))
    const labelled = { x: batch, context: tf.ones([12, 1]) }
    const weight = (t: tf.Tensor) => tf.sub(1, t)
    const options = {
      field: conditional,
      path: bridgePath({ sigma: 1 }),
      pair: sinkhornPairing({ epsilon: 2 }),
      weight
    }
    const conditionalLoss = conditionalFlowMatching(options)
    expectNoLeak(() => conditionalLoss(others, labelled, k))
  })

  test('a second derivative is the difference of first ones', () => {
    const direction = mapTree((leaf) => normal(key(8), leaf.shape))(params)
    const along = (h: number) => grad(loss)(addTrees(params, scaleTree(h)(direction)), batch, key(9))
    const product = leaves(hvp((p: typeof params) => loss(p, batch, key(9)), params, direction))
    const difference = leaves(scaleTree(1 / 0.02)(subTrees(along(0.01), along(-0.01))))
    product.forEach((leaf, i) => expectClose(leaf, difference[i]!, { atol: 5e-3, rtol: 5e-3 }))
  })
})

describe('options', () => {
  const field = { init: () => [], build: (): Velocity => (_t, x) => tf.zerosLike(x) }
  const lossAt = (options: Omit<Parameters<typeof flowMatching>[0], 'field'>, batch = tf.ones([8, 1])) =>
    flowMatching({ field, ...options })([], batch, key(0))

  test('a weight multiplies the squared error at its time', () => {
    const half = { times: (_k: Key, m: number) => tf.fill([m], 0.5) }
    const plain = lossAt(half)
    expectClose(lossAt({ ...half, weight: (t) => tf.mul(t, 6) }), tf.mul(plain, 3), { atol: 1e-6, rtol: 1e-6 })
  })

  test('without a source it is that of the path', () => {
    const path = diffusionPath(varianceExploding({ sigmaMax: 5 }))
    expectClose(lossAt({ path }), lossAt({ path, source: path.source(1) }), { atol: 0, rtol: 0 })
    expect(lossAt({ path }).dataSync()[0]).not.toBe(lossAt({ path, source: standardNormal(1) }).dataSync()[0])
  })

  test('pairs are those of the pairing: of Gaussians in one dimension the transport is all of the velocity', async () => {
    const x1 = tf.slice(data, [0, 0], [1024, 1])
    const loss = (options: Omit<Parameters<typeof flowMatching>[0], 'field'>) =>
      jit(flowMatching({ field, path: linearPath(), ...options }))
    const [paired, independent] = [loss({ pair: optimalPairing }), loss({})]
    const [least, most] = [await paired([], x1, key(1)), await independent([], x1, key(1))]
    // E (x1 - x0)^2 = mean^2 + (1 - std)^2 when sorted, mean^2 + 1 + std^2 as drawn; sd of the mean square is below 0.1.
    expect(Math.abs(least.dataSync()[0]! - (mean ** 2 + (1 - std) ** 2))).toBeLessThan(0.3)
    expect(Math.abs(most.dataSync()[0]! - (mean ** 2 + 1 + std ** 2))).toBeLessThan(0.5)
    paired.dispose()
    independent.dispose()
  })

  test('a coupling has a key of its own', () => {
    const at = (seed: number) =>
      flowMatching({ field, couple: (_x0, x1, k) => [tf.sub(x1, normal(k, x1.shape)), x1] })(
        [],
        tf.ones([8, 1]),
        key(seed)
      )
    expect(at(0).dataSync()[0]).not.toBe(at(1).dataSync()[0])
  })

  test('what contradicts itself, or does not fit, is an error', () => {
    expect(() => lossAt({ path: linearPath(), sigmaMin: 0 })).toThrow(/flowMatching.*path or sigmaMin/s)
    expect(() => lossAt({ pair: optimalPairing, couple: (x0, x1) => [x0, x1] })).toThrow(
      /flowMatching.*pair or couple/s
    )
    expect(() => lossAt({ source: standardNormal(2) })).toThrow(/flowMatching.*batch.*\[n, 2\].*\[8, 1\]/s)
    expect(() => lossAt({}, tf.ones([8]))).toThrow(/flowMatching.*batch.*\[n, d\].*\[8\]/s)
    const conditional = { init: () => [], build: () => () => field.build() }
    const loss = conditionalFlowMatching({ field: conditional, source: standardNormal(1) })
    const x = tf.ones([8, 1])
    expect(() => loss([], { x, context: tf.ones([7, 2]) }, key(0))).toThrow(
      /conditionalFlowMatching.*context.*\[7, 2\]/s
    )
    expect(() => loss([], { x: tf.ones([8, 2]), context: tf.ones([8, 2]) }, key(0))).toThrow(
      /conditionalFlowMatching.*batch/s
    )
    expect(() => conditionalFlowMatching({ field: conditional, contextWeight: -1 })).toThrow(/contextWeight/)
    expect(() => conditionalFlowMatching({ field: conditional, drop: 2 })([], { x, context: x }, key(0))).toThrow(
      /probability/
    )
  })
})
