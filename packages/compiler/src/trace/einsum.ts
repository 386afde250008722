/** Einstein summation as transposes, reshapes and one batched matrix product per pair of operands. */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError } from '../errors.js'
import { sizeOf } from '../graph/graph.js'
import { indexPair } from '../graph/index-pair.js'
import { whereabouts } from './user-line.js'

interface Labelled {
  readonly labels: string
  readonly tensor: tf.Tensor
}

const invalid = (equation: string, got: string): BdlError =>
  new BdlError({
    code: 'InvalidArgument',
    fn: 'einsum',
    argument: `equation '${equation}'`,
    expected: 'one label per axis and a known output',
    got,
    ...whereabouts()
  })

/** Sums away the labels that nothing else needs. */
const sumOut = ({ labels, tensor }: Labelled, keep: string): Labelled => {
  const axes = [...labels].flatMap((c, i) => (keep.includes(c) ? [] : [i]))
  return axes.length === 0
    ? { labels, tensor }
    : { labels: [...labels].filter((c) => keep.includes(c)).join(''), tensor: tf.sum(tensor, axes) }
}

const arrange = ({ labels, tensor }: Labelled, order: string): tf.Tensor => {
  const perm = [...order].map((c) => labels.indexOf(c))
  return perm.every((p, i) => p === i) ? tensor : tf.transpose(tensor, perm)
}

/** a with labels batch+free_a+summed times b with batch+summed+free_b. */
const contract = (a: Labelled, b: Labelled, keep: string): Labelled => {
  const { batch, contracted, free } = indexPair([...a.labels], [...b.labels], new Set(keep))
  const [freeA, freeB] = free
  const sizesIn = (labels: readonly string[], { labels: own, tensor }: Labelled): number[] =>
    labels.map((c) => tensor.shape[own.indexOf(c)]!)
  const [sizesBatch, sizesA, sizesB] = [sizesIn(batch, a), sizesIn(freeA, a), sizesIn(freeB, b)]
  const inner = sizeOf(sizesIn(contracted, a))
  const orderA = [...batch, ...freeA, ...contracted].join('')
  const orderB = [...batch, ...contracted, ...freeB].join('')
  const left = tf.reshape(arrange(a, orderA), [...sizesBatch, sizeOf(sizesA), inner])
  const right = tf.reshape(arrange(b, orderB), [...sizesBatch, inner, sizeOf(sizesB)])
  return {
    labels: [...batch, ...freeA, ...freeB].join(''),
    tensor: tf.reshape(tf.matMul(left, right), [...sizesBatch, ...sizesA, ...sizesB])
  }
}

/** @error InvalidArgument for repeated labels in one operand, ellipses, or labels that do not match the ranks */
export const einsum = (equation: string, tensors: readonly tf.Tensor[]): tf.Tensor => {
  const [lhs, out] = equation.replace(/\s/g, '').split('->')
  const inputs = (lhs ?? '').split(',')
  if (out === undefined || inputs.length !== tensors.length) throw invalid(equation, `${tensors.length} operands`)
  const operands = inputs.map((labels, i): Labelled => {
    const tensor = tensors[i]!
    if (labels.length !== tensor.rank || new Set(labels).size !== labels.length)
      throw invalid(equation, `'${labels}' for rank ${tensor.rank}`)
    return { labels, tensor }
  })
  const result = operands.reduce((a, b, i) => {
    const later = operands
      .slice(i + 1)
      .map((t) => t.labels)
      .join('')
    const keep = out + later
    return contract(sumOut(a, keep + b.labels), sumOut(b, keep + a.labels), keep)
  })
  return arrange(sumOut(result, out), out)
}
