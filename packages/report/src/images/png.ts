// Pictures of numbered colours as PNG, so that a heat map of thousands of cells is one small picture in a page.
import { deflate, fourBytes } from './deflate.js'

export type Rgb = readonly [red: number, green: number, blue: number]

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

const CRC_TABLE = Array.from({ length: 256 }, (_, n) => {
  let c = n
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1
  return c >>> 0
})

const crc32 = (bytes: readonly number[]): number =>
  (bytes.reduce((crc, byte) => (CRC_TABLE[(crc ^ byte) & 255] ?? 0) ^ (crc >>> 8), 0xffffffff) ^ 0xffffffff) >>> 0

const chunk = (name: string, data: readonly number[]): readonly number[] => {
  const named = [...Array.from(name, (letter) => letter.charCodeAt(0)), ...data]
  return [...fourBytes(data.length), ...named, ...fourBytes(crc32(named))]
}

/**
 * A picture of at most 256 colours as a PNG data URI.
 * @param indices of colours, row by row from the top, [height * width]
 * @source W3C, Portable Network Graphics (third edition)
 */
export const pngOf = (width: number, height: number, indices: Uint8Array, palette: readonly Rgb[]): string => {
  // Each line begins with the number of its filter: none.
  const lines = new Uint8Array(height * (width + 1))
  for (let y = 0; y < height; y++) lines.set(indices.subarray(y * width, (y + 1) * width), y * (width + 1) + 1)
  const bytes = [
    ...SIGNATURE,
    ...chunk('IHDR', [...fourBytes(width), ...fourBytes(height), 8, 3, 0, 0, 0]),
    ...chunk('PLTE', palette.flat()),
    ...chunk('IDAT', Array.from(deflate(lines, width + 1))),
    ...chunk('IEND', [])
  ]
  return `data:image/png;base64,${btoa(bytes.map((byte) => String.fromCharCode(byte)).join(''))}`
}
