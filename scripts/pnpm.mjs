// npm run pnpm -- ...: the pinned pnpm, for instance `npm run pnpm -- add fflate --filter @bdl/data`.
import { pnpm } from './lib/pnpm.mjs'

process.exit(await pnpm(process.argv.slice(2)))
