import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { afterEach, expect, test } from 'vitest'
import { casesOf, eagerAndCompiled, expectNoLeak, fixturePath, loadFixture, toleranceOf } from '../src/index'

interface Case {
  readonly fn: string
  readonly value: number
  readonly tolerance?: { readonly float32?: { readonly atol: number; readonly rtol: number } }
}

const folder = mkdtempSync(join(tmpdir(), 'bdl-fixtures-'))
const file = { atol: 1, rtol: 0 }
const own = { atol: 2, rtol: 0 }
const cases = [
  { fn: 'f', value: 'inf' },
  { fn: 'g', value: 1, tolerance: { float32: own } }
]
writeFileSync(join(folder, 'a.json'), JSON.stringify({ source: 's', tolerance: { float32: file }, cases }))

const before = process.env['BDL_FIXTURES']
afterEach(() => {
  if (before === undefined) delete process.env['BDL_FIXTURES']
  else process.env['BDL_FIXTURES'] = before
})

test('the folder of BDL_FIXTURES comes first, else the one beside the test', () => {
  process.env['BDL_FIXTURES'] = folder
  const fixture = loadFixture<Case>('a.json', import.meta.url)
  expect(fixture.cases[0]?.value).toBe(Infinity)
  expect(toleranceOf(fixture, fixture.cases[0]!)).toEqual(file)
  expect(toleranceOf(fixture, fixture.cases[1]!)).toEqual(own)
  delete process.env['BDL_FIXTURES']
  expect(fixturePath('a.json', import.meta.url)).toMatch(/tools[\\/]testing[\\/]test[\\/]fixtures[\\/]a\.json$/)
  expect(() => loadFixture('a.json', import.meta.url)).toThrow(/loadFixture: no file/)
})

test('choosing no case is an error: nothing passes empty', () => {
  process.env['BDL_FIXTURES'] = folder
  const fixture = loadFixture<Case>('a.json', import.meta.url)
  expect(casesOf(fixture, 'fn', ['f', 'h'])).toHaveLength(1)
  expect(() => casesOf(fixture, 'fn', ['h'])).toThrow(/no case with fn in h/)
})

test('eager and compiled results come as a pair', async () => {
  const [eager, compiled] = await eagerAndCompiled((x: tf.Tensor) => tf.mul(x, 2), [tf.scalar(3)])
  expect([eager.dataSync()[0], compiled.dataSync()[0]]).toEqual([6, 6])
})

test('a leak, and a result that is an argument, are caught', () => {
  const x = tf.scalar(1)
  expect(() => expectNoLeak(() => tf.add(tf.add(x, 1), 1))).toThrow(/1 tensors returned, live tensors grew by 2/)
  expect(() => expectNoLeak(() => x)).toThrow(/grew by 0/)
  expectNoLeak(() => tf.add(x, 1)).dispose()
})
