// npm start: installs, builds, and runs the main job. Arguments go to the job: npm start -- --quick
import { install } from './lib/pnpm.mjs'
import { runNode } from './lib/run.mjs'
import { step } from './lib/turbo.mjs'

const code =
  (await install()) ||
  (await step('build', ['build', '--filter=@bdl/cli...'])) ||
  (await runNode(['apps/cli/dist/bin.js', 'weights', ...process.argv.slice(2)]))
process.exit(code)
