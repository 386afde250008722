/** Rules of one's own, constants to every derivative, and derivatives of functions of trees. */
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { customVjp, grad, jit, scan, stopGradient, valueAndGrad, valueAndGradWithAux, vjp, vmap } from '../src/index'
import { expectNear, expectSameTensors } from './support/laws'

type Many = (...xs: tf.Tensor[]) => readonly tf.Tensor[]

const compare = async (f: Many, args: readonly tf.Tensor[], want: readonly tf.Tensor[]): Promise<void> => {
  expectSameTensors('eager', f(...args), want, 1e-5)
  const compiled = jit(f)
  expectSameTensors('compiled', await compiled(...args), want, 1e-5)
  await compiled.dispose()
}

/** x² with three times its derivative: whether the rule was used is plain to see. */
const tripled = customVjp({
  forward: (x: tf.Tensor): readonly [tf.Tensor, tf.Tensor] => [tf.square(x), x],
  backward: (x: tf.Tensor, dy: tf.Tensor): readonly [tf.Tensor] => [tf.mul(dy, tf.mul(x, 6))]
})

/** x y, whose cotangents are marked by 10 and 100. */
const marked = customVjp({
  forward: (
    p: { readonly x: tf.Tensor; readonly n: tf.Tensor },
    y: tf.Tensor
  ): readonly [tf.Tensor, readonly tf.Tensor[]] => [tf.mul(tf.mul(p.x, y), tf.cast(p.n, 'float32')), [p.x, y, p.n]],
  backward: ([x, y, n], dy: tf.Tensor) =>
    [{ x: tf.mul(dy, tf.mul(y!, 10)), n: tf.zerosLike(n!) }, tf.mul(dy, tf.mul(x!, 100))] as const
})

describe('customVjp', () => {
  test('value is that of forward, derivative that of backward, second derivative that of backward’s steps', async () => {
    const x = tf.tensor1d([1, -2])
    const sum = (at: tf.Tensor): tf.Tensor => tf.sum(tripled(at))
    await compare(
      (at) => [tripled(at!), grad(sum)(at!), grad((own: tf.Tensor) => tf.sum(tf.mul(own, grad(sum)(own))))(at!)],
      [x],
      [tf.tensor1d([1, 4]), tf.tensor1d([6, -12]), tf.tensor1d([12, -24])]
    )
  })

  test('under vmap, with gradients inside and outside, in a scan', async () => {
    const xs = tf.tensor2d([
      [1, 2],
      [3, 4],
      [-1, 0]
    ])
    const sum = (at: tf.Tensor): tf.Tensor => tf.sum(tripled(at))
    const six = tf.mul(xs, 6)
    await compare(
      (all) => [
        vmap(tripled)(all!),
        vmap(grad(sum))(all!),
        grad((own: tf.Tensor) => tf.sum(vmap(sum)(own)))(all!),
        grad((own: tf.Tensor) =>
          tf.sum(scan((c: tf.Tensor, x: tf.Tensor) => [tf.add(c, tripled(x)), []] as const, tf.zeros([2]), own)[0])
        )(all!)
      ],
      [xs],
      [tf.square(xs), six, six, six]
    )
  })

  test('trees with integer leaves; a shared argument gets the sum over members', async () => {
    const [x, n, y] = [tf.tensor1d([1, 2]), tf.scalar(3, 'int32'), tf.tensor1d([5, 7])]
    const f = (px: tf.Tensor, py: tf.Tensor, pn: tf.Tensor): tf.Tensor => tf.sum(marked({ x: px, n: pn }, py))
    await compare(
      (a, b, c) => [grad((own: tf.Tensor) => f(own, b!, c!))(a!), grad((own: tf.Tensor) => f(a!, own, c!))(b!)],
      [x, y, n],
      [tf.tensor1d([50, 70]), tf.tensor1d([100, 200])]
    )
    const ys = tf.tensor2d([
      [5, 7],
      [1, 1],
      [0, 2]
    ])
    await compare(
      (a, b, c) => [
        grad((own: tf.Tensor) => tf.sum(vmap(f, [null, 0, null])(own, b!, c!)))(a!),
        grad((own: tf.Tensor) => tf.sum(vmap(f, [null, 0, null])(a!, own, c!)))(b!)
      ],
      [x, ys, n],
      [
        tf.tensor1d([60, 100]),
        tf.tensor2d([
          [100, 200],
          [100, 200],
          [100, 200]
        ])
      ]
    )
  })

  test('a derivative in a captured tensor is refused', () => {
    const f = (w: tf.Tensor): tf.Tensor => {
      const scaled = customVjp({
        forward: (x: tf.Tensor): readonly [tf.Tensor, tf.Tensor] => [tf.mul(x, w), x],
        backward: (_: tf.Tensor, dy: tf.Tensor): readonly [tf.Tensor] => [dy]
      })
      return tf.sum(scaled(tf.ones([2])))
    }
    expect(() => grad(f)(tf.ones([2]))).toThrow(expect.objectContaining({ code: 'UnsupportedOp', fn: 'customVjp' }))
  })
})

describe('stopGradient', () => {
  test('is a constant to first and second derivatives, of trees, under vmap', async () => {
    const f = (x: tf.Tensor): tf.Tensor => tf.sum(tf.mul(tf.square(x), stopGradient({ s: tf.sin(x) }).s))
    const x = tf.tensor1d([0.5, 2])
    const [sin, two] = [tf.sin(x), tf.scalar(2)]
    await compare(
      (at) => [
        stopGradient(at!),
        grad(f)(at!),
        grad((own: tf.Tensor) => tf.sum(grad(f)(own)))(at!),
        vmap(grad(f))(tf.expandDims(at!, 0))
      ],
      [x],
      [x, tf.mul(two, tf.mul(x, sin)), tf.mul(two, sin), tf.expandDims(tf.mul(two, tf.mul(x, sin)), 0)]
    )
  })
})

describe('trees', () => {
  const params = () => ({
    layers: [
      {
        w: tf.tensor2d([
          [1, 2],
          [3, 4]
        ]),
        b: tf.tensor1d([0.5, -0.5])
      },
      { w: tf.tensor2d([[1], [-1]]), b: tf.tensor1d([0.1]) }
    ] as const,
    step: tf.scalar(7, 'int32'),
    mask: tf.tensor1d([true, false], 'bool')
  })
  type Params = ReturnType<typeof params>
  const out = (p: Params, x: tf.Tensor): tf.Tensor => {
    const [first, last] = p.layers
    const hidden = tf.where(p.mask, tf.add(tf.matMul(x, first.w), first.b), 0)
    return tf.add(tf.matMul(hidden, last.w), last.b)
  }
  const x = () => tf.tensor2d([[1, 2]])

  test('grad keeps structure, dtypes and order; integer leaves have zeros', () => {
    const g = grad((p: Params, at: tf.Tensor) => tf.sum(out(p, at)))(params(), x())
    expect(Object.keys(g).sort()).toEqual(['layers', 'mask', 'step'])
    expect([g.step.dtype, g.mask.dtype, g.step.dataSync()[0]]).toEqual(['int32', 'bool', 0])
    expectNear('w0', g.layers[0].w.dataSync(), [1, 0, 2, 0], 1e-6)
    expectNear('b0', g.layers[0].b.dataSync(), [1, 0], 1e-6)
    expectNear('w1', g.layers[1].w.dataSync(), [1 + 6 + 0.5, 0], 1e-6)
    expectNear('b1', g.layers[1].b.dataSync(), [1], 1e-6)
  })

  test('valueAndGrad and valueAndGradWithAux agree, aux is passed on', async () => {
    const f = (p: Params, at: tf.Tensor): tf.Tensor => tf.sum(out(p, at))
    const withAux = (p: Params, at: tf.Tensor) => [f(p, at), { out: out(p, at), n: [p.step] }] as const
    const [value, gradient] = valueAndGrad(f)(params(), x())
    const [again, same, aux] = valueAndGradWithAux(withAux)(params(), x())
    expect([value.dataSync()[0], again.dataSync()[0]].map((v) => v?.toFixed(4))).toEqual(['7.6000', '7.6000'])
    expectSameTensors('gradient', [same.layers[0].w], [gradient.layers[0].w], 0)
    expect([aux.n[0]!.dataSync()[0], aux.n[0]!.dtype, aux.out.shape]).toEqual([7, 'int32', [1, 1]])
    const compiled = jit(valueAndGradWithAux(withAux))
    const [third, , other] = await compiled(params(), x())
    expect([third.dataSync()[0]!.toFixed(4), other.out.shape, other.n[0]!.dtype]).toEqual(['7.6000', [1, 1], 'int32'])
    await compiled.dispose()
  })

  test('vjp of a tree of outputs, pulled back more than once', () => {
    const [y, pullback] = vjp(
      (p: { readonly a: tf.Tensor; readonly b: tf.Tensor }) => ({ product: tf.mul(p.a, p.b), parts: [tf.sin(p.a)] }),
      {
        a: tf.tensor1d([1, 2]),
        b: tf.tensor1d([3, 4])
      }
    )
    expect([...y.product.dataSync()]).toEqual([3, 8])
    const first = pullback({ product: tf.ones([2]), parts: [tf.zeros([2])] })
    expect([[...first.a.dataSync()], [...first.b.dataSync()]]).toEqual([
      [3, 4],
      [1, 2]
    ])
    const other = pullback({ product: tf.zeros([2]), parts: [tf.ones([2])] })
    expectNear('a', other.a.dataSync(), [Math.cos(1), Math.cos(2)], 1e-6)
    expect([...other.b.dataSync()]).toEqual([0, 0])
  })

  test('an argument that the function ignores has a gradient of zeros', async () => {
    await compare(
      (a, b) => grad(([first]: readonly tf.Tensor[]) => tf.sum(first!))([a!, b!]),
      [tf.ones([2]), tf.ones([3])],
      [tf.ones([2]), tf.zeros([3])]
    )
  })

  test('a value that is used many times gets the sum of its cotangents', async () => {
    await compare(
      (a) => [grad((v: tf.Tensor) => tf.sum(tf.add(tf.mul(v, v), tf.mul(v, tf.add(v, v)))))(a!)],
      [tf.tensor1d([1, 2])],
      [tf.tensor1d([6, 12])]
    )
  })
})
