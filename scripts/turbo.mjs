// node scripts/turbo.mjs TASK...: installs, then runs tasks of all packages.
import { install } from './lib/pnpm.mjs'
import { turbo } from './lib/turbo.mjs'

process.exit((await install()) || (await turbo(process.argv.slice(2))))
