/** The functions of the WebAssembly engine against float64, over all magnitudes of float32: how many units in the last place off. */
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { jit } from '../src/index'
import { logRemainder64 } from '../src/primitives/log-remainder'
import { erf64, erfc64, erfinv64 } from '../src/primitives/special-reference'
import { erf, erfc, erfinv, erfinvXla, logRemainder } from '../src/special'

/** Numbers of every exponent and sign, evenly spread over bit patterns, with the ends. */
const everywhere = (): Float32Array<ArrayBuffer> => {
  const bits = new Uint32Array(1 << 18)
  for (let i = 0; i < bits.length; i++) bits[i] = i * 16384 + ((i * 2654435761) >>> 18)
  const all = new Float32Array(bits.buffer)
  all.set([0, -0, Infinity, -Infinity, NaN, 1, -1, 2 ** -149, -(2 ** -149), 2 ** -126, 3.4028234663852886e38])
  return all
}

/** Evenly spread over an interval. */
const between = (low: number, high: number): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length: 1 << 16 }, (_, i) => low + ((high - low) * (i + 0.5)) / (1 << 16))

const words = new DataView(new ArrayBuffer(4))

/** Distance between neighbours of float32 at a number. */
const unitAt = (x: number): number => {
  words.setFloat32(0, Math.abs(x))
  const exponent = Math.max(1, words.getUint32(0) >>> 23)
  return 2 ** (exponent - 127 - 23)
}

/** The largest error in units of the last place; what is not finite must agree. */
const worst = (
  got: ArrayLike<number>,
  xs: ArrayLike<number>,
  f: (x: number) => number
): { readonly units: number; readonly at: number } => {
  let [units, at] = [0, 0]
  for (let i = 0; i < xs.length; i++) {
    const want = f(xs[i]!)
    const rounded = Math.fround(want)
    if (Object.is(rounded, got[i]!) || rounded === got[i]!) continue
    const error = Math.abs(got[i]! - want) / unitAt(want)
    if (!(error <= units)) [units, at] = [Number.isNaN(error) ? Infinity : error, xs[i]!]
  }
  return { units, at }
}

type Case = readonly [name: string, f: (x: tf.Tensor) => tf.Tensor, exact: (x: number) => number, units: number]

const cases: readonly Case[] = [
  ['exp', tf.exp, Math.exp, 2],
  ['expm1', tf.expm1, Math.expm1, 3],
  ['log', tf.log, Math.log, 2],
  ['log1p', tf.log1p, Math.log1p, 3],
  ['sqrt', tf.sqrt, Math.sqrt, 0.5],
  ['rsqrt', tf.rsqrt, (x) => 1 / Math.sqrt(x), 2],
  ['tanh', tf.tanh, Math.tanh, 4],
  ['sigmoid', tf.sigmoid, (x) => 1 / (1 + Math.exp(-x)), 3],
  ['softplus', tf.softplus, (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), 3],
  ['sin', tf.sin, Math.sin, 2],
  ['cos', tf.cos, Math.cos, 2],
  ['tan', tf.tan, Math.tan, 3],
  ['asin', tf.asin, Math.asin, 3],
  ['acos', tf.acos, Math.acos, 3],
  ['atan', tf.atan, Math.atan, 3],
  ['sinh', tf.sinh, Math.sinh, 4],
  ['cosh', tf.cosh, Math.cosh, 4],
  ['asinh', tf.asinh, Math.asinh, 4],
  ['acosh', tf.acosh, Math.acosh, 4],
  ['atanh', tf.atanh, Math.atanh, 4],
  ['erf', erf, erf64, 3],
  ['erfc', erfc, erfc64, 6],
  ['erfinv', erfinv, erfinv64, 12],
  ['log(1 + x) - x', (x) => logRemainder(tf.add(x, 1), x), (x) => logRemainder64(1 + x, x), 5],
  ['log(r) - r + 1', (r) => logRemainder(r, tf.sub(r, 1)), (r) => logRemainder64(r, r - 1), 5]
]

describe('units in the last place', () => {
  test.each(cases)('%s', async (_, f, exact, units) => {
    const compiled = jit(f, { engine: 'wasm' })
    for (const xs of [everywhere(), between(-1, 1), between(-20, 20), between(-1000, 1000)]) {
      const result = (await compiled(tf.tensor1d(xs))).dataSync()
      const error = worst(result, xs, exact)
      expect(error.units, `at ${error.at}`).toBeLessThanOrEqual(units)
    }
    await compiled.dispose()
  })
})

test('erfinvXla: the rounding of the square costs digits in the tails alone', async () => {
  const compiled = jit(erfinvXla, { engine: 'wasm' })
  const unitsAt = async (low: number, high: number): Promise<number> => {
    const xs = between(low, high)
    return worst((await compiled(tf.tensor1d(xs))).dataSync(), xs, erfinv64).units
  }
  expect(await unitsAt(-0.99, 0.99)).toBeLessThanOrEqual(16)
  expect(await unitsAt(0.99, 1)).toBeLessThanOrEqual(200)
  const ends = await compiled(tf.tensor1d([1, -1, 1 + 2 ** -23, -2, Infinity, -Infinity, NaN]))
  expect([...ends.dataSync()]).toEqual([Infinity, -Infinity, NaN, NaN, NaN, NaN, NaN])
  await compiled.dispose()
})

test('the larger and the smaller of a number and a constant: NaN stays, and zeros have their signs', async () => {
  const xs = [NaN, -Infinity, Infinity, -0, 0, 1, 2, 3]
  const given = tf.tensor1d(xs)
  for (const c of [2, -2, 0, NaN, Infinity]) {
    const [larger, smaller] = [Math.max, Math.min].map((f) => xs.map((x) => f(x, c)))
    const constant = tf.scalar(c)
    const compiled = jit(
      (x: tf.Tensor) => [tf.maximum(x, c), tf.maximum(constant, x), tf.minimum(x, c), tf.minimum(constant, x)],
      { engine: 'wasm' }
    )
    const results = (await compiled(given)).map((y) => Array.from(y.dataSync()))
    expect(results).toEqual([larger, larger, smaller, smaller])
    await compiled.dispose()
  }
})
