// Autoregressive maps: who sees whom, turns of the slow direction, contexts, and wrong conditioners.
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { grad, jit, vmap } from '@bdl/compiler'
import { fromHost, key, normal, split } from '@bdl/core'
import { expectClose, expectNoLeak } from '@bdl/testing'
import {
  affine,
  affineTransformer,
  asEvent,
  choosing,
  exp,
  inverseAutoregressive,
  invert,
  madeMasks,
  maskedAutoregressive,
  neuralAutoregressive,
  splineTransformer,
  type MadeMasksOptions
} from '../src/index'

const numbersOf = (x: tf.Tensor): number[] => Array.from(x.dataSync())

/** Masks of all layers multiplied: how many paths lead from an input to an output. */
const paths = (options: MadeMasksOptions): number[][] => {
  const masks = madeMasks(options).map((mask) => fromHost(mask))
  return tf.tidy(() => masks.reduce((a, b) => tf.matMul(a, b)).arraySync() as number[][])
}

const network = (dimension: number, size: number, seed: number, hidden = [8]) => {
  const masks = madeMasks({ dimension, hidden, size }).map((mask) => fromHost(mask))
  const keys = split(key(seed), masks.length)
  const weights = masks.map((mask, i) => tf.mul(mask, normal(keys[i]!, mask.shape)))
  return (x: tf.Tensor): tf.Tensor => {
    const rows = tf.reshape(x, [x.size / dimension, dimension])
    const out = weights.reduce<tf.Tensor>((h, w, i) => (i === 0 ? tf.matMul(h, w) : tf.matMul(tf.tanh(h), w)), rows)
    return tf.reshape(tf.tanh(out), [...x.shape.slice(0, -1), dimension * size])
  }
}
const x = normal(key(1), [6, 5])
const splines = splineTransformer({ bins: 4, low: -4, high: 4 })
const conditioner = choosing(splines, network(5, splines.size, 2))

describe('madeMasks', () => {
  test('entry i sees entries before it, and all of them where the layers are wide enough', () => {
    const sizes = fc.record({
      dimension: fc.integer({ min: 1, max: 6 }),
      hidden: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 3 }),
      size: fc.integer({ min: 1, max: 3 }),
      context: fc.integer({ min: 0, max: 2 })
    })
    const law = fc.property(sizes, (options) => {
      const { dimension: n, hidden, size, context } = options
      const count = paths(options)
      expect([count.length, count[0]!.length]).toEqual([n + context, n * size])
      const isWide = Math.min(...hidden) >= n
      count.forEach((row, i) =>
        row.forEach((ways, j) => {
          const isAllowed = i >= n || i < Math.floor(j / size)
          if (!isAllowed) expect(ways).toBe(0)
          else if (isWide) expect(ways).toBeGreaterThan(0)
        })
      )
    })
    fc.assert(law, { numRuns: 60 })
  })

  test('by hand', () => {
    const [first, last] = madeMasks({ dimension: 3, hidden: [3], size: 1 })
    // hidden degrees 1, 2, 1
    expect(Array.from(first!.data)).toEqual([1, 1, 1, 0, 1, 0, 0, 0, 0])
    expect(Array.from(last!.data)).toEqual([0, 1, 1, 0, 0, 1, 0, 1, 1])
  })

  test('wrong sizes', () => {
    const good = { dimension: 2, hidden: [3], size: 1 }
    expect(() => madeMasks({ ...good, dimension: 0 })).toThrow(/madeMasks: dimension/)
    expect(() => madeMasks({ ...good, hidden: [] })).toThrow(/hidden: expected at least one hidden layer/)
    expect(() => madeMasks({ ...good, hidden: [2, 0] })).toThrow(/hidden\[1\]/)
    expect(() => madeMasks({ ...good, context: -1 })).toThrow(/context/)
  })
})

describe('autoregressive maps', () => {
  test('the slow direction takes one evaluation for each entry', () => {
    let calls = 0
    const counting = (v: tf.Tensor) => {
      calls++
      return conditioner(v)
    }
    inverseAutoregressive({ conditioner: counting }).inverseAndLogDet(x)
    expect(calls).toBe(5)
    calls = 0
    inverseAutoregressive({ conditioner: counting }).forwardAndLogDet(x)
    expect(calls).toBe(1)
    calls = 0
    maskedAutoregressive({ conditioner: counting }).inverseAndLogDet(x)
    expect(calls).toBe(1)
  })

  test('compiled, the turns are one loop: the graph does not grow with the dimension', async () => {
    const nodes = async (n: number): Promise<number> => {
      const b = maskedAutoregressive({ conditioner: choosing(affineTransformer(), network(n, 2, 3)) })
      const compiled = jit((v: tf.Tensor) => b.forward(v))
      await compiled(normal(key(4), [3, n]))
      const count = compiled.stats()[0]!.optimisedNodes
      compiled.dispose()
      return count
    }
    expect(await nodes(12)).toBe(await nodes(4))
  })

  test('entry i of y depends on entries 1 to i of x, in both kinds and both directions', () => {
    for (const b of [inverseAutoregressive({ conditioner }), maskedAutoregressive({ conditioner })])
      for (const f of [b.forward, b.inverse]) {
        const rows = vmap((i: tf.Tensor) =>
          grad((v: tf.Tensor) => tf.sum(tf.mul(f(v), i)))(tf.reshape(tf.slice(x, 0, 1), [5]))
        )(tf.eye(5))
        const jacobian = rows.arraySync() as number[][]
        jacobian.forEach((row, i) => row.forEach((slope, j) => j > i && expect(slope).toBe(0)))
        jacobian.forEach((row, i) => expect(row[i]).toBeGreaterThan(0))
      }
  })

  test('MAF and IAF: each is the other read backwards, with the family read backwards too', () => {
    const masked = maskedAutoregressive({ conditioner: (v) => invert(conditioner(v)) })
    const other = invert(inverseAutoregressive({ conditioner }))
    expectClose(masked.forward(x), other.forward(x), { atol: 0, rtol: 0 })
  })

  test('y_i = x_i exp(s_i) + t_i, entry after entry by hand', () => {
    const b = maskedAutoregressive({
      conditioner: (y) => {
        const before = tf.sub(tf.cumsum(y, y.rank - 1), y)
        return affine({ shift: before, logScale: tf.mul(before, 0.5) })
      }
    })
    const [y, logDet] = b.forwardAndLogDet(tf.tensor1d([1, 2, -1]))
    const second = 2 * Math.exp(0.5) + 1
    const third = -Math.exp((1 + second) / 2) + 1 + second
    expectClose(y, [1, second, third], { atol: 1e-5, rtol: 1e-6 })
    expectClose(logDet, 0.5 + (1 + second) / 2, { atol: 1e-6, rtol: 1e-6 })
  })

  test('one entry, an empty batch, and parameters that broadcast', () => {
    const single = maskedAutoregressive({ conditioner: () => affine({ shift: 1, scale: 2 }) })
    expectClose(single.forward(tf.tensor2d([[3], [4]])), [[7], [9]], { atol: 0, rtol: 0 }) // prettier-ignore
    expectClose(single.forwardAndLogDet(tf.zeros([2, 4]))[1], [4 * Math.LN2, 4 * Math.LN2], { atol: 1e-6, rtol: 0 })
    expect(single.forwardAndLogDet(tf.zeros([0, 4]))[1].shape).toEqual([0])
  })

  test('a context reaches every entry', () => {
    const flow = (context: tf.Tensor) =>
      maskedAutoregressive({
        conditioner: () => affine({ shift: tf.expandDims(context, -1), logScale: tf.zeros([5]) })
      })
    expectClose(tf.sub(flow(tf.tensor1d([1, 2, 3, 4, 5, 6])).forward(x), x), tf.mul(tf.ones([6, 5]), tf.tensor2d([[1], [2], [3], [4], [5], [6]])), { atol: 1e-6, rtol: 1e-6 }) // prettier-ignore
  })

  test('a conditioner that is no elementwise bijector', () => {
    const wrong = maskedAutoregressive({ conditioner: () => asEvent(1)(exp) })
    expect(() => wrong.forward(x)).toThrow(/maskedAutoregressive: conditioner: expected an elementwise bijector/)
  })
})

describe('neuralAutoregressive', () => {
  const b = neuralAutoregressive({ units: 6, network: network(5, 18, 7) })

  test('round trip through five root findings, and nothing leaks', () => {
    const y = b.forward(tf.mul(x, 2))
    const [back, logDet] = expectNoLeak(() => b.inverseAndLogDet(y))
    expectClose(back, tf.mul(x, 2), { atol: 2e-5, rtol: 2e-5 })
    expectClose(logDet, tf.neg(b.forwardAndLogDet(back)[1]), { atol: 1e-5, rtol: 1e-5 })
  })

  test('the density of a transformed normal has mass one', () => {
    const two = neuralAutoregressive({ units: 6, network: network(2, 18, 8) })
    const side = 161
    const axis = tf.linspace(-8, 8, side)
    const [u, v] = tf.meshgrid(axis, axis)
    const grid = tf.reshape(tf.stack([u!, v!], -1), [side * side, 2])
    const [z, logDet] = two.forwardAndLogDet(grid)
    const density = tf.exp(tf.sub(logDet, tf.add(tf.mul(tf.sum(tf.square(z), -1), 0.5), Math.log(2 * Math.PI))))
    expectClose(tf.mul(tf.sum(density), (16 / (side - 1)) ** 2), 1, { atol: 1e-3, rtol: 0 })
  })

  test('a network of the wrong size', () => {
    expect(() => neuralAutoregressive({ units: 2, network: (v) => v }).forward(x)).toThrow(/a multiple of 6/)
    expect(numbersOf(b.forward(x)).every(Number.isFinite)).toBe(true)
  })
})
