// Normalizing flows, continuous flows and flow matching.
export {
  autoregressiveFlow,
  autoregressiveLayers,
  type AutoregressiveFlowOptions,
  type AutoregressiveLayersOptions
} from './layered/autoregressive-flow.js'
export { cnf, cnfBijector, type CnfBijectorOptions, type CnfOptions } from './continuous/cnf.js'
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
export { regularisedNll, transportCosts, type RegularisedNllOptions } from './continuous/costs.js'
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
export { addVelocities, correctedVelocity, withDivergence, type PartlyKnownVelocity } from './continuous/divergence.js'
export { gaussianVelocity } from './continuous/gaussian-velocity.js'
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
export { velocityFromEndpoint, velocityMlp, type Velocity, type VelocityMlpOptions } from './continuous/velocity.js'
