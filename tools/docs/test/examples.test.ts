// Every example of every page: its types hold, and it runs.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import ts from 'typescript'
import { beforeAll, describe, expect, test } from 'vitest'
import { examplesOf, pages, root } from '../src/pages'

const folder = join(import.meta.dirname, '../reports/examples')

const examples = pages.flatMap((page) =>
  examplesOf(page).map((code, i) => ({
    name: `${page.path}, example ${i + 1}`,
    code,
    file: join(folder, `${page.path.replace(/\.md$/, '').replaceAll('/', '-')}-${i + 1}.ts`)
  }))
)

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const { file, code } of examples) writeFileSync(file, code)
  process.chdir(folder) // an example may write files
})

test('the README and every package have an example', () => {
  const without = pages.filter(
    (page) => (page.path === 'README.md' || page.path.startsWith('packages/')) && examplesOf(page).length === 0
  )
  expect(without.map(({ path }) => path)).toEqual([])
})

test('an example that uses tensors brings a backend', () => {
  const without = examples.filter(({ code }) => /tfjs-core'/.test(code) && !/tfjs-backend-cpu'/.test(code))
  expect(without.map(({ name }) => name)).toEqual([])
})

test('examples are typed', () => {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.base.json'), (path) => ts.sys.readFile(path))
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const program = ts.createProgram(
    examples.map(({ file }) => file),
    { ...options, noUnusedLocals: false }
  )
  const problems = examples.flatMap(({ name, file }) => {
    const source = program.getSourceFile(file)
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
    return found.map((one) => {
      const { line } = ts.getLineAndCharacterOfPosition(one.file!, one.start ?? 0)
      return `${name}, line ${line + 1}: ${ts.flattenDiagnosticMessageText(one.messageText, ' ')}`
    })
  })
  expect(problems).toEqual([])
})

describe('examples run', () => {
  test.each(examples)('$name', async ({ file }) => {
    await import(pathToFileURL(file).href)
  })
})
