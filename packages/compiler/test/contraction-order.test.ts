/** Sums of products in another order: the same numbers, and less work where it is worth it. */
import * as fc from 'fast-check'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { workOf } from '../src/engines/threads'
import { evaluateReference } from '../src/graph/evaluate'
import { allNodes, type Graph, type NdArray, type Shape, type Value } from '../src/graph/graph'
import { jit, valueAndGrad, vjp, vmap } from '../src/index'
import { contractionOrder, reordering } from '../src/passes/contraction-order'
import { multiply } from '../src/primitives/binary'
import { matMul } from '../src/primitives/linalg'
import { sum } from '../src/primitives/reduce'
import { broadcastTo, reshape, slice, split, transpose } from '../src/primitives/shape'
import { traceGraph } from '../src/trace/trace-graph'
import { f32, graphOf, numbers, wave, type GraphBuilder } from './support/graphs'

/** Takes any order, better or not: so that small programs are reordered too. */
const always = reordering({ part: -Infinity, multiplyAdds: -Infinity })

/** Multiply-adds of matrix products. */
const work = (graph: Graph): number =>
  allNodes(graph).reduce((total, node) => total + (node.primitive.name === 'matMul' ? workOf(node) : 0), 0)

const expectSame = (got: readonly NdArray[], want: readonly NdArray[], tolerance = 1e-9): void =>
  got.forEach((array, k) => {
    expect(array.shape).toEqual(want[k]!.shape)
    const expected = numbers(want[k]!)
    const scale = Math.max(1, ...expected.map(Math.abs))
    numbers(array).forEach((x, i) => expect(Math.abs(x - expected[i]!)).toBeLessThanOrEqual(tolerance * scale))
  })

const [ROWS, WIDTH, DIMENSION] = [64, 32, 3]

type Layers = readonly [w1: tf.Tensor, w2: tf.Tensor, w3: tf.Tensor]

const network = (x: tf.Tensor, [w1, w2, w3]: Layers): tf.Tensor =>
  tf.matMul(tf.tanh(tf.matMul(tf.tanh(tf.matMul(x, w1)), w2)), w3)

/** The trace of the network's Jacobian at each row, as flows write it: products with all unit vectors, one number of each. */
const traces = (x: tf.Tensor, layers: Layers): tf.Tensor => {
  const units = tf.expandDims(tf.eye(DIMENSION), 1)
  const [, pull] = vjp((at: tf.Tensor) => network(at, layers), x)
  const rows = vmap(pull)(tf.broadcastTo(units, [DIMENSION, ROWS, DIMENSION]))
  return tf.sum(tf.mul(rows, units), [0, 2])
}

const shapes = [f32(ROWS, DIMENSION), f32(DIMENSION, WIDTH), f32(WIDTH, WIDTH), f32(WIDTH, DIMENSION)]
const values = shapes.map(({ shape }, i) => wave(shape, i))

const traced = (f: (x: tf.Tensor, layers: Layers) => tf.Tensor): Graph =>
  traceGraph((x, w1, w2, w3) => [f(x!, [w1!, w2!, w3!])], shapes, 'test').graph

test('the trace of a Jacobian takes one product instead of one for each dimension', () => {
  const graph = traced(traces)
  const better = contractionOrder.run(graph)
  expectSame(evaluateReference(better, values), evaluateReference(graph, values))
  const layer = ROWS * WIDTH * WIDTH
  // the network's product of a layer's size, and those of the trace
  expect(work(graph)).toBeGreaterThan((1 + DIMENSION) * layer)
  expect(work(better)).toBeLessThan(2.5 * layer)
})

test('so does its derivative, since reverse mode reorders before it differentiates', () => {
  const loss = (x: tf.Tensor, layers: Layers): tf.Tensor => tf.sum(tf.square(traces(x, layers)))
  const gradient = traceGraph(
    (x, w1, w2, w3) => valueAndGrad((at: Layers) => loss(x!, at))([w1!, w2!, w3!]).flat(),
    shapes,
    'test'
  ).graph
  // two products of a layer's size with two derivatives each; of the program as written it is 3 (1 + DIMENSION)
  const layers = work(gradient) / (ROWS * WIDTH * WIDTH)
  expect(layers).toBeGreaterThan(6)
  expect(layers).toBeLessThan(7.5)

  const lossOf = (at: readonly NdArray[]): number =>
    numbers(evaluateReference(traced(loss), [values[0]!, ...at])[0]!)[0]!
  const gradients = evaluateReference(gradient, values).slice(1)
  const step = 1e-5
  gradients.forEach((own, k) => {
    const direction = wave(own.shape, 7 + k)
    const moved = (by: number): readonly NdArray[] =>
      values.slice(1).map((layer, i) => {
        if (i !== k) return layer
        return { ...layer, data: Float64Array.from(layer.data, (x, at) => x + by * direction.data[at]!) }
      })
    const difference = (lossOf(moved(step)) - lossOf(moved(-step))) / (2 * step)
    const derivative = numbers(own).reduce((total, g, i) => total + g * direction.data[i]!, 0)
    expect(Math.abs(derivative - difference)).toBeLessThan(1e-6 * Math.max(1, Math.abs(difference)))
  })
})

test('compiled, it gives what it gives eagerly', async () => {
  const [x, ...layers] = values.map(({ data, shape }) => tf.tensor(data, [...shape])) as [tf.Tensor, ...tf.Tensor[]]
  const f = jit((at: tf.Tensor, w1: tf.Tensor, w2: tf.Tensor, w3: tf.Tensor) => traces(at, [w1, w2, w3]))
  const [w1, w2, w3] = layers as [tf.Tensor, tf.Tensor, tf.Tensor]
  const [want, got] = [tf.tidy(() => traces(x, [w1, w2, w3])), await f(x, w1, w2, w3)]
  const scale = Math.max(...Array.from(await want.data(), Math.abs))
  const error = Math.max(...Array.from(await tf.sub(want, got).data(), Math.abs))
  expect(error).toBeLessThan(2e-6 * scale)
  await f.dispose()
  tf.dispose([x, ...layers, want, got])
})

/** Where nothing is to be gained, or too little. */
test.each([
  ['products that others read too', (y: tf.Tensor) => [tf.sum(tf.mul(y, tf.scalar(2)), [0, 2]), y]],
  ['a sum of few numbers', (y: tf.Tensor) => [tf.sum(tf.slice(y, [0, 0, 0], [2, 1, 3]), [0, 2])]]
] as const)('%s stay as they are', (_, f) => {
  const graph = traceGraph(
    (units, w) => f(tf.reshape(tf.matMul(tf.reshape(units!, [128, 3]), w!), [2, 64, 3])),
    [f32(2, 64, 3), f32(3, 3)],
    'test'
  ).graph
  expect(contractionOrder.run(graph)).toBe(graph)
})

test('random probes are multiplied as they are written: no order takes less', () => {
  const probed = (x: tf.Tensor, layers: Layers, noise: tf.Tensor): tf.Tensor => {
    const [, pull] = vjp((at: tf.Tensor) => network(at, layers), x)
    return tf.sum(tf.mul(vmap(pull)(noise), noise), [0, 2])
  }
  const graph = traceGraph(
    (x, w1, w2, w3, noise) => [probed(x!, [w1!, w2!, w3!], noise!)],
    [...shapes, f32(1, ROWS, DIMENSION)],
    'test'
  ).graph
  expect(contractionOrder.run(graph)).toBe(graph)
})

test('a sum is read as far back as its factors are few: however long what it sums is', () => {
  const graph = graphOf([f32(4)], (b, [x]) => {
    const long = Array.from({ length: 20_000 }).reduce((y: Value) => b.op(multiply, [y, x!], {}), x!)
    return [b.op(sum, [long], { axes: [0], keepDims: false })]
  })
  expect(always.run(graph)).toBe(graph)
})

/** Draws from a list of numbers that fast-check makes smaller when it looks for the least failure. */
const drawing = (numbersDrawn: readonly number[]): ((below: number) => number) => {
  let next = 0
  return (below) => (numbersDrawn[next++ % numbersDrawn.length] ?? 0) % below
}

const replaced = (shape: Shape, at: number, ...by: readonly number[]): Shape => [
  ...shape.slice(0, at),
  ...by,
  ...shape.slice(at + 1)
]

/** A value of that shape, made of products, sums and views of constants. */
const expression = (b: GraphBuilder, shape: Shape, depth: number, draw: (below: number) => number): Value => {
  const [rank, own] = [shape.length, (of: Shape): Value => expression(b, of, depth - 1, draw)]
  const axis = rank === 0 ? 0 : draw(rank)
  const n = shape[axis] ?? 1
  const thinner = (): Shape => shape.map((size) => (draw(3) === 0 ? 1 : size)).slice(draw(2) === 0 ? 0 : draw(rank + 1))
  switch (depth === 0 ? 0 : draw(10)) {
    case 1:
    case 2:
      return draw(2) === 0
        ? b.op(multiply, [own(shape), own(thinner())], {})
        : b.op(multiply, [own(thinner()), own(shape)], {})
    case 3:
    case 4: {
      if (rank < 2) break
      const [inner, transposeA, transposeB] = [1 + draw(4), draw(2) === 0, draw(2) === 0]
      const [lead, [rows, columns]] = [shape.slice(0, -2), shape.slice(-2) as [number, number]]
      const left = own([...lead, ...(transposeA ? [inner, rows] : [rows, inner])])
      const right = own([...(draw(2) === 0 ? lead : []), ...(transposeB ? [columns, inner] : [inner, columns])])
      return b.op(matMul, [left, right], { transposeA, transposeB })
    }
    case 5:
      if (rank < 2 || axis + 1 === rank) return b.op(reshape, [own([...shape, 1])], { shape })
      return b.op(
        reshape,
        [
          own(
            replaced(
              shape.filter((_, i) => i !== axis),
              axis,
              n * shape[axis + 1]!
            )
          )
        ],
        { shape }
      )
    case 6:
      if (n % 2 === 1) break
      return b.op(reshape, [own(replaced(shape, axis, 2, n / 2))], { shape })
    case 7: {
      const perm = shape.map((_, i) => (i + axis) % rank)
      const from = shape.map((_, i) => shape[perm.indexOf(i)]!)
      return rank === 0 ? own(shape) : b.op(transpose, [own(from)], { perm })
    }
    case 8: {
      if (rank === 0) break
      const [before, after] = [draw(2), draw(2)]
      const larger = replaced(shape, axis, before + n + after)
      return draw(2) === 0
        ? b.op(slice, [own(larger)], { begin: shape.map((_, i) => (i === axis ? before : 0)), size: shape })
        : b.bind(split, [own(larger)], { axis, sizes: [before, n, after].filter((size) => size > 0) })[
            before > 0 ? 1 : 0
          ]!
    }
    case 9:
      return draw(2) === 0
        ? b.op(broadcastTo, [own(thinner())], { shape })
        : b.op(sum, [own([...shape.slice(0, axis), 1 + draw(4), ...shape.slice(axis)])], {
            axes: [axis],
            keepDims: false
          })
  }
  return b.constant(wave(shape, draw(100)))
}

test('any sum of products, in whatever order, is what it is as written', () => {
  let changed = 0
  fc.assert(
    fc.property(fc.array(fc.nat(1000), { minLength: 40, maxLength: 80 }), (list) => {
      const draw = drawing(list)
      const graph = graphOf([], (b) => {
        const x = expression(b, [1 + draw(3), 1 + draw(4), 1 + draw(4)], 5, draw)
        const keepDims = draw(2) === 0
        return [b.op(sum, [x], { axes: [[0], [1, 2], [0, 2], [0, 1, 2]][draw(4)]!, keepDims })]
      })
      const other = always.run(graph)
      if (other !== graph) changed++
      expectSame(evaluateReference(other, []), evaluateReference(graph, []))
    }),
    { numRuns: 1000 }
  )
  expect(changed).toBeGreaterThan(300)
})
