// Vectors and matrices: marginals of draws, numbers where float32 is tested, one family stated in several ways, what is refused.
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { grad, jit, jvp, vmap } from '@bdl/compiler'
import { cholesky, key, normal as standardNormal, setDiag, tril } from '@bdl/core'
import { eagerAndCompiled, expectClose, expectKs, expectMean, expectNoLeak } from '@bdl/testing'
import {
  beta,
  dirichlet,
  gamma,
  lkjCholesky,
  matrixNormal,
  multivariateNormal,
  multivariateNormalDiag,
  multivariateNormalLowRank,
  multivariateNormalTriL,
  normal,
  wishart,
  type Distribution
} from '../src/index'

const close = { atol: 1e-5, rtol: 1e-5 }
const DRAWS = 100_000

const factor = tf.tensor2d([
  [1.5, 0, 0],
  [-0.5, 0.75, 0],
  [0.25, 1, 2]
])
const covariance = tf.matMul(factor, factor, false, true)
const loc = tf.tensor1d([0.5, -1, 2])

/** Draws, compiled. */
const draws = async (d: () => Distribution, seed: number): Promise<tf.Tensor> => {
  const compiled = jit((k: tf.Tensor) => d().sample(k, [DRAWS]))
  const x = await compiled(key(seed))
  compiled.dispose()
  return x
}

/** A number of each draw follows a distribution over numbers: its quantiles there are uniform. */
const expectMarginal = async (x: tf.Tensor, law: Distribution): Promise<void> => {
  const compiled = jit((v: tf.Tensor) => law.cdf!(v))
  const quantiles = await compiled(tf.reshape(x, [DRAWS]))
  compiled.dispose()
  expectKs(quantiles.dataSync(), (u) => u)
}

/** Entry [i, j] of each of the matrices. */
const entry = (x: tf.Tensor, i: number, j: number): tf.Tensor => tf.slice(x, [0, i, j], [DRAWS, 1, 1])

describe('marginals of a hundred thousand draws', () => {
  test('Dirichlet: Beta', async () => {
    const a = [0.5, 3, 12]
    const x = await draws(() => dirichlet(tf.tensor1d(a)), 1)
    for (const [i, own] of a.entries()) await expectMarginal(tf.slice(x, [0, i], [DRAWS, 1]), beta(own, 15.5 - own))
  })

  test('normal vectors, by each form of the covariance: normal', async () => {
    const forms: readonly (() => Distribution)[] = [
      () => multivariateNormalTriL(loc, factor),
      () => multivariateNormal(loc, covariance),
      () => multivariateNormalLowRank(loc, tf.slice(factor, [0, 0], [3, 2]), tf.tensor1d([0.5, 1, 0.25])),
      () => multivariateNormalDiag(loc, tf.tensor1d([0.5, 1, 3]))
    ]
    for (const [seed, form] of forms.entries()) {
      const x = await draws(form, 10 + seed)
      const [means, variances] = [loc.dataSync(), form().variance!().dataSync()]
      for (const [i, m] of means.entries())
        await expectMarginal(tf.slice(x, [0, i], [DRAWS, 1]), normal(m, Math.sqrt(variances[i]!)))
    }
  })

  test('normal matrices: a difference of entries is normal', async () => {
    const x = await draws(() => matrixNormal(0, factor, tf.tensor2d([1, 0, 0.5, 2], [2, 2])), 2)
    // var X_00 = 2.25, var X_21 = 5.0625 * 4.25, cov = 0.375 * 0.5
    const gap = tf.sub(entry(x, 0, 0), entry(x, 2, 1))
    await expectMarginal(gap, normal(0, Math.sqrt(2.25 + 5.0625 * 4.25 - 2 * 0.375 * 0.5)))
  })

  test('Wishart: chi-square on the diagonal and of the last pivot', async () => {
    const x = await draws(() => wishart(4.5, factor), 3)
    const v = covariance.dataSync()
    for (let i = 0; i < 3; i++) await expectMarginal(tf.div(entry(x, i, i), v[4 * i]!), gamma(2.25, 0.5))
    // the Schur complement of the first two rows, over that of V
    const l = cholesky(x)
    const pivot = tf.div(tf.square(entry(l, 2, 2)), 4)
    await expectMarginal(pivot, gamma(1.25, 0.5))
  })

  test.each([0.5, 1, 4])('LKJ(%d): correlations are Beta variables on [-1, 1]', async (eta) => {
    const l = await draws(() => lkjCholesky(4, eta), 4)
    const correlations = tf.matMul(l, l, false, true)
    const b = eta + 1
    for (const [i, j] of [
      [1, 0],
      [2, 0],
      [2, 1],
      [3, 0],
      [3, 1],
      [3, 2]
    ] as const)
      // prettier-ignore
      await expectMarginal(tf.mul(tf.add(entry(correlations, i, j), 1), 0.5), beta(b, b))
  })
})

describe('where float32 is tested', () => {
  /** Strict lower triangles, and log-densities of numpyro 0.22 in float64. */
  const lkj: readonly (readonly [d: number, eta: number, strict: number[], logProb: number])[] = [
    [2, 0.5, [0.6098650693893433], -0.9121737577904201],
    [3, 1, [-0.5798219442367554, -0.34557393193244934, -0.8997403979301453], -1.8011948751798479],
    [
      4,
      2.5,
      [-0.26994478702545166, 0.3317846953868866, 0.5211402773857117, -0.46643370389938354, 0.19368234276771545].concat([
        -0.30020344257354736
      ]),
      -2.023457019510606
    ],
    [
      5,
      1000,
      [-0.00027191999834030867, -0.013400699011981487, -0.03329036012291908, 0.013344724662601948].concat(
        [0.01108818780630827, -0.02072525955736637, 0.0127037288621068, -0.0040745665319263935],
        [-0.037504833191633224, 0.01700599119067192]
      ),
      24.925991523204495
    ]
  ]

  test.each(lkj)('LKJ of %d dimensions and concentration %d: numpyro', async (d, eta, strict, expected) => {
    const rows = Array.from({ length: d }, (_, i) => {
      const own = strict.slice((i * (i - 1)) / 2, (i * (i + 1)) / 2)
      const rest = Math.sqrt(1 - own.reduce((sum, x) => sum + x * x, 0))
      return [...own, rest, ...Array.from({ length: d - 1 - i }, () => 0)]
    })
    // a diagonal entry is right to half an ulp, the density has its power of 2 (eta - 1)
    const tolerance = { atol: 1e-5 + 1.2e-7 * eta, rtol: 2e-6 }
    const f = (c: tf.Tensor) => lkjCholesky(d, c).logProb(tf.tensor2d(rows))
    for (const y of await eagerAndCompiled(f, [tf.scalar(eta)])) expectClose(y, expected, tolerance)
  })

  test('Dirichlet of concentrations 2e4 to 1.3e5, and of 1e-3: SciPy', async () => {
    const f = (a: tf.Tensor, x: tf.Tensor) => [dirichlet(a).logProb(x), dirichlet(a).entropy!()] as const
    const sharp = [tf.tensor1d([2e4, 5e4, 1.3e5]), tf.tensor1d([0.10029999911785126, 0.24979999661445618, 0.6499000191688538])] // prettier-ignore
    for (const [p, h] of await eagerAndCompiled(f, sharp as [tf.Tensor, tf.Tensor])) {
      // an ulp of x moves the log-density by up to 5e4 ulp
      expectClose(p, 12.321592614986002, { atol: 5e-3, rtol: 0 })
      expectClose(h, -11.428045995533466, close)
    }
    const flat = [tf.tensor1d([1e-3, 2e-3, 0.5]), tf.tensor1d([1e-30, 1e-10, 1])]
    for (const [p, h] of await eagerAndCompiled(f, flat as [tf.Tensor, tf.Tensor])) {
      expectClose(p, 78.86177021060573, close)
      expectClose(h, -1482.136923929646, close)
    }
  })

  test('Dirichlet on the edge of the simplex', () => {
    const corner = tf.tensor1d([0, 0.25, 0.75])
    const at = (...a: number[]): tf.Tensor => dirichlet(tf.tensor1d(a)).logProb(corner)
    expectClose(at(2, 3, 4), -Infinity, close)
    expectClose(at(0.5, 3, 4), Infinity, close)
    // of (1, 3, 4): Γ(8) / (Γ(3) Γ(4)) x_1^2 x_2^3
    expectClose(at(1, 3, 4), Math.log((5040 / 12) * 0.25 ** 2 * 0.75 ** 3), close)
    expectClose(dirichlet(tf.tensor1d([1, 1, 1])).logProb(corner), Math.LN2, close)
    const slope = grad((a: tf.Tensor) => dirichlet(a).logProb(corner))(tf.tensor1d([1, 3, 4]))
    expect(Array.from(slope.dataSync()).slice(1).every(Number.isFinite)).toBe(true)
  })

  test('draws of tiny concentrations keep the density of their logarithms', () => {
    const [x, logProb] = dirichlet(tf.tensor1d([1e-3, 1e-3])).sampleAndLogProb(key(5), [200])
    expect(Math.min(...x.dataSync())).toBe(0)
    expect(Array.from(logProb.dataSync()).every(Number.isFinite)).toBe(true)
  })

  test('Wishart of 20,000 degrees of freedom: SciPy', async () => {
    const l = tf.tensor2d(
      [1.2247449159622192, 0, 0, 0.24494896829128265, 0.9695359468460083, 0, 0.08164966106414795].concat([
        0.18565581738948822, 1.3995946645736694
      ]),
      [3, 3]
    )
    const x = tf.tensor2d(
      [30150.001953125, 6024, 2008.0001220703125, 6024, 20059.998046875, 4015.999755859375].concat([
        2008.0001220703125, 4015.999755859375, 40210
      ]),
      [3, 3]
    )
    const f = (s: tf.Tensor, at: tf.Tensor) =>
      [wishart(20_000, s).logProb(at), wishart(20_000, s).entropy!(), wishart(3.5, s).entropy!()] as const
    for (const [p, h, few] of await eagerAndCompiled(f, [l, x])) {
      expectClose(p, -38.63044832146261, { atol: 2e-4, rtol: 0 })
      expectClose(h, 41.2954497441242, close)
      expectClose(few, 12.912035546505049, close)
    }
  })

  test('a low-rank part 1e6 times the diagonal does not cancel: 60 digits', async () => {
    const w = tf.tensor2d([300, 150, -600, 0, 75, 300], [3, 2])
    const f = (x: tf.Tensor) =>
      multivariateNormalLowRank(0, w, tf.tensor1d([0.009999999776482582, 0.019999999552965164, 0.004999999888241291])).logProb(x) // prettier-ignore
    for (const y of await eagerAndCompiled(f, [tf.tensor1d([3, -5, 1])]))
      expectClose(y, -15.998652872628499, { atol: 0, rtol: 2e-5 })
  })

  test('infinitely far the density is zero, and its gradient no NaN', () => {
    const x = tf.tensor2d([
      [0, Infinity, 1],
      [-Infinity, Infinity, 0],
      [1, 2, 3]
    ])
    for (const d of [
      multivariateNormalTriL(loc, factor),
      multivariateNormalDiag(loc, 2),
      multivariateNormal(0, covariance)
    ]) {
      const [first, second, third] = d.logProb(x).dataSync()
      expect([first, second]).toEqual([-Infinity, -Infinity])
      expect(Number.isFinite(third)).toBe(true)
      const slope = grad((v: tf.Tensor) => tf.sum(d.logProb(v)))(x)
      expect(slope.dataSync().some(Number.isNaN)).toBe(false)
    }
    expect(
      multivariateNormalTriL(0, factor)
        .logProb(tf.tensor1d([NaN, 0, 0]))
        .dataSync()[0]
    ).toBeNaN()
  })
})

describe('one normal, stated in several ways', () => {
  const w = tf.tensor2d([1, 0.5, -2, 0, 0.25, 1], [3, 2])
  const d = tf.tensor1d([0.5, 1, 0.25])
  const sum = tf.add(tf.matMul(w, w, false, true), tf.mul(tf.eye(3), d))
  const [full, byFactor, lowRank] = [
    multivariateNormal(loc, sum),
    multivariateNormalTriL(loc, cholesky(sum)),
    multivariateNormalLowRank(loc, w, d)
  ]
  const x = standardNormal(key(6), [4, 3])

  test('densities, moments, entropies and precisions agree', () => {
    for (const other of [byFactor, lowRank]) {
      expectClose(other.logProb(x), full.logProb(x), close)
      expectClose(other.covariance(), sum, close)
      expectClose(other.variance(), full.variance(), close)
      expectClose(other.entropy(), full.entropy(), close)
      const f = other.factor()
      expectClose(tf.matMul(f, f, false, true), sum, close)
    }
    expectClose(tf.matMul(full.precision(), sum), tf.eye(3), close)
    const diagonal = multivariateNormalDiag(loc, tf.sqrt(d))
    expectClose(diagonal.logProb(x), multivariateNormal(loc, diagonal.covariance()).logProb(x), close)
    expectClose(diagonal.logProb(x), tf.sum(normal(loc, tf.sqrt(d)).logProb(x), -1), close)
  })

  test('a matrix normal is a vector with a Kronecker product', () => {
    const columns = tf.tensor2d([1, 0, 0.5, 2], [2, 2])
    const m = matrixNormal(0, factor, columns)
    const kronecker = tf.reshape(
      tf.mul(tf.reshape(m.rowCovariance(), [3, 1, 3, 1]), tf.reshape(m.columnCovariance(), [1, 2, 1, 2])),
      [6, 6]
    )
    const at = standardNormal(key(7), [5, 3, 2])
    expectClose(m.logProb(at), multivariateNormal(0, kronecker).logProb(tf.reshape(at, [5, 6])), close)
    expectClose(m.entropy!(), multivariateNormal(0, kronecker).entropy(), close)
  })

  test('a Wishart of one dimension is a gamma variable', () => {
    const at = tf.tensor3d([0.5, 2, 9], [3, 1, 1])
    const expected = gamma(2.25, 1 / (2 * 1.5 ** 2)).logProb(tf.tensor1d([0.5, 2, 9]))
    expectClose(wishart(4.5, tf.tensor2d([[1.5]])).logProb(at), expected, close)
  })

  test('densities of low rank never make the matrix', async () => {
    const n = 20_000
    const many = standardNormal(key(8), [n, 2])
    const f = (v: tf.Tensor) => multivariateNormalLowRank(0, many, 1).logProb(v) // n x n would be 1.6 GB
    for (const y of await eagerAndCompiled(f, [tf.zeros([n])])) {
      const gram = tf.add(tf.matMul(many, many, true), tf.eye(2)).dataSync()
      const logDet = Math.log(gram[0]! * gram[3]! - gram[1]! * gram[2]!)
      expectClose(y, -0.5 * (n * Math.log(2 * Math.PI) + logDet), { atol: 0, rtol: 1e-5 })
    }
  })
})

describe('derivatives', () => {
  const at = standardNormal(key(9), [3])
  const along: readonly (readonly [string, (s: tf.Tensor) => tf.Tensor])[] = [
    ['scaleTril', (s) => multivariateNormalTriL(loc, tf.mul(factor, s)).logProb(at)],
    ['covariance', (s) => multivariateNormal(loc, tf.mul(covariance, s)).logProb(at)],
    [
      'factor',
      (s) => multivariateNormalLowRank(loc, tf.mul(tf.slice(factor, [0, 0], [3, 2]), s), tf.square(s)).logProb(at)
    ],
    ['rowScaleTril', (s) => matrixNormal(0, tf.mul(factor, s), tf.eye(1)).logProb(tf.reshape(at, [3, 1]))],
    ['df', (s) => wishart(tf.mul(s, 5), factor).logProb(tf.mul(covariance, 3))],
    ['wishart scaleTril', (s) => wishart(5, tf.mul(factor, s)).logProb(tf.mul(covariance, 3))],
    [
      'Dirichlet concentration',
      (s) => dirichlet(tf.mul(s, tf.tensor1d([2, 0.5, 3]))).logProb(tf.tensor1d([0.2, 0.3, 0.5]))
    ],
    ['LKJ concentration', (s) => lkjCholesky(2, s).logProb(tf.tensor2d([1, 0, 0.6, 0.8], [2, 2]))]
  ]

  test.each(along)('first and second in the %s: central differences, forward over reverse', async (_, f) => {
    const h = 0.01
    const slope = grad((s: tf.Tensor) => f(s))
    const value = (s: number): number => f(tf.scalar(s)).dataSync()[0]!
    const first = (value(1 + h) - value(1 - h)) / (2 * h)
    const second = (slope(tf.scalar(1 + h)).dataSync()[0]! - slope(tf.scalar(1 - h)).dataSync()[0]!) / (2 * h)
    const both = (s: tf.Tensor) =>
      [slope(s), grad((v: tf.Tensor) => slope(v))(s), jvp(slope, s, tf.scalar(1))[1]] as const
    for (const [a, b, c] of await eagerAndCompiled(both, [tf.scalar(1)])) {
      expectClose(a, first, { atol: 1e-2, rtol: 1e-3 })
      expectClose(b, second, { atol: 1e-2, rtol: 2e-3 })
      expectClose(c, b, close)
    }
  })

  test('vmap over parameters and over values is a loop', async () => {
    const factors = tf.stack([factor, tf.mul(factor, 2)])
    const f = (l: tf.Tensor, v: tf.Tensor) =>
      vmap((m: tf.Tensor, u: tf.Tensor) => multivariateNormalTriL(loc, m).logProb(u))(l, v)
    const values = standardNormal(key(10), [2, 3])
    const expected = multivariateNormalTriL(loc, factors).logProb(values)
    for (const y of await eagerAndCompiled(f, [factors, values])) expectClose(y, expected, close)
    const shared = vmap((u: tf.Tensor) => multivariateNormal(loc, covariance).logProb(u))(values)
    expectClose(shared, multivariateNormal(loc, covariance).logProb(values), close)
  })
})

describe('validation', () => {
  const indefinite = tf.tensor2d([1, 2, 2, 1], [2, 2])

  test('errors name the function, the argument and the place', () => {
    expect(() => multivariateNormal(0, indefinite)).toThrow(
      /multivariateNormal: covariance: expected a positive definite matrix, got pivot -3/
    )
    expect(() => multivariateNormal(0, tf.tensor2d([1, 0.5, 0, 1], [2, 2]))).toThrow(
      /a symmetric matrix, got 0.5 in row 0, column 1/
    )
    expect(() => multivariateNormal(0, tf.zeros([2, 3]))).toThrow(
      /covariance: expected shape \[..., n, n\], got \[2, 3\]/
    )
    expect(() => multivariateNormal(tf.zeros([3]), tf.eye(2))).toThrow(
      /loc: expected a number, or shape \[..., 2\], got \[3\]/
    )
    expect(() => multivariateNormal(0, tf.stack([tf.eye(2), indefinite]))).toThrow(/in matrix 1/)
    expect(() => multivariateNormalTriL(0, indefinite)).toThrow(
      /multivariateNormalTriL: scaleTril: expected a lower triangle .*, got 2 in row 0, column 1. A covariance C has the factor/
    )
    expect(() => multivariateNormalTriL(0, setDiag(tf.eye(2), tf.tensor1d([1, 0])))).toThrow(/got 0 in row 1, column 1/)
    expect(() => multivariateNormalTriL(NaN, tf.eye(2))).toThrow(/loc: expected finite numbers/)
    expect(() => multivariateNormalTriL(tf.zeros([3, 2]), tf.add(tf.zeros([4, 2, 2]), tf.eye(2)))).toThrow(/broadcast/)
    expect(() => multivariateNormalDiag(0, 1)).toThrow(/multivariateNormalDiag: loc, scale: .*normal\(loc, scale\)/)
    expect(() => multivariateNormalDiag(0, tf.tensor1d([1, -1]))).toThrow(
      /scale: expected finite numbers > 0, got -1 at entry 1/
    )
    expect(() => multivariateNormalLowRank(0, tf.zeros([3]), 1)).toThrow(/factor: expected shape \[..., n, k\]/)
    expect(() => multivariateNormalLowRank(0, tf.zeros([3, 1]), 0)).toThrow(/diag: expected finite numbers > 0/)
    expect(() => matrixNormal(0, indefinite, tf.eye(3))).toThrow(/matrixNormal: rowScaleTril/)
    expect(() => matrixNormal(tf.zeros([3, 2]), tf.eye(2), tf.eye(3))).toThrow(
      /loc: expected a number, or shape \[..., 2, 3\]/
    )
    expect(() => wishart(1, tf.eye(2))).toThrow(/wishart: df: expected finite numbers > 1, .*, got 1/)
    expect(() => wishart(tf.tensor1d([4, 0.5]), tf.eye(2))).toThrow(/got 0.5 at entry 1/)
    expect(() => dirichlet(tf.tensor1d([1, 0]))).toThrow(/dirichlet: concentration: expected finite numbers > 0, got 0/)
    expect(() => dirichlet(tf.scalar(1))).toThrow(/dirichlet: concentration: expected shape \[..., n\]/)
    expect(() => lkjCholesky(1, 1)).toThrow(/lkjCholesky: dimension/)
    expect(() => lkjCholesky(3, -1)).toThrow(/lkjCholesky: concentration/)
  })

  test('traced, nothing is checked: what is not positive definite has densities that are NaN', async () => {
    const compiled = jit((c: tf.Tensor) => multivariateNormal(0, c).logProb(tf.zeros([2])))
    expect((await compiled(indefinite)).dataSync()[0]).toBeNaN()
    compiled.dispose()
  })

  test('traced, what stands above the diagonal is not looked at', async () => {
    const rough = tf.add(factor, tf.sub(tf.ones([3, 3]), tril(tf.ones([3, 3]))))
    const compiled = jit((l: tf.Tensor) => multivariateNormalTriL(0, l).logProb(loc))
    expectClose(await compiled(rough), multivariateNormalTriL(0, factor).logProb(loc), close)
    compiled.dispose()
  })
})

test('modes that are none are NaN; those of batches stay apart', () => {
  const modes = dirichlet(
    tf.tensor2d([
      [2, 3, 5],
      [0.5, 3, 4],
      [1, 1, 1]
    ])
  ).mode!()
  expectClose(modes, [[1 / 7, 2 / 7, 4 / 7], [NaN, NaN, NaN], [1 / 3, 1 / 3, 1 / 3]], close) // prettier-ignore
  expectClose(wishart(tf.tensor1d([2.5, 4]), tf.eye(2)).mode!(), [[[NaN, NaN], [NaN, NaN]], [[1, 0], [0, 1]]], close) // prettier-ignore
  expect(Array.from(lkjCholesky(2, 0.5).mode!().dataSync())).toEqual([NaN, NaN, NaN, NaN])
})

test('the mean of correlations is zero, nothing leaks', async () => {
  const l = await draws(() => lkjCholesky(3, 2), 20)
  const correlations = tf.matMul(l, l, false, true)
  expectMean(entry(correlations, 2, 1).dataSync(), 0, Math.sqrt(1 / 6))
  const k = key(1)
  expectNoLeak(() => lkjCholesky(3, 2).sampleAndLogProb(k, [2]))
})
