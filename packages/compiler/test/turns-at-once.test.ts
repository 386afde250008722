import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { bitsToUnit, jit, scan, threefry2x32, vmap } from '../src/index'
import { evaluateReference } from '../src/graph/evaluate'
import type { Graph, NdArray } from '../src/graph/graph'
import { optimise } from '../src/passes/optimise'
import { turnsAtOnce } from '../src/passes/turns-at-once'
import { add, multiply } from '../src/primitives/binary'
import { matMul } from '../src/primitives/linalg'
import { scanPrimitive, type ScanAttrs } from '../src/primitives/scan'
import { cos, exp, sin } from '../src/primitives/unary'
import { traceGraph } from '../src/trace/trace-graph'
import { f32, graphOf, names, numbers, wave } from './support/graphs'

const bodyOf = (graph: Graph): ScanAttrs =>
  graph.nodes.find(({ primitive }) => primitive.name === 'scan')!.attrs as ScanAttrs

const same = (before: Graph, after: Graph, inputs: readonly NdArray[]): void =>
  expect(evaluateReference(after, inputs).map(numbers)).toEqual(evaluateReference(before, inputs).map(numbers))

/** consts [k], carry [a], xs [x]: a' = a + cos(exp(sin x) k), ys = exp(sin x). */
const rowsGraph = (length: number, size: number, reverse = false): Graph => {
  const body = graphOf([f32(size), f32(size), f32(size)], (b, [k, a, x]) => {
    const fromRow = b.op(exp, [b.op(sin, [x!], {})], {})
    const all = b.op(cos, [b.op(multiply, [fromRow, k!], {})], {})
    return [b.op(add, [a!, all], {}), fromRow]
  })
  return graphOf([f32(size), f32(size), f32(length, size)], (b, inputs) => [
    ...b.bind(scanPrimitive, inputs, { body, numConsts: 1, numCarry: 1, length, reverse })
  ])
}

test.each([false, true])(
  'what depends on the row alone is computed for all rows before the loop (reverse: %s)',
  (reverse) => {
    // four ops do not pay for the two rows that the loop would have to fetch: exp(sin x), and the cosine
    const wide = rowsGraph(5, 3, reverse)
    expect(names(turnsAtOnce.run(wide))).toEqual(['scan'])
    const body = graphOf([f32(3), f32(3), f32(3)], (b, [k, a, x]) => {
      const fromRow = [sin, exp, sin, exp, cos].reduce((y, op) => b.op(op, [y], {}), x!)
      return [b.op(add, [a!, b.op(multiply, [fromRow, k!], {})], {}), a!]
    })
    const graph = graphOf([f32(3), f32(3), f32(5, 3)], (b, inputs) => [
      ...b.bind(scanPrimitive, inputs, { body, numConsts: 1, numCarry: 1, length: 5, reverse })
    ])
    const result = turnsAtOnce.run(graph)
    expect(names(result).slice(-1)).toEqual(['scan'])
    expect(names(bodyOf(result).body)).toEqual(['add'])
    expect(result.nodes.find(({ primitive }) => primitive.name === 'sin')?.outputs[0]?.shape).toEqual([5, 3])
    same(graph, result, [wave([3]), wave([3], 1), wave([5, 3], 2)])
  }
)

const chainOf = (ops: readonly (typeof sin)[], size: number, length: number): Graph => {
  const body = graphOf([f32(size), f32(size)], (b, [a, x]) => [
    b.op(add, [a!, ops.reduce((y, op) => b.op(op, [y], {}), x!)], {})
  ])
  return graphOf([f32(size), f32(length, size)], (b, inputs) => [
    ...b.bind(scanPrimitive, inputs, { body, numConsts: 0, numCarry: 1, length, reverse: false })
  ])
}

test('large rows, long loops and single turns stay as they are', () => {
  const ops = [sin, exp, cos, sin]
  const moves = (size: number, length: number): boolean => names(turnsAtOnce.run(chainOf(ops, size, length))).length > 1
  expect([moves(100, 10), moves(2 ** 15, 10), moves(2 ** 14, 2 ** 8), moves(2 ** 14, 2 ** 9), moves(100, 1)]).toEqual([
    true,
    false,
    true,
    false,
    false
  ])
})

test('products of matrices stay in the loop, where their rounding does not depend on the number of turns', () => {
  const body = graphOf([f32(2, 2), f32(2, 2)], (b, [a, x]) => {
    const product = b.op(matMul, [x!, x!], { transposeA: false, transposeB: false })
    return [b.op(add, [a!, [sin, exp, cos, sin].reduce((y, op) => b.op(op, [y], {}), product)], {})]
  })
  const graph = graphOf([f32(2, 2), f32(4, 2, 2)], (b, inputs) => [
    ...b.bind(scanPrimitive, inputs, { body, numConsts: 0, numCarry: 1, length: 4, reverse: false })
  ])
  expect(names(turnsAtOnce.run(graph))).toEqual(['scan'])
})

/** A walk whose steps are drawn from the turn's key, for each of several keys. */
const walk = (keys: tf.Tensor): tf.Tensor => {
  const step = (position: tf.Tensor, key: tf.Tensor): readonly [tf.Tensor, tf.Tensor] => {
    const [k0, k1] = tf.split(key, 2) as [tf.Tensor, tf.Tensor]
    const [bits] = threefry2x32(k0, k1, tf.zeros([4], 'int32'), tf.range(0, 4, 1, 'int32'))
    const next = tf.add(position, bitsToUnit(bits))
    return [next, next]
  }
  return scan(step, tf.zeros([4]), keys)[1]
}

test('the keys of a nested loop are all drawn before the outer loop, with the same bits', async () => {
  const keys = tf.tensor3d(
    Array.from({ length: 24 }, (_, i) => i * 7919),
    [3, 4, 2],
    'int32'
  )
  const nested = (all: tf.Tensor): tf.Tensor =>
    scan((_: tf.Tensor, own: tf.Tensor) => [tf.zeros([]), walk(own)] as const, tf.zeros([]), all)[1]
  const { graph } = traceGraph((x) => [nested(x)], [{ shape: [3, 4, 2], dtype: 'int32' }], 'test')
  const optimised = optimise(graph).graph
  const bodies = optimised.nodes
    .filter(({ primitive }) => primitive.name === 'scan')
    .map(({ attrs }) => attrs as ScanAttrs)
  expect(names(optimised)).toContain('threefry2x32')
  for (const { body } of bodies) expect(names(body)).not.toContain('threefry2x32')
  const compiled = jit(nested)
  const [want, got] = [vmap(walk)(keys), await compiled(keys)]
  expect(Array.from(got.dataSync())).toEqual(Array.from(want.dataSync()))
  await compiled.dispose()
})
