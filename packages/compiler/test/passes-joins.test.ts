import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { evaluateReference } from '../src/graph/evaluate'
import type { Graph, NdArray } from '../src/graph/graph'
import { algebra } from '../src/passes/algebra'
import { joins } from '../src/passes/joins'
import { optimise } from '../src/passes/optimise'
import type { Pass } from '../src/passes/pass'
import { add, multiply, sub } from '../src/primitives/binary'
import { concat, reshape, split } from '../src/primitives/shape'
import { exp, sin } from '../src/primitives/unary'
import { traceGraph } from '../src/trace/trace-graph'
import { grad } from '../src/index'
import { f32, graphOf, names, number, numbers, wave, type GraphBuilder } from './support/graphs'

type Value = ReturnType<GraphBuilder['op']>

const close = (before: Graph, after: Graph, inputs: readonly NdArray[], digits: number): void => {
  const [want, got] = [before, after].map((graph) => evaluateReference(graph, inputs).map(numbers))
  got!.forEach((row, k) => row.forEach((x, i) => expect(x).toBeCloseTo(want![k]![i]!, digits)))
}

const expectNames = (pass: Pass, graph: Graph, expected: readonly string[]): void => {
  const result = pass.run(graph)
  expect(names(result)).toEqual(expected)
  close(
    graph,
    result,
    graph.inputs.map(({ shape }, i) => wave(shape, i)),
    12
  )
}

const SIZES = [6, 2, 4]

/** f of the pieces of a vector [12], the first as a matrix [2, 3], and of others of their shapes, joined. */
const pieceByPiece = (
  f: (b: GraphBuilder, piece: Value, other: Value, i: number) => Value,
  order: readonly number[] = [0, 1, 2]
): Graph =>
  graphOf([f32(12), f32(2, 3), f32(2), f32(4)], (b, [vector, ...others]) => {
    const pieces = b.bind(split, [vector!], { axis: 0, sizes: SIZES })
    const shaped = [b.op(reshape, [pieces[0]!], { shape: [2, 3] }), pieces[1]!, pieces[2]!]
    const parts = order.map((i) => {
      const made = f(b, shaped[i]!, others[i]!, i)
      return made.shape.length === 1 ? made : b.op(reshape, [made], { shape: [6] })
    })
    return [b.op(concat, parts, { axis: 0 })]
  })

test('what is done to every piece of a vector is done to the vector', () => {
  const two = pieceByPiece((b, piece, other) => b.op(sub, [other, piece], {}))
  expectNames(joins, two, ['reshape', 'reshape', 'reshape', 'concat', 'sub'])
  const one = pieceByPiece((b, piece) => b.op(sin, [piece], {}))
  expectNames(joins, one, ['sin'])
  const scaled = pieceByPiece((b, piece) => b.op(multiply, [b.constant(number(2)), piece], {}))
  expectNames(joins, scaled, ['constant', 'mul'])
})

test('pieces in another order, ops that differ, factors that differ and shared results stay', () => {
  const stays = (graph: Graph): void => expectNames(joins, graph, names(graph))
  stays(pieceByPiece((b, piece, other) => b.op(sub, [other, piece], {}), [1, 0, 2]))
  stays(pieceByPiece((b, piece, other, i) => b.op(i === 1 ? add : sub, [other, piece], {})))
  stays(pieceByPiece((b, piece, _, i) => b.op(multiply, [b.constant(number(i)), piece], {})))
  stays(pieceByPiece((b, _, other) => b.op(exp, [other], {})))
  const shared = graphOf([f32(4)], (b, [vector]) => {
    const [x, y] = b.bind(split, [vector!], { axis: 0, sizes: [2, 2] }).map((piece) => b.op(sin, [piece], {}))
    return [b.op(concat, [x!, y!], { axis: 0 }), x!]
  })
  stays(shared)
})

test('what is added twice is added once, doubled', () => {
  const twice = (first: (b: GraphBuilder, a: Value, t: Value) => Value): Graph =>
    graphOf([f32(3), f32(3)], (b, [a, x]) => {
      const term = b.op(multiply, [x!, b.constant(number(-0.75))], {})
      return [b.op(add, [first(b, a!, term), term], {})]
    })
  const expected = ['constant', 'mul', 'add']
  expectNames(
    algebra,
    twice((b, a, t) => b.op(add, [a, t], {})),
    expected
  )
  expectNames(
    algebra,
    twice((b, a, t) => b.op(add, [t, a], {})),
    expected
  )
  expectNames(
    algebra,
    twice((b, a, t) => b.op(sub, [a, t], {})),
    ['constant', 'mul', 'sub', 'add']
  )
})

test('the gradient of a penalty on many leaves is one op on their vector', () => {
  const density = (v: tf.Tensor): tf.Tensor => {
    const leaves = tf.split(v, [6, 2, 4])
    const penalty = leaves.map((leaf) => tf.sum(tf.mul(leaf, leaf))).reduce((a, b) => tf.add(a, b))
    const waves = leaves.map((leaf) => tf.sum(tf.sin(leaf))).reduce((a, b) => tf.add(a, b))
    return tf.add(waves, tf.mul(-0.5, penalty))
  }
  const { graph } = traceGraph((v) => [grad(density)(v!)], [f32(12)], 'test')
  const fast = optimise(graph).graph
  expect(names(fast)).toEqual(['cos', 'sub'])
  close(graph, fast, [wave([12])], 12)
})
