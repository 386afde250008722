/**
 * Fuses what surrounds convolutions and pools, once their layouts agree: a bias into the convolution (ONNX Runtime then takes
 * a ReLU that follows into it as well), and a mask of what was pooled into the pooled side of its gradient.
 */
import { sameShape, sizeOf, type Node, type Value } from '../graph/graph.js'
import { addAlong, type AddAlongAttrs } from '../primitives/along.js'
import { biasedConvolution } from '../primitives/biased-convolution.js'
import { select } from '../primitives/binary.js'
import type { ConvolutionAttrs } from '../primitives/convolution-form.js'
import type { MaxPoolAttrs } from '../primitives/max-pool-form.js'
import { reshape, type ShapeAttrs } from '../primitives/shape.js'
import { isNode, recursive, type Pass } from './pass.js'
import { rewritePass, type Rewriter, type Rule } from './rewrite.js'
import { viewRules } from './views.js'

/**
 * One number for each channel of [N, ...channels, ...positions], as [O]; undefined for other operands. The channels are several
 * axes where those of several members stand side by side.
 */
const biasOf = (value: Value, output: Value, positions: number, { emit }: Rewriter): Value | undefined => {
  const { shape } = output
  const aligned = [...Array.from({ length: shape.length - value.shape.length }, () => 1), ...value.shape]
  const isChannel = (axis: number): boolean => axis > 0 && axis < shape.length - positions
  const isPerChannel = aligned.every((n, axis) => n === (isChannel(axis) ? shape[axis] : 1))
  return isPerChannel ? emit(reshape, [value], { shape: [sizeOf(value.shape)] })[0] : undefined
}

/** The convolution behind `value`, if nothing else uses it; the members of its channels may have been parted since. */
const convolutionOf = (value: Value, rewriter: Rewriter): (Node & { readonly attrs: ConvolutionAttrs }) | undefined => {
  const parted = rewriter.producer(value)
  const isParted = parted !== undefined && isNode<ShapeAttrs>(parted, 'reshape')
  const whole = isParted ? parted.inputs[0]! : value
  const node = rewriter.producer(whole)
  if (node === undefined || !isNode<ConvolutionAttrs>(node, 'convolution') || node.attrs.of !== 'output')
    return undefined
  const spatial = node.attrs.image.length
  const keepsRest =
    value.shape[0] === whole.shape[0] && sameShape(value.shape.slice(-spatial), whole.shape.slice(-spatial))
  return keepsRest && rewriter.uses(value) === 1 && rewriter.uses(whole) === 1 ? node : undefined
}

const fuseBias = (value: Value, addend: Value, output: Value, rewriter: Rewriter): readonly Value[] | null => {
  const node = convolutionOf(value, rewriter)
  if (node === undefined || !sameShape(value.shape, output.shape)) return null
  const bias = biasOf(addend, output, node.attrs.image.length, rewriter)
  if (bias === undefined || bias.shape[0] !== node.outputs[0]!.shape[1]) return null
  const fused = rewriter.emit(biasedConvolution, [...node.inputs, bias], node.attrs)
  return rewriter.emit(reshape, fused, { shape: output.shape })
}

const biasIntoConvolution: Rule = (node, rewriter) => {
  if (node.primitive.name !== 'add') return null
  const [a, b] = node.inputs as readonly [Value, Value]
  const [output] = node.outputs as readonly [Value]
  return fuseBias(a, b, output, rewriter) ?? fuseBias(b, a, output, rewriter)
}

/** A ReLU next to its convolution, where ONNX Runtime takes it in, and the reshape behind both. */
const reluBeforeReshape: Rule = (node, { producer, emit }) => {
  if (node.primitive.name !== 'relu') return null
  const parted = producer(node.inputs[0]!)
  if (parted === undefined || !isNode<ShapeAttrs>(parted, 'reshape')) return null
  if (producer(parted.inputs[0]!)?.primitive.name !== biasedConvolution.name) return null
  return emit(reshape, emit(node.primitive, parted.inputs, node.attrs), parted.attrs)
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

export const convolutionFusion = rewritePass(
  'convolutions',
  ...viewRules,
  maskBeforeUnpooling,
  biasIntoConvolution,
  reluBeforeReshape
)

/** Places of maxima that nothing asks for need not be found. */
export const unusedPlaces: Pass = recursive('unusedPlaces', (graph) => {
  const used = new Set([...graph.nodes.flatMap(({ inputs }) => inputs), ...graph.outputs].map(({ id }) => id))
  const nodes = graph.nodes.map((node): Node => {
    if (!isNode<MaxPoolAttrs>(node, 'maxPool') || !node.attrs.indices || used.has(node.outputs[1]!.id)) return node
    return { ...node, attrs: { ...node.attrs, indices: false }, outputs: node.outputs.slice(0, 1) }
  })
  return nodes.every((node, i) => node === graph.nodes[i]) ? graph : { ...graph, nodes }
})
