// Trees, keys, Learnable, special functions and typed errors for Bayesian deep learning.
export {
  BdlError,
  describeDef,
  expectInteger,
  expectPositive,
  expectShape,
  flatten,
  isBdlError,
  isTensor,
  leaves,
  mapTree,
  unflatten,
  zipTrees,
  type BdlErrorCode,
  type BdlErrorDetails,
  type Tree,
  type TreeDef
} from '@bdl/compiler'
export { fromHost, hostArray, sizeOfShape, toHost, toHostSync, type HostArray } from './host-array.js'
export { cholesky, qr, slogdet, triangularSolve, tril, triu, type Qr, type TriangularSolveOptions } from '@bdl/compiler'
export { diagonal, diagPart, expectSquareMatrix, matrixTranspose, setDiag, symmetrise } from './linalg/matrices.js'
export { choleskySolve, logdet, logDetFromCholesky, triangularSolveVector } from './linalg/positive-definite.js'
export { matrixProduct, matrixVector, type MatrixProductOptions } from './linalg/products.js'
export { ravel, ravelBatch, type Raveled } from './ravel.js'
export { scoped } from './scope.js'
export {
  addTrees,
  cloneTree,
  disposeTree,
  dotTrees,
  indexTree,
  scaleTree,
  stackTrees,
  subTrees,
  unstackTree,
  zerosLikeTree
} from './tree-algebra.js'
export * as learnable from './learnable.js'
export type { Learnable, SequencedBuilt, SequencedParams } from './learnable.js'
export { bits, uniform, type UniformOptions } from './random/bits.js'
export { cauchy, exponential, gumbel, laplace, logistic, normal, truncatedNormal } from './random/continuous.js'
export { binomial, poisson } from './random/counts.js'
export { bernoulli, categorical, permutation, rademacher, randint } from './random/discrete.js'
export { beta, dirichlet, gamma, gammaLogRatio, logDirichlet, logGamma, logitBeta } from './random/gamma.js'
export { vonMises } from './random/von-mises.js'
export { foldIn, key, split, splitStack, type Key, type Keys } from './random/key.js'
export { digamma, erf, erfc, erfinv, lgamma, polygamma } from '@bdl/compiler'
export { log1mexp, logaddexp, logSigmoid, logsumexp, sigmoid, softplus, softplusInverse } from './special/log-exp.js'
export { i0e, i1e, logI0 } from './special/bessel.js'
export { implicit, type ImplicitSlopes } from './special/implicit.js'
export { betainc, lbeta, logBetaWeight } from './special/incomplete-beta.js'
export { gammainc, gammaincc, logGammaWeight, logGammaWeightAt } from './special/incomplete-gamma.js'
export { betaincinv, gammainccinv, gammaincinv } from './special/quantiles.js'
export { stdtr, stdtrit } from './special/student.js'
export { circularVariance, vonMisesCdf, vonMisesLogDensity } from './special/von-mises.js'
export {
  logTruncatedDensity,
  truncatedCdf,
  truncatedMoments,
  truncatedQuantile,
  type TruncatedMoments
} from './special/normal-interval.js'
export { logNdtr, ndtr, ndtri } from './special/normal.js'
export { expm1mx, log1pmx } from './special/remainders.js'
export { lgammaCorrection, logMinusDigamma } from './special/stirling.js'
export { expectEvery, isValidating, withoutValidation } from './validation.js'
