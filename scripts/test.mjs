// npm test: installs, builds, checks types, lints, runs every test, and counts them.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { countTests } from './lib/count-tests.mjs'
import { install } from './lib/pnpm.mjs'
import { step } from './lib/turbo.mjs'
import { packages } from './lib/workspace.mjs'

const installed = await install()
if (installed !== 0) process.exit(installed)

for (const { directory } of packages()) rmSync(join(directory, 'reports'), { recursive: true, force: true })

const codes = [
  await step('build', ['build']),
  await step('typecheck', ['typecheck:all']),
  await step('lint', ['lint:code', 'lint:format', 'lint:arrows']),
  await step('test', ['test', 'test:browser', ...(process.env.BDL_FIXTURES ? ['--force'] : [])])
]
const isCounted = countTests('vitest.json', 'browser.json')
process.exit(isCounted && codes.every((code) => code === 0) ? 0 : 1)
