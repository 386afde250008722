// npm run bench: builds, then runs the workloads. Arguments go to the bench: npm run bench -- --peers
import { install } from './lib/pnpm.mjs'
import { runNode } from './lib/run.mjs'
import { step } from './lib/turbo.mjs'

const code =
  (await install()) ||
  (await step('build', ['build', '--filter=@bdl/bench...'])) ||
  (await runNode(['bench/dist/main.js', ...process.argv.slice(2)]))
process.exit(code)
