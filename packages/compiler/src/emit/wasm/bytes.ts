/** Numbers as WebAssembly's binary format has them. */

/** Unsigned LEB128. */
export const unsigned = (value: number): number[] => {
  const bytes: number[] = []
  let rest = value >>> 0
  do {
    const low = rest & 0x7f
    rest >>>= 7
    bytes.push(rest === 0 ? low : low | 0x80)
  } while (rest !== 0)
  return bytes
}

/** Signed LEB128 of a 32-bit integer. */
export const signed = (value: number): number[] => {
  const bytes: number[] = []
  let rest = value | 0
  for (;;) {
    const low = rest & 0x7f
    rest >>= 7
    const isLast = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)
    bytes.push(isLast ? low : low | 0x80)
    if (isLast) return bytes
  }
}

export const utf8 = (text: string): number[] => {
  const bytes = [...new TextEncoder().encode(text)]
  return [...unsigned(bytes.length), ...bytes]
}

const scratch = new DataView(new ArrayBuffer(8))

/** The bit pattern of a number rounded to float32. */
export const floatBits = (value: number): number => {
  scratch.setFloat32(0, value)
  return scratch.getInt32(0)
}

/** The two words of a float64, low one first. */
export const doubleBits = (value: number): readonly [low: number, high: number] => {
  scratch.setFloat64(0, value)
  return [scratch.getInt32(4), scratch.getInt32(0)]
}
