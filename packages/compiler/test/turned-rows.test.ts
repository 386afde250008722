/** Softmax of many short rows along columns: the same numbers, and no transposes. */
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { evaluateReference } from '../src/graph/evaluate'
import { sizeOf, subgraphsOf, type Graph, type NdArray } from '../src/graph/graph'
import { foriLoop, valueAndGrad, wasmEngine } from '../src/index'
import { onnxEngine } from '../src/engines/onnx-runtime'
import { commonSubexpressions } from '../src/passes/common-subexpressions'
import { optimise, simplify } from '../src/passes/optimise'
import { turnedRows } from '../src/passes/turned-rows'
import { traceGraph } from '../src/trace/trace-graph'
import { f32, i32, ints, names, numbers, wave } from './support/graphs'

const [ROWS, INNER, CLASSES] = [1100, 4, 5]

const chosenOf = (labels: tf.Tensor): tf.Tensor => tf.equal(tf.expandDims(labels, -1), tf.range(0, CLASSES, 1, 'int32'))

/** Minus the mean of log probabilities of labels: of one classifier, or of a stack of them. */
const crossEntropy = (h: tf.Tensor, w: tf.Tensor, b: tf.Tensor, labels: tf.Tensor): tf.Tensor => {
  const logs = tf.logSoftmax(tf.add(tf.matMul(h, w), b))
  return tf.neg(tf.mean(tf.sum(tf.where(chosenOf(labels), logs, 0), -1)))
}

const gradient = ([h, w, b, labels]: readonly tf.Tensor[]): readonly tf.Tensor[] => {
  const f = (parts: readonly tf.Tensor[]): tf.Tensor => crossEntropy(parts[0]!, parts[1]!, parts[2]!, labels!)
  const [value, gradients] = valueAndGrad(f)([h!, w!, b!])
  return [value, ...gradients]
}

const stepOf = (lead: readonly number[], rows: number): Graph => {
  const inputs = [f32(...lead, rows, INNER), f32(...lead, INNER, CLASSES), f32(...lead, 1, CLASSES), i32(...lead, rows)]
  return simplify.run(traceGraph((...xs) => gradient(xs), inputs, 'test').graph)
}

/** Labels of which some name no class. */
const labelsOf = (shape: readonly number[]): NdArray =>
  ints(
    Array.from({ length: sizeOf(shape) }, (_, i) => (i % (CLASSES + 1)) - (i % 97 === 0 ? 1 : 0)),
    shape
  )

const inputsOf = ({ inputs }: Graph): readonly NdArray[] =>
  inputs.map(({ shape, dtype }, i) => (dtype === 'int32' ? labelsOf(shape) : wave(shape, i)))

const movedIn = ({ nodes }: Graph): number =>
  nodes.reduce((n, { primitive, outputs }) => n + (primitive.name === 'transpose' ? sizeOf(outputs[0]!.shape) : 0), 0)

const expectSame = (got: readonly NdArray[], want: readonly NdArray[], tolerance: number): void =>
  got.forEach((array, k) => {
    const expected = numbers(want[k]!)
    numbers(array).forEach((y, i) => {
      const isNear = Math.abs(y - expected[i]!) <= tolerance * Math.max(1, Math.abs(expected[i]!))
      if (!isNear) expect([k, i, y]).toEqual([k, i, expected[i]])
    })
  })

test.each([
  ['one classifier', [], 2 * ROWS],
  ['a stack of two', [2], ROWS]
] as const)('the gradient of %s runs along columns, without a transpose of rows', (_, lead, rows) => {
  const graph = stepOf(lead, rows)
  const turned = turnedRows.run(graph)
  expect(names(turned)).not.toContain('logSoftmax')
  expect(names(turned)).toContain('top')
  expect(movedIn(turned)).toBeLessThanOrEqual(movedIn(graph))
  const columns = commonSubexpressions.run(turned).nodes.filter(({ primitive }) => primitive.name === 'exp')
  expect(columns.map(({ outputs }) => outputs[0]!.shape)).toEqual([[...lead, CLASSES, rows]])
  const inputs = inputsOf(graph)
  expectSame(evaluateReference(turned, inputs), evaluateReference(graph, inputs), 1e-12)
})

test('infinities and NaN of a row stay in it, on every engine', async () => {
  const graph = stepOf([2], ROWS)
  const [h, ...others] = inputsOf(graph)
  const odd = numbers(h!).slice()
  const places = [Infinity, -Infinity, NaN, 3e38, -3e38]
  for (const [i, value] of places.entries()) odd[INNER * (40 * i + 7)] = value
  const rows = (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor, l: tf.Tensor): tf.Tensor =>
    tf.sum(tf.where(chosenOf(l), tf.logSoftmax(tf.add(tf.matMul(x, w), b)), 0), -1)
  const { graph: perRow } = traceGraph((x, w, b, l) => [rows(x!, w!, b!, l!)], graph.inputs, 'test')
  const { graph: optimised } = optimise(perRow)
  expect(names(optimised)).toContain('top')
  const inputs = [{ ...h!, data: Float32Array.from(odd) }, ...others]
  const want = evaluateReference(perRow, inputs)
  for (const engine of [onnxEngine(), wasmEngine()]) {
    const compiled = await engine.compile(optimised, [])
    expectSame(await compiled.run(inputs), want, 1e-5)
    await compiled.dispose()
  }
})

const softmaxOf = (x: tf.Tensor): tf.Tensor => tf.exp(tf.logSoftmax(x))

test.each<[string, number, (h: tf.Tensor, w: tf.Tensor) => tf.Tensor[]]>([
  ['rows that are a result', 2 * ROWS, (h, w) => [softmaxOf(tf.matMul(h, w))]],
  ['few rows', 50, (h, w) => [tf.sum(softmaxOf(tf.matMul(h, w)), 0)]],
  [
    'rows of a product that is needed as it is',
    2 * ROWS,
    (h, w) => {
      const x = tf.matMul(h, w)
      return [tf.sum(softmaxOf(x), 0), x]
    }
  ],
  ['rows that are given', 2 * ROWS, (h) => [tf.sum(softmaxOf(h), 0)]]
])('%s stay rows', (_, rows, f) => {
  const { graph } = traceGraph((h, w) => f(h!, w!), [f32(rows, INNER), f32(INNER, CLASSES)], 'test')
  const simple = simplify.run(graph)
  expect(names(turnedRows.run(simple))).toEqual(names(simple))
})

test('in a loop, what is the same in every turn is turned before it', () => {
  const rows = 600 // fewer than a logarithm of rows is composed for
  const inputs = [f32(rows, INNER), f32(INNER, CLASSES), f32(CLASSES), i32(rows)]
  const descent = ([h, w, b, labels]: readonly tf.Tensor[]): readonly tf.Tensor[] => {
    const step = (_: tf.Tensor, { at }: { readonly at: tf.Tensor; readonly value: tf.Tensor }) => {
      const [value, gradient] = valueAndGrad((x: tf.Tensor) => crossEntropy(h!, x, b!, labels!))(at)
      return { at: tf.sub(at, gradient), value }
    }
    const { at, value } = foriLoop(0, 3, step, { at: w!, value: tf.scalar(0) })
    return [at, value]
  }
  const { graph } = traceGraph((...xs) => descent(xs), inputs, 'test')
  const optimised = optimise(graph).graph
  const [body] = optimised.nodes.flatMap(subgraphsOf)
  expect(names(body!)).toContain('top')
  expect(movedIn(body!)).toBeLessThanOrEqual(INNER * CLASSES)
  const wide = body!.nodes.flatMap(({ outputs }) => outputs).filter(({ shape }) => sizeOf(shape) === rows * CLASSES)
  expect(wide.map(({ shape }) => shape)).toEqual(wide.map(() => [CLASSES, rows]))
  const given = inputsOf(graph)
  expectSame(evaluateReference(optimised, given), evaluateReference(graph, given), 1e-12)
})
