// Planar, radial and Sylvester maps at their edges: nearly flat, huge, degenerate and batched parameters; wrong ones.
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { grad, jit, referenceEngine } from '@bdl/compiler'
import { key, normal } from '@bdl/core'
import { expectClose } from '@bdl/testing'
import { orthonormal, planar, radial, reflected, sylvester, type Bijector } from '../src/index'

const numbersOf = (x: tf.Tensor): number[] => Array.from(x.dataSync())
const points = normal(key(1), [30, 3])

const inFloat64 = async <A extends readonly tf.Tensor[]>(
  f: (...args: A) => tf.Tensor,
  ...args: A
): Promise<tf.Tensor> => {
  const compiled = jit(f, { engine: referenceEngine })
  const result = await compiled(...args)
  compiled.dispose()
  return result
}

/** All first derivatives of both directions are finite, also in the parameters. */
const expectFiniteSlopes = (make: (...params: tf.Tensor[]) => Bijector, params: tf.Tensor[], x: tf.Tensor): void => {
  const loss = (all: readonly tf.Tensor[], v: tf.Tensor): tf.Tensor => {
    const b = make(...all)
    const terms = [...b.forwardAndLogDet(v), ...b.inverseAndLogDet(v)]
    return terms.reduce((sum, term) => tf.add(sum, tf.sum(tf.tanh(term))), tf.scalar(0))
  }
  for (const slope of [...grad(loss)(params, x), grad((v: tf.Tensor) => loss(params, v))(x)])
    expect(numbersOf(slope).every(Number.isFinite)).toBe(true)
}

describe('planar', () => {
  const of = (w: tf.Tensor, u: tf.Tensor, bias: tf.Tensor) => planar({ w, u, bias })

  test('where w.u is far below 0 the log-det keeps its digits', async () => {
    const w = tf.tensor1d([1, 2, -1])
    for (const pull of [1, 5, 10]) {
      const u = tf.mul(w, -pull / 6)
      const near = tf.mul(points, 0.05)
      const logDet = (...[v, a, c]: readonly [tf.Tensor, tf.Tensor, tf.Tensor]) =>
        of(v, a, tf.scalar(0.02)).forwardAndLogDet(c)[1]
      const exact = await inFloat64(logDet, w, u, near)
      expectClose(logDet(w, u, near), exact, { atol: 2e-5, rtol: 2e-6 }, `w.u = ${-pull}`)
    }
  })

  test('it is invertible however strong the pull', () => {
    const w = tf.tensor1d([1, 2, -1])
    const through = (pull: number) => {
      const b = of(w, tf.mul(w, pull), tf.scalar(0.5))
      const y = b.forward(points)
      const x = b.inverse(y)
      return { x, y, again: b.forward(x) }
    }
    // where the map folds, many x give one y to rounding; where it stretches, y moves by what x was rounded to
    for (const pull of [-30, -3, 3]) {
      const { y, again } = through(pull)
      expectClose(again, y, { atol: 1e-5, rtol: 1e-5 }, `pull ${pull}`)
    }
    expectClose(through(300).x, points, { atol: 1000 * 2 ** -22, rtol: 0 })
  })

  test('w = 0 is a shift, with finite derivatives', () => {
    const [zero, u] = [tf.zeros([3]), tf.tensor1d([1, -2, 3])]
    const [y, logDet] = of(zero, u, tf.scalar(0.7)).forwardAndLogDet(points)
    expectClose(y, tf.add(points, tf.mul(u, Math.tanh(0.7))), { atol: 1e-6, rtol: 1e-6 })
    expectClose(logDet, tf.zeros([30]), { atol: 2 ** -22, rtol: 0 })
    expectFiniteSlopes(of, [zero, u, tf.scalar(0.7)], points)
  })

  test('far away it is a shift too', () => {
    const b = of(tf.tensor1d([1, 0, 0]), tf.tensor1d([0, 2, 0]), tf.scalar(0))
    const far = tf.tensor2d([[1e6, 1, 1], [-1e30, 0, 0]]) // prettier-ignore
    const [y, logDet] = b.forwardAndLogDet(far)
    expectClose(y, [[1e6, 3, 1], [-1e30, -2, 0]], { atol: 1e-5, rtol: 1e-6 }) // prettier-ignore
    expectClose(logDet, [0, 0], { atol: 0, rtol: 0 })
    expectClose(b.inverse(y), far, { atol: 1e-5, rtol: 1e-6 })
  })

  test('a batch of maps is the maps', () => {
    const [w, u, bias] = [normal(key(2), [30, 3]), normal(key(3), [30, 3]), normal(key(4), [30])]
    const b = of(w, u, bias)
    const [y, logDet] = b.forwardAndLogDet(points)
    const [w7, u7, bias7] = [w, u, bias].map((p) => tf.squeeze(tf.slice(p, 7, 1), [0]))
    const one = of(w7!, u7!, bias7!)
    const [y7, logDet7] = one.forwardAndLogDet(tf.reshape(tf.slice(points, 7, 1), [3]))
    expectClose(tf.reshape(tf.slice(y, 7, 1), [3]), y7, { atol: 1e-6, rtol: 1e-6 })
    expectClose(tf.reshape(tf.slice(logDet, 7, 1), []), logDet7, { atol: 1e-6, rtol: 1e-6 })
    expectClose(b.inverse(y), points, { atol: 1e-5, rtol: 1e-5 })
  })
})

describe('radial', () => {
  const of = (centre: tf.Tensor, alpha: tf.Tensor, beta: tf.Tensor) => radial({ centre, alpha, beta })
  const centre = tf.tensor1d([0.5, -1, 2])

  test('at the centre and near it, in both directions', () => {
    const b = of(centre, tf.scalar(0.5), tf.scalar(-3))
    const near = tf.add(centre, tf.mul(points, 1e-3))
    expectClose(b.forward(centre), centre, { atol: 0, rtol: 0 })
    const slope = (0.5 + Math.log1p(Math.exp(-3)) - 0.5) / 0.5
    expectClose(b.forwardAndLogDet(centre)[1], 3 * Math.log(slope), { atol: 1e-5, rtol: 1e-6 })
    expectClose(b.inverse(b.forward(near)), near, { atol: 2e-6, rtol: 0 })
    expectFiniteSlopes(of, [centre, tf.scalar(0.5), tf.scalar(-3)], tf.stack([centre, tf.add(centre, 1)]))
  })

  test('tiny and huge distances neither under- nor overflow', () => {
    const b = of(tf.zeros([3]), tf.scalar(1), tf.scalar(2))
    const far = tf.tensor2d([[1e30, -1e30, 2e30], [1e-30, 1e-30, 0], [0, 0, 0]]) // prettier-ignore
    const [y, logDet] = b.forwardAndLogDet(far)
    const s = Math.log1p(Math.exp(2))
    expectClose(y, [[1e30, -1e30, 2e30], [s * 1e-30, s * 1e-30, 0], [0, 0, 0]], { atol: 0, rtol: 1e-6 }) // prettier-ignore
    expectClose(logDet, [0, 3 * Math.log(s), 3 * Math.log(s)], { atol: 1e-6, rtol: 1e-6 })
    expectClose(b.inverse(y), far, { atol: 0, rtol: 2e-6 })
  })

  test('accuracy of the inverse over contraction and expansion, against float64', async () => {
    const at = tf.mul(points, 3)
    for (const beta of [-6, -1, 0.5, 4, 20]) {
      const back = (v: tf.Tensor) => of(centre, tf.scalar(0.8), tf.scalar(beta)).inverse(v)
      expectClose(back(at), await inFloat64(back, at), { atol: 2e-6, rtol: 2e-6 }, `beta ${beta}`)
    }
  })
})

describe('sylvester', () => {
  const r = (seed: number, m: number): tf.Tensor => tf.tanh(normal(key(seed), [m, m]))

  test('columns made by QR and by reflections are orthonormal, also in batches', () => {
    for (const q of [orthonormal(normal(key(5), [4, 6, 3])), reflected(normal(key(6), [4, 5, 6]), 3)]) {
      expect(q.shape).toEqual([4, 6, 3])
      expectClose(tf.matMul(q, q, true, false), tf.add(tf.eye(3), tf.zeros([4, 3, 3])), { atol: 1e-6, rtol: 0 })
    }
  })

  test('reflections are applied as a product, first to last from the left', () => {
    const vectors = tf.tensor2d([[1, 0], [1, 1]]) // prettier-ignore
    // H1 = diag(-1, 1), H2 swaps and negates
    expectClose(reflected(vectors, 2), [[0, 1], [-1, 0]], { atol: 1e-6, rtol: 0 }) // prettier-ignore
  })

  test('of more entries than columns: round trip, and only the span moves', () => {
    const q = orthonormal(normal(key(7), [6, 2]))
    const b = sylvester({ q, r1: tf.mul(r(8, 2), 3), r2: tf.mul(r(9, 2), 0.3), bias: normal(key(10), [2]) })
    const x = normal(key(11), [20, 6])
    const y = b.forward(x)
    expectClose(b.inverse(y), x, { atol: 1e-5, rtol: 1e-5 })
    const moved = tf.sub(y, x)
    expectClose(tf.matMul(tf.matMul(moved, q), q, false, true), moved, { atol: 1e-5, rtol: 0 })
  })

  test('one column is a planar map', () => {
    const direction = tf.tensor1d([0.6, 0, 0.8])
    const [y, logDet] = sylvester({
      q: tf.reshape(direction, [3, 1]),
      r1: tf.tensor2d([[2]]),
      r2: tf.tensor2d([[0.5]]),
      bias: tf.tensor1d([0.3])
    }).forwardAndLogDet(points)
    const a = tf.add(tf.mul(tf.sum(tf.mul(points, direction), -1), 0.5), 0.3)
    const push = tf.mul(tf.expandDims(tf.mul(tf.tanh(a), 2), -1), direction)
    expectClose(y, tf.add(points, push), { atol: 1e-6, rtol: 1e-6 })
    expectClose(logDet, tf.log(tf.sub(2, tf.square(tf.tanh(a)))), { atol: 1e-6, rtol: 1e-6 })
  })

  test('as near to flat as diagonals of -0.999 make it', () => {
    const b = sylvester({ q: tf.eye(3), r1: tf.mul(tf.eye(3), -0.999), r2: tf.eye(3), bias: tf.zeros([3]) })
    const y = b.forward(points)
    expectClose(b.forward(b.inverse(y)), y, { atol: 1e-6, rtol: 1e-6 })
  })
})

describe('wrong parameters', () => {
  const v = tf.tensor1d([1, 2])

  test('of planar and radial maps', () => {
    expect(() => planar({ w: v, u: tf.zeros([3]), bias: 0 })).toThrow(/planar: w, u: expected vectors/)
    expect(() => planar({ w: tf.tensor1d([NaN, 1]), u: v, bias: 0 })).toThrow(/planar: w: expected finite numbers/)
    expect(() => planar({ w: v, u: v, bias: Infinity })).toThrow(/planar: bias/)
    expect(() => planar({ w: v, u: v, bias: 0 }).forward(points)).toThrow(
      /planar: x: expected \[..., 2\], got \[30, 3\]/
    )
    expect(() => radial({ centre: v, alpha: 0, beta: 1 })).toThrow(/radial: alpha: expected finite numbers > 0, got 0/)
    expect(() => radial({ centre: v, alpha: 1, beta: NaN })).toThrow(/radial: beta/)
    expect(() => radial({ centre: v, alpha: 1, beta: 1 }).inverse(points)).toThrow(/radial: x/)
  })

  test('of sylvester maps', () => {
    const good = { q: tf.eye(3), r1: tf.eye(3), r2: tf.eye(3), bias: tf.zeros([3]) }
    expect(() => sylvester({ ...good, q: tf.ones([3, 3]) })).toThrow(/q: expected orthonormal columns/)
    expect(() => sylvester({ ...good, q: tf.ones([2, 3]) })).toThrow(
      /q: expected \[..., n, m\] with m <= n, got \[2, 3\]/
    )
    expect(() => sylvester({ ...good, r1: tf.mul(tf.eye(3), -1) })).toThrow(
      /r1, r2: expected diagonals whose products are > -1, got -1/
    )
    expect(() => sylvester({ ...good, r2: tf.eye(2) })).toThrow(
      /r2: expected \[..., 3, 3\], as q has 3 columns, got \[2, 2\]/
    )
    expect(() => sylvester({ ...good, bias: tf.zeros([2]) })).toThrow(/bias: expected \[..., 3\]/)
    expect(() => reflected(tf.ones([2, 3]), 4)).toThrow(/reflected: m: expected a whole number of columns from 1 to n/)
  })
})
