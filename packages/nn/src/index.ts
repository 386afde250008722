// Layers, initialisers, optimisers and losses as pure init and apply functions.
export { elu, gelu, leakyRelu, linear, relu, sigmoid, silu, sine, tanh, type Activation } from './activations.js'
export {
  constant,
  glorotNormal,
  glorotUniform,
  heNormal,
  lecunNormal,
  normal,
  varianceScaling,
  zeros,
  type Initialiser,
  type VarianceScalingOptions
} from './initialisers.js'
export { applyDense, dense, type Dense, type DenseOptions } from './dense.js'
export { applyMlp, mlp, type MlpOptions, type MlpParams } from './mlp.js'
export { residual, residualBlock, sequential, type ResidualBlockOptions } from './residual.js'
export { layerNorm, type LayerNormOptions, type LayerNormParams } from './layer-norm.js'
export { fourierFeatures, randomFourierFeatures, randomFourierMatrix } from './fourier-features.js'
export { binaryCrossEntropy, meanSquaredError, softmaxCrossEntropy } from './losses.js'
export {
  constantSchedule,
  cosineSchedule,
  linearSchedule,
  thenSchedule,
  toSchedule,
  warmupCosineSchedule,
  type Schedule
} from './schedules.js'
export { applyUpdates, chainOptimisers, identityOptimiser, ravelled, type Optimiser } from './optimiser.js'
export {
  accumulate,
  adam,
  adamw,
  clipByGlobalNorm,
  globalNorm,
  momentum,
  movingAverage,
  sgd,
  type AdamOptions,
  type AdamState,
  type AdamWOptions,
  type CountState,
  type MomentumOptions,
  type MomentumState
} from './optimisers.js'
export { trainSteps, type Trainer, type TrainOptions, type TrainState } from './train-steps.js'
