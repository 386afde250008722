// Elementwise rules for vectors, by the names that primitives have.
export {
  clip,
  convert,
  isFinite,
  isInf,
  isNaN,
  lanes1,
  lanes2,
  max,
  min,
  onFloats,
  reciprocal,
  relu,
  rsqrt,
  sign,
  square
} from './basic.js'
export { type BinaryLanes, type UnaryLanes } from './basic.js'
export { erf, erfc, erfinv, erfinvXla } from './error.js'
export {
  acosh,
  asinh,
  atanh,
  cosh,
  exp,
  expm1,
  log,
  log1p,
  logRemainder,
  sigmoid,
  sinh,
  softplus,
  tanh
} from './exponential.js'
export { lgamma, polygamma } from './gamma.js'
export { floorDiv, floorDivInt, mod, modInt, pow, powInt } from './power.js'
export { acos, asin, atan, cos, sin, tan } from './trigonometric.js'
