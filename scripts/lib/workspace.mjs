// Where things are in this repository, and which packages it has.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')

export const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'))

/** Every package of the workspace but the root: its folder and its manifest. */
export const packages = () =>
  ['packages', 'apps', 'tools']
    .flatMap((group) =>
      existsSync(join(root, group)) ? readdirSync(join(root, group)).map((name) => join(root, group, name)) : []
    )
    .concat(join(root, 'bench'))
    .filter((directory) => existsSync(join(directory, 'package.json')))
    .map((directory) => ({ directory, manifest: readJson(join(directory, 'package.json')) }))
