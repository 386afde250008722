import { expect, test } from 'vitest'
import { commonSubexpressions } from '../src/passes/common-subexpressions'
import { on, rewritePass } from '../src/passes/rewrite'
import { add, multiply } from '../src/primitives/binary'
import { sum } from '../src/primitives/reduce'
import { reshape } from '../src/primitives/shape'
import { negate } from '../src/primitives/unary'
import { f32, graphOf, names, number } from './support/graphs'

const dropNegation = on('neg', ({ inputs }) => inputs)

test('a rule is asked about nodes of its ops only, those that other rules emit among them', () => {
  const asked: string[] = []
  const pass = rewritePass(
    'test',
    on('neg exp', ({ primitive }) => (asked.push(primitive.name), null)),
    on('add', ({ inputs }, { emit }) => emit(negate, [inputs[0]!], {}))
  )
  const graph = graphOf([f32(2)], (b, [x]) => [b.op(multiply, [b.op(add, [x!, x!], {}), b.op(negate, [x!], {})], {})])
  expect(names(pass.run(graph))).toEqual(['neg', 'neg', 'mul'])
  expect(asked).toEqual(['neg', 'neg'])
})

test('the first of several rules for an op that has an answer is taken', () => {
  const never = on('neg', () => expect.fail('asked after another one answered'))
  const graph = graphOf([f32(2)], (b, [x]) => [b.op(add, [b.op(negate, [x!], {}), x!], {})])
  expect(names(rewritePass('test', dropNegation, never).run(graph))).toEqual(['add'])
})

test('a graph without any of the ops stays the very same', () => {
  const graph = graphOf([f32(2)], (b, [x]) => [b.op(add, [x!, x!], {})])
  expect(rewritePass('test', dropNegation).run(graph)).toBe(graph)
})

test('nodes of one op and inputs are merged where their attributes are equal, and kept apart where not', () => {
  const graph = graphOf([f32(2, 3)], (b, [x]) => [
    ...[[0], [1], [0], [1]].map((axes) => b.op(sum, [x!], { axes, keepDims: false })),
    ...[1, 2, 1].map((value) => b.op(reshape, [b.constant(number(value))], { shape: [1] }))
  ])
  const result = commonSubexpressions.run(graph)
  expect(names(result)).toEqual(['sum', 'sum', 'constant', 'reshape', 'constant', 'reshape'])
  const places = result.outputs.map(({ id }) => result.nodes.findIndex((node) => node.outputs[0]!.id === id))
  expect(places).toEqual([0, 1, 0, 1, 3, 5, 3])
})
