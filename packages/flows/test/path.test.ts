import * as tf from '@tensorflow/tfjs-core'
import { key, normal, scoped, split } from '@bdl/core'
import { distribution, real } from '@bdl/distributions'
import { eagerAndCompiled, expectClose, expectNoLeak } from '@bdl/testing'
import { describe, expect, test } from 'vitest'
import {
  bridgePath,
  diffusionPath,
  linearPath,
  optimalTransportPath,
  probabilityPath,
  samplePath,
  varianceExploding,
  variancePreserving
} from '../src/index'
import { everyPath, rateOf, stdOf } from './every-path'

const times = [0.05, 0.3, 0.5, 0.8, 0.95]

describe.each(everyPath)('$name', (known) => {
  const { path, alpha, sigma, width, sourceStd } = known

  test('weights are the formulas of the papers', () => {
    const t = tf.tensor1d(times)
    const close = { atol: 1e-6, rtol: 1e-5 }
    expectClose(path.alpha(t), times.map(alpha), close)
    expectClose(path.sigma(t), times.map(sigma), close)
    expectClose(path.width?.(t) ?? tf.zerosLike(t), times.map(width), close)
    expectClose(path.std(t), times.map((at) => stdOf(known, at)), close) // prettier-ignore
    expectClose(path.alpha(tf.scalar(0.3)), alpha(0.3), close)
  })

  test('the velocity is the derivative of the position, ends and noise held, eagerly and compiled', async () => {
    const [k0, k1, k] = split(key(0), 3)
    const ends = [normal(k0, [5, 2]), normal(k1, [5, 2])] as const
    // The noise is what the draw adds: its own, from the same key.
    const noise = normal(k, [5, 2]).arraySync() as number[][]
    const [x0, x1] = ends.map((end) => end.arraySync() as number[][]) as [number[][], number[][]]
    const at = (of: (f: (t: number) => number, t: number) => number) =>
      times.map((t, i) =>
        [0, 1].map((j) => of(alpha, t) * x1[i]![j]! + of(sigma, t) * x0[i]![j]! + of(width, t) * noise[i]![j]!)
      )
    const close = { atol: 1e-5, rtol: 1e-4 }
    for (const { x, velocity } of await eagerAndCompiled(samplePath(path), [k, tf.tensor1d(times), ...ends])) {
      expectClose(
        x,
        at((f, t) => f(t)),
        close
      )
      expectClose(velocity, at(rateOf), close)
    }
    const t = tf.tensor1d(times)
    expectNoLeak(() => samplePath(path)(k, t, ...ends))
  })

  test('the source is the Gaussian that standard deviations are given for', () => {
    const source = path.source(3)
    expect(source.eventShape).toEqual([3])
    expectClose(source.variance!(), [1, 1, 1].map(() => sourceStd ** 2), { atol: 1e-6, rtol: 1e-6 }) // prettier-ignore
    const [first, last] = path.times
    expect(first).toBeLessThan(last)
    // Between the times that are trained at, rates are finite.
    const ends = samplePath(path)(key(0), tf.tensor1d([first, last]), tf.ones([2, 1]), tf.ones([2, 1]))
    expect(tf.all(tf.isFinite(ends.velocity)).dataSync()[0]).toBe(1)
  })
})

describe('ends', () => {
  test('a flow starts at its source and ends at the data, but for sigmaMin', () => {
    const [x0, x1] = [tf.tensor2d([[1, 2]]), tf.tensor2d([[-3, 5]])]
    const at = (path: Parameters<typeof samplePath>[0], t: number) =>
      scoped(() => samplePath(path)(key(0), tf.tensor1d([t]), x0, x1).x)
    const exactly = { atol: 1e-6, rtol: 0 }
    expectClose(at(optimalTransportPath({ sigmaMin: 0.1 }), 0), [[1, 2]], exactly)
    expectClose(at(optimalTransportPath({ sigmaMin: 0.1 }), 1), [[-3 + 0.1, 5 + 0.2]], exactly)
    // The prior of a process stands for its law at t = 1, which keeps this much of the data: scale(1) = exp(-10.05 / 2).
    const left = Math.exp(-10.05 / 2)
    const noise = Math.sqrt(1 - left * left)
    expectClose(at(diffusionPath(variancePreserving()), 0), [[noise - 3 * left, 2 * noise + 5 * left]], exactly)
    expectClose(at(diffusionPath(varianceExploding({ sigmaMax: 5 })), 0), [[1 - 3, 2 + 5]], exactly)
  })
})

test('wrong options are errors', () => {
  expect(() => linearPath({ width: -1 })).toThrow(/linearPath.*width/s)
  expect(() => linearPath({ width: NaN })).toThrow(/linearPath.*width/s)
  expect(() => linearPath({ sourceStd: 0 })).toThrow(/sourceStd/)
  expect(() => optimalTransportPath({ sigmaMin: 1 })).toThrow(/optimalTransportPath.*sigmaMin/s)
  expect(() => bridgePath({ sigma: 0 })).toThrow(/bridgePath.*sigma/s)
  expect(() => probabilityPath({ name: 'p', alpha: tf.clone, sigma: tf.clone, times: [0.5, 0.5] })).toThrow(/times/)
  const { variance: _, ...silent } = distribution<tf.Tensor>({
    name: 'silent',
    batchShape: [],
    eventShape: [1],
    isReparameterised: true,
    support: real,
    logProb: (x) => tf.sum(x, -1),
    sampleAndLogProb: (k, shape) => [normal(k, [...shape, 1]), tf.zeros([...shape])]
  })
  const path = diffusionPath({ ...variancePreserving(), name: 'mine', prior: () => silent })
  expect(() => path.sigma(tf.scalar(0.5))).toThrow(/diffusionPath.*noising.*mine/s)
})
