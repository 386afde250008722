// npm run setup: installs what the lockfile says, and nothing else.
import { install } from './lib/pnpm.mjs'

process.exit(await install())
