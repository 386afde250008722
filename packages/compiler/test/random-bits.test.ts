/** threefry2x32 against the known answers of its authors, in every way to run it. */
import * as tf from '@tensorflow/tfjs-core'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { bitsToUnit, bitwiseXor, jit, scan, threefry2x32, vmap } from '../src/index'
import { expectSameTensors } from './support/laws'

/** Random123's kat_vectors, threefry2x32 with 20 rounds: counter, key, answer. */
const KNOWN = [
  { counter: [0, 0], key: [0, 0], answer: [0x6b200159, 0x99ba4efe] },
  { counter: [-1, -1], key: [-1, -1], answer: [0x1cb996fc, 0xbb002be7] },
  { counter: [0x243f6a88, 0x85a308d3], key: [0x13198a2e, 0x03707344], answer: [0xc4923a9c, 0x483df7a0] }
] as const

const word = (value: number): tf.Tensor => tf.scalar(value | 0, 'int32')
const column = (pick: (known: (typeof KNOWN)[number]) => number): tf.Tensor =>
  tf.tensor1d(
    Int32Array.from(KNOWN, (known) => pick(known) | 0),
    'int32'
  )

const columns = (): readonly tf.Tensor[] => [
  column((k) => k.key[0]),
  column((k) => k.key[1]),
  column((k) => k.counter[0]),
  column((k) => k.counter[1])
]
const answers = (): readonly tf.Tensor[] => [column((k) => k.answer[0]), column((k) => k.answer[1])]
const block = (...[k0, k1, c0, c1]: tf.Tensor[]): readonly tf.Tensor[] => threefry2x32(k0!, k1!, c0!, c1!)

test('known answers, one by one, eagerly and compiled', async () => {
  const compiled = jit(block)
  for (const { counter, key, answer } of KNOWN) {
    const args = [...key, ...counter].map(word)
    expectSameTensors('eager', block(...args), answer.map(word), 0)
    expectSameTensors('compiled', await compiled(...args), answer.map(word), 0)
  }
  await compiled.dispose()
})

test('known answers elementwise, under vmap, and inside scan, eagerly and compiled', async () => {
  const ways = [
    block,
    vmap(block),
    (...xs: tf.Tensor[]) =>
      scan(
        (n: tf.Tensor, [k0, k1, c0, c1]: readonly tf.Tensor[]) => [n, threefry2x32(k0!, k1!, c0!, c1!)] as const,
        tf.scalar(0),
        xs
      )[1]
  ]
  for (const way of ways) {
    const compiled = jit(way)
    expectSameTensors('eager', way(...columns()), answers(), 0)
    expectSameTensors('compiled', await compiled(...columns()), answers(), 0)
    await compiled.dispose()
  }
})

test('any key and counters: compiled bits equal eager bits, units lie in [0, 1) on the grid', async () => {
  const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
  const f = (key: tf.Tensor, counters: tf.Tensor): readonly tf.Tensor[] => {
    const [k0, k1] = tf.unstack(key)
    const bits = threefry2x32(k0!, k1!, counters, bitwiseXor(counters, tf.scalar(-1, 'int32')))
    return [...bits, bitsToUnit(bits[0])]
  }
  const compiled = jit(f)
  await fc.assert(
    fc.asyncProperty(fc.tuple(int32, int32), fc.array(int32, { minLength: 5, maxLength: 5 }), async (key, counters) => {
      const args = [
        tf.tensor1d(Int32Array.from(key), 'int32'),
        tf.tensor1d(Int32Array.from(counters), 'int32')
      ] as const
      const eager = f(...args)
      expectSameTensors('bits', await compiled(...args), eager, 0)
      const units = eager[2]!.dataSync()
      eager[0]!.dataSync().forEach((bits, i) => {
        // the definition of JAX: the mantissa of a float in [1, 2)
        const one = new Float32Array(Int32Array.of((bits >>> 9) | 0x3f800000).buffer)[0]!
        expect(units[i]).toBe(one - 1)
      })
    }),
    { numRuns: 50 }
  )
  await compiled.dispose()
})
