// Helpers for the tests of this repository: fixtures, comparisons, engines, statistics.
export { CHROMIUM_FLAGS, WEBGPU_FLAGS, findChromium } from './chromium.js'
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
export { describeFixture, fixturePath, loadFixture } from './fixture-on-disk.js'
export { serveSite, visitSite, type Site, type Visit, type VisitOptions } from './page.js'
export { expectMean, expectVariance, ksStatistic, expectKs } from './statistics.js'
