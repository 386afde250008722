// Pictures of numbered colours: what is compressed comes back as zlib reads it, pixel by pixel.
import { inflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { heatMapChart } from '../src/index.js'
import { deflate } from '../src/images/deflate.js'
import { pngOf } from '../src/images/png.js'

/** A fixed walk through 0, ..., 255. */
const walk = (i: number): number => (i * i * 31 + i * 7) % 256

describe('deflate', () => {
  const line = 65
  test.each([
    ['nothing', new Uint8Array(0)],
    ['one byte', Uint8Array.of(7)],
    ['one colour', new Uint8Array(70_000)],
    [
      'runs of every length to 600',
      Uint8Array.from(Array.from({ length: 600 }, (_, n) => Array<number>(n).fill(n % 7)).flat())
    ],
    ['no two lines alike', Uint8Array.from({ length: 5000 }, (_, i) => walk(i))],
    ['a line above', Uint8Array.from({ length: 40 * line }, (_, i) => walk(i % line))],
    ['literals of both lengths', Uint8Array.from({ length: 256 }, (_, i) => i)]
  ])('%s is what zlib reads back', (_, data) => {
    expect(Uint8Array.from(inflateSync(deflate(data, line)))).toEqual(data)
  })

  test.each([1, 2, 3, 4, 5, 6, 8, 9, 17, 100, 257, 1000, 5000, 24_577])('lines of %d', (width) => {
    const data = Uint8Array.from({ length: 3 * width + 5 }, (_, i) => walk(i % width))
    expect(Uint8Array.from(inflateSync(deflate(data, width)))).toEqual(data)
  })

  test('pictures of few colours get small', () => {
    const size = 100
    const hill = Uint8Array.from({ length: size * size }, (_, i) =>
      Math.round(40 * Math.exp(-(((i % size) - 50) ** 2 + (Math.floor(i / size) - 50) ** 2) / 200))
    )
    expect(deflate(hill, size).length).toBeLessThan(hill.length / 4)
  })
})

interface Decoded {
  readonly width: number
  readonly height: number
  readonly palette: readonly number[]
  readonly rows: readonly (readonly number[])[]
}

/** A PNG of numbered colours, its check sums ignored. */
const decoded = (uri: string): Decoded => {
  const bytes = Buffer.from(uri.replace('data:image/png;base64,', ''), 'base64')
  expect([...bytes.subarray(0, 8)]).toEqual([137, 80, 78, 71, 13, 10, 26, 10])
  const chunks = new Map<string, Buffer>()
  for (let at = 8; at < bytes.length;) {
    const length = bytes.readUInt32BE(at)
    chunks.set(bytes.toString('latin1', at + 4, at + 8), bytes.subarray(at + 8, at + 8 + length))
    at += 12 + length
  }
  const header = chunks.get('IHDR')!
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)]
  const data = inflateSync(chunks.get('IDAT')!)
  const rows = Array.from({ length: height }, (_, y) => [...data.subarray(y * (width + 1), (y + 1) * (width + 1))])
  expect(rows.map(([filter]) => filter)).toEqual(rows.map(() => 0))
  return { width, height, palette: [...chunks.get('PLTE')!], rows: rows.map((row) => row.slice(1)) }
}

test('a PNG has its size, colours and pixels; the sum of an empty chunk is the standard one', () => {
  const uri = pngOf(3, 2, Uint8Array.of(0, 1, 1, 0, 0, 1), [[1, 2, 3], [250, 251, 252]]) // prettier-ignore
  expect(decoded(uri)).toEqual({ width: 3, height: 2, palette: [1, 2, 3, 250, 251, 252], rows: [[0, 1, 1], [0, 0, 1]] }) // prettier-ignore
  const bytes = Buffer.from(uri.split(',')[1]!, 'base64')
  // the check sum of IEND in every PNG there is
  expect(bytes.subarray(-4).toString('hex')).toBe('ae426082')
})

test('a heat map has its y axis up, its brightest colour at the top and above, and none for what is no number', () => {
  const values = [0, 1, 4, 16, 99, NaN]
  const spec: unknown = heatMapChart([{ name: 'a', maps: [{ values, rows: 2, columns: 3 }] }], {
    headings: ['x'],
    top: 16
  })
  const [, uri = ''] = /"(data:image[^"]+)"/.exec(JSON.stringify(spec)) ?? []
  const { rows, palette } = decoded(uri)
  const brightest = palette.length / 3 - 1
  // row 0 of the values is at the bottom; colours go with the root of the share
  expect(rows).toEqual([
    [brightest, brightest, 0],
    [0, Math.round(brightest / 4), Math.round(brightest / 2)]
  ])
})
