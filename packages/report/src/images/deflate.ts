// A small compressor for pictures of few colours (RFC 1950 and 1951): repeats of the byte before and of the line above.

/** Bits from the least of each byte up. */
const bitWriter = () => {
  const bytes: number[] = []
  let [held, count] = [0, 0]
  return {
    bytes,
    /** The `size` lowest bits of `value`, the least first. */
    write: (value: number, size: number): void => {
      held |= value << count
      count += size
      while (count >= 8) {
        bytes.push(held & 255)
        held >>>= 8
        count -= 8
      }
    },
    flush: (): void => {
      if (count > 0) bytes.push(held & 255)
    }
  }
}

type BitWriter = ReturnType<typeof bitWriter>

const reversed = (value: number, size: number): number =>
  Array.from({ length: size }, (_, i) => ((value >> i) & 1) << (size - 1 - i)).reduce((a, b) => a | b, 0)

/** Of the fixed Huffman code, RFC 1951 section 3.2.6: a literal, the end (256), or the class of a length. */
const symbolCode = (symbol: number): readonly [code: number, size: number] => {
  if (symbol < 144) return [reversed(48 + symbol, 8), 8]
  if (symbol < 256) return [reversed(400 + symbol - 144, 9), 9]
  return symbol < 280 ? [reversed(symbol - 256, 7), 7] : [reversed(192 + symbol - 280, 8), 8]
}

const CODES = Array.from({ length: 288 }, (_, symbol) => symbolCode(symbol))

const writeSymbol = (out: BitWriter, symbol: number): void => {
  const [code, size] = CODES[symbol] ?? [0, 0]
  out.write(code, size)
}

/** Number of extra bits, in groups of four classes (two for distances) from the second on. */
const extraBits = (value: number, groupBits: number): number => Math.max(0, Math.floor(Math.log2(value)) - groupBits)

/** Class, and the bits that tell members of a class apart, RFC 1951 section 3.2.5. */
const classOf = (value: number, groupBits: number): readonly [kind: number, extra: number, bits: number] => {
  const bits = value < 2 ** groupBits ? 0 : extraBits(value, groupBits)
  const kind = bits * 2 ** groupBits + (value >> bits)
  return [kind, value & ((1 << bits) - 1), bits]
}

const LONGEST = 258
const SHORTEST = 3

const writeRepeat = (out: BitWriter, length: number, distance: number): void => {
  // 258 has a class of its own.
  const [lengthClass, lengthExtra, lengthBits] = length === LONGEST ? [28, 0, 0] : classOf(length - SHORTEST, 2)
  writeSymbol(out, 257 + lengthClass)
  out.write(lengthExtra, lengthBits)
  const [distanceClass, distanceExtra, distanceBits] = classOf(distance - 1, 1)
  out.write(reversed(distanceClass, 5), 5)
  out.write(distanceExtra, distanceBits)
}

const repeatLength = (data: Uint8Array, at: number, distance: number): number => {
  if (distance > at) return 0
  let length = 0
  while (length < LONGEST && at + length < data.length && data[at + length] === data[at + length - distance]) length++
  return length
}

const adler32 = (data: Uint8Array): number => {
  const [a, b] = data.reduce(([low, high], byte) => {
    const next = (low + byte) % 65521
    return [next, (high + next) % 65521] as [number, number]
  }, [1, 0] as [number, number]) // prettier-ignore
  return ((b << 16) | a) >>> 0
}

/** Big-endian, four bytes. */
export const fourBytes = (value: number): readonly number[] => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255)

/**
 * zlib format: one block with the fixed Huffman code. Repeats are looked for at distance 1 and `line` alone.
 * @source Deutsch (1996), RFC 1951; Deutsch & Gailly (1996), RFC 1950
 */
export const deflate = (data: Uint8Array, line: number): Uint8Array => {
  const out = bitWriter()
  out.write(0b011, 3) // the last block, fixed code
  for (let at = 0; at < data.length;) {
    const [run, above] = [repeatLength(data, at, 1), repeatLength(data, at, line)]
    const length = Math.max(run, above)
    if (length < SHORTEST) {
      writeSymbol(out, data[at] ?? 0)
      at++
    } else {
      writeRepeat(out, length, run >= above ? 1 : line)
      at += length
    }
  }
  writeSymbol(out, 256)
  out.flush()
  return Uint8Array.from([0x78, 0x01, ...out.bytes, ...fourBytes(adler32(data))])
}
