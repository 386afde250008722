/**
 * Widens small operands of large elementwise ops. ONNX Runtime broadcasts run by run: adding [10] to [16, 1000, 10] is 16000
 * runs of 10 numbers and takes 250 µs, while copying [10] to [1000, 10] first leaves 16 runs and takes 90 µs in all.
 */
import { sizeOf, type Shape } from '../graph/graph.js'
import { binaries } from '../primitives/binary.js'
import { broadcastTo } from '../primitives/shape.js'
import { rewritePass, type Rule } from './rewrite.js'

/** Outputs below this size take no time either way. */
const MIN_OUTPUT = 2048
/** Runs of this length are as quick as one. */
const LONG_RUN = 64
/** Up to here operands are widened. */
const WIDE = 1024
/** Repeating single numbers is slow (3 ns each), so such an operand must stay this much smaller than the output. */
const SCALAR_RATIO = 8

const BINARY: ReadonlySet<string> = new Set(Object.values(binaries).map(({ name }) => name))

/** Length of the runs in which an operand is read: its trailing axes that agree with the output, or trailing ones. */
const runLength = (shape: Shape, out: Shape, isRun: (n: number, wide: number) => boolean): number => {
  const wides = out.slice(out.length - shape.length)
  let run = 1
  for (let axis = shape.length - 1; axis >= 0 && isRun(shape[axis]!, wides[axis]!); axis--) run *= wides[axis]!
  return run
}

/** The operand's shape with axes widened from the right until the runs are long. */
const widened = (shape: Shape, out: Shape): Shape => {
  const full = [...Array.from({ length: out.length - shape.length }, () => 1), ...shape]
  let run = 1
  for (let axis = out.length - 1; axis >= 0 && run < WIDE; axis--) {
    full[axis] = out[axis]!
    run *= out[axis]!
  }
  return full
}

const widenOperand = (shape: Shape, out: Shape): Shape | undefined => {
  if (sizeOf(shape) === 1 || sizeOf(shape) === sizeOf(out)) return undefined
  const target = widened(shape, out)
  const repeatsNumbers = shape[shape.length - 1] === 1 && out[out.length - 1] !== 1
  const run = runLength(shape, out, (n, wide) => (repeatsNumbers ? n === 1 : n === wide))
  if (run >= LONG_RUN || (repeatsNumbers && sizeOf(target) * SCALAR_RATIO > sizeOf(out))) return undefined
  return target
}

const widenOperands: Rule = (node, { emit }) => {
  const [output] = node.outputs
  if (!BINARY.has(node.primitive.name) || sizeOf(output!.shape) < MIN_OUTPUT) return null
  const targets = node.inputs.map(({ shape }) => widenOperand(shape, output!.shape))
  if (targets.every((target) => target === undefined)) return null
  const inputs = node.inputs.map((input, i) => {
    const target = targets[i]
    return target === undefined ? input : emit(broadcastTo, [input], { shape: target })[0]!
  })
  return emit(node.primitive, inputs, node.attrs)
}

export const wideSpans = rewritePass('wideSpans', widenOperands)
