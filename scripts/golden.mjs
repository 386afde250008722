// npm run test:golden: only the golden tests of every package, with the files of BDL_FIXTURES when it is set.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { countTests } from './lib/count-tests.mjs'
import { install } from './lib/pnpm.mjs'
import { step } from './lib/turbo.mjs'
import { packages } from './lib/workspace.mjs'

const installed = await install()
if (installed !== 0) process.exit(installed)

for (const { directory } of packages()) rmSync(join(directory, 'reports/golden.json'), { force: true })

const code = await step('golden tests', ['test:golden'])
const isCounted = countTests('golden.json')
process.exit(isCounted && code === 0 ? 0 : 1)
