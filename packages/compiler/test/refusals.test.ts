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
    (x) => tf.real(tf.fft(tf.complex(x, x))),
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
    (x) => tf.image.nonMaxSuppression(tf.ones([4, 4]) as tf.Tensor2D, flat(x), 2),
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

test('outside of a trace none of them is refused', () => {
  const x = tf.ones([4])
  for (const f of [
    (): tf.Tensor => tf.dropout(x, 0.5),
    (): tf.Tensor => tf.unique(x).values,
    (): tf.Tensor => tf.real(tf.fft(tf.complex(x, x)))
  ])
    expect(f().dtype).toBe('float32')
})
