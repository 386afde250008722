// Normalizing flows, continuous flows and flow matching.
export {
  autoregressiveFlow,
  autoregressiveLayers,
  type AutoregressiveFlowOptions,
  type AutoregressiveLayersOptions
} from './layered/autoregressive-flow.js'
export {
  cnf,
  estimateLogProb,
  flowBijector,
  parametricFlowBijector,
  velocityToDistribution,
  type CnfOptions,
  type FlowOptions,
  type LogProbEstimate,
  type ParametricFlow
} from './continuous/flow.js'
export {
  conditionalVelocityMlp,
  type ConditionalVelocity,
  type ConditionalVelocityMlpOptions
} from './continuous/conditional-velocity.js'
export { transportCosts, type TransportCosts } from './continuous/costs.js'
export {
  couplingFlow,
  couplingLayers,
  type CouplingFlowOptions,
  type CouplingLayersOptions
} from './layered/coupling-flow.js'
export {
  perturb,
  subVariancePreserving,
  varianceExploding,
  variancePreserving,
  type Noising,
  type VarianceExplodingOptions,
  type VariancePreservingOptions
} from './diffusion/noising.js'
export { conditionalPath, flowMatching, type FlowMatchingOptions, type PathSample } from './matching/flow-matching.js'
export { type Conditioned, type LayersOptions } from './layered/layers.js'
export { made, type AutoregressiveNetwork, type MadeOptions } from './layered/made.js'
export { realNvp, realNvpBijector, type RealNvpOptions } from './layered/real-nvp.js'
export { isotropicNormal, standardNormal } from './isotropic-normal.js'
export { exactTrace, hutchinsonTrace, probeTrace, type HutchinsonOptions, type Trace } from './continuous/trace.js'
export {
  correctedVelocity,
  gaussianVelocity,
  velocityFromEndpoint,
  velocityMlp,
  type Velocity,
  type VelocityMlpOptions
} from './continuous/velocity.js'
