// npm run check:packages: packs every package that is published, and holds the tarball to publint and to
// "are the types wrong"; then loads each built package from Node as an ES module and as CommonJS.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { install, pnpmProgram, toolEnvironment } from './lib/pnpm.mjs'
import { captureNode } from './lib/run.mjs'
import { step } from './lib/turbo.mjs'
import { packages, root } from './lib/workspace.mjs'

const bin = (path) => join(root, 'node_modules', path)

const entryPoints = ({ name, exports }) =>
  Object.keys(exports)
    .filter((path) => path !== './package.json')
    .map((path) => name + path.slice(1))

const loads = (entry) => [
  [`${entry} as an ES module`, ['--input-type=module', '-e', `await import('${entry}')`]],
  [`${entry} as CommonJS`, ['--input-type=commonjs', '-e', `require('${entry}')`]]
]

const check = async ({ directory, manifest }, env) => {
  const folder = mkdtempSync(join(tmpdir(), 'bdl-pack-'))
  try {
    const packed = await captureNode([await pnpmProgram(), 'pack', '--pack-destination', folder], {
      cwd: directory,
      env
    })
    if (packed.code !== 0) return [`pack: ${packed.output}`]
    const tarball = join(folder, readdirSync(folder)[0])
    const entries = entryPoints(manifest)
    const checks = [
      ['publint', [bin('publint/src/cli.js'), 'run', tarball, '--strict']],
      ...(entries.length > 0 ? [['attw', [bin('@arethetypeswrong/cli/dist/index.js'), tarball]]] : []),
      ...entries.flatMap(loads)
    ]
    const results = []
    for (const [title, args] of checks) results.push({ title, ...(await captureNode(args, { cwd: directory, env })) })
    return results.filter(({ code }) => code !== 0).map(({ title, output }) => `${title}:\n${output}`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const code = (await install()) || (await step('build', ['build']))
if (code !== 0) process.exit(code)

const env = await toolEnvironment()
let isClean = true
for (const one of packages().filter(({ manifest }) => !manifest.private)) {
  const problems = await check(one, env)
  console.log(`${one.manifest.name}: ${problems.length === 0 ? 'clean' : problems.join('\n')}`)
  isClean &&= problems.length === 0
}
process.exit(isClean ? 0 : 1)
