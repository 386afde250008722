// Random numbers equal to jax.random's: exactly for integers and unit uniforms, to float32 rounding elsewhere.
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { threefry2x32 } from '@bdl/compiler'
import { casesOf, describeFixture, eagerAndCompiled, expectClose, flattenNested, type Nested } from '@bdl/testing'
import {
  bernoulli,
  bits,
  categorical,
  cauchy,
  exponential,
  foldIn,
  gumbel,
  key,
  laplace,
  logistic,
  normal,
  permutation,
  rademacher,
  randint,
  splitStack,
  truncatedNormal,
  uniform
} from '../src/index'

type RandomCase = {
  readonly op: string
  readonly key: readonly [number, number]
  readonly counter: readonly number[]
  readonly seed: number
  readonly num?: number
  readonly data: number
  readonly shape: readonly number[]
  readonly n: number
  readonly p: number
  readonly minval?: number
  readonly maxval?: number
  readonly lower: number
  readonly upper: number
  readonly logits: Nested
  readonly value: Nested
  readonly indices: readonly number[]
  readonly first: readonly number[]
  readonly last: readonly number[]
  readonly mean: number
  readonly variance: number
  readonly sumSquares: number
  readonly xorAll: number
  readonly sumMod2p32: number
}

const exact = { atol: 0, rtol: 0 }

const words = (values: readonly number[]): tf.Tensor =>
  tf.tensor1d(
    Int32Array.from(values, (v) => v | 0),
    'int32'
  )

/** uint32 numbers of int32 words. */
const unsigned = (x: tf.Tensor): Float64Array => Float64Array.from(x.dataSync(), (v) => v >>> 0)

type Draw = (c: RandomCase) => (key: tf.Tensor) => tf.Tensor

const counterHalves = (c: RandomCase): readonly [tf.Tensor, tf.Tensor] => {
  const half = Math.ceil(c.counter.length / 2)
  return [words(c.counter.slice(0, half)), words([...c.counter.slice(half), 0].slice(0, half))]
}

const block: Draw = (c) => (k) => {
  const [k0, k1] = tf.unstack(k)
  const [x0, x1] = counterHalves(c)
  return tf.slice(tf.concat([...threefry2x32(k0!, k1!, x0, x1)]), 0, c.counter.length)
}

const large = { uniformLarge: uniform, normalLarge: normal, bitsLarge: bits } as const
const bounds = (c: RandomCase) => ({
  ...(c.minval !== undefined && { minval: c.minval }),
  ...(c.maxval !== undefined && { maxval: c.maxval })
})

/** uint32 results, compared exactly. */
const wordOps: Readonly<Record<string, Draw>> = {
  threefry2x32: block,
  threefry2x32Array: block,
  key: (c) => () => key(c.seed),
  split: (c) => (k) => splitStack(k, c.num ?? c.shape),
  foldIn: (c) => (k) => foldIn(k, c.data),
  bits: (c) => (k) => bits(k, c.shape)
}

/** Other integers, compared exactly. */
const integerOps: Readonly<Record<string, Draw>> = {
  randint: (c) => (k) => randint(k, c.shape, c.minval!, c.maxval!),
  permutation: (c) => (k) => permutation(k, c.n),
  bernoulli: (c) => (k) => bernoulli(k, c.p, c.shape),
  rademacher: (c) => (k) => rademacher(k, c.shape),
  categorical: (c) => (k) => {
    const logits = tf.tensor(c.logits as tf.TensorLike)
    return categorical(k, logits, c.shape)
  }
}

const floatOps: Readonly<Record<string, Draw>> = {
  uniform: (c) => (k) => uniform(k, c.shape, bounds(c)),
  normal: (c) => (k) => normal(k, c.shape),
  exponential: (c) => (k) => exponential(k, c.shape),
  gumbel: (c) => (k) => gumbel(k, c.shape),
  laplace: (c) => (k) => laplace(k, c.shape),
  logistic: (c) => (k) => logistic(k, c.shape),
  cauchy: (c) => (k) => cauchy(k, c.shape),
  truncatedNormal: (c) => (k) => truncatedNormal(k, c.lower, c.upper, c.shape)
}

const largeOps = ['uniformLarge', 'normalLarge', 'bitsLarge', 'permutationLarge'] as const
type LargeOp = (typeof largeOps)[number]

const mean = (xs: ArrayLike<number>): number => Array.from(xs).reduce((s, x) => s + x, 0) / xs.length
const close = { atol: 1e-6, rtol: 1e-6 }

const checkLarge = (c: RandomCase, x: tf.Tensor): void => {
  const data = Array.from(x.dataSync())
  const at = (indices: readonly number[]): number[] => indices.map((i) => data[i]!)
  switch (c.op as LargeOp) {
    case 'uniformLarge':
      expect(at(c.indices)).toEqual(c.value)
      expectClose(mean(data), c.mean, close)
      expectClose(
        data.reduce((s, v) => s + v * v, 0),
        c.sumSquares,
        close
      )
      return
    case 'normalLarge':
      expectClose(at(c.indices), c.value, { atol: 2e-6, rtol: 5e-6 })
      expectClose(mean(data), c.mean, close)
      expectClose(mean(data.map((v) => (v - c.mean) ** 2)), c.variance, { atol: 0, rtol: 1e-5 })
      return
    case 'bitsLarge':
      expect(at(c.indices).map((v) => v >>> 0)).toEqual(c.value)
      expect(data.reduce((s, v) => s ^ v, 0) >>> 0).toBe(c.xorAll)
      expect(data.reduce((s, v) => (s + v) | 0, 0) >>> 0).toBe(c.sumMod2p32)
      return
    case 'permutationLarge':
      expect(data.slice(0, c.first.length)).toEqual(c.first)
      expect(data.slice(-c.last.length)).toEqual(c.last)
      expect([...data].sort((a, b) => a - b)).toEqual(data.map((_, i) => i))
  }
}

describeFixture<RandomCase>('random.json', import.meta.url, (fixture) => {
  const ops = [...Object.keys({ ...wordOps, ...integerOps, ...floatOps }), ...largeOps]
  const present = ops.filter((op) => fixture.cases.some((c) => c.op === op))

  test('the file has cases of ours, and none that we do not know', () => {
    expect(casesOf(fixture, 'op', ops).length).toBe(fixture.cases.length)
  })

  test.each(present)('%s, eagerly and compiled', async (op) => {
    for (const c of casesOf(fixture, 'op', [op])) {
      const draw = (wordOps[op] ?? integerOps[op] ?? floatOps[op])?.(c)
      const f =
        draw ??
        ((k: tf.Tensor) =>
          op === 'permutationLarge' ? permutation(k, c.n) : large[op as keyof typeof large](k, c.shape))
      const k = words(c.key ?? [0, 0])
      for (const x of await eagerAndCompiled(f, [k])) {
        const what = `${op} of ${c.key?.join()}`
        if (draw === undefined) checkLarge(c, x)
        else if (wordOps[op]) expectClose(unsigned(x), flattenNested(c.value), exact, what)
        else if (integerOps[op]) expectClose(x, c.value, exact, what)
        else
          expectClose(x, c.value, op === 'uniform' && c.minval === undefined ? exact : fixture.tolerance.float32, what)
        x.dispose()
      }
      k.dispose()
    }
  })
})
