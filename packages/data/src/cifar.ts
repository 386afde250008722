// The binary versions of CIFAR-10 and CIFAR-100: records of one or two label bytes and 3,072 pixel bytes.
import * as A from 'fp-ts/lib/ReadonlyArray.js'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import { load } from './bytes.js'
import type { Source } from './bytes.js'
import type { Dataset } from './dataset.js'

const SIDE = 32
const CHANNELS = 3
const PLANE = SIDE * SIDE
const PIXELS = PLANE * CHANNELS

/** Which of the two sets a file belongs to: what the label bytes are, and which one counts. */
export interface CifarVariant {
  readonly classes: number
  readonly labelBytes: number
}

export const CIFAR10: CifarVariant = { classes: 10, labelBytes: 1 }

/** CIFAR-100 with its 100 fine labels; the coarse one before it is passed over. */
export const CIFAR100: CifarVariant = { classes: 100, labelBytes: 2 }

const featureNames = Array.from(
  { length: PIXELS },
  (_, i) => `pixel_${Math.floor(i / (SIDE * CHANNELS))}_${Math.floor(i / CHANNELS) % SIDE}_${'rgb'[i % CHANNELS]}`
)

// The file stores one colour plane after the other; here a pixel's colours lie together, as TensorFlow.js wants them.
const interleave = (record: Uint8Array, into: Float64Array, at: number): void => {
  for (let i = 0; i < PIXELS; i++) into[at + i] = record[(i % CHANNELS) * PLANE + Math.floor(i / CHANNELS)] ?? 0
}

/** Parses one CIFAR batch: features [n, 3072] in 0..255, `imageShape` [32, 32, 3]. Left: one line with the name. */
export const parseCifar =
  ({ classes, labelBytes }: CifarVariant) =>
  (name: string) =>
  (bytes: Uint8Array): E.Either<string, Dataset> => {
    const size = labelBytes + PIXELS
    const n = bytes.length / size
    if (!Number.isInteger(n) || n === 0)
      return E.left(`${name}: ${bytes.length} bytes are no whole number of records of ${size}`)
    const data = new Float64Array(n * PIXELS)
    const labels = Int32Array.from({ length: n }, (_, i) => bytes[i * size + labelBytes - 1] ?? 0)
    const bad = labels.findIndex((label) => label >= classes)
    if (bad >= 0)
      return E.left(`${name}: record ${bad + 1}: label ${labels[bad]} is out of range: expected 0 to ${classes - 1}`)
    for (let i = 0; i < n; i++) interleave(bytes.subarray(i * size + labelBytes, (i + 1) * size), data, i * PIXELS)
    const features = { shape: [n, PIXELS], data }
    return E.right({ name, features, labels, classes, featureNames, imageShape: [SIDE, SIDE, CHANNELS] })
  }

const concatenate = (name: string, parts: readonly Dataset[]): Dataset => {
  const labels = Int32Array.from(parts.flatMap((part) => Array.from(part.labels)))
  const data = new Float64Array(labels.length * PIXELS)
  parts.reduce((at, part) => {
    data.set(part.features.data, at)
    return at + part.features.data.length
  }, 0)
  const features = { shape: [labels.length, PIXELS], data }
  return { name, features, labels, classes: parts[0]?.classes ?? 0, featureNames, imageShape: [SIDE, SIDE, CHANNELS] }
}

/**
 * Loads CIFAR batches (`data_batch_1.bin`, ...) and puts them one after the other.
 *
 * @source A. Krizhevsky (2009), Learning Multiple Layers of Features from Tiny Images
 * @example loadCifar(CIFAR10)(['data_batch_1.bin', 'data_batch_2.bin'])
 */
export const loadCifar =
  (variant: CifarVariant) =>
  (sources: readonly Source[]): TE.TaskEither<string, Dataset> =>
    pipe(
      sources,
      A.traverse(TE.ApplicativeSeq)(load(parseCifar(variant))),
      TE.filterOrElse(
        (parts) => parts.length > 0,
        () => 'loadCifar: no files were given'
      ),
      TE.map((parts) => concatenate(`CIFAR-${variant.classes}`, parts))
    )
