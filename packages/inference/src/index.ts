// Posteriors from log densities: variational inference, MCMC, ensembles, diagnostics, prediction.
export type { Adaptation, AdaptationOptions, MassMatrix, StepSizeSearch, TunableKernel, Tuning } from './adaptation.js'
export { adaptive, type AdaptiveOptions, type AdaptiveState } from './adaptive.js'
export { ascent, type AscentInfo, type AscentState } from './ascent.js'
export {
  effectiveSampleSize,
  autocorrelation,
  monteCarloError,
  type EssMethod
} from './diagnostics/effective-sample-size.js'
export { functionSpaceEss, functionSpaceRhat, type Summary } from './diagnostics/function-space.js'
export {
  importanceEss,
  importanceReport,
  logMeanExp,
  logSumExp,
  normalisedWeights,
  type ImportanceReport
} from './diagnostics/importance.js'
export { highestDensityInterval } from './diagnostics/intervals.js'
export {
  fitGeneralisedPareto,
  paretoK,
  paretoSmooth,
  type ParetoFit,
  type ParetoSmoothed
} from './diagnostics/pareto.js'
export { foldedRhat, rankNormalisedRhat, rhat, splitRhat } from './diagnostics/rhat.js'
export {
  dualAveragingInit,
  dualAveragingUpdate,
  type DualAveragingParameters,
  type DualAveragingState
} from './dual-averaging.js'
export { fitGaussian, type GaussianFit, type GaussianFitOptions } from './gaussian-fit.js'
export { gaussianOnTree, type GaussianScale } from './gaussian-on-tree.js'
export { hmc, hmcInit, hmcKernel, type HmcInfo, type HmcParameters, type HmcState } from './hmc.js'
export type { Kernel, LogDensity, StochasticLogDensity } from './kernel.js'
export { hessian } from '@bdl/compiler'
export { laplace, type LaplaceFit } from './laplace.js'
export { energy, leapfrog, leapfrogStep, phasePoint, trajectory, type Dynamics, type PhasePoint } from './leapfrog.js'
export { cholesky, invertLower, logDetOfCholesky } from './linear-algebra.js'
export { logJoint, minibatchLogJoint, type LogJointOptions } from './log-density.js'
export { deepEnsemble, map, memberOf, type DeepEnsemble, type DeepEnsembleOptions } from './map.js'
export {
  elbo,
  estimateElbo,
  meanFieldInit,
  meanFieldPosterior,
  meanFieldVi,
  type MeanFieldFit,
  type MeanFieldOptions,
  type MeanFieldParameters
} from './mean-field.js'
export { denseMetric, diagonalMetric, identityMetric, kineticEnergy, type Metric } from './metric.js'
export { gaussianNoise } from './noise.js'
export { nuts, nutsKernel, type NutsInfo, type NutsParameters, type NutsState } from './nuts.js'
export { modelAverage, predictive, type Predictive, type PredictiveOptions } from './predictive.js'
export { runChains, type ChainsResult, type Progress, type RunChainsOptions, type RunControl } from './run-chains.js'
export { joinChains, samplesFrom, samplesOf, type Provenance, type Samples } from './samples.js'
export { sghmc, sghmcInit, sghmcKernel, type SghmcParameters, type SghmcState } from './sghmc.js'
export { sgld, sgldInit, sgldKernel, type SgldState, type SgmcmcInfo } from './sgld.js'
export { reasonableStepSize } from './step-size-search.js'
export {
  constantStep,
  cyclicalCosine,
  isSampling,
  polynomialDecay,
  type CyclicalOptions,
  type StepSchedule
} from './step-schedule.js'
export { warmUp, warmUpHmc, type WarmUp, type WarmUpHmcOptions, type WarmUpOptions } from './warm-up.js'
export { warmupSchedule, type WarmupBuffers, type WarmupSchedule } from './warmup-schedule.js'
export { regularisedVariance, welfordInit, welfordUpdate, welfordVariance, type WelfordState } from './welford.js'
