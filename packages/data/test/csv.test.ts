import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadCsv, loadCsvDataset, parseCsv, tableToDataset } from '../src/index.js'
import type { DatasetOptions } from '../src/index.js'
import { left, right } from './support.js'

const folder = mkdtempSync(join(tmpdir(), 'bdl-csv-'))

const file = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const dataset = (text: string, options?: DatasetOptions) => tableToDataset(options)(right(parseCsv('t.csv')(text)))

describe('parseCsv', () => {
  test('reads a header, quotes, spaces, signs and exponents', () => {
    const table = right(parseCsv('t')('a,"b, c",d\r\n 1 ,"2",-3e-2\r\n.5,+6.,7E1\r\n'))
    expect(table.columns).toEqual(['a', 'b, c', 'd'])
    expect(table.values.shape).toEqual([2, 3])
    expect(Array.from(table.values.data)).toEqual([1, 2, -0.03, 0.5, 6, 70])
    expect(Array.from(table.rowNumbers)).toEqual([2, 3])
  })

  test('names the columns of a file without a header and recognises other delimiters', () => {
    const table = right(parseCsv('t')('1;2\n3;4\n'))
    expect(table.columns).toEqual(['column 1', 'column 2'])
    expect(Array.from(table.values.data)).toEqual([1, 2, 3, 4])
  })

  test('passes over a byte-order mark and blank lines, and counts the latter', () => {
    const table = right(parseCsv('t')('\uFEFFa,b\n\n1,2\n\n'))
    expect(table.columns).toEqual(['a', 'b'])
    expect(Array.from(table.rowNumbers)).toEqual([3])
  })

  test.each([
    ['a,b\n1,2\n3\n', 't.csv: row 3 has 1 cells, expected 2'],
    ['a,b\n1,2,3\n', 't.csv: row 2 has 3 cells, expected 2'],
    ['a,b\n1,2\n3,x\n', "t.csv: row 3, column 'b': 'x' is not a number"],
    ['a,b\n1,2\n\n3,4\n5,0x10\n', "t.csv: row 5, column 'b': '0x10' is not a number"],
    ['a,b\n1,\n', "t.csv: row 2, column 'b': the cell is empty"],
    ['a,b\n1,NaN\n', "t.csv: row 2, column 'b': 'NaN' is not a number"],
    ['a,b\n1,1e999\n', "t.csv: row 2, column 'b': '1e999' is too large"],
    ['1,2\n3,four\n', "t.csv: row 2, column 'column 2': 'four' is not a number"],
    ['a,a\n1,2\n', "t.csv: row 1: two columns are named 'a'"],
    ['a,\n1,2\n', 't.csv: row 1: column 2 has no name'],
    ['a,b\n', 't.csv: a header but no rows'],
    ['\n\n', 't.csv: the file has no rows'],
    ['', 't.csv: the file has no rows'],
    ['a,b\n1,"2\n3,4\n', 't.csv: row 2: a quoted cell is not closed properly']
  ])('%j is refused in one line', (text, message) => {
    expect(left(parseCsv('t.csv')(text))).toBe(message)
  })

  test('a table written out is read back exactly', () => {
    const cell = fc.double({ noNaN: true, noDefaultInfinity: true })
    fc.assert(
      fc.property(
        fc
          .integer({ min: 2, max: 5 })
          .chain((d) => fc.array(fc.array(cell, { minLength: d, maxLength: d }), { minLength: 1, maxLength: 8 })),
        (rows) => {
          const header = rows[0]?.map((_, j) => `c${j}`).join(',')
          const table = right(parseCsv('t')(`${header}\n${rows.map((row) => row.join(',')).join('\n')}`))
          // -0 is written as 0.
          expect(Array.from(table.values.data)).toEqual(rows.flat().map((v) => v + 0))
        }
      )
    )
  })
})

describe('tableToDataset', () => {
  test('takes the last column as the label, or the one named', () => {
    expect(Array.from(right(dataset('a,b,y\n1,2,0\n3,4,1\n')).features.data)).toEqual([1, 2, 3, 4])
    const named = right(dataset('y,a,b\n0,1,2\n1,3,4\n', { label: 'y' }))
    expect(Array.from(named.features.data)).toEqual([1, 2, 3, 4])
    expect(Array.from(named.labels)).toEqual([0, 1])
    expect(named.featureNames).toEqual(['a', 'b'])
    expect(named.classes).toBe(2)
  })

  test.each<[string, DatasetOptions, string]>([
    [
      'a,y\n1,0\n2,3\n3,1\n',
      {},
      "t.csv: row 3, column 'y': label 3 is out of range: expected integers from 0 to 2, as the column holds 3 different labels"
    ],
    [
      'a,y\n1,0\n2,-1\n',
      { classes: 2 },
      "t.csv: row 3, column 'y': label -1 is out of range: expected integers from 0 to 1"
    ],
    [
      'a,y\n1,0.5\n2,1\n',
      { classes: 2 },
      "t.csv: row 2, column 'y': label 0.5 is out of range: expected integers from 0 to 1"
    ],
    [
      'a,y\n1,10\n',
      { classes: 10 },
      "t.csv: row 2, column 'y': label 10 is out of range: expected integers from 0 to 9"
    ],
    ['a,y\n1,0\n2,0\n', {}, 't.csv: every label is 0; expected at least two classes'],
    ['a,y\n1,0\n', { label: 'z' }, "t.csv: no column is named 'z'"],
    ['y\n1\n', {}, 't.csv: one column only; expected features and a label'],
    ['a,b,y\n1,2,0\n', { imageShape: [2, 2] }, 't.csv: 2 features do not make an image of 2x2']
  ])('%j with %j is refused in one line', (text, options, message) => {
    expect(left(dataset(text, options))).toBe(message)
  })
})

describe('loadCsv', () => {
  test('reads a path and a file URL, gzip or not', async () => {
    const plain = file('plain.csv', 'a,b\n1,2\n')
    const packed = file('packed.csv', gzipSync('a,b\n1,2\n'))
    for (const source of [plain, pathToFileURL(plain), packed])
      expect(Array.from(right(await loadCsv(source)()).values.data)).toEqual([1, 2])
  })

  test('says what is wrong with a file, and which', async () => {
    const missing = join(folder, 'missing.csv')
    const empty = file('empty.csv', '')
    const latin = file('latin.csv', Uint8Array.of(0x61, 0xff, 0x0a))
    const cut = file('cut.csv.gz', gzipSync('a,b\n1,2\n').subarray(0, 15))
    expect(left(await loadCsv(missing)())).toBe(`${missing}: no such file`)
    expect(left(await loadCsv(folder)())).toBe(`${folder}: is a folder, not a file`)
    expect(left(await loadCsv(empty)())).toBe(`${empty}: the file is empty`)
    expect(left(await loadCsv(latin)())).toBe(`${latin}: not UTF-8 text`)
    expect(left(await loadCsv(cut)())).toBe(`${cut}: damaged gzip data`)
    expect(left(await loadCsvDataset()(missing)())).toBe(`${missing}: no such file`)
  })

  test('reads an address', async () => {
    expect(right(await loadCsv('data:text/csv,a,b%0A1,2')()).columns).toEqual(['a', 'b'])
  })
})
