/**
 * A table of wrong programs, and what the error says of each: the public function, the op, the shapes, and the line of this
 * file on which the mistake is. Every program has its mistake on the line that calls `here()`, which gives `undefined`.
 */
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import {
  bitwiseXor,
  cond,
  customVjp,
  foriLoop,
  grad,
  isBdlError,
  jit,
  onnxEngine,
  scan,
  valueAndGrad,
  vjp,
  vmap,
  whileLoop,
  type BdlError
} from '../src/index'
import { runtimes } from './support/where'

/** The line of the last call of `here`, in the form that stack traces have. */
let marked = ''
const here = (): undefined => {
  marked = new Error().stack!.split('\n').filter((line) => /errors\.test\.ts/.test(line))[1]!
  return undefined
}

const lineOf = (text: string | undefined): number => Number(/errors\.test\.ts[^:]*:(\d+):\d+/.exec(text ?? '')?.[1])

const errorOf = async (body: () => unknown): Promise<BdlError> => {
  try {
    await body()
  } catch (error) {
    if (isBdlError(error)) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

const x = tf.ones([2, 3])
const v = tf.ones([3])
const yes = tf.scalar(true, 'bool')

/** A mistake in the user's function: what it computes, and what the message must say. */
type Mistake = readonly [name: string, f: (x: tf.Tensor) => tf.Tensor, code: string, says: readonly RegExp[]]

const mistakes: readonly Mistake[] = [
  [
    'shapes that do not broadcast',
    (a) => tf.add(a, here() ?? tf.ones([4, 2])),
    'ShapeMismatch',
    [/add: /, /\[2, 3\] and \[4, 2\]/]
  ],
  [
    'inner sizes of a product',
    (a) => tf.matMul(a, here() ?? tf.ones([2, 2])),
    'ShapeMismatch',
    [/matMul: /, /\[2, 3\] and \[2, 2\]/]
  ],
  [
    'a reshape of another size',
    (a) => tf.reshape(a, here() ?? [4, 2]),
    'ShapeMismatch',
    [/reshape: /, /6 elements, got \[4, 2\]/]
  ],
  [
    'a slice that ends outside',
    (a) => tf.slice(a, here() ?? [0, 2], [2, 2]),
    'ShapeMismatch',
    [/slice: /, /\[2, 3\].*\[0, 2\].*\[2, 2\]/]
  ],
  ['an axis that is not there', (a) => tf.sum(a, here() ?? 5), 'ShapeMismatch', [/op sum/, /5|rank/]],
  [
    'a concat of unlike shapes',
    (a) => tf.concat([a, here() ?? tf.ones([3, 3])], 1),
    'ShapeMismatch',
    [/concat: /, /\[2, 3\], \[3, 3\]/]
  ],
  ['no tensor', (a) => tf.mul(a, here() ?? JSON.parse('{"w": 1}')), 'InvalidArgument', [/op mul/, /'b'.*Object/]],
  [
    'a rank that does not fit',
    (a) => tf.transpose(a, here() ?? [0, 1, 2]),
    'ShapeMismatch',
    [/op transpose/, /rank.*2.*\[?0,1,2/]
  ],
  [
    'an op of our own',
    (a) => bitwiseXor(tf.cast(a, 'int32'), here() ?? tf.zeros([4], 'int32')),
    'ShapeMismatch',
    [/bitwiseXor/, /2, 3/, /4/]
  ],
  [
    'an equation of einsum',
    (a) => tf.einsum('ij,jk->ik', a, here() ?? tf.ones([2, 2])),
    'ShapeMismatch',
    [/einsum/, /3.*2/]
  ],
  ['a value that is read', (a) => tf.scalar(Number((here(), a.dataSync()[0]))), 'NotTraceable', [/op read.*dataSync/]],
  [
    'numbers of TensorFlow.js',
    (a) => tf.add(a, here() ?? tf.randomUniform([2, 3])),
    'NotTraceable',
    [/randomUniform/, /key/]
  ],
  ['an op without a rule', (a) => tf.real(here() ?? tf.complex(a, a)), 'UnsupportedOp', [/op Complex/]],
  [
    'a shape that depends on data',
    (a) => (here(), tf.unique(tf.reshape(a, [6])).values),
    'NotTraceable',
    [/op Unique/, /shape/]
  ]
]

const same = (y: tf.Tensor): tf.Tensor => y
const total = (y: tf.Tensor): tf.Tensor => tf.sum(tf.cast(y, 'float32'))

/** Everything that traces, around a function of one [2, 3] tensor: its public name, and what runs it. */
const around: readonly (readonly [name: string, run: (f: Mistake[1]) => unknown])[] = [
  ['jit', (f) => jit(f)(x)],
  ['grad', (f) => grad((a: tf.Tensor) => total(f(a)))(x)],
  ['valueAndGrad', (f) => valueAndGrad((a: tf.Tensor) => total(f(a)))(x)],
  ['vjp', (f) => vjp((a: tf.Tensor) => f(a), x)],
  ['vmap', (f) => vmap(f)(tf.stack([x, x]))],
  [
    'scan',
    (f) => grad((a: tf.Tensor) => total(scan((c: tf.Tensor) => [c, f(c)] as const, a, [], { length: 2 })[1]))(x)
  ],
  [
    'whileLoop',
    (f) =>
      jit((a: tf.Tensor) =>
        whileLoop(
          (c: tf.Tensor) => tf.less(total(f(c)), 3),
          (c) => c,
          a
        )
      )(x)
  ],
  ['cond', (f) => jit((a: tf.Tensor) => cond(yes, f, (c: tf.Tensor) => c, a))(x)],
  ['jit', (f) => jit((a: tf.Tensor) => vmap((row: tf.Tensor) => tf.mul(row, total(f(a))))(a))(x)]
]

describe.each(mistakes)('%s', (_, f, code, says) => {
  test.each(around)('in %s', async (name, run) => {
    const error = await errorOf(() => run(f))
    for (const words of says) expect(error.message).toMatch(words)
    expect(error.code).toBe(code)
    expect(lineOf(error.at), error.message).toBe(lineOf(marked))
    if (error.argument.startsWith('op ')) expect([name, 'vmap', 'jit']).toContain(error.fn)
  })
})

describe('mistakes of form', () => {
  const wrong = (text: string): { readonly x: tf.Tensor } => JSON.parse(text)
  const rows: readonly (readonly [name: string, run: () => unknown, code: string, says: readonly RegExp[]])[] = [
    ['grad of no scalar', () => grad((a: tf.Tensor) => tf.sin(a))(here() ?? x), 'ShapeMismatch', [/grad/, /\[2, ?3\]/]],
    [
      'grad of no tree',
      () => grad((a: { x: tf.Tensor }) => tf.sum(a.x))(here() ?? wrong('{"x": "w"}')),
      'InvalidArgument',
      [/tree at 'x'/, /string w/]
    ],
    [
      'vmap of sizes that differ',
      () => vmap((a: tf.Tensor, b: tf.Tensor) => tf.add(a, b))(x, here() ?? v),
      'ShapeMismatch',
      [/vmap/, /2, 3/]
    ],
    ['vmap of a scalar', () => vmap((a: tf.Tensor) => a)(here() ?? tf.scalar(1)), 'ShapeMismatch', [/vmap/]],
    [
      'a carry that changes its shape',
      () => scan((c: tf.Tensor) => [tf.concat([c, c]), []] as const, here() ?? v, [], { length: 2 }),
      'ShapeMismatch',
      [/scan: carry/, /3.*6/]
    ],
    [
      'a carry that changes its dtype',
      () => foriLoop(0, 2, (_, c: tf.Tensor) => tf.cast(c, 'int32'), here() ?? v),
      'ShapeMismatch',
      [/carry/, /float32.*int32/]
    ],
    [
      'branches that differ',
      () => jit((a: tf.Tensor) => cond(yes, same, total, here() ?? a))(v),
      'ShapeMismatch',
      [/cond: branches/, /3/]
    ],
    [
      'a condition that is no bool',
      () => whileLoop(same, same, here() ?? tf.scalar(1)),
      'ShapeMismatch',
      [/whileLoop/, /condition/, /bool/]
    ],
    [
      'xs of unlike lengths',
      () => scan((c: tf.Tensor, _: readonly tf.Tensor[]) => [c, []] as const, v, here() ?? [x, v]),
      'ShapeMismatch',
      [/scan/, /2.*3/]
    ]
  ]
  test.each(rows)('%s', async (_, run, code, says) => {
    const error = await errorOf(run)
    for (const words of says) expect(error.message).toMatch(words)
    expect(error.code).toBe(code)
    expect(lineOf(error.at), error.message).toBe(lineOf(marked))
  })

  test('a rule of customVjp that gives another shape', async () => {
    const bad = customVjp({
      forward: (a: tf.Tensor): readonly [tf.Tensor, tf.Tensor] => [tf.sum(a), a],
      backward: (_: tf.Tensor, dy: tf.Tensor): readonly [tf.Tensor] => [dy]
    })
    const error = await errorOf(() => grad((a: tf.Tensor) => bad(a))(x))
    expect(error.message).toMatch(/customVjp/)
    expect(error.message).toMatch(/\[2, ?3\]/)
  })
})

describe('errors that are not ours', () => {
  test('what the function throws itself passes through', async () => {
    const own = new RangeError('mine')
    const f = (): never => {
      throw own
    }
    for (const run of [() => jit(f)(), () => grad((_: tf.Tensor) => f())(x), () => vmap((_: tf.Tensor) => f())(x)])
      await expect(Promise.resolve().then(run)).rejects.toBe(own)
    const plain = new Error('mine too')
    await expect(
      jit(() => {
        throw plain
      })()
    ).rejects.toBe(plain)
  })

  test('the error of TensorFlow.js is the cause', async () => {
    const error = await errorOf(() => jit((a: tf.Tensor) => tf.mul(a, JSON.parse('{}')))(x))
    expect(error.cause).toBeInstanceOf(Error)
    expect(isBdlError(error.cause)).toBe(false)
  })
})

describe.each(runtimes)('what ONNX Runtime (%s) refuses', (runtime) => {
  const engine = onnxEngine({ runtime })
  const index = tf.tensor1d([0, 7], 'int32')

  test('at run time: the op, its shapes, the reason and the line', async () => {
    const f = jit((a: tf.Tensor, i: tf.Tensor) => tf.sin(tf.gather(tf.exp(a), here() ?? i)), { engine })
    const error = await errorOf(() => f(x, index))
    expect(error).toMatchObject({ code: 'EngineFailure', argument: 'op gather' })
    expect(error.message).toMatch(/float32\[2,3\], int32\[2\] -> float32\[2,3\].*out of (data )?bounds.*idx=7/)
    expect(lineOf(error.at)).toBe(lineOf(marked))
    await f.dispose()
  })

  test('in the body of a loop, under vmap and grad', async () => {
    const f = jit(
      (a: tf.Tensor, i: tf.Tensor) =>
        vmap((row: tf.Tensor) =>
          grad((r: tf.Tensor) =>
            total(
              scan((c: tf.Tensor) => [tf.mul(c, total(tf.gather(tf.tanh(c), here() ?? i))), []] as const, r, [], {
                length: 2
              })[0]
            )
          )(row)
        )(a),
      { engine }
    )
    const error = await errorOf(() => f(x, index))
    expect(error).toMatchObject({ code: 'EngineFailure' })
    expect(error.message).toMatch(/op (gather|scatterAdd)/)
    expect(lineOf(error.at)).toBe(lineOf(marked))
    await f.dispose()
  })
})
