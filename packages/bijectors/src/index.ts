// Invertible maps with log-determinants; a monoid under composition.
export {
  inverseAutoregressive,
  maskedAutoregressive,
  type AutoregressiveOptions
} from './autoregressive/autoregressive.js'
export { madeMasks, type MadeMasksOptions } from './autoregressive/made-masks.js'
export { neuralAutoregressive, type NeuralAutoregressiveOptions } from './autoregressive/neural-autoregressive.js'
export { bijector, type Bijector, type BijectorSpec, type WithLogDet } from './bijector.js'
export { asEvent } from './combinators/as-event.js'
export { chain, MonoidBijector } from './combinators/chain.js'
export { conditional, type ConditionalOptions } from './combinators/conditional.js'
export { identity } from './combinators/identity.js'
export { invert } from './combinators/invert.js'
export { learnableChain } from './combinators/learnable-chain.js'
export { blockwise, stack, type BlockwiseOptions } from './combinators/parts.js'
export { vectorise, type VectoriseOptions } from './combinators/vectorise.js'
export {
  additiveCoupling,
  affineCoupling,
  coupling,
  splineCoupling,
  type CouplingOptions,
  type Masked
} from './coupling/coupling.js'
export { checkerboard, maskedCoupling, type Mask, type MaskedCouplingOptions } from './coupling/masked-coupling.js'
export { affine, learnableAffine, scale, shift, type AffineOptions, type AffineParams } from './elementwise/affine.js'
export { exp, log } from './elementwise/exp.js'
export { lambertTail } from './elementwise/lambert-tail.js'
export { leakyRelu } from './elementwise/leaky-relu.js'
export { power } from './elementwise/power.js'
export { sigmoid } from './elementwise/sigmoid.js'
export { sinhArcsinh, type SinhArcsinhOptions } from './elementwise/sinh-arcsinh.js'
export { softplus } from './elementwise/softplus.js'
export { tanh } from './elementwise/tanh.js'
export { yeoJohnson } from './elementwise/yeo-johnson.js'
export { conv1x1, learnableConv1x1, type LearnableConv1x1Options } from './image/conv-1x1.js'
export {
  learnableMultiScale,
  multiScale,
  type LearnableMultiScaleOptions,
  type MultiScaleOptions
} from './image/multi-scale.js'
export { squeeze } from './image/squeeze.js'
export { numericalInverse, type Inversion } from './inversion/numerical-inverse.js'
export { householder, learnableHouseholder, type HouseholderParams } from './linear/householder.js'
export { linear, type LinearOptions } from './linear/linear.js'
export {
  learnableLuLinear,
  luLinear,
  type LearnableLuLinearOptions,
  type LuLinearOptions,
  type LuLinearParams
} from './linear/lu-linear.js'
export { learnableScaleTril, scaleTril, type ScaleTrilOptions, type ScaleTrilParams } from './linear/scale-tril.js'
export { choleskyOuterProduct } from './matrices/cholesky-outer-product.js'
export { corrCholesky } from './matrices/corr-cholesky.js'
export { fillScaleTril, type FillScaleTrilOptions } from './matrices/fill-scale-tril.js'
export { rationalQuadraticSpline, type RationalQuadraticSplineOptions } from './monotone/rational-quadratic-spline.js'
export { sigmoidal, type SigmoidalOptions } from './monotone/sigmoidal.js'
export {
  actNorm,
  actNormOf,
  learnableActNorm,
  type ActNormParams,
  type LearnableActNormOptions
} from './normalisation/act-norm.js'
export type { AdaptiveBijector, AnyLearnableBijector } from './normalisation/adaptive.js'
export {
  batchNorm,
  learnableBatchNorm,
  type BatchNormOptions,
  type BatchNormParams
} from './normalisation/batch-norm.js'
export { batchStatistics, movingStatistics, type BatchStatistics } from './normalisation/batch-statistics.js'
export type { Parameter } from './parameters.js'
export { orthonormal, reflected } from './planar/orthonormal.js'
export { learnablePlanar, planar, type PlanarOptions, type PlanarParams } from './planar/planar.js'
export { learnableRadial, radial, type RadialOptions, type RadialParams } from './planar/radial.js'
export {
  learnableSylvester,
  sylvester,
  type LearnableSylvesterOptions,
  type SylvesterOptions,
  type SylvesterParams
} from './planar/sylvester.js'
export { softmaxCentered } from './simplex/softmax-centered.js'
export { stickBreaking } from './simplex/stick-breaking.js'
export { affineTransformer, type AffineTransformerOptions } from './transformers/affine-transformer.js'
export { sigmoidalTransformer, type SigmoidalTransformerOptions } from './transformers/sigmoidal-transformer.js'
export { splineTransformer, type SplineTransformerOptions } from './transformers/spline-transformer.js'
export {
  choosing,
  learnableTransformer,
  type LearnableTransformerOptions,
  type Transformer
} from './transformers/transformer.js'
export { permute, reverse } from './vectors/permute.js'
export { flatten, reshape } from './vectors/reshape.js'
export { shuffle } from './vectors/shuffle.js'
