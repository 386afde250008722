/** Loops and branches: eager = compiled = plain JavaScript, in values, derivatives of first and second order, and vmap. */
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { cond, foriLoop, grad, jit, leaves, scan, vmap, whileLoop, type Tree } from '../src/index'
import { evaluateReference } from '../src/graph/evaluate'
import {
  curvatureOf,
  exactly,
  expectNear,
  expectSameTensors,
  finiteDifferences,
  gradientOf,
  graphFor,
  hostOf,
  lossOf,
  real,
  row,
  slopeOf,
  tensorOf,
  type Row
} from './support/laws'

const engines = ['onnx', 'wasm'] as const

type Step = readonly [tf.Tensor, tf.Tensor]

/** The same program with loops unrolled by JavaScript, in the same `tf` ops. */
const looped = (f: (carry: tf.Tensor, x: tf.Tensor) => Step, init: tf.Tensor, xs: tf.Tensor, reverse = false): Step => {
  const rows = tf.unstack(xs)
  const ys: tf.Tensor[] = []
  let carry = init
  for (const x of reverse ? rows.reverse() : rows) {
    const [next, y] = f(carry, x)
    carry = next
    ys.push(y)
  }
  return [carry, tf.stack(reverse ? ys.reverse() : ys)]
}

const join = (...parts: readonly tf.Tensor[]): tf.Tensor =>
  tf.concat(parts.map((t) => tf.reshape(tf.cast(t, 'float32'), [-1])))

interface Pair {
  readonly name: string
  readonly loop: Row['f']
  readonly plain: Row['f']
  readonly args: Row['args']
}

const cell =
  (w: tf.Tensor) =>
  (carry: tf.Tensor, x: tf.Tensor): Step => {
    const next = tf.tanh(tf.add(tf.mul(carry, w), x))
    return [next, tf.mul(next, tf.sin(carry))]
  }

const vectors = [real([2], -1, 1), real([2], -1, 1), real([4, 2], -1, 1)]

const nested =
  (use: typeof looped) =>
  (init: tf.Tensor, w: tf.Tensor, xs: tf.Tensor): tf.Tensor =>
    join(
      ...use(
        (carry, x) => {
          const [inner, ys] = use(cell(tf.add(w, x)), carry, xs)
          return [inner, tf.sum(ys, 0)]
        },
        init,
        xs
      )
    )

const scanned = (f: (carry: tf.Tensor, x: tf.Tensor) => Step, init: tf.Tensor, xs: tf.Tensor, reverse = false): Step =>
  scan(f, init, xs, { reverse })

const pairs: readonly Pair[] = [
  ...[false, true].map((reverse) => ({
    name: `scan with a captured tensor${reverse ? ', reversed' : ''}`,
    loop: ((c, w, xs) => join(...scanned(cell(w!), c!, xs!, reverse))) as Row['f'],
    plain: ((c, w, xs) => join(...looped(cell(w!), c!, xs!, reverse))) as Row['f'],
    args: vectors
  })),
  {
    name: 'scan in scan',
    loop: (c, w, xs) => nested(scanned)(c!, w!, xs!),
    plain: (c, w, xs) => nested(looped)(c!, w!, xs!),
    args: vectors
  },
  {
    name: 'ys that are the carry, before and after',
    loop: (c, xs) =>
      join(
        ...leaves(
          scan(
            (a: tf.Tensor, x: tf.Tensor) => {
              const n = tf.mul(a, tf.cos(x))
              return [n, [a, n]] as const
            },
            c!,
            xs!
          )
        )
      ),
    plain: (c, xs) => {
      const [last, before] = looped((a, x) => [tf.mul(a, tf.cos(x)), a], c!, xs!)
      return join(last, before, tf.concat([tf.slice(before, [1, 0], [-1, -1]), tf.expandDims(last, 0)]))
    },
    args: [real([2], -1, 1), real([3, 2], -1, 1)]
  },
  {
    name: 'xs = [] with a length',
    loop: (c) => join(...scan((a: tf.Tensor): Step => [tf.sin(tf.add(a, a)), a], c!, [], { length: 3 })),
    plain: (c) => {
      const a = [c!]
      for (let i = 0; i < 3; i++) a.push(tf.sin(tf.add(a[i]!, a[i]!)))
      return join(a[3]!, ...a.slice(0, 3))
    },
    args: [real([2], -1, 1)]
  },
  {
    name: 'a carry that never changes, and a captured tensor as y',
    loop: (c, w, xs) =>
      join(...leaves(scan((a: tf.Tensor, x: tf.Tensor) => [a, [w!, tf.mul(a, x)]] as const, c!, xs!))),
    plain: (c, w, xs) => join(c!, tf.broadcastTo(w!, [4, 2]), tf.mul(c!, xs!)),
    args: vectors
  },
  {
    name: 'foriLoop',
    loop: (x) => foriLoop(2, 5, (i, c: tf.Tensor) => tf.sin(tf.mul(c, tf.cast(i, 'float32'))), x!),
    plain: (x) => [2, 3, 4].reduce((c: tf.Tensor, i) => tf.sin(tf.mul(c, i)), x!),
    args: [real([3], -1, 1)]
  },
  {
    name: 'foriLoop without turns',
    loop: (x) => foriLoop(3, 3, (_, c: tf.Tensor) => tf.sin(c), x!),
    plain: (x) => tf.clone(x!),
    args: [real([3], -1, 1)]
  },
  {
    name: 'scan without turns',
    loop: (c) => {
      const [last, ys] = scan((a: tf.Tensor, x: tf.Tensor): Step => [tf.mul(a, x), tf.mul(a, x)], c!, tf.zeros([0, 2]))
      return tf.concat([tf.expandDims(last, 0), ys])
    },
    plain: (c) => tf.expandDims(c!, 0),
    args: [real([2], -1, 1)]
  },
  ...[1, 0].map((p) => ({
    name: `cond, ${p === 1}`,
    loop: ((pred, x, w) =>
      cond(
        pred!,
        (a: tf.Tensor) => tf.mul(tf.sin(a), w!),
        (a: tf.Tensor) => tf.exp(a),
        x!
      )) as Row['f'],
    plain: ((_, x, w) => (p === 1 ? tf.mul(tf.sin(x!), w!) : tf.exp(x!))) as Row['f'],
    args: [exactly([], 'bool', [p]), real([3], -1, 1), real([3], -1, 1)]
  })),
  {
    name: 'cond in scan',
    loop: (c, xs) =>
      join(
        ...scan(
          (a: tf.Tensor, x: tf.Tensor): Step => {
            const n = cond(
              tf.greater(tf.sum(x), 0),
              (v: tf.Tensor) => tf.mul(v, x),
              (v: tf.Tensor) => tf.sub(v, x),
              a
            )
            return [n, n]
          },
          c!,
          xs!
        )
      ),
    plain: (c, xs) =>
      join(
        ...looped(
          (a, x) => {
            const n = tf.where(tf.greater(tf.sum(x), 0), tf.mul(a, x), tf.sub(a, x))
            return [n, n]
          },
          c!,
          xs!
        )
      ),
    args: [real([2], -1, 1), real([4, 2], -1, 1)]
  }
]

const everything =
  (row: Row) =>
  (...xs: tf.Tensor[]): readonly tf.Tensor[] => [row.f(...xs), ...gradientOf(row)(...xs), ...curvatureOf(row)(...xs)]

describe('a loop equals the loop written out', () => {
  test.each(pairs)('$name', async ({ loop, plain, args }) => {
    const [a, b] = [row('', loop, args), row('', plain, args)]
    const inputs = args.map((arg) => hostOf(arg))
    const tensors = inputs.map(tensorOf)
    const want = everything(b)(...tensors)
    expectSameTensors('eager', everything(a)(...tensors), want, 1e-5)
    for (const engine of engines) {
      const compiled = jit(everything(a), { engine })
      expectSameTensors(engine, await compiled(...tensors), want, 1e-5)
      await compiled.dispose()
    }
    const differences = finiteDifferences(
      graphFor((...xs) => [lossOf(a)(...xs)], args),
      inputs
    )
    evaluateReference(graphFor(gradientOf(a), args), inputs).forEach((g, k) =>
      expectNear('gradient', g.data, differences[k]!, 1e-6)
    )
    const second = finiteDifferences(
      graphFor((...xs) => [slopeOf(a)(...xs)], args),
      inputs
    )
    evaluateReference(graphFor(curvatureOf(a), args), inputs).forEach((g, k) =>
      expectNear('second order', g.data, second[k]!, 1e-6)
    )
  })
})

const whileRow = row(
  '',
  (x, w) =>
    whileLoop(
      (c: tf.Tensor) => tf.less(tf.sum(c), 9),
      (c) => tf.add(tf.mul(c, 1.5), w!),
      x!
    ),
  [real([2], 0.2, 2), real([2], 0.1, 1)]
)

const compare = async (
  f: (...xs: tf.Tensor[]) => readonly tf.Tensor[],
  args: readonly tf.Tensor[],
  want: readonly tf.Tensor[]
): Promise<void> => {
  expectSameTensors('eager', f(...args), want, 1e-5)
  for (const engine of engines) {
    const compiled = jit(f, { engine })
    expectSameTensors(engine, await compiled(...args), want, 1e-5)
    await compiled.dispose()
  }
}

describe('whileLoop', () => {
  test('equals a JavaScript loop, with no turn at all too', async () => {
    for (const start of [1, 100]) {
      const x = tf.tensor1d([start, 0.5])
      const w = tf.tensor1d([0.1, 0.2])
      let carry: number[] = [start, 0.5]
      while (carry[0]! + carry[1]! < 9) carry = [carry[0]! * 1.5 + 0.1, carry[1]! * 1.5 + 0.2]
      await compare((a, b) => [whileRow.f(a!, b!)], [x, w], [tf.tensor1d(carry)])
    }
  })

  test('of a tree with an integer counter', async () => {
    const collatz = (n: tf.Tensor): readonly tf.Tensor[] => {
      const { steps } = whileLoop<{ readonly n: tf.Tensor; readonly steps: tf.Tensor }>(
        (c) => tf.notEqual(c.n, 1),
        (c) => {
          const isEven = tf.equal(tf.mod(c.n, tf.scalar(2, 'int32')), tf.scalar(0, 'int32'))
          const odd = tf.add(tf.mul(c.n, tf.scalar(3, 'int32')), tf.scalar(1, 'int32'))
          return {
            n: tf.where(isEven, tf.div(c.n, tf.scalar(2, 'int32')), odd),
            steps: tf.add(c.steps, tf.scalar(1, 'int32'))
          }
        },
        { n, steps: tf.scalar(0, 'int32') }
      )
      return [steps]
    }
    await compare((n) => collatz(n!), [tf.scalar(27, 'int32')], [tf.scalar(111, 'int32')])
    const counts = [0, 1, 7, 2].map((n) => tf.scalar(n, 'int32'))
    await compare(
      (n) => vmap((own: tf.Tensor) => collatz(own))(n!),
      [tf.tensor1d([1, 2, 3, 4], 'int32')],
      [tf.stack(counts)]
    )
  })

  test('has no reverse derivative, and says so', () => {
    const f = (x: tf.Tensor): tf.Tensor => tf.sum(whileRow.f(x, tf.ones([2])))
    expect(() => grad(f)(tf.ones([2]))).toThrow(/whileLoop.*scan or foriLoop/)
  })
})

describe('vmap', () => {
  test('of a carry that is batched only inside', async () => {
    const f = (x: tf.Tensor): tf.Tensor =>
      join(
        ...scan(
          (c: tf.Tensor, i: tf.Tensor): Step => [tf.add(c, tf.mul(x, i)), c],
          tf.scalar(1),
          tf.tensor1d([1, 2, 3])
        )
      )
    const want = tf.tensor2d([
      [1 + 6 * 2, 1, 1 + 2, 1 + 3 * 2],
      [1 - 6, 1, 0, -2]
    ])
    await compare((x) => [vmap(f)(x!)], [tf.tensor1d([2, -1])], [want])
  })

  test('of a batched predicate selects, of a shared one branches', async () => {
    const f = (p: tf.Tensor, x: tf.Tensor): tf.Tensor =>
      cond(
        p,
        (a: tf.Tensor) => tf.mul(a, 2),
        (a: tf.Tensor) => tf.square(a),
        x
      )
    const [p, x] = [tf.tensor1d([true, false, true], 'bool'), tf.tensor1d([3, 4, 5])]
    await compare((a, b) => [vmap(f)(a!, b!)], [p, x], [tf.tensor1d([6, 16, 10])])
    await compare((a, b) => [vmap(f, [null, 0])(a!, b!)], [tf.scalar(false, 'bool'), x], [tf.tensor1d([9, 16, 25])])
    await compare((a, b) => [grad((own: tf.Tensor) => tf.sum(vmap(f)(a!, own)))(b!)], [p, x], [tf.tensor1d([2, 8, 2])])
  })

  test('the branch that is not taken does not poison a gradient', async () => {
    const f = (x: tf.Tensor): tf.Tensor =>
      cond(
        tf.greater(x, 0),
        (a: tf.Tensor) => tf.log(a),
        () => tf.scalar(0),
        x
      )
    await compare((x) => [grad(f)(x!)], [tf.scalar(-1)], [tf.scalar(0)])
  })

  test('of whileLoop: each member stops by itself', async () => {
    const members = [
      [0.3, 0.4],
      [2, 1],
      [20, 0]
    ]
    const w = tf.tensor1d([0.3, 0.5])
    const want = tf.stack(members.map((x) => whileRow.f(tf.tensor1d(x), w)))
    await compare((xs, v) => [vmap((x: tf.Tensor) => whileRow.f(x, v!))(xs!)], [tf.tensor2d(members), w], [want])
  })

  test('scan inside vmap inside grad inside jit', async () => {
    const member = (w: tf.Tensor, x: tf.Tensor): tf.Tensor =>
      tf.sum(scan(cell(w), x, tf.reshape(tf.range(0, 6), [3, 2]))[1])
    const loss = (w: tf.Tensor, xs: tf.Tensor): tf.Tensor => tf.sum(vmap(member, [null, 0])(w, xs))
    const [w, xs] = [
      tf.tensor1d([0.3, -0.4]),
      tf.tensor2d([
        [1, 2],
        [0.5, -1],
        [0, 0.1]
      ])
    ]
    const each = tf
      .unstack(xs)
      .map((x) => grad((own: tf.Tensor) => tf.sum(looped(cell(own), x, tf.reshape(tf.range(0, 6), [3, 2]))[1]))(w))
    await compare((a, b) => [grad(loss)(a!, b!)], [w, xs], [tf.addN(each)])
  })
})

describe('reverse, trees and integers', () => {
  test('ys keep the positions of their xs', async () => {
    const f = (xs: tf.Tensor): readonly tf.Tensor[] =>
      scan(
        (c: tf.Tensor, x: tf.Tensor): Step => {
          const n = tf.add(c, x)
          return [n, n]
        },
        tf.scalar(0),
        xs,
        { reverse: true }
      )
    await compare((xs) => f(xs!), [tf.tensor1d([1, 2, 3])], [tf.scalar(6), tf.tensor1d([6, 5, 3])])
  })

  test('records of leaves of any dtype', async () => {
    const f = (x: tf.Tensor, n: tf.Tensor, b: tf.Tensor): readonly tf.Tensor[] =>
      leaves(
        scan(
          (
            c: { readonly total: tf.Tensor; readonly count: tf.Tensor },
            own: { readonly x: tf.Tensor; readonly n: tf.Tensor; readonly b: tf.Tensor }
          ) =>
            [
              { total: tf.add(c.total, tf.where(own.b, own.x, tf.zerosLike(own.x))), count: tf.add(c.count, own.n) },
              { flag: tf.logicalNot(own.b), count: c.count }
            ] as const,
          { total: tf.scalar(0), count: tf.scalar(0, 'int32') },
          { x, n, b }
        )
      )
    const args = [tf.tensor1d([1, 2, 4]), tf.tensor1d([1, 2, 3], 'int32'), tf.tensor1d([true, false, true], 'bool')]
    // records are flattened by sorted key
    await compare((x, n, b) => f(x!, n!, b!), args, [
      tf.scalar(6, 'int32'),
      tf.scalar(5),
      tf.tensor1d([0, 1, 3], 'int32'),
      tf.tensor1d([false, true, false], 'bool')
    ])
  })
})

describe('eager loops own their results', () => {
  test('captured tensors, arguments and constants survive the disposal of results', () => {
    const [w, c] = [tf.tensor1d([1, 2]), tf.tensor1d([3, 4])]
    const results: readonly Tree[] = [
      scan((a: tf.Tensor) => [a, w] as const, c, [], { length: 2 }),
      scan((a: tf.Tensor) => [a, a] as const, c, [], { length: 2 }),
      scan((_: tf.Tensor) => [w, w] as const, c, [], { length: 2 }),
      foriLoop(0, 2, () => w, c),
      foriLoop(0, 0, (_, a) => a, c),
      whileLoop(
        (a: tf.Tensor) => tf.less(tf.sum(a), 0),
        (a) => a,
        c
      ),
      whileLoop(
        (a: tf.Tensor) => tf.greater(tf.sum(a), 3),
        () => w,
        c
      ),
      cond(
        tf.scalar(true, 'bool'),
        () => w,
        () => c
      ),
      cond(
        tf.scalar(true, 'bool'),
        (a: tf.Tensor) => a,
        (a: tf.Tensor) => a,
        c
      )
    ]
    results.forEach((result) => tf.dispose([...leaves(result)]))
    expect([w.isDisposed, c.isDisposed]).toEqual([false, false])
    expect([...w.dataSync(), ...c.dataSync()]).toEqual([1, 2, 3, 4])
  })
})

describe('errors', () => {
  const broken = {
    'carry changes shape': () =>
      scan((c: tf.Tensor, _x: tf.Tensor) => [tf.stack([c, c]), []] as const, tf.scalar(0), tf.ones([2])),
    'carry changes dtype': () => foriLoop(0, 2, (_, c: tf.Tensor) => tf.cast(c, 'int32'), tf.scalar(0)),
    'carry changes structure': () => foriLoop(0, 2, (_, c: Tree) => [c], tf.scalar(0)),
    'leading sizes differ': () =>
      scan((c: tf.Tensor, _x: readonly tf.Tensor[]) => [c, []] as const, tf.scalar(0), [tf.ones([2]), tf.ones([3])]),
    'neither xs nor a length': () => scan((c: tf.Tensor) => [c, []] as const, tf.scalar(0), []),
    'condition is no bool scalar': () =>
      whileLoop(
        (c: tf.Tensor) => c,
        (c) => c,
        tf.scalar(1)
      ),
    'branches differ in shape': () =>
      cond(
        tf.scalar(true, 'bool'),
        (a: tf.Tensor) => a,
        (a: tf.Tensor) => tf.stack([a, a]),
        tf.scalar(1)
      ),
    'branches differ in structure': () =>
      cond(
        tf.scalar(true, 'bool'),
        (a: tf.Tensor): Tree => a,
        (a: tf.Tensor): Tree => [a],
        tf.scalar(1)
      )
  } as const
  test.each(Object.entries(broken))('%s', async (name, body) => {
    const compiled = jit((x: tf.Tensor) => {
      body()
      return tf.neg(x)
    })
    const wanted = { name: 'BdlError', code: 'ShapeMismatch', at: expect.stringMatching(/control-flow\.test\.ts:\d+/) }
    await expect(compiled(tf.scalar(1))).rejects.toMatchObject(wanted)
    // eager branches are never both run, so only a trace can see that they differ
    if (!name.startsWith('branches')) expect(body).toThrow(expect.objectContaining(wanted))
  })

  test('a bound that is no integer', () => {
    expect(() => foriLoop(0, 1.5, (_, c: tf.Tensor) => c, tf.scalar(0))).toThrow(/upper.*1\.5/)
  })
})

test('an int32 carry and a bool argument take no part in gradients', () => {
  const f = (x: tf.Tensor): tf.Tensor => {
    const [{ total }] = scan(
      (c: { readonly n: tf.Tensor; readonly total: tf.Tensor }, b: tf.Tensor) =>
        [
          {
            n: tf.add(c.n, tf.scalar(1, 'int32')),
            total: tf.where(b, tf.add(c.total, tf.mul(x, tf.cast(c.n, 'float32'))), c.total)
          },
          []
        ] as const,
      { n: tf.scalar(0, 'int32'), total: tf.scalar(0) },
      tf.tensor1d([true, false, true], 'bool')
    )
    return total
  }
  expect(grad(f)(tf.scalar(3)).dataSync()[0]).toBe(2)
})
