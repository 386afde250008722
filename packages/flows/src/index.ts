// Normalizing flows, continuous flows and flow matching.
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
export { conditionalPath, flowMatching, type FlowMatchingOptions, type PathSample } from './flow-matching.js'
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
