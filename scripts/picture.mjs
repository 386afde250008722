// npm run picture: builds, then draws the pictures of the pages anew.
import { install } from './lib/pnpm.mjs'
import { runNode } from './lib/run.mjs'
import { step } from './lib/turbo.mjs'

const code =
  (await install()) ||
  (await step('build', ['build', '--filter=@bdl/docs...'])) ||
  (await runNode(['tools/docs/src/picture.mjs'])) ||
  (await runNode(['tools/docs/src/inspect.mjs']))
process.exit(code)
