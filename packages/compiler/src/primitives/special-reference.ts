/** Special functions in float64, elementwise on the host: what the reference engine and eager execution compute. */

const SQRT_PI = Math.sqrt(Math.PI)

/** erf by its Maclaurin series, for |x| < 2. */
const erfSeries = (x: number): number => {
  let term = x
  let sum = x
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
    term *= (-x * x) / n
    sum += term / (2 * n + 1)
  }
  return (2 / SQRT_PI) * sum
}

/** exp(z²) erfc(z) for z >= 2: the continued fraction of Abramowitz & Stegun 7.1.14, from its end. */
const scaledErfc = (z: number): number => {
  let fraction = z
  for (let k = Math.ceil(20 + 400 / (z * z)); k >= 1; k--) fraction = z + k / 2 / fraction
  return 1 / (fraction * SQRT_PI)
}

/** exp(-z²) with the rounding of z² made good: z = a + b where a has so few bits that a² is exact. */
const gauss = (z: number): number => {
  const a = Math.fround(z)
  return Math.exp(-a * a) * Math.exp((a - z) * (a + z))
}

export const erf64 = (x: number): number => {
  const z = Math.abs(x)
  if (Number.isNaN(x)) return NaN
  if (z > 6) return Math.sign(x)
  return z < 2 ? erfSeries(x) : Math.sign(x) * (1 - gauss(z) * scaledErfc(z))
}

export const erfc64 = (x: number): number => {
  if (Number.isNaN(x)) return NaN
  if (x < 2) return x < -6 ? 2 : 1 - erf64(x)
  return x > 28 ? 0 : gauss(x) * scaledErfc(x)
}

/** Coefficients of a polynomial, highest power first. */
export type Coefficients = readonly [number, number, ...number[]]

const horner = (x: number, coefficients: Coefficients): number => coefficients.reduce((sum, c) => sum * x + c, 0)

/**
 * erfinv as y P(y²)/Q(y²) for |y| <= 0.8, and as P(s)/Q(s) with s = sqrt(-log((1 - |y|)/2)) beyond: rational functions of
 * least relative error (1e-8 and 7.4e-8), fitted to SciPy's erfinv and erfcinv by reweighted least squares.
 */
export const ERFINV = {
  edge: 0.8,
  centre: [
    [-0.0380783656, 0.539449875, -1.34895723, 0.886226934],
    [-0.12771181, 0.931789169, -1.78393367, 1]
  ],
  tail: [
    [1.14429208, 2.93052609, -0.943835056, -1.90435237],
    [1.14230953, 2.99594313, 1]
  ]
} as const satisfies Readonly<Record<'centre' | 'tail', readonly [Coefficients, Coefficients]>> & {
  readonly edge: number
}

/**
 * erfinv(y) / y in float32: polynomials in w = -log(1 - y²) about 2.5 below the edge, in sqrt(w) about 3 beyond.
 * Giles (2012), Approximating the erfinv function, table 5.
 */
export const GILES = {
  edge: 5,
  centre: [
    2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503, -0.00417768164,
    0.246640727, 1.50140941
  ],
  tail: [
    -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047,
    1.00167406, 2.83297682
  ]
} as const satisfies Readonly<Record<'centre' | 'tail', Coefficients>> & { readonly edge: number }

const erfinvStart = (y: number): number => {
  const isCentral = Math.abs(y) <= ERFINV.edge
  const at = isCentral ? y * y : Math.sqrt(-Math.log((1 - Math.abs(y)) / 2))
  const [top, bottom] = isCentral ? ERFINV.centre : ERFINV.tail
  const ratio = horner(at, top) / horner(at, bottom)
  return isCentral ? y * ratio : Math.sign(y) * ratio
}

/** The rational functions, mended by Halley's method on erf, or on erfc where erf is nearly 1. */
export const erfinv64 = (y: number): number => {
  const z = Math.abs(y)
  if (!(z < 1)) return z === 1 ? y * Infinity : NaN
  let x = erfinvStart(z)
  for (let i = 0; i < 3; i++) {
    const excess = z < 0.5 ? erf64(x) - z : 1 - z - erfc64(x)
    const newton = excess / ((2 / SQRT_PI) * gauss(x))
    x -= newton / (1 + x * newton)
  }
  return y < 0 ? -x : x
}

/** B_2, B_4, ... B_24. */
const BERNOULLI = [
  1 / 6,
  -1 / 30,
  1 / 42,
  -1 / 30,
  5 / 66,
  -691 / 2730,
  7 / 6,
  -3617 / 510,
  43867 / 798,
  -174611 / 330,
  854513 / 138,
  -236364091 / 2730
] as const

/** sin(πx) without loss where x is large. */
const sinPi = (x: number): number => Math.sin(Math.PI * (x - 2 * Math.round(x / 2)))

/** cot(πx), whose cosine is a sine too, so that it is exactly 0 half-way between integers. */
const cotPi = (x: number): number => {
  const r = x - Math.round(x)
  return Math.sin(Math.PI * (0.5 - Math.abs(r))) / Math.sin(Math.PI * r)
}

const isPole = (x: number): boolean => x <= 0 && Number.isInteger(x)

/** ζ(k) - 1 for k = 2, 3, ... */
const ZETA_LESS_ONE = [
  0.64493406684822641, 0.20205690315959429, 0.082323233711138186, 0.036927755143369927, 0.01734306198444914,
  0.0083492773819228271, 0.0040773561979443396, 0.0020083928260822143, 0.00099457512781808526, 0.00049418860411946453,
  0.00024608655330804832, 0.00012271334757848915, 6.1248135058704828e-5, 3.0588236307020493e-5, 1.5282259408651871e-5,
  7.6371976378997626e-6, 3.8172932649998402e-6, 1.908212716553939e-6
] as const

const EULER_GAMMA = 0.5772156649015329

/** log Γ(2 + e) for |e| < 1/4, where the zero at 2 must not cost digits: Abramowitz & Stegun 6.1.33. */
const lgammaNearTwo = (e: number): number => {
  const series = ZETA_LESS_ONE.reduceRight((sum, zeta, i) => zeta / (i + 2) - sum * e, 0)
  return e * (1 - EULER_GAMMA + e * series)
}

/** Stirling's series from 10 on; smaller arguments are brought there by Γ(x + 1) = x Γ(x), negative ones by reflection. */
export const lgamma64 = (x: number): number => {
  if (Math.abs(x) === Infinity || isPole(x)) return Infinity
  if (x < 0) return Math.log(Math.PI / Math.abs(x * sinPi(x))) - lgamma64(-x)
  if (Math.abs(x - 1) < 0.25) return lgammaNearTwo(x - 1) - Math.log1p(x - 1)
  if (Math.abs(x - 2) < 0.25) return lgammaNearTwo(x - 2)
  let product = 1
  let z = x
  for (; z < 10; z++) product *= z
  const t = 1 / (z * z)
  const series = BERNOULLI.slice(0, 10).reduceRight((sum, b, i) => sum * t + b / ((2 * i + 2) * (2 * i + 1)), 0)
  return (z - 0.5) * (Math.log(z) - 1) + (Math.log(2 * Math.PI) - 1) / 2 + series / z - Math.log(product)
}

const digammaPositive = (x: number): number => {
  if (x === Infinity) return Infinity
  let sum = 0
  let z = x
  for (; z < 10; z++) sum -= 1 / z
  const t = 1 / (z * z)
  const series = BERNOULLI.slice(0, 10).reduceRight((s, b, i) => s * t + b / (2 * i + 2), 0)
  return sum + Math.log(z) - 0.5 / z - series * t
}

export const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1))

/**
 * (2k + n - 1)! B_2k / (2k)! for k = 1, 2, ...: with (n - 1)!/xⁿ and n!/(2 xⁿ⁺¹) the expansion of |ψₙ(x)| for large x
 * (Abramowitz & Stegun 6.4.11), in powers of x^-2 after xⁿ⁺².
 */
export const polygammaTerms = (order: number, count: number): readonly number[] =>
  BERNOULLI.slice(0, count).map((b, i) => (b * factorial(2 * i + 1 + order)) / factorial(2 * i + 2))

/** |ψₙ(x)| for n >= 1, x >= 0: the expansion from n + 15 on, and Σ n!/(x + j)ⁿ⁺¹ of what was skipped. */
const polygammaPositive = (order: number): ((x: number) => number) => {
  const terms = polygammaTerms(order, BERNOULLI.length)
  const [before, own] = [factorial(order - 1), factorial(order)]
  return (x) => {
    if (x === Infinity) return 0
    let sum = 0
    let z = x
    for (; z < order + 15; z++) sum += own / z ** (order + 1)
    const t = 1 / (z * z)
    const series = terms.reduceRight((s, c) => s * t + c, 0)
    return sum + (before + own / (2 * z) + series * t) / z ** order
  }
}

/**
 * Coefficients, highest power first, of the polynomial C with dⁿ cot(πx)/dxⁿ = πⁿ C(cot πx): C₀ = c, and
 * C' becomes -(1 + c²) dC/dc.
 */
export const cotangentPolynomial = (order: number): readonly number[] => {
  // lowest power first while it grows
  let own: readonly number[] = [0, 1]
  for (let n = 0; n < order; n++) {
    const slope = own.slice(1).map((c, i) => -(i + 1) * c)
    own = Array.from({ length: slope.length + 2 }, (_, i) => (slope[i] ?? 0) + (slope[i - 2] ?? 0))
  }
  return [...own].reverse()
}

const polygammaOf = (order: number): ((x: number) => number) => {
  const sign = order % 2 === 0 ? -1 : 1
  const size = order === 0 ? digammaPositive : polygammaPositive(order)
  const positive = (x: number): number => (order === 0 ? size(x) : sign * size(x))
  const powers = cotangentPolynomial(order)
  const scale = Math.PI ** (order + 1)
  return (x) => {
    if (x >= 0 || Number.isNaN(x)) return positive(x)
    if (x === -Infinity) return NaN
    if (isPole(x)) return sign > 0 ? Infinity : NaN
    const cotangent = cotPi(x)
    return -sign * positive(1 - x) - scale * powers.reduce((sum, c) => sum * cotangent + c, 0)
  }
}

const polygammas = new Map<number, (x: number) => number>()

/** The derivative of order n of the digamma function; reflected from 1 - x for negative x (DLMF 5.15.6). */
export const polygamma64 = (order: number): ((x: number) => number) => {
  const known = polygammas.get(order) ?? polygammaOf(order)
  polygammas.set(order, known)
  return known
}
