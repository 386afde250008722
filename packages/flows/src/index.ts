// Normalizing flows, continuous flows and flow matching.
export {
  autoregressiveFlow,
  autoregressiveLayers,
  type AutoregressiveFlowOptions,
  type AutoregressiveLayersOptions
} from './autoregressive-flow.js'
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
} from './continuous.js'
export { transportCosts, type TransportCosts } from './costs.js'
export { couplingFlow, couplingLayers, type CouplingFlowOptions, type CouplingLayersOptions } from './coupling-flow.js'
export { conditionalPath, flowMatching, type FlowMatchingOptions, type PathSample } from './flow-matching.js'
export { type Conditioned, type LayersOptions } from './layers.js'
export { made, type AutoregressiveNetwork, type MadeOptions } from './made.js'
export { realNvp, realNvpBijector, type RealNvpOptions } from './real-nvp.js'
export { standardNormal } from './standard-normal.js'
export { exactTrace, hutchinsonTrace, probeTrace, type HutchinsonOptions, type Trace } from './trace.js'
export {
  correctedVelocity,
  gaussianVelocity,
  velocityFromEndpoint,
  velocityMlp,
  type Velocity,
  type VelocityMlpOptions
} from './velocity.js'
