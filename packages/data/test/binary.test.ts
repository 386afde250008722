import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { dump } from 'npyjs'
import { describe, expect, test } from 'vitest'
import { CIFAR10, CIFAR100, loadCifar, loadMnist, loadNpy, parseCifar, parseIdx, parseNpy } from '../src/index.js'
import { left, right } from './support.js'

const folder = mkdtempSync(join(tmpdir(), 'bdl-binary-'))

const file = (name: string, content: Uint8Array): string => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const uint32 = (n: number): readonly number[] => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]

const idx = (type: number, shape: readonly number[], payload: readonly number[]): Uint8Array =>
  Uint8Array.from([0, 0, type, shape.length, ...shape.flatMap(uint32), ...payload])

describe('IDX', () => {
  test('reads bytes, and big-endian integers and floats', () => {
    expect(right(parseIdx('t')(idx(0x08, [2, 2], [1, 2, 3, 255])))).toEqual({
      shape: [2, 2],
      data: Float64Array.of(1, 2, 3, 255)
    })
    expect(Array.from(right(parseIdx('t')(idx(0x09, [2], [1, 255]))).data)).toEqual([1, -1])
    expect(Array.from(right(parseIdx('t')(idx(0x0b, [2], [1, 2, 255, 254]))).data)).toEqual([258, -2])
    expect(Array.from(right(parseIdx('t')(idx(0x0c, [1], [0, 0, 1, 0]))).data)).toEqual([256])
    expect(Array.from(right(parseIdx('t')(idx(0x0d, [1], [0x40, 0x49, 0x0f, 0xdb]))).data)).toEqual([
      Math.fround(Math.PI)
    ])
    expect(Array.from(right(parseIdx('t')(idx(0x0e, [1], [0x3f, 0xf0, 0, 0, 0, 0, 0, 0]))).data)).toEqual([1])
  })

  test.each([
    [Uint8Array.of(1, 2, 3, 4, 5), 'm: not an IDX file'],
    [Uint8Array.of(0, 0, 8), 'm: not an IDX file'],
    [Uint8Array.of(0, 0, 8, 2, 0, 0), 'm: not an IDX file'],
    [idx(0x07, [1], [1]), 'm: unknown IDX element type 7'],
    [idx(0x08, [2, 2], [1, 2, 3]), 'm: 15 bytes, but its header (2 x 2) makes 16']
  ])('%s is refused', (bytes, message) => {
    expect(left(parseIdx('m')(bytes))).toBe(message)
  })

  test('loads a pair of MNIST files, gzip or not', async () => {
    const images = file('images', gzipSync(idx(0x08, [2, 2, 3], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])))
    const labels = file('labels', idx(0x08, [2], [7, 0]))
    const mnist = right(await loadMnist(images, labels)())
    expect(mnist.features.shape).toEqual([2, 6])
    expect(mnist.imageShape).toEqual([2, 3])
    expect(mnist.featureNames[5]).toBe('pixel_1_2')
    expect(Array.from(mnist.labels)).toEqual([7, 0])
  })

  test('refuses a pair that does not match', async () => {
    const images = file('images-2', idx(0x08, [2, 1, 1], [0, 1]))
    const three = file('labels-3', idx(0x08, [3], [1, 2, 3]))
    const wrong = file('labels-wrong', idx(0x08, [2], [1, 10]))
    expect(left(await loadMnist(images, three)())).toBe(`${images}: 2 images, but labels of shape [3]`)
    expect(left(await loadMnist(images, wrong)())).toBe(
      `${images}: label 10 of image 2 is out of range: expected 0 to 9`
    )
    expect(left(await loadMnist(three, three)())).toBe(`${three}: rank 1, expected images [n, height, width]`)
    expect(left(await loadMnist(join(folder, 'none'), three)())).toBe(`${join(folder, 'none')}: no such file`)
  })
})

describe('NPY', () => {
  const bytes = (descr: string, order: string, shape: string, payload: Uint8Array): Uint8Array => {
    const header = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`.padEnd(117) + '\n'
    return Uint8Array.from([0x93, ...Buffer.from('NUMPY'), 1, 0, 118, 0, ...Buffer.from(header), ...payload])
  }
  const raw = (values: Float64Array | Float32Array | BigInt64Array): Uint8Array => new Uint8Array(values.buffer)

  test('reads what the library writes', async () => {
    const path = file('a.npy', new Uint8Array(dump(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3])))
    expect(right(await loadNpy(path)())).toEqual({ shape: [2, 3], data: Float64Array.of(1, 2, 3, 4, 5, 6) })
  })

  test('turns Fortran order into row-major and reads int64', () => {
    const fortran = bytes('<f8', 'True', '(2, 3)', raw(Float64Array.of(1, 4, 2, 5, 3, 6)))
    expect(Array.from(right(parseNpy('t')(fortran)).data)).toEqual([1, 2, 3, 4, 5, 6])
    // numpy: np.arange(24).reshape(2, 3, 4).ravel(order='F')
    const order = Float64Array.from(
      { length: 24 },
      (_, i) => (i % 2) * 12 + (Math.floor(i / 2) % 3) * 4 + Math.floor(i / 6)
    )
    const cube = right(parseNpy('t')(bytes('<f8', 'True', '(2, 3, 4)', raw(order))))
    expect(Array.from(cube.data)).toEqual(Array.from({ length: 24 }, (_, i) => i))
    expect(right(parseNpy('t')(bytes('<i8', 'False', '(2,)', raw(BigInt64Array.of(-3n, 4n)))))).toEqual({
      shape: [2],
      data: Float64Array.of(-3, 4)
    })
  })

  test('refuses other files, other types and files cut short', () => {
    expect(left(parseNpy('t')(Buffer.from('hello, this is no array')))).toBe('t: Not an .npy file')
    expect(left(parseNpy('t')(bytes('<c16', 'False', '(1,)', raw(Float64Array.of(1, 2)))))).toBe(
      't: dtype c16 is not real numbers'
    )
    expect(left(parseNpy('t')(bytes('>f8', 'False', '(1,)', raw(Float64Array.of(1)))))).toMatch(/^t: .*>f8/)
    expect(left(parseNpy('t')(bytes('<f8', 'False', '(3,)', raw(Float64Array.of(1, 2)))))).toBe(
      't: 2 values, but its header (3) makes 3'
    )
    expect(left(parseNpy('t')(Uint8Array.of(0x93)))).toMatch(/^t: /)
  })
})

describe('CIFAR', () => {
  // Pixel value = plane * 50 + place mod 50, so that a wrong order of planes shows.
  const record = (...labels: readonly number[]): Uint8Array =>
    Uint8Array.from([
      ...labels,
      ...Array.from({ length: 3072 }, (_, i) => Math.floor(i / 1024) * 50 + ((i % 1024) % 50))
    ])

  test('puts the colours of a pixel together and reads the label that counts', () => {
    const ten = right(parseCifar(CIFAR10)('t')(record(7)))
    expect(ten.imageShape).toEqual([32, 32, 3])
    expect(Array.from(ten.features.data.subarray(0, 6))).toEqual([0, 50, 100, 1, 51, 101])
    expect(Array.from(ten.labels)).toEqual([7])
    expect(Array.from(right(parseCifar(CIFAR100)('t')(record(3, 99))).labels)).toEqual([99])
  })

  test('joins batches in the order given', async () => {
    const paths = [file('b1', record(1)), file('b2', Uint8Array.from([...record(2), ...record(3)]))]
    const all = right(await loadCifar(CIFAR10)(paths)())
    expect(Array.from(all.labels)).toEqual([1, 2, 3])
    expect(all.features.shape).toEqual([3, 3072])
    expect(all.name).toBe('CIFAR-10')
  })

  test('refuses bad records', async () => {
    expect(left(parseCifar(CIFAR10)('t')(record(10)))).toBe('t: record 1: label 10 is out of range: expected 0 to 9')
    expect(left(parseCifar(CIFAR10)('t')(new Uint8Array(100)))).toBe(
      't: 100 bytes are no whole number of records of 3073'
    )
    expect(left(await loadCifar(CIFAR10)([])())).toBe('loadCifar: no files were given')
  })
})
