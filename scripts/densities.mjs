// npm run docs:densities: builds, runs `bdl densities` in full, and puts its picture and table into docs/densities.md.
// With a folder as argument: takes them from the report that lies there.
import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { install } from './lib/pnpm.mjs'
import { runNode } from './lib/run.mjs'
import { step } from './lib/turbo.mjs'
import { root } from './lib/workspace.mjs'

const [given] = process.argv.slice(2)
const folder = given ?? join(root, 'out', 'densities')
const run = async () =>
  (await install()) ||
  (await step('build', ['build', '--filter=@bdl/cli...'])) ||
  (await runNode(['apps/cli/dist/bin.js', 'densities', '--out', folder]))
const code = given === undefined ? await run() : 0
if (code !== 0) process.exit(code)

const page = join(root, 'docs', 'densities.md')
const [text, table] = await Promise.all([page, join(folder, 'densities.md')].map((path) => readFile(path, 'utf8')))
const [begin, end] = ['<!-- table -->\n', '<!-- end of table -->']
const [before = '', rest = ''] = text.split(begin)
const [, after = ''] = rest.split(end)
await writeFile(page, `${before}${begin}\n${table}\n${end}${after}`)
// The columns of a Markdown table in line, as the formatter has them.
await runNode(['node_modules/prettier/bin/prettier.cjs', '--log-level', 'warn', '--write', 'docs/densities.md'])
await copyFile(join(folder, 'densities.svg'), join(root, 'docs', 'images', 'densities.svg'))
