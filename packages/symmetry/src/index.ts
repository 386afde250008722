// What leaves a network's function unchanged: canonical weights and alignment.
export { alignAll, type AlignAllOptions, type AlignedCollection } from './align-all.js'
export { assignment, type Assignment } from './assignment.js'
export { barrier, interpolate, lambdaGrid, spread, takeNetworks, type Barriers, type LossAt } from './barrier.js'
export {
  align,
  canonicalise,
  canonicaliseAll,
  type Canonical,
  type CanonicalBatch,
  type CanonicalOptions,
  type CanonicalReport
} from './canonicalise.js'
export { act, compose, identityElement, inverse, randomElement, type GroupElement, type UnitAction } from './element.js'
export type { Gauge, GaugeReport, UnitName } from './gauge.js'
export { mapHostTree, type HostTree, type Path } from './host-tree.js'
export { weightMatching, type Matching } from './match.js'
export {
  groupOrder,
  logGroupSize,
  mlpSpec,
  symmetrySpec,
  unitKind,
  withKind,
  type Slot,
  type SpecLeaf,
  type SymmetricActivation,
  type SymmetrySpec,
  type UnitGroup,
  type UnitKind
} from './spec.js'
export { balancedGauge, signGauge, unitGauge } from './tensor-gauge.js'
