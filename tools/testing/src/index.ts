// Helpers for the tests of this repository: fixtures, comparisons, engines, statistics.
export { CHROMIUM_FLAGS, WEBGPU_FLAGS, findChromium } from './chromium.js'
export * from './everywhere.js'
export { describeFixture, fixturePath, loadFixture } from './fixture-on-disk.js'
export { serveSite, visitSite, type Site, type Visit, type VisitOptions } from './page.js'
