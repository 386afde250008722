import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { emissionOrder } from '../src/emit/onnx-order'
import { isNode } from '../src/engines/load-runtime'
import { onnxEngine } from '../src/engines/onnx-runtime'
import type { Graph, Node, Value } from '../src/graph/graph'
import { multiply, sub } from '../src/primitives/binary'
import { isConstant } from '../src/primitives/constant'
import { matMul } from '../src/primitives/linalg'
import { concat, reshape } from '../src/primitives/shape'
import { sin, squared } from '../src/primitives/unary'
import { f32, graphOf, number, wave } from './support/graphs'
import { instructions, programOf } from './support/random-programs'

const LAYERS = 4
const SIZE = 8

/** A gradient as it is traced: layers forward, layers backward, and all gradients raveled at the end. */
const training = graphOf([f32(SIZE, SIZE), f32(SIZE, SIZE)], (b, [x, w]) => {
  const one = b.constant(number(1))
  const layers = [x!]
  for (let i = 0; i < LAYERS; i++) {
    const z = b.op(matMul, [layers[i]!, w!], { transposeA: false, transposeB: false })
    layers.push(b.op(sin, [z], {}))
  }
  const gradients: Value[] = []
  let dy = layers[LAYERS]!
  for (let i = LAYERS; i > 0; i--) {
    if (i < LAYERS) dy = b.op(matMul, [dy, w!], { transposeA: false, transposeB: true })
    const slope = b.op(sub, [one, b.op(squared, [layers[i]!], {})], {})
    dy = b.op(multiply, [dy, slope], {})
    gradients.push(b.op(matMul, [layers[i - 1]!, dy], { transposeA: true, transposeB: false }))
  }
  const flat = gradients.map((gradient) => b.op(reshape, [gradient], { shape: [SIZE * SIZE] }))
  return [b.op(concat, flat.reverse(), { axis: 0 })]
})

const idOf = (node: Node): number => node.outputs[0]!.id

/** The graph's order, with reshapes where their numbers are made. */
const wanted = ({ nodes }: Graph): readonly number[] => {
  const isReshape = ({ primitive }: Node): boolean => primitive.name === reshape.name
  return nodes
    .filter((node) => !isConstant(node) && !isReshape(node))
    .flatMap((node) => [node, ...nodes.filter((other) => isReshape(other) && other.inputs[0] === node.outputs[0])])
    .map(idOf)
}

/** ONNX Runtime's order: from what nobody reads back to what it needs, what was written last first. */
const walked = (written: readonly Node[]): readonly Node[] => {
  const makers = new Map(written.flatMap((node) => node.outputs.map(({ id }) => [id, node])))
  const read = new Set(written.flatMap(({ inputs }) => inputs.map(({ id }) => makers.get(id))))
  const found = new Set<Node>()
  const lastFirst = (nodes: readonly Node[]): readonly Node[] =>
    [...nodes].sort((a, b) => written.indexOf(b) - written.indexOf(a))
  const visit = (node: Node): void => {
    if (found.has(node)) return
    lastFirst(node.inputs.flatMap(({ id }) => makers.get(id) ?? [])).forEach(visit)
    found.add(node)
  }
  lastFirst(written.filter((node) => !read.has(node))).forEach(visit)
  return [...found]
}

test('a gradient is written in such an order that walking it backwards finds the order of its trace', () => {
  const found = walked(emissionOrder(training)).filter((node) => !isConstant(node))
  expect(found.map(idOf)).toEqual(wanted(training))
  expect(walked(training.nodes).map(idOf)).not.toEqual(found.map(idOf))
})

// its WebAssembly build keeps no profile
test.runIf(isNode())('ONNX Runtime walks as is assumed', async () => {
  const profile = await onnxEngine().profile!(training, [wave([SIZE, SIZE]), wave([SIZE, SIZE], 1)], 2)
  expect(profile!.kernels.map(({ nodes }) => nodes[0])).toEqual(wanted(training))
})

test('all nodes are written, each after what it reads', () => {
  fc.assert(
    fc.property(instructions, (program) => {
      const graph = programOf(program)
      const order = emissionOrder(graph)
      expect(new Set(order)).toEqual(new Set(graph.nodes))
      const known = new Set(graph.inputs.map(({ id }) => id))
      for (const { inputs, outputs } of order) {
        for (const { id } of inputs) expect(known).toContain(id)
        for (const { id } of outputs) known.add(id)
      }
    })
  )
})
