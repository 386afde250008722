/** Special functions, elementwise, with derivatives of every order: what TensorFlow.js has not, or not to float32 accuracy. */
import type { Tensor } from '@tensorflow/tfjs-core'
import { BdlError } from './errors.js'
import { NO_ATTRS } from './primitives/elementwise.js'
import { erfinvXlaPrimitive } from './primitives/erfinv-xla.js'
import { erf as erfPrimitive, erfcPrimitive, erfinvPrimitive } from './primitives/error-functions.js'
import { lgammaPrimitive, polygammaPrimitive } from './primitives/gamma-functions.js'
import { logRemainderPrimitive } from './primitives/log-remainder.js'
import { bind1 } from './trace/context.js'
import { whereabouts } from './trace/user-line.js'

/**
 * 2/√π ∫₀ˣ exp(-t²) dt, elementwise; any shape, float32. ±1 at ±inf.
 *
 * @precision float32: relative error below 2e-7 everywhere, also near 0, where `tf.erf` of real tensors has only 1.5e-7
 *   absolute
 * @example erf(tf.tensor1d([0, 1])) // => [0, 0.8427]
 */
export const erf = (x: Tensor): Tensor => bind1(erfPrimitive, [x], NO_ATTRS)

/**
 * 1 - erf(x), elementwise, without the cancellation; any shape, float32. 2 at -inf; underflows to 0 beyond 9.2.
 *
 * @precision float32: relative error below 5e-7 as far as the result is a normal number
 * @source compiled, a quotient of polynomials times exp(-x²), whose square is split in two (Dekker 1971)
 * @example erfc(tf.tensor1d([0, 5])) // => [1, 1.5375e-12]
 */
export const erfc = (x: Tensor): Tensor => bind1(erfcPrimitive, [x], NO_ATTRS)

/**
 * The x with erf(x) = y, elementwise; any shape, float32. ±inf at ±1, NaN beyond.
 *
 * @precision float32: relative error below 5e-7
 * @source in two ranges, as Wichura (1988), Algorithm AS 241, Applied Statistics 37(3), 477-484
 * @example erfinv(tf.tensor1d([0.5, 1])) // => [0.4769, inf]
 */
export const erfinv = (y: Tensor): Tensor => bind1(erfinvPrimitive, [y], NO_ATTRS)

/**
 * The x with erf(x) = y as XLA rounds it, from -log1p(-fl(y²)): what random numbers equal to JAX's are made with, and half
 * the work of `erfinv`. Any shape, float32; ±inf at ±1, NaN beyond.
 *
 * @precision float32: relative error below 1e-6 up to |y| = 0.99; the rounding of the square makes it 1e-5 in the tails
 * @source Giles (2012), Approximating the erfinv function, GPU Computing Gems 2, table 5
 * @example erfinvXla(tf.tensor1d([0.5, 1])) // => [0.4769, inf]
 */
export const erfinvXla = (y: Tensor): Tensor => bind1(erfinvXlaPrimitive, [y], NO_ATTRS)

/**
 * log(r) - x where x = r - 1, elementwise; float32, both of one shape. -inf at 0 and at inf, NaN below 0.
 *
 * Both are given since near 1 the digits are in x, and far from it in r: it has those that its arguments have. Derivatives
 * are those along both together, -x/r.
 * @precision float32: relative error below 5e-7
 * @example logRemainder(tf.scalar(1.0001), tf.scalar(1e-4)) // => -4.9997e-9
 */
export const logRemainder = (r: Tensor, x: Tensor): Tensor => bind1(logRemainderPrimitive, [r, x], NO_ATTRS)

/**
 * log |Γ(x)|, elementwise; any shape, float32. inf at 0, at negative integers and at ±inf.
 *
 * Its derivative is `digamma`.
 * @precision float32: relative error below 5e-7 for x > 0, also near the zeros at 1 and 2; absolute where it crosses zero
 *   among the negative numbers
 * @source reflection and asymptotic series: NIST Digital Library of Mathematical Functions, 5.5.3 and 5.11.1
 * @example lgamma(tf.tensor1d([0.5, 5])) // => [0.5724, 3.1781]
 */
export const lgamma = (x: Tensor): Tensor => bind1(lgammaPrimitive, [x], NO_ATTRS)

/**
 * ψ(x), the derivative of log Γ(x), elementwise; any shape, float32. -inf at 0 (inf at -0), NaN at negative integers.
 *
 * @precision float32: relative error below 5e-7 for x > 0, also near the zero at 1.4616
 * @source NIST Digital Library of Mathematical Functions, 5.5.4 and 5.11.2
 * @example digamma(tf.tensor1d([1, 10])) // => [-0.5772, 2.2518]
 */
export const digamma = (x: Tensor): Tensor => bind1(polygammaPrimitive, [x], { order: 0 })

/** n! is a float32 up to here. */
const MAX_ORDER = 34

/**
 * The derivative of order n of `digamma`, elementwise: the trigamma function for n = 1.
 *
 * @param order an integer from 0 to 34
 * @param x any shape, float32; poles at 0, -1, -2, ... are inf for odd orders and NaN for even ones (-inf at 0)
 * @precision float32: relative error below 1e-6 for x > 0
 * @error InvalidArgument for another order
 * @source Abramowitz & Stegun (1964) 6.4.6 and 6.4.11; reflection: NIST Digital Library of Mathematical Functions, 5.15.6
 * @example polygamma(1, tf.scalar(1)) // => 1.6449, which is π²/6
 */
export const polygamma = (order: number, x: Tensor): Tensor => {
  if (!(Number.isInteger(order) && order >= 0 && order <= MAX_ORDER))
    throw new BdlError({
      code: 'InvalidArgument',
      fn: 'polygamma',
      argument: 'order',
      expected: `an integer from 0 to ${MAX_ORDER}`,
      got: String(order),
      ...whereabouts()
    })
  return bind1(polygammaPrimitive, [x], { order })
}
