// Factorisations beyond the table of laws: sizes, what is not positive definite, empty batches, numbers of NumPy, errors.
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { cholesky, grad, jit, qr, slogdet, triangularSolve, tril, triu, vmap, type EngineName } from '../src/index'
import { isQuickerOnWasm } from '../src/engines/choice'
import { expectNear, graphFor, hostOf, real, tensorOf } from './support/laws'

const engines: readonly EngineName[] = ['onnx', 'wasm', 'reference', 'eager']

type F = (...xs: tf.Tensor[]) => readonly tf.Tensor[]

/** The function eagerly and on each engine. */
const everywhere = async (
  f: F,
  args: readonly tf.Tensor[],
  check: (outputs: readonly tf.Tensor[], where: string) => void
): Promise<void> => {
  check(f(...args), 'at once')
  for (const engine of engines) {
    const compiled = jit(f, { engine })
    check(await compiled(...args), engine)
    await compiled.dispose()
  }
}

const random = (...shape: number[]): tf.Tensor => tensorOf(hostOf(real(shape, -1, 1)))
const definite = (...shape: number[]): tf.Tensor => {
  const n = shape[shape.length - 1]!
  const x = random(...shape)
  return tf.add(tf.div(tf.matMul(x, x, false, true), n), tf.eye(n))
}
const product = (a: tf.Tensor, b: tf.Tensor): Float32Array => tf.matMul(a, b).dataSync<'float32'>()

describe('they factor', () => {
  test.each([[[1, 1]], [[7, 7]], [[40, 5, 5]], [[64, 64]], [[200, 200]]])('cholesky of %s', async (shape) => {
    const a = definite(...shape)
    await everywhere(
      (x) => [cholesky(x!)],
      [a],
      ([l], where) => {
        expectNear(where, tf.matMul(l!, l!, false, true).dataSync(), a.dataSync(), 2e-6)
        expectNear(`${where}: lower`, triu(l!, 1).dataSync(), tf.zerosLike(l!).dataSync(), 0)
      }
    )
  })

  test.each([1, 3, 4, 6, 17])('systems of 30 with %d right-hand sides, in every form', async (m) => {
    const a = tf.add(random(30, 30), tf.mul(tf.eye(30), 8))
    const b = random(30, m)
    const forms = [false, true].flatMap((lower) => [false, true].map((transpose) => ({ lower, transpose })))
    await everywhere(
      (x, y) => forms.map((form) => triangularSolve(x!, y!, form)),
      [a, b],
      (solutions, where) =>
        forms.forEach(({ lower, transpose }, k) => {
          const own = lower ? tril(a) : triu(a)
          expectNear(where, tf.matMul(own, solutions[k]!, transpose).dataSync(), b.dataSync(), 5e-6)
        })
    )
  })

  test.each([[[6, 6]], [[40, 12]], [[3, 9]], [[25, 4, 3]]])('qr of %s', async (shape) => {
    const a = random(...shape)
    await everywhere(
      (x) => {
        const { q, r } = qr(x!)
        return [q, r]
      },
      [a],
      ([q, r], where) => {
        expectNear(where, product(q!, r!), a.dataSync(), 5e-6)
        const k = Math.min(...shape.slice(-2))
        const gram = tf.sub(tf.matMul(q!, q!, true, false), tf.eye(k))
        expect(tf.max(tf.abs(gram)).dataSync()[0], where).toBeLessThan(2e-6)
        expectNear(`${where}: upper`, tril(r!, -1).dataSync(), tf.zerosLike(r!).dataSync(), 0)
      }
    )
  })

  test('qr keeps columns orthonormal where the matrix is badly conditioned', async () => {
    const hilbert = tf.tensor2d(
      Array.from({ length: 8 }, (_, i) => Array.from({ length: 8 }, (__, j) => 1 / (i + j + 1)))
    )
    await everywhere(
      (x) => [qr(x!).q],
      [hilbert],
      ([q], where) => {
        const gram = tf.sub(tf.matMul(q!, q!, true, false), tf.eye(8))
        expect(tf.max(tf.abs(gram)).dataSync()[0], where).toBeLessThan(2e-6)
      }
    )
  })

  test('huge and tiny entries neither overflow nor vanish in qr', async () => {
    const a = tf.tensor2d([3e30, 1e30, 4e30, 2e30], [2, 2])
    await everywhere(
      (x) => [qr(x!).r, qr(tf.mul(x!, 1e-65)).r],
      [a],
      ([r], where) => expectNear(where, tf.div(r!, 1e30).dataSync(), [5, 2.2, 0, 0.4], 1e-6)
    )
  })
})

describe('numbers of NumPy', () => {
  test('qr of a wide and a tall matrix, with R that has a positive diagonal', async () => {
    const wide = tf.tensor2d([2, -1, 0.5, 3, 1, 4, -2, 0.25], [2, 4])
    const tall = tf.tensor2d([2, -1, 0.5, 3, 1, 4, -2, 0.25], [4, 2])
    await everywhere(
      (x, y) => [qr(x!).q, qr(x!).r, qr(y!).q, qr(y!).r],
      [wide, tall],
      ([q, r, tallQ, tallR], where) => {
        const half = 2 / Math.sqrt(5)
        expectNear(where, q!.dataSync(), [half, -half / 2, half / 2, half], 1e-6)
        expectNear(
          where,
          r!.dataSync(),
          [2.23606797749979, 0.8944271909999159, -0.4472135954999579, 2.7950849718747364, 0, 4.024922359499621].concat([
            -2.0124611797498106, -1.1180339887498947
          ]),
          1e-6
        )
        expectNear(where, tallR!.dataSync(), [3.0413812651491097, 0.9863939238321437, 0, 5.0089447019334346], 1e-6)
        expectNear(
          where,
          tallQ!.dataSync(),
          [0.6575959492214289, -0.32914091625173586, 0.1643989873053573, 0.5665540361710208, 0.3287979746107146].concat(
            [0.7338223706596079, -0.6575959492214292, 0.17940877812082326]
          ),
          1e-6
        )
      }
    )
  })

  test('slogdet: of either sign, and singular', async () => {
    const a = tf.tensor3d(
      [0, 2, 1, 3, 0, -1, 1, 1, 1, 1, 2, 3, 2, 1, -1, 0.5, -2, 4, 1, 0, 3, 2, 0, 6, 0, 0, 1],
      [3, 3, 3]
    )
    await everywhere(
      (x) => {
        const { sign, logAbsDet } = slogdet(x!)
        return [sign, logAbsDet]
      },
      [a],
      ([sign, logAbsDet], where) => {
        expectNear(where, sign!.dataSync(), [-1, -1, 0], 0)
        expectNear(where, logAbsDet!.dataSync(), [Math.log(5), Math.log(28.5), -Infinity], 1e-6)
      }
    )
  })

  test('the derivative of log|det A| is the inverse, transposed', () => {
    const a = tf.tensor2d([1, 2, 3, 2, 1, -1, 0.5, -2, 4], [3, 3])
    const slope = grad((x: tf.Tensor) => slogdet(x).logAbsDet)(a)
    expectNear('A⁻¹ A', tf.matMul(slope, a, true).dataSync(), tf.eye(3).dataSync(), 1e-6)
  })
})

describe('what has no factor is NaN throughout, and no other matrix of its batch', () => {
  const matrices = {
    indefinite: [1, 2, 2, 1],
    'not definite': [1, 1, 1, 1],
    zero: [0, 0, 0, 0],
    negative: [-1, 0, 0, 1],
    infinite: [Infinity, 0, 0, 1],
    'not a number': [1, NaN, NaN, 1]
  }

  test.each(Object.entries(matrices))('%s', async (_, entries) => {
    const a = tf.tensor3d([...entries, 4, 2, 2, 5], [2, 2, 2])
    await everywhere(
      (x) => [cholesky(x!)],
      [a],
      ([l], where) => expectNear(where, l!.dataSync(), [NaN, NaN, NaN, NaN, 2, 0, 1, 2], 1e-6)
    )
  })
})

describe('edges', () => {
  test('no matrices, no columns, no rows', async () => {
    await everywhere(
      (a, b, c) => [cholesky(a!), triangularSolve(a!, b!), qr(a!).q, qr(a!).r, slogdet(a!).logAbsDet, cholesky(c!)],
      [tf.zeros([0, 3, 3]), tf.zeros([0, 3, 2]), tf.zeros([2, 0, 0])],
      (outputs, where) =>
        expect(outputs.map(({ shape }) => shape, where)).toEqual([
          [0, 3, 3],
          [0, 3, 2],
          [0, 3, 3],
          [0, 3, 3],
          [0],
          [2, 0, 0]
        ])
    )
  })

  test('what stands in the other triangle does not matter, to values or derivatives', async () => {
    const a = tf.tensor2d([2, NaN, 1, 2], [2, 2])
    await everywhere(
      (x, b) => [
        triangularSolve(x!, b!),
        grad((y: tf.Tensor) => tf.sum(triangularSolve(y, b!)))(x!),
        tril(x!),
        triu(x!, 1)
      ],
      [a, tf.tensor2d([2, 5], [2, 1])],
      ([x, slope, lower, upper], where) => {
        expectNear(where, x!.dataSync(), [1, 2], 1e-6)
        // x = (b0 / l00, (b1 - l10 x0) / l11)
        expectNear(where, slope!.dataSync(), [-0.25, 0, -0.5, -1], 1e-6)
        expectNear(where, lower!.dataSync(), [2, 0, 1, 2], 0)
        expectNear(where, upper!.dataSync(), [0, NaN, 0, 0], 0)
      }
    )
  })

  test('a matrix shared by many right-hand sides is solved once for all of them', () => {
    const [a, b] = [definite(4, 4), random(5, 3, 4, 2)]
    const batched = vmap((y: tf.Tensor) => triangularSolve(a, y))(b)
    const one = tf.stack(tf.unstack(tf.reshape(b, [15, 4, 2])).map((y) => triangularSolve(a, y)))
    expectNear('values', batched.dataSync(), one.dataSync(), 1e-6)
    const graph = graphFor((x, y) => [triangularSolve(x!, y!)], [real([4, 4], 0, 1), real([5, 3, 4, 2], 0, 1)])
    const [node] = graph.nodes.filter(({ primitive }) => primitive.name === 'triangularSolve')
    expect(node!.inputs.map(({ shape }) => shape)).toEqual([
      [4, 4],
      [4, 30]
    ])
  })

  test('nothing leaks', () => {
    const a = definite(3, 3)
    const before = tf.memory().numTensors
    tf.tidy(() => {
      for (const f of [cholesky, tril, triu, (x: tf.Tensor) => triangularSolve(x, x)]) {
        const inside = tf.memory().numTensors
        f(a)
        expect(tf.memory().numTensors - inside).toBe(1)
      }
      for (const f of [qr, slogdet]) {
        const inside = tf.memory().numTensors
        f(a)
        expect(tf.memory().numTensors - inside).toBe(2)
      }
    })
    expect(tf.memory().numTensors).toBe(before)
  })

  test('errors name what is wrong', () => {
    expect(() => cholesky(tf.zeros([2, 3]))).toThrow(
      /cholesky: a: expected float32 \[..., n, n\], got float32 \[2, 3\]/
    )
    expect(() => cholesky(tf.zeros([3]))).toThrow(/cholesky: a/)
    expect(() => cholesky(tf.zeros([2, 2], 'int32'))).toThrow(/got int32/)
    expect(() => triangularSolve(tf.eye(3), tf.zeros([2, 1]))).toThrow(
      /triangularSolve: b: expected float32 \[..., 3, m\]/
    )
    expect(() => triangularSolve(tf.zeros([2, 3, 3]), tf.zeros([4, 3, 1]))).toThrow(/triangularSolve: .*broadcast/)
    expect(() => triangularSolve(tf.eye(3), tf.zeros([3]))).toThrow(/triangularSolve: b: expected a matrix/)
    expect(() => qr(tf.zeros([3]))).toThrow(/qr: a: expected a matrix/)
    expect(() => slogdet(tf.zeros([2, 3]))).toThrow(/slogdet: a: expected float32 \[..., n, n\], got float32 \[2, 3\]/)
    expect(() => tril(tf.zeros([3]))).toThrow(/tril: x/)
  })
})

test("factorisations of small matrices run on our WebAssembly, where 'auto' may choose", () => {
  const graphs = [
    [10, 10],
    [200, 200],
    [1000, 3, 3]
  ].map((shape) => graphFor((x) => [cholesky(x!)], [real(shape, 0, 1)]))
  expect(graphs.map(isQuickerOnWasm)).toEqual([true, true, true])
})
