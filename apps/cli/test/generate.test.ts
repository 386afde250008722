/** Training of fields, generated networks, and their densities. */
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { vjp, vmap } from '@bdl/compiler'
import { key, normal, scoped } from '@bdl/core'
import type { Tree } from '@bdl/core'
import { fixedSteps, heun, solve } from '@bdl/ode'
import { expectMean, expectVariance } from '@bdl/testing'
import { baseAlone, velocityOf } from '../src/weights/fields/field.js'
import type { WeightField } from '../src/weights/fields/field.js'
import { diagonalField } from '../src/weights/fields/gaussian.js'
import { generate, generateWithDensity } from '../src/weights/fields/generate.js'
import { trainField } from '../src/weights/fields/train.js'
import type { TrainedField } from '../src/weights/fields/train.js'

const SCALE = 0.5
const MEAN = [0.4, -1.1, 0.2, 0]
const VARIANCE = [0.04, 0.9, 0.25, 1.5]
const D = MEAN.length
const LOG_TWO_PI = Math.log(2 * Math.PI)

const quiet = () => ({ onProgress: () => {}, signal: new AbortController().signal })

const base = diagonalField(tf.tensor1d(MEAN), tf.tensor1d(VARIANCE), SCALE)

const asTrained = <P extends Tree>(field: WeightField<P>, params: P): TrainedField<P> => ({
  field,
  params,
  curve: [],
  bestStep: 0,
  seconds: 0
})

const options = (count: number, steps: number) => ({
  ...quiet(),
  key: key(11),
  count,
  dim: D,
  sourceScale: SCALE,
  steps,
  chunk: 100
})

/** A correction with a divergence of its own at every point: w · sin(x) turned by one place. */
const wavy: WeightField<{ readonly w: tf.Tensor }> = {
  name: 'wavy',
  base,
  init: () => ({ w: tf.tensor1d([0.4, -0.3, 0.2, 0.5]) }),
  correction: ({ w }, t, x) =>
    scoped(() =>
      tf.mul(t, tf.add(tf.mul(w, tf.sin(x)), tf.mul(0.3, tf.concat([tf.slice(x, 1, D - 1), tf.slice(x, 0, 1)]))))
    )
}

describe('the base alone', () => {
  const alone = asTrained(baseAlone('base', base), [])

  test('generates the Gaussian that it is made for', async () => {
    const rows = await generate(alone, options(1000, 32))
    expect(rows.shape).toEqual([1000, D])
    const columns = tf.unstack(rows, 1).map((column) => column.dataSync())
    columns.forEach((column, j) => {
      expectMean(column, MEAN[j]!, Math.sqrt(VARIANCE[j]!))
      expectVariance(column, MEAN[j]!, VARIANCE[j]!)
    })
  })

  test('has the log density of that Gaussian, exactly, whatever the probes', async () => {
    const { networks, logDensity, standardError } = await generateWithDensity(alone, { ...options(150, 64), probes: 2 })
    const rows = networks.arraySync() as number[][]
    rows.forEach((row, i) => {
      const closed = row.reduce(
        (sum, x, j) => sum - 0.5 * ((x - MEAN[j]!) ** 2 / VARIANCE[j]! + Math.log(VARIANCE[j]!) + LOG_TWO_PI),
        0
      )
      expect(logDensity[i]).toBeCloseTo(closed, 1)
      expect(standardError[i]).toBe(0)
    })
  })
})

describe('a correction', () => {
  const trained = asTrained(wavy, wavy.init(key(0)))

  /** log q with the whole trace of the Jacobian, by the same solver. */
  const exactly = async (source: tf.Tensor, steps: number): Promise<readonly number[]> => {
    const velocity = velocityOf(wavy)
    const one = (t: tf.Tensor, x: tf.Tensor) => {
      const [v, pullback] = vjp((at: tf.Tensor) => velocity(trained.params, t, at), x)
      return { x: v, divergence: tf.sum(vmap((e: tf.Tensor) => tf.sum(tf.mul(pullback(e), e)))(tf.eye(D))) }
    }
    const start = { x: source, divergence: tf.zeros([source.shape[0]!]) }
    const end = solve({
      field: (t, state: typeof start) => vmap(one, [null, 0])(t, state.x),
      y0: start,
      t0: 0,
      t1: 1,
      solver: heun,
      control: fixedSteps(steps)
    }).y
    const rows = source.arraySync() as number[][]
    const traces = end.divergence.dataSync()
    return rows.map(
      (row, i) =>
        row.reduce((sum, x) => sum - x ** 2 / (2 * SCALE ** 2) - Math.log(SCALE) - 0.5 * LOG_TWO_PI, 0) - traces[i]!
    )
  }

  test('has probed densities around those by the exact trace, as far as their errors say', async () => {
    const { networks, logDensity, standardError } = await generateWithDensity(trained, {
      ...options(60, 64),
      probes: 64
    })
    expect(networks.shape).toEqual([60, D])
    // the sources, found again by running the field backwards
    const back = solve({
      field: (t, x: tf.Tensor) => vmap(velocityOf(wavy), [null, null, 0])(trained.params, t, x),
      y0: networks,
      t0: 1,
      t1: 0,
      solver: heun,
      control: fixedSteps(64)
    }).y
    const exact = await exactly(back, 64)
    const scores = exact.map((value, i) => (logDensity[i]! - value) / Math.hypot(standardError[i]!, 0.03))
    expect(Math.max(...scores.map(Math.abs))).toBeLessThan(5)
    const meanSquare = scores.reduce((s, z) => s + z * z, 0) / scores.length
    expect(meanSquare).toBeLessThan(2.5)
    expect(standardError.every((error) => error > 0)).toBe(true)
  })

  test('gives the same networks for the same key', async () => {
    const one = await generate(trained, { ...options(20, 8), chunk: 20 })
    const two = await generate(trained, { ...options(20, 8), chunk: 20 })
    expect(Array.from(one.dataSync())).toEqual(Array.from(two.dataSync()))
  })
})

/** Targets far from what the base is made for: a correction can learn, and does. */
const shift: WeightField<{ readonly c: tf.Tensor }> = {
  name: 'shift',
  base,
  init: () => ({ c: tf.zeros([D]) }),
  correction: ({ c }, _, x) => tf.add(tf.mul(x, 0), c)
}

describe('training', () => {
  const rowsOf = (offset: number, seed: number): tf.Tensor =>
    scoped(() => tf.add(tf.add(tf.mul(normal(key(seed), [256, D]), tf.sqrt(tf.tensor1d(VARIANCE))), MEAN), offset))
  const train = (held: tf.Tensor, learningRate = 0.05) =>
    trainField({
      ...quiet(),
      field: shift,
      targets: rowsOf(1, 1),
      heldOut: held,
      sourceScale: SCALE,
      steps: 200,
      batch: 64,
      learningRate,
      key: key(7)
    })

  test('lowers the held-out loss where held-out rows are like the training rows', async () => {
    const { curve, bestStep, params } = await train(rowsOf(1, 2))
    expect(curve[0]?.step).toBe(0)
    expect(curve.at(-1)?.step).toBe(200)
    expect(bestStep).toBeGreaterThan(0)
    expect(curve.find(({ step }) => step === bestStep)?.loss).toBe(Math.min(...curve.map(({ loss }) => loss)))
    for (const value of params.c.dataSync()) expect(value).toBeGreaterThan(0.1)
  })

  test('keeps the base where every step makes the held-out loss worse', async () => {
    const { curve, bestStep, params } = await train(rowsOf(-1, 2))
    expect(curve.at(-1)!.loss).toBeGreaterThan(curve[0]!.loss)
    expect(bestStep).toBe(0)
    expect(Array.from(params.c.dataSync())).toEqual(MEAN.map(() => 0))
  })

  test('a signal ends it at the next check, with what is best until then', async () => {
    const controller = new AbortController()
    const { curve } = await trainField({
      field: shift,
      targets: rowsOf(1, 1),
      heldOut: rowsOf(1, 2),
      sourceScale: SCALE,
      steps: 200,
      batch: 64,
      learningRate: 0.05,
      key: key(7),
      signal: controller.signal,
      onProgress: () => controller.abort()
    })
    expect(curve).toHaveLength(2)
  })
})
