// Adds up vitest's JSON reports over all packages.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { packages, readJson } from './workspace.mjs'

/** Prints one line for each package and `N passed, N failed` last. False if a test failed, or none ran, or a report lacks. */
export const countTests = (file = 'vitest.json') => {
  const total = { passed: 0, failed: 0 }
  let isComplete = true
  const task = file === 'vitest.json' ? 'test' : 'test:golden'
  for (const { directory, manifest } of packages().filter((one) => one.manifest.scripts?.[task])) {
    const path = join(directory, 'reports', file)
    if (!existsSync(path)) {
      console.log(`${manifest.name}: no report`)
      isComplete = false
      continue
    }
    const report = readJson(path)
    // A file that could not be loaded has no tests of its own to count: it counts as one failed test.
    const brokenFiles = report.testResults.filter(
      (file) => file.status === 'failed' && file.assertionResults.length === 0
    )
    const failed = report.numFailedTests + brokenFiles.length
    if (report.numTotalTests > 0 || failed > 0)
      console.log(`${manifest.name}: ${report.numPassedTests} passed, ${failed} failed`)
    total.passed += report.numPassedTests
    total.failed += failed
    if (!report.success && failed === 0) isComplete = false
  }
  console.log(`${total.passed} passed, ${total.failed} failed`)
  return isComplete && total.failed === 0 && total.passed > 0
}
