// IDX: the format of MNIST and its relatives. Big-endian: two zero bytes, a type, a rank, the sizes, the values.
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { HostArray } from '@bdl/core'
import { load } from './bytes.js'
import type { Source } from './bytes.js'
import type { Dataset } from './dataset.js'

interface Element {
  readonly size: number
  readonly read: (view: DataView, at: number) => number
}

const elements: Readonly<Record<number, Element>> = {
  0x08: { size: 1, read: (view, at) => view.getUint8(at) },
  0x09: { size: 1, read: (view, at) => view.getInt8(at) },
  0x0b: { size: 2, read: (view, at) => view.getInt16(at) },
  0x0c: { size: 4, read: (view, at) => view.getInt32(at) },
  0x0d: { size: 4, read: (view, at) => view.getFloat32(at) },
  0x0e: { size: 8, read: (view, at) => view.getFloat64(at) }
}

/**
 * Parses an IDX array of any rank and element type.
 *
 * Left: one line with the name: not IDX, an unknown type, or a length that does not match the sizes in the header.
 *
 * @source Y. LeCun, C. Cortes and C. Burges, The MNIST database of handwritten digits, "File formats"
 */
export const parseIdx =
  (name: string) =>
  (bytes: Uint8Array): E.Either<string, HostArray> => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const rank = bytes[3] ?? 0
    const start = 4 + 4 * rank
    if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0 || rank === 0 || bytes.length < start)
      return E.left(`${name}: not an IDX file`)
    const element = elements[bytes[2] ?? 0]
    if (element === undefined) return E.left(`${name}: unknown IDX element type ${bytes[2]}`)
    const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i))
    const count = shape.reduce((a, b) => a * b, 1)
    const expected = start + count * element.size
    if (bytes.length !== expected)
      return E.left(`${name}: ${bytes.length} bytes, but its header (${shape.join(' x ')}) makes ${expected}`)
    const data = Float64Array.from({ length: count }, (_, i) => element.read(view, start + i * element.size))
    return E.right({ shape, data })
  }

/** Loads an IDX file or address, gzip or not. */
export const loadIdx: (source: Source) => TE.TaskEither<string, HostArray> = load(parseIdx)

const IMAGE_CLASSES = 10

const pair = (name: string, images: HostArray, labels: HostArray): E.Either<string, Dataset> => {
  const [n = 0, h = 0, w = 0] = images.shape
  if (images.shape.length !== 3)
    return E.left(`${name}: rank ${images.shape.length}, expected images [n, height, width]`)
  if (labels.shape.length !== 1 || labels.shape[0] !== n)
    return E.left(`${name}: ${n} images, but labels of shape [${labels.shape.join(', ')}]`)
  const bad = labels.data.findIndex((v) => !(Number.isInteger(v) && v >= 0 && v < IMAGE_CLASSES))
  if (bad >= 0) return E.left(`${name}: label ${labels.data[bad]} of image ${bad + 1} is out of range: expected 0 to 9`)
  const featureNames = Array.from({ length: h * w }, (_, i) => `pixel_${Math.floor(i / w)}_${i % w}`)
  return E.right({
    name,
    features: { shape: [n, h * w], data: images.data },
    labels: Int32Array.from(labels.data),
    classes: IMAGE_CLASSES,
    featureNames,
    imageShape: [h, w]
  })
}

/**
 * Loads MNIST, Fashion-MNIST or KMNIST from its two IDX files: pixels 0..255, ten classes.
 *
 * Left: one line that names the file at fault, or says how the two do not match.
 *
 * @example loadMnist('train-images-idx3-ubyte.gz', 'train-labels-idx1-ubyte.gz')
 */
export const loadMnist = (images: Source, labels: Source): TE.TaskEither<string, Dataset> =>
  pipe(
    TE.Do,
    TE.bind('images', () => loadIdx(images)),
    TE.bind('labels', () => loadIdx(labels)),
    TE.chainEitherK((both) => pair(String(images), both.images, both.labels))
  )
