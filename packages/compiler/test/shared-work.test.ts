/** Loop nests in pieces, for two threads: the same numbers, whoever does what. */
import { describe, expect, test } from 'vitest'
import { encode } from '../src/emit/wasm/encode'
import { CONTROL } from '../src/emit/wasm/forks'
import { hostFunctions } from '../src/emit/wasm/lanes'
import { lower } from '../src/emit/wasm/lower'
import { pagesOf } from '../src/emit/wasm/module'
import { shareWork } from '../src/emit/wasm/share'
import { canShareMemory } from '../src/engines/helper-thread'
import { evaluateReference } from '../src/graph/evaluate'
import type { Graph, NdArray, Shape } from '../src/graph/graph'
import { wasmEngine } from '../src/index'
import { add, multiply } from '../src/primitives/binary'
import { max, sum } from '../src/primitives/reduce'
import { reverse, transpose } from '../src/primitives/shape'
import { lgammaPrimitive } from '../src/primitives/gamma-functions'
import { exp, sin, tanh } from '../src/primitives/unary'
import { f32, graphOf, numbers, wave, type GraphBuilder } from './support/graphs'
import type { Value } from '../src/graph/graph'

/** Enough operations that a nest over as many numbers is cut. */
const long = (b: GraphBuilder, x: Value): Value =>
  Array.from({ length: 4 }).reduce<Value>((y) => b.op(tanh, [b.op(sin, [b.op(add, [y, x], {})], {})], {}), x)

const graphs: readonly (readonly [string, Shape, (b: GraphBuilder, x: Value) => readonly Value[]])[] = [
  ['one row, a whole number of pieces', [16384], (b, x) => [long(b, x)]],
  ['one row with a rest', [20011], (b, x) => [long(b, x)]],
  ['rows that cannot be one', [131, 67], (b, x) => [b.op(transpose, [long(b, x)], { perm: [1, 0] })]],
  ['a row backwards', [20011], (b, x) => [long(b, b.op(reverse, [x], { axes: [0] }))]],
  ['sums of rows', [131, 67], (b, x) => [b.op(sum, [long(b, x)], { axes: [1], keepDims: false })]],
  ['sums of columns', [131, 67], (b, x) => [b.op(sum, [long(b, x)], { axes: [0], keepDims: false })]],
  ['a sum of all', [20011], (b, x) => [b.op(sum, [long(b, x)], { axes: [0], keepDims: false }), long(b, x)]],
  ['a maximum of all', [131, 67], (b, x) => [b.op(max, [long(b, x)], { axes: [0, 1], keepDims: false })]],
  ['what is made and used up', [20011], (b, x) => [b.op(multiply, [b.op(exp, [long(b, x)], {}), x], {})]],
  ['functions of the host', [20011], (b, x) => [b.op(lgammaPrimitive, [x], {})]]
]

const graphFor = (shape: Shape, build: (b: GraphBuilder, x: Value) => readonly Value[]): Graph =>
  graphOf([f32(...shape)], (b, [x]) => build(b, x!))

const expectClose = (got: readonly NdArray[], want: readonly NdArray[]): void =>
  got.forEach((array, k) => {
    const expected = numbers(want[k]!)
    numbers(array).forEach((y, i) => {
      if (!(Math.abs(y - expected[i]!) <= 1e-5 * (1 + Math.abs(expected[i]!))))
        throw new Error(`output ${k}, entry ${i}: ${y}, expected ${expected[i]}`)
    })
  })

const rowSums = (b: GraphBuilder, x: Value): Value =>
  b.op(sum, [long(b, x)], { axes: [x.shape.length - 1], keepDims: false })

test.each<[string, Shape, typeof long, number, number]>([
  ['rows that twenty divides', [100, 131], rowSums, 20, 1],
  ['a row of tiles that seventeen divides', [17 * 16 * 60], long, 17, 1],
  ['rows that nothing up to 32 divides', [131, 100], rowSums, 16, 2]
])('%s: pieces leave over what they must', (_, shape, build, pieces, nests) => {
  const steps = shareWork(
    lower(
      graphFor(shape, (b, x) => [build(b, x)]),
      []
    )
  ).stages.flat()
  expect(steps.flatMap((step) => (step.kind === 'fork' ? [step.pieces] : []))).toEqual([pieces])
  expect(steps).toHaveLength(nests)
})

describe.each(graphs)('%s', (name, shape, build) => {
  const graph = graphFor(shape, build)

  test('is cut, unless it calls the host', () => {
    const steps = shareWork(lower(graph, [])).stages.flat()
    expect(steps.some(({ kind }) => kind === 'fork')).toBe(name !== 'functions of the host')
  })

  test('the same numbers in pieces as whole, call after call', async () => {
    const [alone, both] = await Promise.all(
      ([1, 2] as const).map((threads) => wasmEngine({ threads }).compile(graph, []))
    )
    const want = evaluateReference(graph, [wave(shape)])
    expectClose(await alone!.run([wave(shape)]), want)
    const first = await both!.run([wave(shape)])
    expectClose(first, want)
    // until the second thread has long begun
    const start = performance.now()
    while (performance.now() - start < 150)
      expect((await both!.run([wave(shape)])).map(numbers)).toEqual(first.map(numbers))
    await Promise.all([alone!.dispose(), both!.dispose()])
  })
})

test.runIf(canShareMemory())(
  'a helper does the pieces that nobody has taken, then looks for more until it is stopped',
  async () => {
    const graph = graphFor([16384], (b, x) => [long(b, x)])
    const program = shareWork(lower(graph, []))
    const { bytes, address, control, memoryBytes } = encode(program, { isFused: false })
    const pages = pagesOf(memoryBytes)
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
    const { instance } = await WebAssembly.instantiate(bytes, { host: { ...hostFunctions, memory } })
    const words = new Int32Array(memory.buffer)
    const at = (word: 'ticket' | 'done' | 'stop'): number => (control! + CONTROL[word]) / 4
    const [fork] = program.stages.flat().flatMap((step) => (step.kind === 'fork' ? [step] : []))
    new Float32Array(memory.buffer, address(program.inputs[0]!), 16384).set(wave([16384]).data)
    words[at('ticket')] = fork!.pieces // of fork 0
    words[at('stop')] = 1
    const { help } = instance.exports
    if (typeof help === 'function') help()
    expect([words[at('ticket')], words[at('done')]]).toEqual([0, fork!.pieces])
    const made = {
      shape: [16384],
      dtype: 'float32',
      data: new Float32Array(memory.buffer, address(program.outputs[0]!), 16384)
    } as const
    expectClose([made], evaluateReference(graph, [wave([16384])]))
  }
)
