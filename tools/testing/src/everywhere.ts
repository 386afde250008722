// What works in Node and in a page alike.
export { expectClose, flattenNested, shapeOfNested, type Comparable } from './close.js'
export { eagerAndCompiled, expectNoLeak } from './engines.js'
export {
  casesOf,
  decode,
  toleranceOf,
  type CaseTolerance,
  type Fixture,
  type Nested,
  type Tolerance
} from './fixture.js'
export { expectMean, expectVariance, ksStatistic, expectKs } from './statistics.js'
