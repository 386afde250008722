// What pages name exists: exports, commands, files. And what exists is named.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { localTargets, packageNames, pages, root } from '../src/pages'

const pageOf = (path: string) => pages.find((page) => page.path === path)!

/** Names that an index exports; of types, only those that no export of a value goes with need a mention. */
const exportsOf = (name: string): readonly string[] => {
  const path = join(root, 'packages', name, 'src/index.ts')
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.ES2022)
  return source.statements.filter(ts.isExportDeclaration).flatMap(({ exportClause, isTypeOnly }) => {
    if (exportClause === undefined || isTypeOnly) return []
    if (ts.isNamespaceExport(exportClause)) return [exportClause.name.text]
    return exportClause.elements.filter((one) => !one.isTypeOnly).map((one) => one.name.text)
  })
}

/** Everything between single backticks, in words. */
const namedIn = (text: string): ReadonlySet<string> =>
  new Set([...text.matchAll(/`([^`\n]+)`/g)].flatMap(([, code]) => code!.match(/[A-Za-z_$][\w$]*/g) ?? []))

describe.each(packageNames)('@bdl/%s', (name) => {
  test('its README names every export', () => {
    const named = namedIn(pageOf(`packages/${name}/README.md`).text)
    expect(exportsOf(name).filter((one) => !named.has(one))).toEqual([])
  })

  test('the README of the repository has it in its table', () => {
    expect(pageOf('README.md').text.includes(`[\`@bdl/${name}\`](packages/${name}/README.md)`)).toBe(true)
  })
})

describe.each(pages)('$path', (page) => {
  test('links and pictures lead somewhere', () => {
    expect(localTargets(page).filter((target) => !existsSync(target))).toEqual([])
  })

  test('commands exist', () => {
    const manifest: { readonly scripts: Readonly<Record<string, string>> } = JSON.parse(
      readFileSync(join(root, 'package.json'), 'utf8')
    )
    const commands = [...page.text.matchAll(/npm run ([a-z][\w:-]*)/g)].map(([, command]) => command!)
    expect(commands.filter((command) => !(command in manifest.scripts))).toEqual([])
  })
})

/** Methods of the interfaces that docs/architecture.md writes out. */
const METHODS = ['build', 'contains', 'init', 'run', 'step', 'update']

test('functions whose signatures docs/architecture.md gives are exported', () => {
  const { text } = pageOf('docs/architecture.md')
  const code = [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, block]) =>
    block!.replace(/\/\/.*|\/\*.*?\*\//g, '')
  )
  const called = code.flatMap((block) => [...block.matchAll(/(?<![.\w])([A-Za-z_]\w*)\(/g)].map(([, name]) => name!))
  const known = new Set([...packageNames.flatMap(exportsOf), ...METHODS])
  expect(called.length).toBeGreaterThan(50)
  expect(called.filter((name) => !known.has(name))).toEqual([])
})
