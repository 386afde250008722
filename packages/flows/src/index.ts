// Normalizing flows, continuous flows and flow matching.
export { likelihoodBandwidth, type Bandwidth, type LikelihoodBandwidthOptions } from './baselines/bandwidth.js'
export { gaussianFit, type GaussianFitOptions } from './baselines/gaussian-fit.js'
export { kernelDensity, type KernelDensityOptions } from './baselines/kernel-density.js'
export {
  autoregressiveFlow,
  autoregressiveLayers,
  type AutoregressiveFlowOptions,
  type AutoregressiveLayersOptions
} from './layered/autoregressive-flow.js'
export { cnf, cnfBijector, type CnfBijectorOptions, type CnfOptions } from './continuous/cnf.js'
export {
  conditionalCnf,
  conditionalCnfBijector,
  type ConditionalCnfBijectorOptions,
  type ConditionalCnfOptions
} from './continuous/conditional-cnf.js'
export { flowBijector, parametricFlowBijector, velocityToDistribution } from './continuous/flow.js'
export {
  estimateLogProb,
  sampleWithEstimate,
  type LogProbEstimate,
  type SampleEstimate
} from './continuous/estimate.js'
export {
  conditionalVelocityMlp,
  type ConditionalVelocity,
  type ConditionalVelocityMlpOptions
} from './continuous/conditional-velocity.js'
export { dropContext, type RowLosses } from './continuous/dropped-context.js'
export { regularisedNll, transportCosts, type RegularisedNllOptions } from './continuous/costs.js'
export {
  couplingFlow,
  couplingLayers,
  type CouplingFlowOptions,
  type CouplingLayersOptions
} from './layered/coupling-flow.js'
export {
  conditionalDenoisingScoreMatching,
  type ConditionalScoreMatchingOptions
} from './diffusion/conditional-score-matching.js'
export { diffusionToDistribution, probabilityFlow, type Diffusion } from './diffusion/diffusion.js'
export { dpmSampler, type DpmSamplerOptions } from './diffusion/dpm-sampler.js'
export { logProbBound } from './diffusion/log-prob-bound.js'
export {
  noiseLevel,
  noiseLevelSpacing,
  noiseLevelTimes,
  powerSpacing,
  timeOfNoiseLevel,
  uniformSpacing,
  uniformTimes,
  type Spacing,
  type TimeLaw
} from './diffusion/noise-level.js'
export {
  perturb,
  subVariancePreserving,
  varianceExploding,
  variancePreserving,
  type Noising,
  type VarianceExplodingOptions,
  type VariancePreservingOptions
} from './diffusion/noising.js'
export { reverseSde, reverseSdeSampler, type Corrector, type ReverseSdeOptions } from './diffusion/reverse-sde.js'
export {
  dataFromScore,
  noiseFromScore,
  scoreFromData,
  scoreFromNoise,
  type ConditionalScore,
  type Score
} from './diffusion/score.js'
export {
  denoisingScoreMatching,
  implicitScoreMatching,
  type ImplicitScoreMatchingOptions,
  type NoiseWeighting,
  type ScoreMatchingOptions,
  type Weighting
} from './diffusion/score-matching.js'
export {
  conditionalScoreMlp,
  scoreFromNetwork,
  scoreMlp,
  type ConditionalScoreMlpOptions,
  type ScoreMlpOptions
} from './diffusion/score-network.js'
export { optimalAssignment } from './matching/assignment.js'
export {
  conditionalFlowMatching,
  type ConditionalFlowMatchingOptions,
  type LabelledBatch
} from './matching/conditional-flow-matching.js'
export {
  conditionalPath,
  flowMatching,
  type FlowMatchingOptions,
  type MatchingOptions
} from './matching/flow-matching.js'
export { guided, type GuidanceOptions } from './matching/guidance.js'
export { optimalPairing, sinkhornPairing, type Pairing, type SinkhornOptions } from './matching/pairing.js'
export {
  probabilityPath,
  samplePath,
  type OfTime,
  type PathSample,
  type ProbabilityPath,
  type ProbabilityPathSpec
} from './matching/path.js'
export {
  bridgePath,
  diffusionPath,
  linearPath,
  optimalTransportPath,
  trigonometricPath,
  type BridgePathOptions,
  type GaussianSourceOptions,
  type LinearPathOptions,
  type OptimalTransportPathOptions
} from './matching/paths.js'
export {
  dataFromVelocity,
  noiseFromVelocity,
  scoreFromVelocity,
  velocityFromData,
  velocityFromNoise,
  velocityFromScore
} from './matching/predictions.js'
export { type Conditioned, type LayersOptions } from './layered/layers.js'
export { made, type AutoregressiveNetwork, type MadeOptions } from './layered/made.js'
export { realNvp, realNvpBijector, type RealNvpOptions } from './layered/real-nvp.js'
export { isotropicNormal, standardNormal } from './isotropic-normal.js'
export { addVelocities, correctedVelocity, withDivergence, type PartlyKnownVelocity } from './continuous/divergence.js'
export { gaussianVelocity } from './continuous/gaussian-velocity.js'
export { odeBlock, odeBlockRun, type OdeBlockOptions, type OdeBlockRun } from './continuous/ode-block.js'
export {
  exactTrace,
  hutchinsonTrace,
  probeTrace,
  type ExactTrace,
  type FixedTrace,
  type HutchinsonOptions,
  type HutchinsonTrace,
  type ProbeTrace,
  type Trace
} from './continuous/trace.js'
export {
  closedFlow,
  transport,
  transportWithCosts,
  transportWithTraces,
  type FlowOptions,
  type ParametricFlow,
  type Toward,
  type TransportCosts,
  type Transported,
  type TransportedWithTraces
} from './continuous/transport.js'
export {
  blendLayer,
  concatLayer,
  concatSquashLayer,
  ignoreLayer,
  squashLayer,
  type BlendParams,
  type ConcatSquashParams,
  type SquashParams,
  type TimeLayer,
  type TimeLayerOptions
} from './continuous/time-layers.js'
export {
  planarVelocity,
  velocityNetwork,
  type PlanarVelocityOptions,
  type PlanarVelocityParams,
  type VelocityNetworkOptions
} from './continuous/velocity-networks.js'
export { velocityFromEndpoint, velocityMlp, type Velocity, type VelocityMlpOptions } from './continuous/velocity.js'
