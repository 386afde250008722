/** The user's line is found in bundles too, where this compiler, TensorFlow.js and the program are one file without names. */
import { readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { bundleProgram, runProgram } from './support/child'

const source = readFileSync(join(import.meta.dirname, 'support/bundled-program.ts'), 'utf8').split('\n')

const lineWith = (mark: string): number => source.findIndex((line) => line.includes(`// mistake: ${mark}`)) + 1

/** The place in the source that a bundle's `file:line:column` stands for. */
const originalOf = (script: string, at: string): string => {
  const [, file, line, column] = /^(.*):(\d+):(\d+)$/.exec(at) ?? []
  expect(file).toBe(script)
  const map = new SourceMap(JSON.parse(readFileSync(`${script}.map`, 'utf8')))
  const entry = map.findEntry(Number(line) - 1, Number(column) - 1)
  if (!('originalSource' in entry)) throw new Error(`no original of ${at}`)
  return `${entry.originalSource.split('/').at(-1)}:${entry.originalLine + 1}`
}

interface Report {
  readonly [program: string]: { readonly at?: string; readonly message: string }
}

const isReport = (x: unknown): x is Report => typeof x === 'object' && x !== null

test.each([
  ['everything in one minified file', { minify: true, isWhole: true }],
  ['everything in one file', { isWhole: true }],
  ['TensorFlow.js beside it', { minify: true }]
])('%s', async (_, options) => {
  const script = await bundleProgram('bundled-program', options)
  const report = await runProgram('bundled-program', options)
  if (!isReport(report)) throw new Error('no report')
  const found = Object.entries(report).map(([name, { at, message }]) => {
    expect(at, message).toBeDefined()
    return [name, originalOf(script, at!)]
  })
  const wanted = ['shapes', 'reads', 'draws', 'axis', 'sizes', 'bounds'].map((name) => [
    name,
    `bundled-program.ts:${lineWith(name)}`
  ])
  expect(found).toEqual(wanted)
})
