/** Tangent rules of primitives that are linear in their float32 inputs: the op itself, applied to the tangents. */
import * as tf from '@tensorflow/tfjs-core'
import { isFloat, type Attrs } from '../graph/graph.js'
import { bind } from '../trace/context.js'
import type { JvpContext, Primitive } from './primitive.js'

/** For an op linear in all its float32 inputs together (concat, gather, a choice): y = f(x) has the tangent f(dx). */
export const linearJvp = <A extends Attrs>(
  primitive: Primitive<A>,
  { inputs, tangents, attrs }: JvpContext<A>
): readonly tf.Tensor[] =>
  bind(
    primitive,
    inputs.map((x, i) => (isFloat(x) ? (tangents[i] ?? tf.zerosLike(x)) : x)),
    attrs
  )

/** For an op with one output that is linear in each float32 input by itself (products): the sum of f with one tangent put in. */
export const multilinearJvp = <A extends Attrs>(
  primitive: Primitive<A>,
  { inputs, tangents, attrs }: JvpContext<A>
): readonly tf.Tensor[] => {
  const terms = tangents.flatMap((tangent, i) =>
    tangent === null || !isFloat(inputs[i]!)
      ? []
      : bind(
          primitive,
          inputs.map((x, k) => (k === i ? tangent : x)),
          attrs
        ).slice(0, 1)
  )
  return [terms.reduce((a, b) => tf.add(a, b))]
}
