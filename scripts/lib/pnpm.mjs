// Brings pnpm at the version that package.json pins, with nothing but the npm that comes with Node.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, delimiter, dirname, join, resolve } from 'node:path'
import { captureNode, runNode } from './run.mjs'
import { packages, readJson, root } from './workspace.mjs'

const notes = join(root, 'node_modules/.bdl')
const pinned = readJson(join(root, 'package.json')).packageManager
const pathKey = Object.keys(process.env).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH'

const writeNote = (name, text) => {
  mkdirSync(notes, { recursive: true })
  writeFileSync(join(notes, name), text)
}

const readNote = (name) => (existsSync(join(notes, name)) ? readFileSync(join(notes, name), 'utf8') : '')

const npmProgram = () => {
  const beside = dirname(process.execPath)
  const candidates = [
    process.env.npm_execpath,
    join(beside, 'node_modules/npm/bin/npm-cli.js'),
    join(beside, '../lib/node_modules/npm/bin/npm-cli.js'),
    join(beside, '../share/nodejs/npm/bin/npm-cli.js')
  ]
  const found = candidates.find((path) => path && basename(path) === 'npm-cli.js' && existsSync(path))
  if (!found) throw new Error('npm was not found beside Node; start this command as `npm run ...`')
  return found
}

const isPinned = (bin) => {
  const manifest = join(bin, '../pnpm/package.json')
  return existsSync(manifest) && `pnpm@${readJson(manifest).version}` === pinned
}

/** The folder of npm's cache that holds the pinned pnpm; downloaded on the first call. */
const pnpmFolder = async () => {
  const known = readNote('pnpm')
  if (known && isPinned(known)) return known
  const npm = npmProgram()
  const { output } = await captureNode(
    [
      npm,
      'exec',
      '--yes',
      '--loglevel=error',
      `--package=${pinned}`,
      '--',
      'node',
      '-p',
      `'PATH='+process.env.${pathKey}`
    ],
    { env: { ...process.env, NO_UPDATE_NOTIFIER: '1' } }
  )
  const line = output.split(/\r?\n/).find((text) => text.startsWith('PATH='))
  const found = line?.slice('PATH='.length).split(delimiter).find(isPinned)
  if (!found) throw new Error(`npm could not bring ${pinned}:\n${output}`)
  writeNote('pnpm', found)
  return found
}

// Tests run in the folders of their packages: a relative path has to be made absolute first.
const fixtures = process.env.BDL_FIXTURES
  ? { BDL_FIXTURES: resolve(process.env.INIT_CWD ?? process.cwd(), process.env.BDL_FIXTURES) }
  : {}

/** The environment in which `pnpm` is the pinned one. */
export const toolEnvironment = async () => ({
  ...process.env,
  ...fixtures,
  // What one Node has built and tested says nothing about another: its version is part of every cache key.
  BDL_NODE: process.version,
  [pathKey]: [await pnpmFolder(), join(root, 'node_modules/.bin'), process.env[pathKey]].join(delimiter),
  TURBO_TELEMETRY_DISABLED: '1',
  TURBO_NO_UPDATE_NOTIFIER: '1'
})

/** The file that Node runs as pnpm. */
export const pnpmProgram = async () => join(await pnpmFolder(), '../pnpm/bin/pnpm.cjs')

/** Runs the pinned pnpm; resolves to its exit code. */
export const pnpm = async (args) => runNode([await pnpmProgram(), ...args], { env: await toolEnvironment() })

const installHash = () => {
  const hash = createHash('sha256').update([root, process.platform, process.arch].join('\n'))
  const manifests = packages().map(({ directory }) => join(directory, 'package.json'))
  for (const path of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json']
    .map((name) => join(root, name))
    .concat(manifests))
    hash.update(`\n${path}\n`).update(readFileSync(path))
  return hash.digest('hex')
}

/** Installs what the lockfile says, unless that is what is there already. Resolves to an exit code. */
export const install = async () => {
  if (existsSync(join(root, 'node_modules/.modules.yaml')) && readNote('installed') === installHash()) return 0
  const code = await pnpm(['install', '--frozen-lockfile', '--prefer-offline'])
  if (code === 0) writeNote('installed', installHash())
  else rmSync(join(notes, 'installed'), { force: true })
  return code
}
