// Golden files in Node.
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fixturesFrom } from './fixture.js'

const ownFolder = (): string | undefined =>
  process.env['BDL_FIXTURES'] === '' ? undefined : process.env['BDL_FIXTURES']

/** Where a golden file is looked for: BDL_FIXTURES if it is set, else `fixtures` beside the test file `from`. */
export const fixturePath = (name: string, from: string): string => {
  const folder = ownFolder()
  return folder === undefined ? fileURLToPath(new URL(`fixtures/${name}`, from)) : resolve(folder, name)
}

export const { loadFixture, describeFixture } = fixturesFrom({
  read: (name, from) => {
    const path = fixturePath(name, from)
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined
  },
  ownFolder
})
