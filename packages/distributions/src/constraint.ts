// The one door to the room of constraints.
export { allLast, constraint, type Constraint, type ConstraintSpec } from './constraints/constraint.js'
export { everyOf, imageOf, recordOf } from './constraints/derived.js'
export { boolean, integerInterval, integers, integersBelow, nonNegativeIntegers } from './constraints/integers.js'
export { correlationCholesky, lowerCholesky, positiveDefinite } from './constraints/matrices.js'
export {
  equalTo,
  greaterThan,
  interval,
  lessThan,
  nonNegative,
  positive,
  real,
  unitInterval
} from './constraints/reals.js'
export { multinomialCounts, oneHot, simplex } from './constraints/vectors.js'
