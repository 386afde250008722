/** Einstein summation as transposes, reshapes and one batched matrix product per pair of operands. */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError } from '../errors.js'
import { whereabouts } from './user-line.js'

interface Labelled {
  readonly labels: string
  readonly tensor: tf.Tensor
}

const without = (labels: string, drop: string): string => [...labels].filter((c) => !drop.includes(c)).join('')

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
  const shared = [...a.labels].filter((c) => b.labels.includes(c)).join('')
  const summed = without(shared, keep)
  const batch = without(shared, summed)
  const freeA = without(a.labels, shared)
  const freeB = without(b.labels, shared)
  const sizeIn = (labels: string, t: Labelled): number[] => [...labels].map((c) => t.tensor.shape[t.labels.indexOf(c)]!)
  const count = (sizes: readonly number[]): number => sizes.reduce((n, d) => n * d, 1)
  const [sizesBatch, sizesA, sizesB, sizesSum] = [
    sizeIn(batch, a),
    sizeIn(freeA, a),
    sizeIn(freeB, b),
    sizeIn(summed, a)
  ]
  const left = tf.reshape(arrange(a, batch + freeA + summed), [...sizesBatch, count(sizesA), count(sizesSum)])
  const right = tf.reshape(arrange(b, batch + summed + freeB), [...sizesBatch, count(sizesSum), count(sizesB)])
  const product = tf.matMul(left, right)
  return { labels: batch + freeA + freeB, tensor: tf.reshape(product, [...sizesBatch, ...sizesA, ...sizesB]) }
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
