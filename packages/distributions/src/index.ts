// Probability distributions, constraints and divergences on TensorFlow.js tensors.
export { bernoulli, type Bernoulli } from './discrete/bernoulli.js'
export { binomial, type Binomial } from './discrete/binomial.js'
export { categorical, type Categorical } from './discrete/categorical.js'
export { geometric, type Geometric } from './discrete/geometric.js'
export { multinomial, type Multinomial } from './discrete/multinomial.js'
export { negativeBinomial, type NegativeBinomial } from './discrete/negative-binomial.js'
export type { Odds } from './discrete/odds.js'
export { oneHotCategorical, type OneHotCategorical } from './discrete/one-hot-categorical.js'
export { poisson, type Poisson } from './discrete/poisson.js'
export type { ClassWeights } from './discrete/weights.js'
export {
  boolean,
  constraint,
  correlationCholesky,
  equalTo,
  everyOf,
  greaterThan,
  imageOf,
  integerInterval,
  integers,
  integersBelow,
  interval,
  lessThan,
  lowerCholesky,
  multinomialCounts,
  nonNegative,
  nonNegativeIntegers,
  oneHot,
  positive,
  positiveDefinite,
  real,
  recordOf,
  simplex,
  unitInterval,
  type Constraint,
  type ConstraintSpec
} from './constraint.js'
export { distribution, type AnyDistribution, type Distribution, type DistributionSpec } from './distribution.js'
export { deterministic, type Deterministic } from './combinators/deterministic.js'
export { empirical, type Empirical, type EmpiricalOptions } from './combinators/empirical.js'
export { horseshoe, type Horseshoe } from './combinators/horseshoe.js'
export { independent, type Independent } from './combinators/independent.js'
export { mixture, type Mixture } from './combinators/mixture.js'
export { mixtureOf, type MixtureOf } from './combinators/mixture-of.js'
export { expRelaxedOneHot, gumbelSoftmax, type RelaxedOneHot } from './combinators/relaxed-one-hot.js'
export {
  scaleMixtureNormal,
  type ScaleMixtureNormal,
  type ScaleMixtureNormalOptions
} from './combinators/scale-mixture-normal.js'
export { kl, klRules, klWith } from './kl/kl.js'
export { klMonteCarlo, type KlEstimate } from './kl/monte-carlo.js'
export type { Kl, KlRule } from './kl/rule.js'
export { beta, type Beta } from './continuous/beta.js'
export { cauchy, halfCauchy, type Cauchy, type HalfCauchy } from './continuous/cauchy.js'
export { exponential, type Exponential } from './continuous/exponential.js'
export { gamma, inverseGamma, type Gamma, type InverseGamma } from './continuous/gamma.js'
export { gumbel, type Gumbel } from './continuous/gumbel.js'
export { halfNormal, type HalfNormal } from './continuous/half-normal.js'
export { laplace, type Laplace } from './continuous/laplace.js'
export type { LocationScale } from './continuous/location-scale.js'
export { logNormal, type LogNormal } from './continuous/log-normal.js'
export { logistic, type Logistic } from './continuous/logistic.js'
export { normal, type Normal } from './continuous/normal.js'
export { studentT, type StudentT } from './continuous/student-t.js'
export { truncatedNormal, type TruncatedNormal } from './continuous/truncated-normal.js'
export { dirichlet, type Dirichlet } from './multivariate/dirichlet.js'
export type { Covariance, MultivariateNormal } from './multivariate/gaussian.js'
export { lkjCholesky, type LkjCholesky } from './multivariate/lkj-cholesky.js'
export { matrixNormal, type MatrixNormal } from './multivariate/matrix-normal.js'
export { multivariateNormalDiag, type MultivariateNormalDiag } from './multivariate/normal-diag.js'
export { multivariateNormal, type MultivariateNormalFull } from './multivariate/normal-full.js'
export { multivariateNormalLowRank, type MultivariateNormalLowRank } from './multivariate/normal-low-rank.js'
export { multivariateNormalTriL, type MultivariateNormalTriL } from './multivariate/normal-tril.js'
export { wishart, type Wishart } from './multivariate/wishart.js'
export type { Parameter } from './parameters.js'
export { transformed, type Transformed } from './combinators/transformed.js'
export { joint, type Joint, type JointValue } from './combinators/joint.js'
export { normalTree } from './combinators/normal-tree.js'
export { priorTree, type Leaf } from './combinators/prior-tree.js'
export { uniform, type Uniform } from './continuous/uniform.js'
export { vonMises, type VonMises } from './continuous/von-mises.js'
