// NPY, NumPy's format for one array.
import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import { parse } from 'npyjs'
import type { NpyArray } from 'npyjs'
import type { HostArray } from '@bdl/core'
import { load } from './bytes.js'
import type { Source } from './bytes.js'

const NUMERIC = /^([iuf][1248]|b1)$/

const readable = (bytes: Uint8Array): NpyArray => parse(new Uint8Array(bytes).buffer)

// Values as they lie in the file; int64 beyond 2^53 is rounded, as float64 must.
const values = (array: NpyArray): Float64Array => {
  const raw: unknown = array.data
  return Array.isArray(raw) || ArrayBuffer.isView(raw)
    ? Float64Array.from(Array.from(raw as ArrayLike<number | bigint | boolean>), Number)
    : new Float64Array(0)
}

// Row-major from column-major: place i of the result has the index that the strides of the file's order give.
const toRowMajor = (shape: readonly number[], data: Float64Array): Float64Array =>
  data.map((_, i) => {
    let [rest, at, stride] = [i, 0, data.length]
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const size = shape[axis] ?? 1
      stride /= size
      at += (rest % size) * stride
      rest = Math.floor(rest / size)
    }
    return data[at] ?? 0
  })

const toHostArray = (name: string, array: NpyArray): E.Either<string, HostArray> => {
  if (!NUMERIC.test(array.dtype)) return E.left(`${name}: dtype ${array.dtype} is not real numbers`)
  const data = values(array)
  const count = array.shape.reduce((a, b) => a * b, 1)
  if (data.length !== count)
    return E.left(`${name}: ${data.length} values, but its header (${array.shape.join(' x ')}) makes ${count}`)
  return E.right({ shape: array.shape, data: array.fortranOrder ? toRowMajor(array.shape, data) : data })
}

/**
 * Parses an NPY array of integers, floats or booleans, in C or Fortran order.
 *
 * Left: one line with the name: not NPY, a dtype that is not real numbers, or a file cut short.
 *
 * @precision int64 beyond 2^53 in absolute value is rounded to float64
 * @source NumPy Enhancement Proposal 1; parsed by npyjs
 */
export const parseNpy =
  (name: string) =>
  (bytes: Uint8Array): E.Either<string, HostArray> => {
    try {
      return toHostArray(name, readable(bytes))
    } catch (error) {
      return E.left(`${name}: ${error instanceof Error ? error.message : 'not an .npy file'}`)
    }
  }

/** Loads an NPY file or address. */
export const loadNpy: (source: Source) => TaskEither<string, HostArray> = load(parseNpy)
