/** The leak law: live tensors grow by exactly what is returned. */
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import {
  argsort,
  bitsToUnit,
  cond,
  customVjp,
  foriLoop,
  grad,
  hessian,
  hvp,
  jacobian,
  jit,
  jvp,
  leaves,
  linearize,
  remat,
  scan,
  stopGradient,
  threefry2x32,
  valueAndGrad,
  valueAndGradWithAux,
  vjp,
  vmap,
  whileLoop,
  type Tree
} from '../src/index'
import { hostOf, tensorOf } from './support/laws'
import { rows } from './support/primitive-rows'

type Step = readonly [tf.Tensor, tf.Tensor]

const net = (p: { readonly w: tf.Tensor; readonly b: tf.Tensor }, x: tf.Tensor): tf.Tensor =>
  tf.sum(tf.tanh(tf.add(tf.matMul(x, p.w), p.b)))
const cell = (c: tf.Tensor, x: tf.Tensor): Step => {
  const next = tf.tanh(tf.add(c, x))
  return [next, tf.mul(next, c)]
}
const cube = customVjp({
  forward: (x: tf.Tensor): Step => [tf.mul(x, tf.square(x)), x],
  backward: (x: tf.Tensor, dy: tf.Tensor): readonly [tf.Tensor] => [tf.mul(dy, tf.mul(3, tf.square(x)))]
})

const p = { w: tf.ones([3, 2]), b: tf.zeros([2]) }
const [x, c, one, key, yes] = [
  tf.ones([4, 3]),
  tf.ones([3]),
  tf.scalar(1),
  tf.scalar(5, 'int32'),
  tf.scalar(true, 'bool')
]

const programs: Readonly<Record<string, () => Tree>> = {
  grad: () => grad(net)(p, x),
  'grad of a constant function': () => grad((_: tf.Tensor) => tf.scalar(1))(c),
  'grad of the identity': () => grad((v: tf.Tensor) => v)(one),
  valueAndGrad: () => valueAndGrad(net)(p, x),
  'valueAndGrad of the identity': () => valueAndGrad((v: tf.Tensor) => v)(one),
  'valueAndGradWithAux of captured and argument tensors': () =>
    valueAndGradWithAux((v: tf.Tensor) => [tf.sum(v), { c, v, own: tf.sin(v) }] as const)(x),
  'grad of grad': () => grad((q: typeof p) => net(grad(net)(q, x), x))(p),
  'vjp in a scope': () =>
    tf.tidy(() => {
      const [y, pull] = vjp((v: tf.Tensor) => tf.sin(v), c)
      return pull(y)
    }),
  jvp: () => jvp((v: tf.Tensor) => ({ a: tf.sin(v), v, c, one }), x, x),
  'jvp of grad': () =>
    jvp(
      grad((v: tf.Tensor) => tf.sum(tf.sin(v))),
      x,
      x
    ),
  'jvp of scan and of customVjp': () => jvp((v: tf.Tensor) => [scan(cell, v, x), cube(v)], c, c),
  'jvp of cond and of whileLoop': () =>
    jvp(
      (v: tf.Tensor) => [
        cond(
          yes,
          (u: tf.Tensor) => tf.sin(u),
          (u: tf.Tensor) => u,
          v
        ),
        whileLoop(
          (u: tf.Tensor) => tf.less(tf.sum(u), 20),
          (u) => tf.mul(u, 2),
          v
        )
      ],
      c,
      c
    ),
  hvp: () => hvp((v: tf.Tensor) => net(p, v), x, x),
  'linearize in a scope': () =>
    tf.tidy(() => {
      const [y, push] = linearize((v: tf.Tensor) => tf.sin(v), c)
      return [y, push(c), push(c)]
    }),
  jacobian: () => jacobian((v: tf.Tensor) => ({ v, s: tf.sum(tf.sin(v)) }))(c),
  'jacobian in reverse': () => jacobian((v: tf.Tensor) => [v, tf.sin(v)], { mode: 'reverse' })(c),
  hessian: () => hessian((v: tf.Tensor) => tf.sum(tf.sin(v)))(c),
  remat: () => remat((v: tf.Tensor) => [v, c, tf.sin(v)])(x),
  'grad of remat': () => grad((v: tf.Tensor) => tf.sum(remat((u: tf.Tensor) => tf.sin(tf.sin(u)))(v)))(x),
  'grad of scan with checkpoints': () => grad((v: tf.Tensor) => tf.sum(scan(cell, v, x, { checkpoint: 'sqrt' })[1]))(c),
  vmap: () => vmap((row: tf.Tensor) => ({ a: tf.sum(row), b: tf.sin(row) }))(x),
  'vmap of the identity and of a captured tensor': () => vmap((row: tf.Tensor) => [row, c])(x),
  'vmap of grad': () => vmap((row: tf.Tensor) => grad((v: tf.Tensor) => tf.sum(tf.tanh(v)))(row))(x),
  'grad of vmap': () => grad((v: tf.Tensor) => tf.sum(vmap((row: tf.Tensor) => tf.prod(row))(v)))(x),
  stopGradient: () => stopGradient({ c, x }),
  customVjp: () => cube(c),
  'customVjp, derived': () => grad((v: tf.Tensor) => tf.sum(cube(v)))(c),
  scan: () => scan(cell, c, x),
  'scan whose y is its carry': () =>
    scan(
      (a: tf.Tensor, row: tf.Tensor) => {
        const n = tf.add(a, row)
        return [n, [n, a]] as const
      },
      c,
      x
    ),
  'scan without xs': () => scan((a: tf.Tensor): Step => cell(a, a), c, [], { length: 4 }),
  'scan of length 0': () =>
    tf.tidy(() => {
      const [a, b] = scan(cell, c, tf.zeros([0, 3]))
      return [a, b]
    }),
  'grad of scan': () => grad((v: tf.Tensor) => tf.sum(scan(cell, v, x)[1]))(c),
  'grad of grad of scan': () =>
    grad((v: tf.Tensor) => tf.sum(grad((u: tf.Tensor) => tf.sum(scan(cell, u, x)[1]))(v)))(c),
  'vmap of scan': () => vmap((v: tf.Tensor) => scan(cell, v, x))(x),
  foriLoop: () => foriLoop(0, 3, (i, v: tf.Tensor) => tf.add(v, tf.cast(i, 'float32')), c),
  'foriLoop without turns': () => foriLoop(0, 0, (_, v: tf.Tensor) => tf.sin(v), c),
  whileLoop: () =>
    whileLoop(
      (v: tf.Tensor) => tf.less(tf.sum(v), 20),
      (v) => tf.mul(v, 2),
      c
    ),
  'vmap of whileLoop': () =>
    vmap((row: tf.Tensor) =>
      whileLoop(
        (v: tf.Tensor) => tf.less(tf.sum(v), 20),
        (v) => tf.mul(v, 2),
        row
      )
    )(x),
  cond: () =>
    cond(
      yes,
      (v: tf.Tensor) => ({ a: tf.sin(v), c }),
      (v: tf.Tensor) => ({ a: v, c: v }),
      c
    ),
  'grad of cond': () =>
    grad((v: tf.Tensor) =>
      tf.sum(
        cond(
          yes,
          (u: tf.Tensor) => tf.sin(u),
          (u: tf.Tensor) => u,
          v
        )
      )
    )(c),
  threefry2x32: () => threefry2x32(key, key, key, key),
  bitsToUnit: () => bitsToUnit(key),
  argsort: () => argsort(x)
}

const grown = (body: () => Tree): readonly [grown: number, returned: number] => {
  const before = tf.memory().numTensors
  const result = body()
  const after = tf.memory().numTensors
  const returned = new Set(leaves(result))
  tf.dispose([...returned])
  expect(tf.memory().numTensors).toBe(before)
  return [after - before, returned.size]
}

describe('a call makes exactly the tensors that it returns', () => {
  test.each(Object.entries(programs))('%s', (_, program) => {
    const [made, returned] = grown(program)
    expect(made).toBe(returned)
    expect([p.w, p.b, x, c, one, key, yes].some((t) => t.isDisposed)).toBe(false)
  })

  test.each(Object.entries(programs))('compiled: %s', async (_, program) => {
    const compiled = jit(program)
    tf.dispose([...leaves(await compiled())])
    const before = tf.memory().numTensors
    const result = leaves(await compiled())
    expect(tf.memory().numTensors - before).toBe(result.length)
    tf.dispose([...result])
    await compiled.dispose()
  })

  test.each(rows.map((row, i) => ({ title: `${row.primitive}${row.label && `, ${row.label}`} (${i})`, row })))(
    'derivatives and vmap of $title',
    ({ row }) => {
      const args = row.args.map((arg) => tensorOf(hostOf(arg)))
      const stacked = args.map((arg) => tf.stack([arg, arg]))
      const loss = (v: tf.Tensor): tf.Tensor => tf.sum(tf.cast(row.f(v, ...args.slice(1)), 'float32'))
      const bodies = [
        () => vmap((...xs: tf.Tensor[]) => row.f(...xs))(...stacked),
        ...(row.differentiable ? [() => grad(loss)(args[0]!)] : []),
        () => jvp((v: tf.Tensor) => row.f(v, ...args.slice(1)), args[0]!, args[0]!)
      ]
      for (const body of bodies) {
        const [made, returned] = grown(body)
        expect(made).toBe(returned)
      }
    }
  )
})
