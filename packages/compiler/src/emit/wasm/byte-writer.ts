/** Bytes one after the other, in an array that grows: code is long, and lists of numbers are slow to put together. */

export interface ByteWriter {
  readonly byte: (value: number) => void
  readonly bytes: (values: ArrayLike<number>) => void
  /** Unsigned LEB128 of a 32-bit integer. */
  readonly unsigned: (value: number) => void
  /** Signed LEB128 of a 32-bit integer. */
  readonly signed: (value: number) => void
  /** A 32-bit word, little-endian. */
  readonly word: (value: number) => void
  /** A copy of what was written. */
  readonly written: () => Uint8Array<ArrayBuffer>
}

const FIRST_ROOM = 512
/** What a number takes at most. */
const LONGEST = 5

export const byteWriter = (): ByteWriter => {
  let room = new Uint8Array(FIRST_ROOM)
  let length = 0
  const need = (count: number): void => {
    if (length + count <= room.length) return
    const wider = new Uint8Array(2 * (length + count))
    wider.set(room.subarray(0, length))
    room = wider
  }
  return {
    byte: (value) => {
      need(1)
      room[length++] = value
    },
    bytes: (values) => {
      need(values.length)
      room.set(values, length)
      length += values.length
    },
    unsigned: (value) => {
      need(LONGEST)
      let rest = value >>> 0
      while (rest > 0x7f) {
        room[length++] = (rest & 0x7f) | 0x80
        rest >>>= 7
      }
      room[length++] = rest
    },
    signed: (value) => {
      need(LONGEST)
      let rest = value | 0
      while (rest < -0x40 || rest > 0x3f) {
        room[length++] = (rest & 0x7f) | 0x80
        rest >>= 7
      }
      room[length++] = rest & 0x7f
    },
    word: (value) => {
      need(LONGEST)
      room[length++] = value & 0xff
      room[length++] = (value >>> 8) & 0xff
      room[length++] = (value >>> 16) & 0xff
      room[length++] = value >>> 24
    },
    written: () => room.slice(0, length)
  }
}
