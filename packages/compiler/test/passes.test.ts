import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { evaluateReference } from '../src/graph/evaluate'
import type { Graph, NdArray, Value } from '../src/graph/graph'
import { algebra } from '../src/passes/algebra'
import { broadcasts } from '../src/passes/broadcasts'
import { commonSubexpressions } from '../src/passes/common-subexpressions'
import { constantFolding } from '../src/passes/constant-folding'
import { deadCode } from '../src/passes/dead-code'
import { factors } from '../src/passes/factors'
import { gemmFusion, narrowProducts } from '../src/passes/gemm'
import { inlineCalls } from '../src/passes/inline'
import { optimise } from '../src/passes/optimise'
import type { Pass } from '../src/passes/pass'
import { rowSums } from '../src/passes/row-sums'
import { softmaxFusion } from '../src/passes/softmax'
import { views } from '../src/passes/views'
import { wideSpans } from '../src/passes/wide-spans'
import { add, divide, multiply, pow, select, sub } from '../src/primitives/binary'
import { gemm } from '../src/primitives/gemm'
import { matMul } from '../src/primitives/linalg'
import { logSoftmax, sum } from '../src/primitives/reduce'
import { broadcastTo, cast, concat, reshape, reverse, slice, split, transpose } from '../src/primitives/shape'
import { exp, negate, sin } from '../src/primitives/unary'
import { traceGraph } from '../src/trace/trace-graph'
import { customVjp } from '../src/index'
import {
  bool,
  bools,
  f32,
  floats,
  graphOf,
  i32,
  names,
  number,
  numbers,
  wave,
  type GraphBuilder
} from './support/graphs'

const inputsOf = (graph: Graph): readonly NdArray[] => graph.inputs.map(({ shape }, i) => wave(shape, i))

/** The pass leaves exactly `expected` nodes and the graph still computes the same. */
const expectPass = (pass: Pass, graph: Graph, expected: readonly string[]): Graph => {
  const result = pass.run(graph)
  expect(names(result)).toEqual(expected)
  expectSame(graph, result, inputsOf(graph))
  return result
}

const expectSame = (before: Graph, after: Graph, inputs: readonly NdArray[]): void => {
  const [want, got] = [evaluateReference(before, inputs), evaluateReference(after, inputs)]
  expect(got.map(({ shape, dtype }) => ({ shape, dtype }))).toEqual(want.map(({ shape, dtype }) => ({ shape, dtype })))
  got.forEach((array, k) => {
    const difference = numbers(array).reduce((worst, x, i) => Math.max(worst, Math.abs(x - want[k]!.data[i]!)), 0)
    expect(difference).toBeLessThan(1e-6)
  })
}

const flags = (transposeA = false, transposeB = false) => ({ transposeA, transposeB })

test('dead code goes, with what only it used', () => {
  const graph = graphOf([f32(2)], (b, [x]) => {
    b.op(exp, [b.op(sin, [x!], {})], {})
    return [b.op(negate, [x!], {})]
  })
  expectPass(deadCode, graph, ['neg'])
})

test('equal nodes are computed once; nodes that differ in an attribute are not merged', () => {
  const graph = graphOf([f32(2, 2)], (b, [x]) => {
    const [s1, s2] = [b.op(sin, [x!], {}), b.op(sin, [x!], {})]
    const rows = b.op(sum, [s1], { axes: [0], keepDims: false })
    const columns = b.op(sum, [s2], { axes: [1], keepDims: false })
    const again = b.op(sum, [s2], { axes: [1], keepDims: false })
    return [rows, columns, again, b.constant(number(0)), b.constant(number(-0))]
  })
  expectPass(commonSubexpressions, graph, ['sin', 'sum', 'sum', 'constant', 'constant'])
})

test('constants are computed, but a large broadcast is not stored', () => {
  const graph = graphOf([f32(2)], (b, [x]) => {
    const two = b.op(add, [b.constant(number(1)), b.constant(number(1))], {})
    const large = b.op(broadcastTo, [two], { shape: [100, 100] })
    return [b.op(multiply, [x!, two], {}), large]
  })
  const result = expectPass(constantFolding, graph, ['constant', 'broadcastTo', 'mul'])
  expect(result.nodes[0]!.attrs).toMatchObject({ value: { data: Float32Array.of(2) } })
})

const viewCases: readonly (readonly [
  string,
  (b: GraphBuilder, x: Parameters<GraphBuilder['op']>[1][number]) => ReturnType<GraphBuilder['op']>,
  readonly string[]
])[] = [
  ['reshape of reshape', (b, x) => b.op(reshape, [b.op(reshape, [x], { shape: [6] })], { shape: [3, 2] }), ['reshape']],
  ['there and back', (b, x) => b.op(reshape, [b.op(reshape, [x], { shape: [6] })], { shape: [2, 3] }), []],
  ['double transpose', (b, x) => b.op(transpose, [b.op(transpose, [x], { perm: [1, 0] })], { perm: [1, 0] }), []],
  [
    'transpose of axes of size 1',
    (b, x) => b.op(transpose, [b.op(reshape, [x], { shape: [6, 1] })], { perm: [1, 0] }),
    ['reshape']
  ],
  [
    'broadcast of broadcast',
    (b, x) => b.op(broadcastTo, [b.op(broadcastTo, [x], { shape: [4, 2, 3] })], { shape: [5, 4, 2, 3] }),
    ['broadcastTo']
  ],
  ['cast to its own dtype', (b, x) => b.op(cast, [x], { dtype: 'float32' }), []],
  ['reverse of reverse', (b, x) => b.op(reverse, [b.op(reverse, [x], { axes: [1] })], { axes: [1] }), []],
  [
    'slice of slice',
    (b, x) => b.op(slice, [b.op(slice, [x], { begin: [0, 1], size: [2, 2] })], { begin: [1, 1], size: [1, 1] }),
    ['slice']
  ],
  ['concat of a split', (b, x) => b.op(concat, b.bind(split, [x], { axis: 1, sizes: [1, 2] }), { axis: 1 }), []],
  [
    'slice of a concat',
    (b, x) => b.op(slice, [b.op(concat, [x, b.op(sin, [x], {})], { axis: 0 })], { begin: [2, 1], size: [1, 2] }),
    ['sin', 'slice']
  ]
]

test.each(viewCases)('views: %s', (_, build, expected) => {
  expectPass(
    views,
    graphOf([f32(2, 3)], (b, [x]) => [build(b, x!)]),
    expected
  )
})

test('views: split of a concat at other places stays', () => {
  const graph = graphOf([f32(2), f32(2)], (b, [x, y]) =>
    b.bind(split, [b.op(concat, [x!, y!], { axis: 0 })], { axis: 0, sizes: [1, 3] })
  )
  expectPass(views, graph, ['concat', 'split'])
  const same = graphOf([f32(2), f32(2)], (b, [x, y]) =>
    b.bind(split, [b.op(concat, [x!, y!], { axis: 0 })], { axis: 0, sizes: [2, 2] })
  )
  expectPass(views, same, [])
})

test('a cast to bool is no identity, a cast of a bool back to bool is', () => {
  const numbersToBool = graphOf([i32(2)], (b, [x]) => [
    b.op(cast, [b.op(cast, [x!], { dtype: 'bool' })], { dtype: 'int32' })
  ])
  expect(names(views.run(numbersToBool))).toEqual(['cast', 'cast'])
  const boolThrough = graphOf([bool(2)], (b, [x]) => [
    b.op(cast, [b.op(cast, [x!], { dtype: 'float32' })], { dtype: 'bool' })
  ])
  expect(names(views.run(boolThrough))).toEqual([])
})

test('elementwise ops broadcast by themselves', () => {
  const graph = graphOf([f32(2, 3), f32(3)], (b, [x, y]) => [
    b.op(add, [x!, b.op(broadcastTo, [y!], { shape: [2, 3] })], {}),
    b.op(exp, [b.op(broadcastTo, [y!], { shape: [2, 3] })], {})
  ])
  expectPass(broadcasts, graph, ['add', 'exp', 'broadcastTo'])
})

test('algebra keeps what NaN and infinity would show', () => {
  const zero = graphOf([f32(2)], (b, [x]) => [
    b.op(multiply, [x!, b.constant(number(0))], {}),
    b.op(sub, [x!, x!], {}),
    b.op(divide, [x!, x!], {})
  ])
  expect(names(algebra.run(zero))).toEqual(['constant', 'mul', 'sub', 'div'])
})

test.each([
  ['x + 0', add, 0, []],
  ['x * 1', multiply, 1, []],
  ['x / 1', divide, 1, []],
  ['x - 0', sub, 0, []],
  ['x ^ 1', pow, 1, []],
  ['x ^ 2', pow, 2, ['square']]
] as const)('algebra: %s', (_, primitive, value, expected) => {
  expectPass(
    algebra,
    graphOf([f32(2)], (b, [x]) => [b.op(primitive, [x!, b.constant(number(value))], {})]),
    expected
  )
})

test('algebra: a neutral element that widens the result stays', () => {
  const graph = graphOf([f32(2)], (b, [x]) => [b.op(add, [x!, b.constant(floats([0, 0], [2, 1]))], {})])
  expectPass(algebra, graph, ['constant', 'add'])
})

test('algebra: negations and factors', () => {
  const graph = graphOf([f32(2), f32(2)], (b, [x, y]) => [
    b.op(negate, [b.op(negate, [x!], {})], {}),
    b.op(add, [x!, b.op(negate, [y!], {})], {}),
    b.op(sub, [x!, b.op(negate, [y!], {})], {})
  ])
  expectPass(algebra, graph, ['sub', 'add'])
  const factors = graphOf([f32(2)], (b, [x]) => [
    b.op(multiply, [b.op(multiply, [x!, b.constant(number(3))], {}), b.constant(number(0.5))], {})
  ])
  expectPass(algebra, factors, ['constant', 'mul'])
  const extreme = graphOf([f32(2)], (b, [x]) => [
    b.op(multiply, [b.op(multiply, [x!, b.constant(number(1e30))], {}), b.constant(number(1e-30))], {})
  ])
  expect(names(algebra.run(extreme)).filter((name) => name === 'mul')).toHaveLength(2)
})

test('algebra: a known choice', () => {
  const graph = graphOf([bool(2), f32(2), f32(2)], (b, [c, x, y]) => [
    b.op(select, [c!, x!, x!], {}),
    b.op(select, [c!, x!, y!], {})
  ])
  expect(names(algebra.run(graph))).toEqual(['select'])
})

test('a bias goes into the product, a transpose into its flags', () => {
  const graph = graphOf([f32(4, 2), f32(4, 3), f32(3)], (b, [x, w, bias]) => {
    const product = b.op(matMul, [b.op(transpose, [x!], { perm: [1, 0] }), w!], flags())
    return [b.op(add, [bias!, product], {})]
  })
  const result = expectPass(gemmFusion, graph, ['gemm'])
  expect(result.nodes[0]!.attrs).toEqual(flags(true))
})

test('a product that is used twice, or an addend that widens it, is not fused', () => {
  const twice = graphOf([f32(2, 2), f32(2)], (b, [x, bias]) => {
    const product = b.op(matMul, [x!, x!], flags())
    return [b.op(add, [product, bias!], {}), product]
  })
  expectPass(gemmFusion, twice, ['matMul', 'add'])
  const wider = graphOf([f32(1, 2), f32(2, 2), f32(3, 1)], (b, [x, w, y]) => [
    b.op(add, [b.op(matMul, [x!, w!], flags()), y!], {})
  ])
  expectPass(gemmFusion, wider, ['matMul', 'add'])
})

test('a stack of matrices times a matrix is one product', () => {
  const graph = graphOf([f32(5, 4, 2), f32(2, 3)], (b, [x, w]) => [b.op(matMul, [x!, w!], flags())])
  expectPass(gemmFusion, graph, ['reshape', 'matMul', 'reshape'])
})

test('the pipeline reports every pass and leaves a dense layer with one product', () => {
  const graph = graphOf([f32(5, 4), f32(4, 3), f32(3)], (b, [x, w, bias]) => {
    const wide = b.op(broadcastTo, [b.op(reshape, [bias!], { shape: [1, 3] })], { shape: [5, 3] })
    const scaled = b.op(multiply, [b.op(matMul, [x!, w!], flags()), b.constant(number(1))], {})
    return [b.op(add, [scaled, wide], {})]
  })
  const { graph: result, reports } = optimise(graph)
  expect(names(result)).toEqual(['gemm'])
  expect(reports.find(({ name }) => name === 'deadCode')).toMatchObject({ before: 6 })
  expect(reports.at(-1)).toMatchObject({ after: 1 })
  expectSame(graph, result, inputsOf(graph))
})

test('a large sum over rows is a product with ones; one over columns, or a small one, stays a sum', () => {
  const sumOver = (shape: number[], axes: number[], keepDims = false) =>
    graphOf([f32(...shape)], (b, [x]) => [b.op(sum, [x!], { axes, keepDims })])
  expectPass(rowSums, sumOver([32, 16], [0]), ['constant', 'reshape', 'matMul', 'reshape'])
  expectPass(rowSums, sumOver([3, 4, 8, 5], [1, 2], true), ['constant', 'reshape', 'matMul', 'reshape'])
  expectPass(rowSums, sumOver([32, 16], [1]), ['sum'])
  expectPass(rowSums, sumOver([3, 4, 8, 5], [0, 2]), ['constant', 'reshape', 'matMul', 'reshape', 'sum', 'reshape'])
  expectPass(rowSums, sumOver([2, 3, 2, 3], [0, 2]), ['sum'])
  expectPass(rowSums, sumOver([4, 4], [0]), ['sum'])
})

test('reducing axes of size 1 is a reshape', () => {
  const reduced = (axes: number[], keepDims: boolean) =>
    graphOf([f32(4, 1, 3, 1)], (b, [x]) => [b.op(sum, [x!], { axes, keepDims })])
  expectPass(views, reduced([1, 3], false), ['reshape'])
  expectPass(views, reduced([1, 3], true), [])
  expectPass(views, reduced([1, 2], false), ['sum', 'reshape'])
  expectPass(views, reduced([2], false), ['sum'])
})

test('small operands of large elementwise ops are widened, unless the copy would cost more than it saves', () => {
  const added = (shape: number[], out: number[]) =>
    graphOf([f32(...out), f32(...shape)], (b, [x, y]) => [b.op(add, [x!, y!], {})])
  const widths = (graph: Graph) => wideSpans.run(graph).nodes.map(({ outputs }) => outputs[0]!.shape)
  const out = [16, 200, 10]
  expectPass(wideSpans, added([10], out), ['broadcastTo', 'add'])
  expect(widths(added([10], out))).toEqual([[1, 200, 10], out])
  expect(widths(added([16, 1, 10], out))).toEqual([out, out])
  const names = ['constant', 'reshape', 'matMul', 'reshape', 'add']
  expectPass(wideSpans, added([16, 200, 1], out), names)
  expectPass(wideSpans, added([200, 1], out), ['constant', 'matMul', 'add'])
  for (const kept of [[], [200, 10], [16, 1, 1], out]) expect(widths(added(kept, out))).toEqual([out])
  expect(widths(added([64], [128, 64]))).toEqual([[128, 64]])
  // few numbers, but many runs
  expectPass(wideSpans, added([2, 1, 2], [2, 256, 2]), ['broadcastTo', 'add'])
  expectPass(wideSpans, added([2, 1, 2], [2, 100, 2]), ['add'])
  expectPass(wideSpans, added([1], [32, 100, 1]), ['reshape', 'add'])
  expectPass(wideSpans, added([1, 1, 1], [32, 100, 1]), ['add'])
})

test('a number repeated along a row stays what it is, NaN and infinities included', () => {
  const graph = graphOf([f32(2048, 2), f32(2048, 1)], (b, [x, y]) => [b.op(add, [x!, y!], {})])
  const odd = [NaN, Infinity, -Infinity, 1e-40, 3e38]
  const column = Float32Array.from({ length: 2048 }, (_, i) => odd[i % odd.length]!)
  const inputs = [
    { ...f32(2048, 2), data: new Float32Array(4096) },
    { ...f32(2048, 1), data: column }
  ]
  const [want, got] = [graph, wideSpans.run(graph)].map((g) => evaluateReference(g, inputs)[0]!.data)
  expect(got).toEqual(want)
})

test('exp of a log softmax is a softmax, unless the logarithm is needed too', () => {
  const alone = graphOf([f32(3, 4)], (b, [x]) => [b.op(exp, [b.op(logSoftmax, [x!], {})], {})])
  expectPass(softmaxFusion, alone, ['softmax'])
  const both = graphOf([f32(3, 4)], (b, [x]) => {
    const y = b.op(logSoftmax, [x!], {})
    return [y, b.op(exp, [y], {})]
  })
  expectPass(softmaxFusion, both, ['logSoftmax', 'exp'])
})

test.each([[], [2]])(
  'a narrow right operand of a transposed product changes sides with a wide one (stack %j)',
  (...stack) => {
    const product = (k: number, m: number, n: number) =>
      graphOf([f32(...stack, k, m), f32(...stack, k, n)], (b, [x, y]) => [b.op(matMul, [x!, y!], flags(true))])
    expectPass(narrowProducts, product(40, 16, 10), ['matMul', 'transpose'])
    for (const [k, m, n] of [
      [40, 10, 10],
      [40, 16, 16],
      [8, 16, 10],
      [40, 16, 1]
    ] as const)
      expectPass(narrowProducts, product(k, m, n), ['matMul'])
  }
)

test('a product of two transposed operands is turned where its result is small', () => {
  const product = (k: number, m: number, n: number) =>
    graphOf([f32(2, k, m), f32(2, n, k)], (b, [x, y]) => [
      b.op(matMul, [x!, y!], { transposeA: true, transposeB: true })
    ])
  expectPass(narrowProducts, product(64, 16, 10), ['matMul', 'transpose'])
  for (const [k, m, n] of [
    [16, 16, 10],
    [64, 16, 1],
    [64, 128, 10]
  ] as const)
    expectPass(narrowProducts, product(k, m, n), ['matMul'])
})

test('what a narrow product is added to changes sides too, if it is one', () => {
  const graph = (addsProduct: boolean) =>
    graphOf([f32(40, 16), f32(40, 2), f32(16, 2)], (b, [x, y, z]) => {
      const first = b.op(matMul, [x!, y!], flags(true))
      return [b.op(gemm, [x!, y!, addsProduct ? first : z!], flags(true))]
    })
  expectPass(narrowProducts, graph(true), ['matMul', 'gemm', 'transpose'])
  expectPass(narrowProducts, graph(false), ['gemm'])
})

test('a number where a condition holds, and nothing elsewhere, is a product', () => {
  const picked = (k: number, other: number, shape: number[] = []) =>
    graphOf([bool(3), f32(...shape)], (b, [c, x]) => [
      b.op(select, [c!, b.constant(number(k)), other === 0 ? b.constant(number(0)) : x!], {})
    ])
  const run = (graph: Graph, condition: readonly number[]) => [
    ...evaluateReference(algebra.run(graph), [bools(condition), number(5)])[0]!.data
  ]
  expect(names(algebra.run(picked(-0.25, 0)))).not.toContain('select')
  expect(run(picked(-0.25, 0), [1, 0, 1]).map((x) => x + 0)).toEqual([-0.25, 0, -0.25])
  for (const kept of [picked(Infinity, 0), picked(NaN, 0), picked(1, 1)])
    expect(names(algebra.run(kept))).toContain('select')
})

test('factors go into constants of products, and two become one', () => {
  const doubled = (b: GraphBuilder, x: Value, k = 2) => b.op(multiply, [x, b.constant(number(k))], {})
  const rows = (b: GraphBuilder, x: Value) => {
    const ones = b.constant(floats([1, 1, 1], [1, 3]))
    return b.op(reshape, [b.op(matMul, [ones, x], flags())], { shape: [4] })
  }
  const x = f32(3, 4)
  const computing = (graph: Graph) => names(factors.run(graph)).filter((name) => name !== 'constant')
  const keep = (build: (b: GraphBuilder, x: Value, y: Value) => Value): readonly string[] => {
    const graph = graphOf([x, f32(4)], (b, [one, two]) => [build(b, one!, two!)])
    expectSame(graph, factors.run(graph), inputsOf(graph))
    return computing(graph)
  }
  expect(keep((b, m) => b.op(negate, [rows(b, m)], {}))).toEqual(['matMul', 'reshape'])
  expect(keep((b, m, y) => b.op(multiply, [b.op(negate, [rows(b, m)], {}), doubled(b, y)], {}))).toEqual([
    'matMul',
    'reshape',
    'mul'
  ])
  expect(keep((b, _m, y) => b.op(multiply, [b.op(negate, [b.op(sin, [y], {})], {}), doubled(b, y)], {}))).toEqual([
    'sin',
    'mul',
    'mul'
  ])
  // who else uses a value gets what it was
  const shared = graphOf([x], (b, [m]) => {
    const sums = rows(b, m!)
    return [b.op(negate, [sums], {}), sums]
  })
  expectPass(factors, shared, names(shared))
  expect(keep((b, m, y) => b.op(multiply, [rows(b, m), y], {}))).toEqual(['matMul', 'reshape', 'mul'])
})

test('a row that a product reads transposed is a column', () => {
  const graph = graphOf([f32(5, 4), f32(1, 4), f32(5, 1)], (b, [x, row, column]) => [
    b.op(matMul, [x!, row!], flags(false, true)),
    b.op(matMul, [column!, x!], flags(true)),
    b.op(matMul, [column!, x!], flags(true, false))
  ])
  const result = expectPass(gemmFusion, graph, ['reshape', 'matMul', 'reshape', 'matMul', 'reshape', 'matMul'])
  expect(result.nodes.filter(({ primitive }) => primitive === matMul).map(({ attrs }) => attrs)).toEqual([
    flags(),
    flags(),
    flags()
  ])
  const stacked = graphOf([f32(3, 5, 4), f32(3, 1, 4), f32(5, 1)], (b, [x, row, bias]) => [
    b.op(add, [b.op(matMul, [x!, row!], flags(false, true)), bias!], {})
  ])
  expectPass(gemmFusion, stacked, ['reshape', 'matMul', 'add'])
})

test('functions with a rule of their own are opened up, each call for itself', () => {
  const rule = customVjp<readonly [tf.Tensor], tf.Tensor, tf.Tensor>({
    forward: (x) => [tf.sin(x), x],
    backward: (x, dy) => [tf.mul(dy, tf.cos(x))]
  })
  const twice = ([x]: readonly tf.Tensor[]) => [tf.add(rule(x!), rule(tf.exp(x!)))]
  const { graph } = traceGraph((...xs) => twice(xs), [f32(3)], 'test')
  const opened = inlineCalls.run(graph)
  expect(names(opened)).not.toContain('customVjp')
  expectSame(graph, opened, inputsOf(graph))
})
