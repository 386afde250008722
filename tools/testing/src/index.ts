// Helpers for the tests of this repository: fixtures, comparisons, engines, statistics.
export { expectClose, flattenNested, shapeOfNested, type Comparable } from './close.js'
export { eagerAndCompiled, expectNoLeak } from './engines.js'
export {
  casesOf,
  decode,
  describeFixture,
  fixturePath,
  loadFixture,
  toleranceOf,
  type CaseTolerance,
  type Fixture,
  type Nested,
  type Tolerance
} from './fixture.js'
export { expectMean, expectVariance, ksStatistic, expectKs } from './statistics.js'
