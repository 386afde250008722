// Adds up vitest's JSON reports over all packages.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { packages, readJson } from './workspace.mjs'

/** Which task of a package writes which report. */
const TASKS = { 'vitest.json': 'test', 'browser.json': 'test:browser', 'golden.json': 'test:golden' }

/** A file that could not be loaded has no tests of its own to count: it counts as one failed test. */
const brokenFiles = (report) =>
  report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0)

/** Prints one line for each report and `N passed, N failed` last. False if a test failed, or none ran, or a report lacks. */
export const countTests = (...files) => {
  const total = { passed: 0, failed: 0 }
  let isComplete = true
  const expected = packages().flatMap(({ directory, manifest }) =>
    files.filter((file) => manifest.scripts?.[TASKS[file]]).map((file) => ({ directory, manifest, file }))
  )
  for (const { directory, manifest, file } of expected) {
    const title = file === 'browser.json' ? `${manifest.name} in a browser` : manifest.name
    const path = join(directory, 'reports', file)
    if (!existsSync(path)) {
      console.log(`${title}: no report`)
      isComplete = false
      continue
    }
    const report = readJson(path)
    const failed = report.numFailedTests + brokenFiles(report).length
    if (report.numTotalTests > 0 || failed > 0)
      console.log(`${title}: ${report.numPassedTests} passed, ${failed} failed`)
    total.passed += report.numPassedTests
    total.failed += failed
    if (!report.success && failed === 0) isComplete = false
  }
  console.log(`${total.passed} passed, ${total.failed} failed`)
  return isComplete && total.failed === 0 && total.passed > 0
}
