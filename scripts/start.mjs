// npm start: installs, builds, and runs the main job. Arguments go to the job: npm start -- --quick
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { install } from './lib/pnpm.mjs'
import { step } from './lib/turbo.mjs'
import { root } from './lib/workspace.mjs'

const code = (await install()) || (await step('build', ['build', '--filter=@bdl/cli...']))
if (code !== 0) process.exit(code)

// What `node apps/cli/dist/bin.js weights ...` does, in this process: so Ctrl-C and the exit code are the job's own.
const program = join(root, 'apps/cli/dist/bin.js')
process.chdir(root)
process.argv.splice(1, 1, program, 'weights')
await import(pathToFileURL(program).href)
