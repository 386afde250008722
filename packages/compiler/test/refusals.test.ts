/** A refused op says why, what to do instead, and the line of this file. */
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { isBdlError, jit, type BdlError } from '../src/index'

type Program = (x: tf.Tensor) => tf.Tensor

const refusalOf = async (f: Program): Promise<BdlError> => {
  const error: unknown = await jit(f)(tf.ones([4])).then(
    () => undefined,
    (reason: unknown) => reason
  )
  if (isBdlError(error)) return error
  throw new Error(`no BdlError, but ${String(error)}`)
}

const flat = (x: tf.Tensor): tf.Tensor1D => tf.reshape(x, [-1])
const ids = (): tf.Tensor1D => tf.tensor1d([0, 0, 1, 1], 'int32')
const boxes = (): tf.Tensor2D => tf.ones([4, 4])
const words = (): tf.Tensor1D => tf.tensor1d(['a', 'b'])

const programs: readonly (readonly [
  name: string,
  f: Program,
  code: string,
  op: string,
  why: RegExp,
  instead: RegExp
])[] = [
  [
    'fft',
    (x) => tf.real(tf.spectral.fft(tf.complex(x, x))),
    'UnsupportedOp',
    'Complex',
    /complex numbers/,
    /two float32 tensors/
  ],
  ['rfft', (x) => tf.real(tf.spectral.rfft(x)), 'UnsupportedOp', 'Complex', /complex numbers/, /cos\(2πjk\/n\)/],
  ['stft', (x) => tf.real(tf.signal.stft(flat(x), 2, 1)), 'UnsupportedOp', 'Complex', /complex numbers/, /product/],
  ['unique', (x) => tf.unique(x).values, 'NotTraceable', 'Unique', /shape that depends on data/, /outside/],
  [
    'nonMaxSuppression',
    (x) => tf.image.nonMaxSuppression(boxes(), flat(x), 2),
    'NotTraceable',
    'NonMaxSuppressionV3',
    /shape that depends on data/,
    /outside/
  ],
  [
    'sparseSegmentSum',
    (x) => tf.sparse.sparseSegmentSum(x, ids(), ids()),
    'NotTraceable',
    'SparseSegmentSum',
    /shape that depends on data/,
    /tf\.unsortedSegmentSum\(tf\.gather\(data, indices\), segmentIds, n\)/
  ],
  [
    'sparseSegmentMean',
    (x) => tf.sparse.sparseSegmentMean(x, ids(), ids()),
    'NotTraceable',
    'SparseSegmentMean',
    /shape that depends on data/,
    /over their counts/
  ],
  [
    'sparseFillEmptyRows',
    (x) => {
      const at = tf.tensor2d([0, 0, 1, 1], [4, 1], 'int32')
      return tf.sparse.sparseFillEmptyRows(at, flat(x), tf.tensor1d([3], 'int32'), tf.scalar(0))['outputValues']!
    },
    'NotTraceable',
    'SparseFillEmptyRows',
    /shape that depends on data/,
    /outside/
  ],
  ...(
    [
      ['raggedGather', (x) => tf.raggedGather([ids()], x, ids(), 1).outputDenseValues],
      ['raggedRange', (x) => tf.raggedRange(x, x, x).rtDenseValues],
      ['raggedTensorToTensor', (x) => tf.raggedTensorToTensor(ids(), x, tf.scalar(0), [ids()], ['ROW_SPLITS'])]
    ] as readonly (readonly [string, Program])[]
  ).map(
    ([name, f]) =>
      [
        name,
        f,
        'NotTraceable',
        name[0]!.toUpperCase() + name.slice(1),
        /shape that depends on data/,
        /outside/
      ] as const
  ),
  ...(
    [
      ['nonMaxSuppressionWithScore', (x) => tf.image.nonMaxSuppressionWithScore(boxes(), flat(x), 2), 'V5'],
      ['nonMaxSuppressionPadded', (x) => tf.image.nonMaxSuppressionPadded(boxes(), flat(x), 2), 'V4']
    ] as readonly (readonly [string, (x: tf.Tensor) => tf.NamedTensorMap, string])[]
  ).map(
    ([name, f, version]) =>
      [
        name,
        (x: tf.Tensor) => f(x)['selectedIndices']!,
        'NotTraceable',
        `NonMaxSuppression${version}`,
        /shape that depends on data/,
        /outside/
      ] as const
  ),
  ['irfft', (x) => tf.spectral.irfft(tf.complex(x, x)), 'UnsupportedOp', 'Complex', /complex/, /two float32 tensors/],
  ['ifft', (x) => tf.imag(tf.spectral.ifft(tf.complex(x, x))), 'UnsupportedOp', 'Complex', /complex/, /two float32/],
  [
    'multinomial',
    (x) => tf.cast(tf.multinomial(flat(x), 2), 'float32'),
    'UnsupportedOp',
    'Multinomial',
    /draws/,
    /categorical/
  ],
  ['dropout', (x) => tf.dropout(x, 0.5), 'NotTraceable', 'dropout', /draws once/, /bernoulli\(key, 1 - rate/],
  ['randomNormal', (x) => tf.add(x, tf.randomNormal([4])), 'NotTraceable', 'randomNormal', /draws once/, /normal\(key/],
  ['randomUniform', (x) => tf.add(x, tf.randomUniform([4])), 'NotTraceable', 'randomUniform', /draws/, /uniform\(key/],
  [
    'randomUniformInt',
    (x) => tf.add(x, tf.randomUniformInt([4], 0, 9)),
    'NotTraceable',
    'randomUniformInt',
    /draws/,
    /randint/
  ],
  [
    'truncatedNormal',
    (x) => tf.add(x, tf.truncatedNormal([4])),
    'NotTraceable',
    'truncatedNormal',
    /draws/,
    /truncatedNormal of/
  ],
  [
    'randomStandardNormal',
    (x) => tf.add(x, tf.randomStandardNormal([4])),
    'NotTraceable',
    'randomStandardNormal',
    /draws/,
    /normal\(key/
  ],
  [
    'rand',
    (x) =>
      tf.add(
        x,
        tf.rand([4], () => 0.5)
      ),
    'NotTraceable',
    'rand',
    /draws/,
    /uniform\(key/
  ],
  ['randomGamma', (x) => tf.add(x, tf.randomGamma([4], 1)), 'NotTraceable', 'randomGamma', /draws once/, /key/],
  ['a string', (x) => (words(), x), 'DtypeMismatch', 'tensor', /string/, /^$/]
]

test.each(programs)('%s', async (_, f, code, op, why, instead) => {
  const error = await refusalOf(f)
  expect([error.code, error.argument]).toEqual([code, op === 'tensor' ? op : `op ${op}`])
  expect(error.got).toMatch(why)
  expect(error.hint ?? '').toMatch(instead)
  expect(error.at).toMatch(/refusals\.test\.ts/)
})

/** Ops whose promise would be of a value that no trace has. */
const promises: Readonly<Record<string, (x: tf.Tensor) => Promise<unknown>>> = {
  booleanMaskAsync: (x) => tf.booleanMaskAsync(x, tf.greater(x, 0)),
  inTopKAsync: (x) => tf.inTopKAsync(tf.reshape(x, [2, 2]), tf.tensor1d([0, 1], 'int32'), 1),
  'image.nonMaxSuppressionAsync': (x) => tf.image.nonMaxSuppressionAsync(boxes(), flat(x), 2),
  'image.nonMaxSuppressionWithScoreAsync': (x) => tf.image.nonMaxSuppressionWithScoreAsync(boxes(), flat(x), 2),
  'image.nonMaxSuppressionPaddedAsync': (x) => tf.image.nonMaxSuppressionPaddedAsync(boxes(), flat(x), 2),
  setdiff1dAsync: (x) => tf.setdiff1dAsync(flat(x), flat(x)),
  whereAsync: (x) => tf.whereAsync(tf.greater(x, 0))
}

test.each(Object.entries(promises))('%s', async (_, f) => {
  let promise: Promise<unknown> = Promise.resolve()
  await jit((x: tf.Tensor) => {
    promise = f(x)
    promise.catch(() => undefined)
    return x
  })(tf.ones([4]))
  await expect(promise).rejects.toMatchObject({ code: 'NotTraceable', argument: expect.stringMatching(/read/) })
})

test('strings never come as far as their ops', async () => {
  const programs: readonly Program[] = [
    (x) => (tf.string.stringNGrams(words(), ids(), '|', [2], '', '', 0, false), x),
    (x) => (tf.string.stringSplit(words(), tf.scalar(' ')), x),
    (x) => (tf.string.stringToHashBucketFast(words(), 4), x),
    (x) => (tf.string.staticRegexReplace(words(), 'a', 'b'), x)
  ]
  for (const f of programs)
    expect(await refusalOf(f)).toMatchObject({ code: 'DtypeMismatch', got: expect.stringMatching(/string/) })
})

test('outside of a trace none of them is refused', () => {
  const x = tf.ones([4])
  for (const f of [
    (): tf.Tensor => tf.dropout(x, 0.5),
    (): tf.Tensor => tf.unique(x).values,
    (): tf.Tensor => tf.real(tf.spectral.fft(tf.complex(x, x)))
  ])
    expect(f().dtype).toBe('float32')
})
