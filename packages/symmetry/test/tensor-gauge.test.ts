// S11: the gauges as tensor code are the host's, eager and compiled; their gradients are finite; nothing leaks.
import * as tf from '@tensorflow/tfjs-core'
import { grad } from '@bdl/compiler'
import { fromHost, key } from '@bdl/core'
import { eagerAndCompiled, expectClose, expectNoLeak } from '@bdl/testing'
import { describe, expect, test } from 'vitest'
import { act, balancedGauge, canonicalise, mlpSpec, randomElement, signGauge, unitGauge } from '../src/index'
import { flat, randomMlp, type HostMlp } from './support/mlp'

type TensorMlp = readonly { readonly w: tf.Tensor; readonly b: tf.Tensor }[]

const toTensors = (net: HostMlp): TensorMlp => net.map(({ w, b }) => ({ w: fromHost(w), b: fromHost(b) }))

const numbers = (net: TensorMlp): readonly number[] => net.flatMap(({ w, b }) => [...b.dataSync(), ...w.dataSync()])

const TOLERANCE = { atol: 1e-5, rtol: 1e-4 } // float32, through divisions by norms

/** Layer `l`, unit `i` writes nothing. */
const withDeadUnit = (net: HostMlp, l: number, i: number): HostMlp =>
  net.map(({ w, b }, layer) =>
    layer !== l
      ? { w, b }
      : {
          w: { shape: w.shape, data: w.data.map((v, at) => (at % w.shape[1]! === i ? 0 : v)) },
          b: { shape: b.shape, data: b.data.map((v, at) => (at === i ? 0 : v)) }
        }
  )

const SIZES = [
  [3, 5, 2],
  [3, 5, 4, 2]
]

describe.each(SIZES.map((sizes) => [sizes.join('-'), sizes] as const))('%s', (_, sizes) => {
  const relu = mlpSpec(sizes, 'relu')
  const nets = [randomMlp(sizes, 1), withDeadUnit(randomMlp(sizes, 2), 0, 1)]

  test.each(['unit', 'balanced'] as const)('%s gauge: eager = compiled = host', async (gauge) => {
    const run = gauge === 'unit' ? unitGauge(relu) : balancedGauge(relu)
    for (const net of nets) {
      const expected = flat(canonicalise(relu, { gauge, order: 'none' })(net).weights)
      for (const result of await eagerAndCompiled((w: TensorMlp) => run(w), [toTensors(net)]))
        expectClose(numbers(result), expected, TOLERANCE)
    }
  })

  test('sign gauge: eager = compiled = host, by biases, by cubes, by entries', async () => {
    const tanh = mlpSpec(sizes, 'tanh')
    const unbiased = randomMlp(sizes, 3).map(({ w, b }) => ({ w, b: { ...b, data: b.data.map(() => 0) } }))
    // Columns whose cubes cancel: the first entry decides.
    const balancedCubes = unbiased.map(({ w, b }) => ({
      w: { ...w, data: w.data.map((_, at) => [0.5, -0.5, 0][Math.floor(at / w.shape[1]!)] ?? 0) },
      b
    }))
    for (const net of [randomMlp(sizes, 4), unbiased, balancedCubes]) {
      const host = canonicalise(tanh)(net).weights
      for (const result of await eagerAndCompiled((w: TensorMlp) => signGauge(tanh)(w), [toTensors(net)])) {
        const sorted = canonicalise(tanh)(
          result.map(({ w, b }) => ({
            w: { shape: w.shape, data: Float64Array.from(w.dataSync()) },
            b: { shape: b.shape, data: Float64Array.from(b.dataSync()) }
          }))
        )
        expectClose(flat(sorted.weights), flat(host), TOLERANCE)
        sorted.element.forEach(({ scale }) => expect(scale.every((s) => s === 1)).toBe(true))
      }
    }
  })

  test('gradients are finite, at dead units too', async () => {
    for (const gauge of [unitGauge(relu), balancedGauge(relu)]) {
      const loss = (w: TensorMlp) =>
        gauge(w).reduce((sum: tf.Tensor, layer) => tf.add(sum, tf.sum(tf.sin(layer.w))), tf.scalar(0))
      for (const net of nets)
        for (const g of await eagerAndCompiled((w: TensorMlp) => grad(loss)(w), [toTensors(net)]))
          expect(numbers(g).every(Number.isFinite)).toBe(true)
    }
  })

  test('nothing leaks, and a wrong shape is named', () => {
    const weights = toTensors(nets[0]!)
    for (const gauge of [unitGauge(relu), balancedGauge(relu), signGauge(mlpSpec(sizes, 'tanh'))])
      expectNoLeak(() => gauge(weights))
    expect(() => unitGauge(relu)(weights.slice(1))).toThrow(/ShapeMismatch|expected shape/)
  })
})

describe('randomElement', () => {
  const spec = mlpSpec([2, 6, 5, 1], 'relu')

  test('is an element, the same for the same key, another for another', () => {
    const net = randomMlp([2, 6, 5, 1], 1)
    const of = (seed: number) => flat(act(spec, randomElement(spec, key(seed)))(net))
    expect(of(1)).toEqual(of(1))
    expect(of(1)).not.toEqual(of(2))
  })

  test('scales and signs stay within what the kind allows', () => {
    const scales = randomElement(spec, key(3), 2).flatMap(({ scale }) => [...scale])
    expect(scales.every((s) => Math.abs(Math.log(s)) <= 2 && s !== 1)).toBe(true)
    const signs = randomElement(mlpSpec([1, 400, 1], 'tanh'), key(4)).flatMap(({ scale }) => [...scale])
    // 400 fair signs: their sum lies within 5 standard errors of 0.
    expect(Math.abs(signs.reduce((a, b) => a + b, 0))).toBeLessThan(5 * Math.sqrt(400))
    expect(new Set(signs)).toEqual(new Set([1, -1]))
  })

  test('restarts draw other orders of the groups and never do worse', () => {
    const sizes = [3, 6, 6, 6, 2]
    const deep = mlpSpec(sizes, 'silu')
    for (let seed = 1; seed <= 5; seed++) {
      const [net, reference] = [randomMlp(sizes, seed), randomMlp(sizes, seed + 50)]
      const once = canonicalise(deep, { reference })(net).report.objective
      const more = canonicalise(deep, { reference, restarts: 4, key: key(seed) })(net).report.objective
      expect(more).toBeGreaterThanOrEqual(once)
    }
  })

  test('leaves no tensors', () => {
    const k = key(5)
    const before = tf.memory().numTensors
    randomElement(spec, k)
    canonicalise(spec, { reference: randomMlp([2, 6, 5, 1], 1), restarts: 3, key: k })(randomMlp([2, 6, 5, 1], 2))
    expect(tf.memory().numTensors).toBe(before)
  })
})
