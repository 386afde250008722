/** exp(logSoftmax(x)), which a gradient of cross entropy contains, is softmax(x) where nothing else needs the logarithm. */
import { NO_ATTRS } from '../primitives/elementwise.js'
import { softmax } from '../primitives/softmax.js'
import { rewritePass, type Rule } from './rewrite.js'

export const expOfLogSoftmax: Rule = (node, { producer, uses, emit }) => {
  if (node.primitive.name !== 'exp') return null
  const [y] = node.inputs
  const inner = producer(y!)
  if (inner?.primitive.name !== 'logSoftmax' || uses(y!) > 1) return null
  return emit(softmax, inner.inputs, NO_ATTRS)
}

export const softmaxFusion = rewritePass('softmax', expOfLogSoftmax)
