import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

test('the command is called bdl and starts as a Node program', () => {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  expect(Object.keys(manifest.bin)).toEqual(['bdl'])
  const source = readFileSync(new URL('../src/bin.ts', import.meta.url), 'utf8')
  expect(source.startsWith('#!/usr/bin/env node\n')).toBe(true)
})
