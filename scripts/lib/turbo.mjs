// Runs tasks of the packages through Turborepo, two at a time, from its cache where nothing changed.
import { join } from 'node:path'
import { toolEnvironment } from './pnpm.mjs'
import { captureNode, runNode } from './run.mjs'
import { root } from './workspace.mjs'

const command = (args) => [
  join(root, 'node_modules/turbo/bin/turbo'),
  'run',
  '--concurrency=2',
  '--ui=stream',
  '--continue',
  ...args
]

/** Runs tasks with their output on the terminal. Resolves to an exit code. */
export const turbo = async (args) => runNode(command(args), { env: await toolEnvironment() })

/** Runs one step of a longer command: one line when it went well, all that was printed when it did not. */
export const step = async (title, args) => {
  const begun = performance.now()
  process.stdout.write(`${title} ... `)
  const { code, output } = await captureNode(command([...args, '--output-logs=errors-only']), {
    env: await toolEnvironment()
  })
  const cached = /Cached:\s+(\d+) cached, (\d+) total/.exec(output)
  const from = cached && cached[1] !== '0' ? `, ${cached[1]} of ${cached[2]} from the cache` : ''
  console.log(`${code === 0 ? 'done' : 'FAILED'} (${((performance.now() - begun) / 1000).toFixed(1)} s${from})`)
  if (code !== 0) console.log(output)
  return code
}
