/** Quotients and rests that a processor refuses to compute: by zero, and of the least integer by -1. */
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { jit, onnxEngine } from '../src/index'
import { runtimes } from './support/where'

const LEAST = -2147483648

const ALL = [LEAST, LEAST + 1, -7, -2, -1, 0, 1, 2, 7, 2147483647]
const [dividends, divisors] = [tf.tensor2d(ALL, [ALL.length, 1], 'int32'), tf.tensor1d(ALL, 'int32')]

const both = (a: tf.Tensor, b: tf.Tensor): readonly tf.Tensor[] => [tf.floorDiv(a, b), tf.div(a, b), tf.mod(a, b)]

/** What mathematics says, in 32 bits; TensorFlow.js says 0 where a divisor is 0. */
const quotient = (a: bigint, b: bigint): bigint => (b === 0n ? 0n : (a - rest(a, b)) / b)
const rest = (a: bigint, b: bigint): bigint => (b === 0n ? 0n : ((a % b) + b) % b)

const expected = (f: (a: bigint, b: bigint) => bigint): readonly number[] =>
  ALL.flatMap((a) => ALL.map((b) => Number(BigInt.asIntN(32, f(BigInt(a), BigInt(b))))))

const wanted = [expected(quotient), expected(quotient), expected(rest)]

const values = (t: tf.Tensor): readonly number[] => Array.from(t.dataSync(), (x) => x + 0)

test('eagerly', () => {
  expect(both(dividends, divisors).map(values)).toEqual(wanted)
})

test.each([...runtimes, 'reference'] as const)('compiled: %s', async (runtime) => {
  const engine = runtime === 'reference' ? runtime : onnxEngine({ runtime })
  const f = jit(both, { engine })
  expect((await f(dividends, divisors)).map(values)).toEqual(wanted)
  await f.dispose()
})
