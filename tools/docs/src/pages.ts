// The pages of this repository and the code in them.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '../../..')

/** A page, by its path from the root with forward slashes. */
export interface Page {
  readonly path: string
  readonly text: string
}

/** Names of the folders of `packages`. */
export const packageNames: readonly string[] = readdirSync(join(root, 'packages')).filter((name) =>
  existsSync(join(root, 'packages', name, 'package.json'))
)

const read = (path: string): Page => ({ path, text: readFileSync(join(root, path), 'utf8').replaceAll('\r\n', '\n') })

/** README, CONTRIBUTING, everything in docs, and the README of every package. */
export const pages: readonly Page[] = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
  ...packageNames.map((name) => `packages/${name}/README.md`)
].map(read)

/** TypeScript blocks that import something: those can run. Others are signatures or fragments. */
export const examplesOf = ({ text }: Page): readonly string[] =>
  [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code ?? '').filter((code) => /^import /m.test(code))

/** Targets of the links and pictures of a page that lie in this repository, as absolute paths. */
export const localTargets = ({ path, text }: Page): readonly string[] =>
  [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)|src="([^"]+)"/g)]
    .map(([, link, source]) => link ?? source ?? '')
    .filter((target) => target !== '' && !/^[a-z]+:/.test(target))
    .map((target) => resolve(root, dirname(path), target))
