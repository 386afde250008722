/** Forward mode as users meet it: numbers of JAX (float64) for the same programs, trees, custom rules, ties, errors. */
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import {
  customVjp,
  grad,
  hvp,
  jvp,
  leaves,
  linearize,
  scan,
  stopGradient,
  vjp,
  vmap,
  whileLoop,
  type Tree
} from '../src/index'
import type { Graph, Node } from '../src/graph/graph'
import { newValue } from '../src/graph/graph'
import { tanh } from '../src/primitives/unary'
import { pullbackOf } from '../src/transforms/pullback'
import { pushforwardOf } from '../src/transforms/pushforward'
import { expectEagerAndCompiled } from './support/laws'

type Vector = (x: tf.Tensor) => tf.Tensor

const X = [0.3, -0.7, 1.1]
const V = [1, 0.5, -2]

const program: Vector = (x) =>
  tf.concat([tf.cumsum(tf.mul(tf.tanh(x), x)), tf.logSoftmax(x), tf.stack([tf.prod(x), tf.max(x), tf.logSumExp(x)])])

const scalarProgram: Vector = (x) => tf.sum(tf.mul(tf.sin(x), tf.exp(tf.gather(x, tf.tensor1d([2, 0, 1], 'int32')))))

describe('numbers of JAX', () => {
  test('jvp of a program of many ops', async () => {
    await expectEagerAndCompiled(
      (x, v) => jvp(program, x!, v!),
      [tf.tensor1d(X), tf.tensor1d(V)],
      [
        tf.tensor1d([
          0.08739378373547725, 0.5104512277174917, 1.3910001516541843, -1.2791044981327357, -2.2791044981327357,
          -0.4791044981327358, -0.231, 1.1, 1.579104498132736
        ]),
        tf.tensor1d([
          0.5658537009995797, 0.041510955947137496, -2.3497299831267267, 1.9092012067335133, 1.4092012067335133,
          -1.0907987932664867, -0.185, -2, -0.9092012067335133
        ])
      ]
    )
  })

  test('hvp, and its derivative along the direction', async () => {
    const along = (x: tf.Tensor, v: tf.Tensor): tf.Tensor => hvp(scalarProgram, x, v)
    await expectEagerAndCompiled(
      (x, v) => [along(x!, v!), jvp((at: tf.Tensor) => along(at, v!), x!, v!)[1]],
      [tf.tensor1d(X), tf.tensor1d(V)],
      [
        tf.tensor1d([-6.9811590460346675, 1.238012325773855, 2.092151432737026]),
        tf.tensor1d([12.541362096744882, -0.46617548535534437, -8.776145819358018])
      ]
    )
  })

  test('whileLoop, for one and for members that stop at different turns', async () => {
    const loop: Vector = (x) =>
      whileLoop(
        (c: tf.Tensor) => tf.less(tf.sum(c), 9),
        (c) => tf.add(tf.mul(c, 1.5), tf.square(tf.sin(x))),
        x
      )
    const point = [tf.tensor1d([0.3, 0.7]), tf.tensor1d([1, -0.5])]
    await expectEagerAndCompiled((x, v) => jvp(loop, x!, v!), point, [
      tf.tensor1d([2.228324064429432, 6.915758481967772]),
      tf.tensor1d([9.65022009633466, -6.53463952807812])
    ])
    const members = [
      tf.tensor2d([
        [0.3, 0.7],
        [2, 1],
        [8, 3]
      ]),
      tf.tensor2d([
        [1, -0.5],
        [1, 0],
        [0.5, 1]
      ])
    ]
    const want = [
      tf.tensor2d([
        [2.228324064429432, 6.915758481967772],
        [6.567054526079515, 4.020183545683928],
        [8, 3]
      ]),
      tf.tensor2d([
        [9.65022009633466, -6.53463952807812],
        [0.3579937617301792, 0],
        [0.5, 1]
      ])
    ]
    await expectEagerAndCompiled(
      (xs, vs) => vmap((x: tf.Tensor, v: tf.Tensor) => jvp(loop, x, v))(xs!, vs!),
      members,
      want
    )
    await expectEagerAndCompiled((xs, vs) => jvp(vmap(loop), xs!, vs!), members, want)
  })

  test('scan, of a captured tensor and the carry', async () => {
    const rows = tf.tensor2d([
      [0.5, 1, -1],
      [0.2, 0.3, 2],
      [1.5, -0.5, 0.1]
    ])
    const f: Vector = (x) =>
      scan(
        (c: tf.Tensor, a: tf.Tensor): readonly [tf.Tensor, tf.Tensor] => {
          const next = tf.tanh(tf.add(tf.mul(c, a), tf.slice(x, 0, 1)))
          return [next, tf.mul(next, c)]
        },
        x,
        rows
      )[1]
    await expectEagerAndCompiled(
      (x, v) => jvp(f, x!, v!),
      [tf.tensor1d(X), tf.tensor1d(V)],
      [
        tf.tensor2d([
          [0.12656970157500236, 0.26596427357865743, -0.730440447294634],
          [0.15462810310498615, -0.06987227765784543, 0.513389769567282],
          [0.25323399561024856, 0.037717653407778266, -0.16937612640009417]
        ]),
        tf.tensor2d([
          [0.7917995584660822, -1.088395206512849, 3.1729555940521026],
          [0.9071935142296481, -0.27241975130207485, -2.4597921815871495],
          [1.2472075412351478, 0.3327564873361923, -0.48121724736707333]
        ])
      ]
    )
  })

  test('an extremum at a tie, a product with a zero', async () => {
    const v = tf.tensor1d([1, 5, 4])
    await expectEagerAndCompiled(
      (at, dx) => [
        jvp((x: tf.Tensor) => tf.max(x), at!, dx!)[1],
        jvp((x: tf.Tensor) => tf.min(tf.neg(x)), at!, dx!)[1]
      ],
      [tf.tensor1d([2, 1, 2]), v],
      [tf.scalar(2.5), tf.scalar(-2.5)]
    )
    await expectEagerAndCompiled(
      (at, dx) => jvp((x: tf.Tensor) => tf.prod(x), at!, dx!),
      [tf.tensor1d([2, 0, 3]), v],
      [tf.scalar(0), tf.scalar(30)]
    )
  })
})

test('orders of x tanh x at 0.7, every way: 1.0487, 0.7324, -2.2166', async () => {
  const f: Vector = (x) => tf.mul(x, tf.tanh(x))
  const forward =
    (g: Vector): Vector =>
    (x) =>
      jvp(g, x, tf.onesLike(x))[1]
  const ways: readonly Vector[] = [forward(forward(f)), forward(grad(f)), grad(forward(f)), grad(grad(f))]
  const t = Math.tanh(0.7)
  const third = (1 - t * t) * (-6 * t + 0.7 * (6 * t * t - 2))
  for (const second of ways)
    await expectEagerAndCompiled(
      (x) => [forward(f)(x!), second(x!), forward(second)(x!), grad(second)(x!)],
      [tf.scalar(0.7)],
      [tf.scalar(t + 0.7 * (1 - t * t)), tf.scalar(0.7324165629005756), tf.scalar(third), tf.scalar(third)]
    )
})

describe('trees', () => {
  const at = { w: tf.tensor1d([1, 2]), n: tf.scalar(3, 'int32'), parts: [tf.scalar(0.5)] as const }
  const direction = { w: tf.tensor1d([1, -1]), n: tf.scalar(7, 'int32'), parts: [tf.scalar(2)] as const }
  const f = (p: typeof at) => ({
    scaled: tf.mul(p.w, p.parts[0]),
    count: tf.add(p.n, tf.scalar(1, 'int32')),
    rest: [tf.mul(tf.cast(p.n, 'float32'), p.parts[0]), tf.ones([2])]
  })

  test('of floats and integers, in and out; an integer has no tangent', async () => {
    await expectEagerAndCompiled(
      () => jvp(f, at, direction),
      [],
      [
        // records by sorted key: count, rest, scaled
        tf.scalar(4, 'int32'),
        tf.scalar(1.5),
        tf.ones([2]),
        tf.tensor1d([0.5, 1]),
        tf.scalar(0, 'int32'),
        tf.scalar(6),
        tf.zeros([2]),
        tf.tensor1d([2.5, 3.5])
      ]
    )
  })

  test('forward is the transpose of reverse: <J v, w> = <v, Jᵀ w>', () => {
    const w = { scaled: tf.tensor1d([2, 3]), count: tf.scalar(0, 'int32'), rest: [tf.scalar(-1), tf.ones([2])] }
    const dot = (a: Tree, b: Tree): number =>
      leaves(a).reduce(
        (sum, t, i) => (t.dtype === 'float32' ? sum + tf.sum(tf.mul(t, leaves(b)[i]!)).dataSync()[0]! : sum),
        0
      )
    const [, dy] = jvp(f, at, direction)
    const [, pullback] = vjp(f, at)
    expect(dot(dy, w)).toBeCloseTo(dot(direction, pullback(w)), 5)
    expect(dot(dy, w)).toBeCloseTo(2.5 * 2 + 3.5 * 3 - 6, 5)
  })

  test('results are the caller’s: arguments survive their disposal, and nothing else is left', () => {
    const before = tf.memory().numTensors
    const results = leaves(jvp((p: typeof at) => [p.w, p.parts[0], tf.sin(p.w)], at, direction))
    expect(tf.memory().numTensors).toBe(before + 6)
    tf.dispose([...results])
    expect(leaves([at, direction]).map((t) => t.isDisposed)).toEqual(leaves([at, direction]).map(() => false))
    expect(tf.memory().numTensors).toBe(before)
  })
})

describe('rules of one’s own', () => {
  /** x² with three times its derivative: whether the rule was used is plain to see. */
  const tripled = customVjp({
    forward: (x: tf.Tensor): readonly [tf.Tensor, tf.Tensor] => [tf.square(x), x],
    backward: (x: tf.Tensor, dy: tf.Tensor): readonly [tf.Tensor] => [tf.mul(dy, tf.mul(x, 6))]
  })
  /** A matrix product of which the rule swaps what is transposed: not symmetric, so that a missing transpose shows. */
  const linear = customVjp({
    forward: (x: tf.Tensor, w: tf.Tensor): readonly [tf.Tensor, readonly [tf.Tensor, tf.Tensor]] => [
      tf.matMul(x, w),
      [x, w]
    ],
    backward: ([x, w], dy: tf.Tensor): readonly [tf.Tensor, tf.Tensor] => [
      tf.matMul(dy, w, false, true),
      tf.matMul(x, dy, true, false)
    ]
  })

  test('jvp transposes the cotangent rule', async () => {
    const v = tf.tensor1d([1, 0.5])
    await expectEagerAndCompiled(
      (x, dx) => jvp(tripled, x!, dx!),
      [tf.tensor1d([1, -2]), v],
      [tf.tensor1d([1, 4]), tf.tensor1d([6, -6])]
    )
    const [x, w, dx, dw] = [
      tf.tensor2d([[1, 2, 3]]),
      tf.tensor2d([
        [1, -1],
        [0, 2],
        [0.5, 1]
      ]),
      tf.tensor2d([[1, 0, -1]]),
      tf.tensor2d([
        [0, 1],
        [1, 1],
        [2, 0]
      ])
    ]
    const product = ([a, b]: readonly tf.Tensor[]): tf.Tensor => linear(a!, b!)
    await expectEagerAndCompiled(
      (...all) => jvp(product, all.slice(0, 2), all.slice(2)),
      [x, w, dx, dw],
      [tf.matMul(x, w), tf.add(tf.matMul(dx, w), tf.matMul(x, dw))]
    )
  })

  test('higher orders: the value keeps its rule, the rule is differentiated by its steps', async () => {
    const sum: Vector = (x) => tf.sum(tripled(x))
    const along: Vector = (x) => jvp(sum, x, tf.onesLike(x))[1] // Σ 6 x
    const x = tf.tensor1d([1, -2])
    await expectEagerAndCompiled(
      (at) => [
        along(at!),
        grad(along)(at!),
        jvp(along, at!, tf.onesLike(at!))[1],
        jvp(grad(sum), at!, tf.onesLike(at!))[1],
        grad((own: tf.Tensor) => jvp(sum, own, tf.onesLike(own))[0])(at!)
      ],
      [x],
      [tf.scalar(-6), tf.tensor1d([6, 6]), tf.scalar(12), tf.tensor1d([6, 6]), tf.tensor1d([6, -12])]
    )
  })

  test('under vmap, of a shared argument too, and in a scan', async () => {
    const xs = tf.tensor3d([1, 2, 3, 0, 1, -1], [2, 1, 3])
    const w = tf.tensor2d([1, -1, 0, 2, 0.5, 1], [3, 2])
    const [dxs, dw] = [tf.tensor3d([1, 0, -1, 2, 1, 0], [2, 1, 3]), tf.tensor2d([0, 1, 1, 1, 2, 0], [3, 2])]
    const batched = ([a, b]: readonly tf.Tensor[]): tf.Tensor => vmap(linear, [0, null])(a!, b!)
    const want = tf.stack(
      [0, 1].map((i) => {
        const [x, dx] = [xs, dxs].map((t) => tf.reshape(tf.slice(t, [i, 0, 0], [1, 1, 3]), [1, 3]))
        return tf.add(tf.matMul(dx!, w), tf.matMul(x!, dw))
      })
    )
    await expectEagerAndCompiled((...all) => jvp(batched, all.slice(0, 2), all.slice(2))[1], [xs, w, dxs, dw], [want])
    const looped: Vector = (x) => scan((c: tf.Tensor) => [tripled(c), c] as const, x, [], { length: 2 })[0]
    // x⁴ with derivatives 6 c at c = x and c = x²
    await expectEagerAndCompiled(
      (x, v) => jvp(looped, x!, v!),
      [tf.scalar(0.5), tf.scalar(1)],
      [tf.scalar(0.0625), tf.scalar(4.5)]
    )
  })

  test('a derivative in a captured tensor is refused', () => {
    const f: Vector = (w) =>
      customVjp({
        forward: (x: tf.Tensor): readonly [tf.Tensor, tf.Tensor] => [tf.mul(x, w), x],
        backward: (_: tf.Tensor, dy: tf.Tensor): readonly [tf.Tensor] => [dy]
      })(tf.ones([2]))
    expect(() => jvp(f, tf.ones([2]), tf.ones([2]))).toThrow(
      expect.objectContaining({ code: 'UnsupportedOp', fn: 'customVjp' })
    )
  })

  test('stopGradient stops tangents', async () => {
    const f: Vector = (x) => tf.mul(x, stopGradient(tf.sin(x)))
    const x = tf.scalar(0.7)
    await expectEagerAndCompiled(
      (at) => [jvp(f, at!, tf.scalar(1))[1], jvp(stopGradient, at!, tf.scalar(1))[1]],
      [x],
      [tf.sin(x), tf.scalar(0)]
    )
  })
})

describe('linearize', () => {
  test('is jvp at one point, for many directions; what does not depend on them is not computed again', async () => {
    const f: Vector = (x) => tf.mul(tf.exp(tf.sin(x)), x)
    const directions = [V, [0, 1, 0], [2, 2, 2]].map((v) => tf.tensor1d(v))
    await expectEagerAndCompiled(
      (x, ...vs) => {
        const [y, push] = linearize(f, x!)
        return [y, ...vs.map(push)]
      },
      [tf.tensor1d(X), ...directions],
      [f(tf.tensor1d(X)), ...directions.map((v) => jvp(f, tf.tensor1d(X), v)[1])]
    )
    const [, push] = linearize(f, tf.tensor1d(X))
    const { kernelNames } = await tf.profile(() => push(directions[0]!))
    expect(kernelNames).toContain('Multiply')
    expect(kernelNames.filter((name) => ['Sin', 'Cos', 'Exp'].includes(name))).toEqual([])
  })

  test('through a loop, and of trees with integers', async () => {
    const f = (p: { readonly x: tf.Tensor; readonly n: tf.Tensor }) => ({
      y: scan((c: tf.Tensor, i: tf.Tensor) => [tf.sin(tf.mul(c, i)), c] as const, p.x, tf.tensor1d([1, 2]))[0],
      n: p.n
    })
    const n = tf.scalar(2, 'int32')
    await expectEagerAndCompiled(
      (x, v) => {
        const [y, push] = linearize(f, { x: x!, n })
        return [y, push({ x: v!, n })]
      },
      [tf.tensor1d(X), tf.tensor1d(V)],
      leaves(jvp(f, { x: tf.tensor1d(X), n }, { x: tf.tensor1d(V), n }))
    )
  })
})

describe('errors', () => {
  test('a tangent of another form says both forms', () => {
    const wrong = () => jvp((x: tf.Tensor) => x, tf.ones([2]), tf.ones([3]))
    expect(wrong).toThrow(expect.objectContaining({ code: 'ShapeMismatch', fn: 'jvp', argument: 'tangent' }))
    expect(wrong).toThrow(/\[2\].*\[3\].*jvp\.test\.ts/)
    const [, push] = linearize((p: readonly tf.Tensor[]) => p[0]!, [tf.ones([2])])
    expect(() => push([tf.ones([2]), tf.ones([2])])).toThrow(expect.objectContaining({ fn: 'linearize' }))
    expect(() => hvp((x: tf.Tensor) => tf.square(x), tf.ones([2]), tf.ones([2]))).toThrow(/scalar/)
  })

  test('an op with a rule for one mode alone is refused by name in the other, not passed over', () => {
    const [x, y] = [newValue({ shape: [2], dtype: 'float32' }), newValue({ shape: [2], dtype: 'float32' })]
    const { jvp: _j, ...reverseOnly } = tanh
    const { vjp: _v, ...forwardOnly } = tanh
    const graphOf = (primitive: Node['primitive']): Graph => ({
      inputs: [x],
      nodes: [{ primitive, inputs: [x], attrs: {}, outputs: [y] }],
      outputs: [y]
    })
    const graph = graphOf(reverseOnly)
    expect(() => pushforwardOf(graph, [tf.ones([2])], [tf.ones([2])])).toThrow(
      expect.objectContaining({ code: 'UnsupportedOp', fn: 'jvp', argument: 'op tanh' })
    )
    expect(pushforwardOf(graph, [tf.ones([2])], [null]).tangents).toEqual([null])
    const [, pullback] = pullbackOf(graphOf(forwardOnly), [tf.ones([2])], [true])
    expect(() => pullback([tf.ones([2])])).toThrow(
      expect.objectContaining({ code: 'UnsupportedOp', fn: 'vjp', argument: 'op tanh' })
    )
  })
})
