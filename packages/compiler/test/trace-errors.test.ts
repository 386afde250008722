/** What cannot be traced is one typed error that names the op and the line of this file. */
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { bitsToUnit, bitwiseXor, cond, grad, isBdlError, jit, scan, vmap, type BdlError } from '../src/index'

const errorOf = (body: () => unknown): BdlError => {
  try {
    body()
  } catch (error) {
    if (isBdlError(error)) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

/** The same program under every transformation that traces. */
const traced = (f: (x: tf.Tensor) => tf.Tensor): readonly (() => unknown)[] => [
  () => grad((x: tf.Tensor) => tf.sum(f(x)))(tf.ones([2])),
  () => vmap(f)(tf.ones([3, 2])),
  () =>
    grad((x: tf.Tensor) => tf.sum(scan((c: tf.Tensor) => [f(c), []] as const, x, [], { length: 2 })[0]))(tf.ones([2])),
  () => grad((x: tf.Tensor) => tf.sum(cond(tf.scalar(true, 'bool'), f, f, x)))(tf.ones([2]))
]

const HERE = /trace-errors\.test\.ts:\d+/

const refused: readonly (readonly [name: string, f: (x: tf.Tensor) => tf.Tensor, code: string, op: RegExp])[] = [
  ['dataSync', (x) => tf.scalar(x.dataSync()[0]!), 'NotTraceable', /read.*dataSync/],
  ['arraySync', (x) => tf.scalar(Number(x.arraySync())), 'NotTraceable', /read.*arraySync/],
  ['print', (x) => (x.print(), x), 'NotTraceable', /read.*print/],
  ['unique, whose shape depends on data', (x) => tf.unique(x).values, 'NotTraceable', /Unique/],
  ['an op without a rule (fft)', (x) => tf.real(tf.fft(tf.complex(x, x))), 'UnsupportedOp', /Complex/],
  ['randomNormal', (x) => tf.add(x, tf.randomNormal([2])), 'NotTraceable', /randomNormal/],
  ['randomUniform of a scalar', (x) => tf.add(x, tf.randomUniform([])), 'NotTraceable', /randomUniform/],
  ['truncatedNormal', (x) => tf.add(x, tf.truncatedNormal([2])), 'NotTraceable', /truncatedNormal/],
  ['randomGamma', (x) => tf.add(x, tf.randomGamma([2], 1)), 'NotTraceable', /randomGamma/],
  [
    'randomStandardNormal',
    (x) => tf.add(x, tf.randomStandardNormal([2])),
    'NotTraceable',
    /randomNormal|randomStandardNormal/
  ],
  ['dropout', (x) => tf.dropout(x, 0.5), 'NotTraceable', /random/],
  ['multinomial', (x) => tf.cast(tf.multinomial(x as tf.Tensor1D, 2), 'float32'), 'UnsupportedOp', /Multinomial/],
  ['a string tensor', (x) => (tf.tensor1d(['a', 'b']), x), 'DtypeMismatch', /tensor/]
]

describe('refused inside a trace', () => {
  test.each(refused)('%s', async (_, f, code, op) => {
    for (const program of traced(f)) {
      const error = errorOf(program)
      expect([error.code, error.message, error.at]).toEqual([
        code,
        expect.stringMatching(op),
        expect.stringMatching(HERE)
      ])
    }
    await expect(jit(f)(tf.ones([2]))).rejects.toMatchObject({
      name: 'BdlError',
      code,
      at: expect.stringMatching(HERE)
    })
  })

  test('the line is the one of the op, not of the transformation', () => {
    const lineOf = (text: string): number => Number(/trace-errors\.test\.ts[^:]*:(\d+)/.exec(text)![1])
    const marks: string[] = []
    const error = errorOf(() =>
      grad((x: tf.Tensor) => {
        marks.push(new Error().stack!)
        return tf.scalar(x.dataSync()[0]!) // the next line after the mark
      })(tf.ones([2]))
    )
    expect(lineOf(error.at!)).toBe(lineOf(marks[0]!) + 1)
  })

  test('data, whose promise is rejected', async () => {
    let rejection: Promise<unknown> = Promise.resolve()
    grad((x: tf.Tensor) => {
      rejection = x.data()
      return tf.sum(x)
    })(tf.ones([2]))
    await expect(rejection).rejects.toMatchObject({ code: 'NotTraceable', at: expect.stringMatching(HERE) })
  })
})

describe('results and arguments', () => {
  const wrong = (text: string): { readonly x: tf.Tensor } => JSON.parse(text)

  test('a tensor that leaked out of a finished trace', () => {
    let kept: tf.Tensor | undefined
    grad((x: tf.Tensor) => tf.sum((kept = tf.sin(x))))(tf.ones([2]))
    const error = errorOf(() => grad((x: tf.Tensor) => tf.sum(tf.mul(x, kept!)))(tf.ones([2])))
    expect([error.code, error.message, error.at]).toEqual([
      'NotTraceable',
      expect.stringMatching(/leaked.*grad/),
      expect.stringMatching(HERE)
    ])
  })

  test('an async function, without an unhandled rejection', async () => {
    const f = async (x: tf.Tensor): Promise<tf.Tensor> => tf.scalar((await x.data())[0]!)
    const untyped: { readonly f: (x: tf.Tensor) => tf.Tensor } = JSON.parse('{}')
    const cast = Object.assign(untyped, { f }).f as (x: tf.Tensor) => never
    for (const program of [() => grad(cast)(tf.ones([2])), () => vmap(cast)(tf.ones([2]))]) {
      const error = errorOf(program)
      expect([error.message, error.at]).toEqual([expect.stringMatching(/Promise.*async/), expect.stringMatching(HERE)])
    }
    await expect(jit(cast)(tf.ones([2]))).rejects.toMatchObject({ message: expect.stringMatching(/async/) })
    await new Promise((resolve) => setTimeout(resolve))
  })

  test('a loss that is no scalar, or no float', () => {
    for (const f of [(x: tf.Tensor) => tf.sin(x), (x: tf.Tensor) => tf.argMax(x)]) {
      const error = errorOf(() => grad(f)(tf.ones([2])))
      expect([error.code, error.at]).toEqual(['ShapeMismatch', expect.stringMatching(HERE)])
    }
  })

  test('an argument or a result that is no tree of tensors', () => {
    for (const text of ['{"x": 3}', '{"x": null}', '{"x": "w"}', '{"x": [[true]]}']) {
      const error = errorOf(() => grad((t: { readonly x: tf.Tensor }) => tf.sum(t.x))(wrong(text)))
      expect([error.code, error.message, error.at]).toEqual([
        'InvalidArgument',
        expect.stringMatching(/tree at 'x/),
        expect.stringMatching(HERE)
      ])
    }
    const map = Object.assign({ x: tf.ones([1]) }, { x: new Map() })
    expect(errorOf(() => vmap((_: tf.Tensor) => wrong('{"x": 3}'))(tf.ones([2]))).code).toBe('InvalidArgument')
    expect(errorOf(() => vmap((t: tf.Tensor) => [t, map.x] as readonly tf.Tensor[])(tf.ones([2]))).message).toMatch(
      /Map/
    )
  })

  test('vmap: sizes that differ, nothing batched, the wrong number of axes', () => {
    const add = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.add(a, b)
    expect(errorOf(() => vmap(add)(tf.ones([2]), tf.ones([3]))).message).toMatch(/2, 3/)
    expect(errorOf(() => vmap(add, [null, null])(tf.ones([2]), tf.ones([3]))).message).toMatch(/none/)
    expect(errorOf(() => vmap((x: tf.Tensor) => x)(tf.scalar(1))).code).toBe('ShapeMismatch')
  })

  test('shapes that do not fit name the op and the line', () => {
    const words = tf.zeros([3], 'int32')
    const error = errorOf(() =>
      grad((x: tf.Tensor) => tf.sum(bitsToUnit(bitwiseXor(tf.cast(x, 'int32'), words))))(tf.ones([2]))
    )
    expect([error.code, error.message, error.at]).toEqual([
      'ShapeMismatch',
      expect.stringMatching(/bitwiseXor/),
      expect.stringMatching(HERE)
    ])
  })
})

test('a failed trace leaves TensorFlow.js as it was', () => {
  const [before, backend] = [tf.memory().numTensors, tf.getBackend()]
  const x = tf.ones([2])
  for (const program of traced((own) => tf.scalar(own.dataSync()[0]!))) errorOf(() => tf.tidy(() => void program()))
  expect([tf.memory().numTensors, tf.getBackend()]).toEqual([before + 1, backend])
  expect(grad((own: tf.Tensor) => tf.sum(tf.square(own)))(x).dataSync()).toEqual(Float32Array.from([2, 2]))
})
