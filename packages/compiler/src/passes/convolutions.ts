/**
 * Fuses what surrounds convolutions and pools, once their layouts agree: a bias into the convolution (ONNX Runtime then takes
 * a ReLU that follows into it as well), and a mask of what was pooled into the pooled side of its gradient.
 */
import { sameShape, type Node, type Value } from '../graph/graph.js'
import { addAlong, type AddAlongAttrs } from '../primitives/along.js'
import { biasedConvolution } from '../primitives/biased-convolution.js'
import { select } from '../primitives/binary.js'
import type { ConvolutionAttrs } from '../primitives/convolution-form.js'
import type { MaxPoolAttrs } from '../primitives/max-pool-form.js'
import { reshape, type ShapeAttrs } from '../primitives/shape.js'
import { isNode, recursive, type Pass } from './pass.js'
import { rewritePass, type Rewriter, type Rule } from './rewrite.js'
import { viewRules } from './views.js'

/** One number for each channel of [N, O, ...positions]; undefined for other operands. */
const biasOf = (value: Value, output: Value, { emit }: Rewriter): Value | undefined => {
  const rank = output.shape.length
  const aligned = [...Array.from({ length: rank - value.shape.length }, () => 1), ...value.shape]
  const isPerChannel = aligned.every((n, axis) => n === (axis === 1 ? output.shape[1] : 1))
  return isPerChannel ? emit(reshape, [value], { shape: [output.shape[1]!] })[0] : undefined
}

const fuseBias = (value: Value, addend: Value, output: Value, rewriter: Rewriter): readonly Value[] | null => {
  const node = rewriter.producer(value)
  if (node === undefined || !isNode<ConvolutionAttrs>(node, 'convolution') || node.attrs.of !== 'output') return null
  if (rewriter.uses(value) > 1 || !sameShape(value.shape, output.shape)) return null
  const bias = biasOf(addend, output, rewriter)
  return bias === undefined ? null : rewriter.emit(biasedConvolution, [...node.inputs, bias], node.attrs)
}

const biasIntoConvolution: Rule = (node, rewriter) => {
  if (node.primitive.name !== 'add') return null
  const [a, b] = node.inputs as readonly [Value, Value]
  const [output] = node.outputs as readonly [Value]
  return fuseBias(a, b, output, rewriter) ?? fuseBias(b, a, output, rewriter)
}

/** Through reshapes that only flatten or split the image of a pool. */
const beforeReshape = (value: Value, { producer }: Rewriter): Value => {
  const node = producer(value)
  return node !== undefined && isNode<ShapeAttrs>(node, 'reshape') ? node.inputs[0]! : value
}

/**
 * where(x > c, dy put back to the places of max-pool x, 0) = where(max-pool x > c, dy, 0) put back: the elements of x at
 * those places are the maxima, and elsewhere there is nothing to mask. The mask is then as small as the pool's result.
 */
const maskBeforeUnpooling: Rule = (node, rewriter) => {
  const { producer, constantOf, emit } = rewriter
  if (node.primitive.name !== 'select') return null
  const [mask, spread, other] = node.inputs as readonly [Value, Value, Value]
  const test = producer(mask)
  const sums = producer(beforeReshape(spread, rewriter))
  if (test?.primitive.name !== 'greater' || sums === undefined || constantOf(other)?.data[0] !== 0) return null
  if (!isNode<AddAlongAttrs>(sums, 'addAlong') || !sums.attrs.isDisjoint || other.shape.length > 0) return null
  const [dy, places] = sums.inputs as readonly [Value, Value]
  const pool = producer(beforeReshape(places, rewriter))
  const [x, bound] = test.inputs as readonly [Value, Value]
  if (pool === undefined || !isNode<MaxPoolAttrs>(pool, 'maxPool') || pool.inputs[0] !== x) return null
  if (bound.shape.length > 0 || !sameShape(spread.shape, x.shape)) return null
  const [largest] = emit(reshape, [pool.outputs[0]!], { shape: dy.shape })
  const kept = emit(select, [...emit(test.primitive, [largest!, bound], {}), dy, other], {})
  return emit(reshape, emit(addAlong, [...kept, places], sums.attrs), { shape: node.outputs[0]!.shape })
}

export const convolutionFusion = rewritePass('convolutions', ...viewRules, maskBeforeUnpooling, biasIntoConvolution)

/** Places of maxima that nothing asks for need not be found. */
export const unusedPlaces: Pass = recursive('unusedPlaces', (graph) => {
  const used = new Set([...graph.nodes.flatMap(({ inputs }) => inputs), ...graph.outputs].map(({ id }) => id))
  const nodes = graph.nodes.map((node): Node => {
    if (!isNode<MaxPoolAttrs>(node, 'maxPool') || !node.attrs.indices || used.has(node.outputs[1]!.id)) return node
    return { ...node, attrs: { ...node.attrs, indices: false }, outputs: node.outputs.slice(0, 1) }
  })
  return nodes.every((node, i) => node === graph.nodes[i]) ? graph : { ...graph, nodes }
})
