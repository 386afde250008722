/** Arrays that a caller gave up, for results. New ones cost pages of memory and, when they are many, a collection every few calls. */
import type { Buffer } from '../emit/wasm/program.js'
import type { NdArray } from '../graph/graph.js'

/** Hands out each array once, to a float32 result of its length. */
export const spareArrays = (spare: readonly NdArray['data'][]): ((buffer: Buffer) => Float32Array | undefined) => {
  const left = spare.filter((data): data is Float32Array => data instanceof Float32Array)
  return ({ size, dtype }) => {
    const at = dtype === 'float32' ? left.findIndex(({ length }) => length === size) : -1
    return at < 0 ? undefined : left.splice(at, 1)[0]
  }
}
