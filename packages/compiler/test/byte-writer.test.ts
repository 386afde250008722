import fc from 'fast-check'
import { expect, test } from 'vitest'
import { byteWriter, type ByteWriter } from '../src/emit/wasm/byte-writer'
import { signed, unsigned } from '../src/emit/wasm/bytes'
import { tuples } from '../src/emit/wasm/tuples'

const bytesOf = (write: (writer: ByteWriter) => void): readonly number[] => {
  const writer = byteWriter()
  write(writer)
  return [...writer.written()]
}

test('integers of any length are written as LEB128, words as four bytes', () => {
  fc.assert(
    fc.property(fc.integer(), (value) => {
      expect(bytesOf((w) => w.unsigned(value))).toEqual(unsigned(value))
      expect(bytesOf((w) => w.signed(value))).toEqual(signed(value))
      const word = new Uint8Array(new Int32Array([value]).buffer)
      expect(bytesOf((w) => w.word(value))).toEqual([...word])
    })
  )
  for (const edge of [0, 63, 64, 127, 128, 2 ** 31 - 1, -1, -64, -65, -(2 ** 31)]) {
    expect(bytesOf((w) => w.unsigned(edge))).toEqual(unsigned(edge))
    expect(bytesOf((w) => w.signed(edge))).toEqual(signed(edge))
  }
})

test('what is written grows past any room, and what was handed out stays as it is', () => {
  const writer = byteWriter()
  const bytes = Array.from({ length: 5000 }, (_, i) => i % 256)
  bytes.slice(0, 2000).forEach(writer.byte)
  const early = writer.written()
  writer.bytes(bytes.slice(2000))
  expect([...writer.written()]).toEqual(bytes)
  expect([...early]).toEqual(bytes.slice(0, 2000))
})

test('equal tuples have one number, others have others, whatever their length', () => {
  const pair = tuples()
  const numberOf = ([first, ...rest]: readonly number[]): number => rest.reduce(pair, first!)
  const all = [[1], [2], [1, 0], [0, 1], [1, 2], [2, 1], [1, 2, 3], [1, 3, 2], [1, 2, 3, 0]]
  const numbers = all.map(numberOf)
  expect(new Set(numbers).size).toBe(all.length)
  expect(all.map(numberOf)).toEqual(numbers)
})
