import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { expectClose, expectNoLeak } from '@bdl/testing'
import {
  addTrees,
  cloneTree,
  disposeTree,
  dotTrees,
  fromHost,
  hostArray,
  indexTree,
  leaves,
  ravel,
  ravelBatch,
  scaleTree,
  scoped,
  stackTrees,
  subTrees,
  toHost,
  toHostSync,
  unstackTree,
  zerosLikeTree
} from '../src/index'

const exact = { atol: 0, rtol: 0 }
const params = (offset = 0) => ({
  w: tf.tensor2d([
    [1 + offset, 2],
    [3, 4],
    [5, 6 + offset]
  ]),
  b: [tf.tensor1d([7, 8 + offset]), tf.scalar(9)] as const
})

describe('scoped', () => {
  test('keeps the result, whatever holds it, and releases the rest', () => {
    const x = tf.tensor1d([1, 2])
    const before = tf.memory().numTensors
    const result = scoped(() => ({ _tag: 'Right' as const, right: [tf.square(tf.add(x, 1))] as const }))
    expect(tf.memory().numTensors - before).toBe(1)
    expectClose(result.right[0], [4, 9], exact)
    expect(scoped(() => 3)).toBe(3)
    tf.dispose([x, result.right[0]])
  })

  test('releases everything when the body throws', () => {
    const before = tf.memory().numTensors
    expect(() =>
      scoped(() => {
        tf.scalar(1)
        throw new Error('no')
      })
    ).toThrow('no')
    expect(tf.memory().numTensors).toBe(before)
  })
})

describe('ravel', () => {
  test('orders leaves by key, then row-major, and unravels to the same leaves', () => {
    const tree = params()
    const { vector, unravel } = ravel(tree)
    expectClose(vector, [7, 8, 9, 1, 2, 3, 4, 5, 6], exact)
    const back = unravel(vector)
    expectClose(
      back.w,
      [
        [1, 2],
        [3, 4],
        [5, 6]
      ],
      exact
    )
    expectClose(back.b[0], [7, 8], exact)
    expectClose(back.b[1], 9, exact)
  })

  test('one leaf and no leaf are trees too', () => {
    expectClose(ravel(tf.tensor2d([[1, 2]])).vector, [1, 2], exact)
    expect(ravel([]).vector.shape).toEqual([0])
    expect(ravel([]).unravel(tf.zeros([0]))).toEqual([])
  })

  test('leading axes of the vector are kept: a stacked tree', () => {
    const stacked = stackTrees([params(0), params(10), params(20)])
    const { vector, unravel } = ravelBatch(stacked)
    expect(vector.shape).toEqual([3, 9])
    expectClose(tf.slice(vector, [1, 0], [1, 9]), [[7, 18, 9, 11, 2, 3, 4, 5, 16]], exact)
    expectClose(unravel(vector).w, stacked.w, exact)
    expectClose(ravel(params()).unravel(vector).b[0], stacked.b[0], exact)
  })

  test('leaks nothing', () => {
    const tree = params()
    expectNoLeak(() => ravel(tree).vector)
    const { vector, unravel } = ravel(tree)
    expectNoLeak(() => unravel(vector))
    expectNoLeak(() => ravel(tree.w).vector)
  })

  test('errors: dtype, length of the vector, leading axes', () => {
    expect(() => ravel(tf.tensor1d([1], 'int32'))).toThrow(/ravel: tree: expected float32 leaves, got an int32 leaf/)
    expect(() => ravel(params()).unravel(tf.zeros([8]))).toThrow(/expected shape \[\.\.\., 9\], got \[8\]/)
    expect(() => ravelBatch([tf.zeros([2, 1]), tf.zeros([3, 1])])).toThrow(/leading sizes 2, 3/)
    expect(() => ravelBatch([tf.scalar(1)])).toThrow(/leading sizes none/)
  })
})

describe('tree algebra', () => {
  test('adds, subtracts, scales and multiplies as the raveled vectors do', () => {
    const [a, b] = [params(0), params(1)]
    const [u, v] = [ravel(a).vector, ravel(b).vector]
    expectClose(ravel(addTrees(a, b)).vector, tf.add(u, v), exact)
    expectClose(ravel(subTrees(a, b)).vector, tf.sub(u, v), exact)
    expectClose(ravel(scaleTree(2)(a)).vector, tf.mul(u, 2), exact)
    expectClose(ravel(scaleTree(tf.scalar(2))(a)).vector, tf.mul(u, 2), exact)
    expectClose(dotTrees(a, b), 1 * 2 + 4 + 9 + 16 + 25 + 6 * 7 + 49 + 8 * 9 + 81, exact)
    expectClose(ravel(zerosLikeTree(a)).vector, Array<number>(9).fill(0), exact)
    expectClose(dotTrees([], []), 0, exact)
  })

  test('stack, unstack and index are inverse to each other; a tensor indexes as a number does', () => {
    const stacked = stackTrees([params(0), params(1), params(2)])
    expect(stacked.b[1].shape).toEqual([3])
    const rows = unstackTree(stacked)
    expect(rows).toHaveLength(3)
    const expected = ravel(params(2)).vector
    expectClose(ravel(rows[2]!).vector, expected, exact)
    expectClose(ravel(indexTree(2)(stacked)).vector, expected, exact)
    expectClose(ravel(indexTree(tf.scalar(2, 'int32'))(stacked)).vector, expected, exact)
  })

  test('cloning does not alias, disposing releases', () => {
    const tree = params()
    const before = tf.memory().numTensors
    const copy = cloneTree(tree)
    expect(leaves(copy).some((leaf) => leaves(tree).includes(leaf))).toBe(false)
    disposeTree(copy)
    expect(tf.memory().numTensors).toBe(before)
    expectNoLeak(() => dotTrees(tree, tree))
    expectNoLeak(() => indexTree(0)(tree.w))
  })

  test('errors: nothing to stack, ragged leading axes, other structures', () => {
    expect(() => stackTrees([])).toThrow(/stackTrees: trees: expected at least one, got 0/)
    expect(() => unstackTree([tf.zeros([2]), tf.zeros([3])])).toThrow(/expected leaves with leading axis 2, got \[3\]/)
    expect(() => addTrees<readonly tf.Tensor[]>([tf.scalar(1)], [])).toThrow(/zipTrees: tree 1/)
  })
})

describe('HostArray', () => {
  test('round trip through float64', async () => {
    const x = tf.tensor2d([
      [0.1, 2],
      [3, 4]
    ])
    const host = await toHost(x)
    expect(host.shape).toEqual([2, 2])
    expect(host.data[0]).toBe(Math.fround(0.1))
    expect(toHostSync(x)).toEqual(host)
    expectClose(fromHost(host), x, exact)
    expect(fromHost(hostArray([2], [1, -2]), 'int32').dtype).toBe('int32')
  })

  test('error: data that do not fill the shape', () => {
    expect(() => hostArray([2, 2], [1, 2, 3])).toThrow(/hostArray: data: expected 4 numbers for shape \[2, 2\], got 3/)
  })
})
