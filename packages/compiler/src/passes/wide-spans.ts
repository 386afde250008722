/**
 * Widens small operands of large elementwise ops. ONNX Runtime broadcasts run by run: adding [10] to [16, 1000, 10] is 16000
 * runs of 10 numbers and takes 250 µs, while copying [10] to [1000, 10] first leaves 16 runs and takes 90 µs in all.
 */
import { sizeOf, type Shape, type Value } from '../graph/graph.js'
import { binaries } from '../primitives/binary.js'
import { matMul } from '../primitives/linalg.js'
import { broadcastTo, cast, reshape } from '../primitives/shape.js'
import { foldConstant } from './constant-folding.js'
import { rewritePass, type Rewriter, type Rule } from './rewrite.js'
import { composeReshape, dropIdle } from './views.js'

/** Outputs below this size take no time either way, unless they are made of many runs. */
const [MIN_OUTPUT, MANY_RUNS] = [2048, 256]
/** Runs of this length are as quick as one. */
const LONG_RUN = 64
/** Up to here operands are widened. */
const WIDE = 1024
const BINARY: ReadonlySet<string> = new Set(Object.values(binaries).map(({ name }) => name))

/** Length of the runs in which an operand is read: its trailing axes that agree with the output, or trailing ones. */
const runLength = (shape: Shape, out: Shape, isRun: (n: number, wide: number) => boolean): number => {
  const wides = out.slice(out.length - shape.length)
  let run = 1
  for (let axis = shape.length - 1; axis >= 0 && isRun(shape[axis]!, wides[axis]!); axis--) run *= wides[axis]!
  return run
}

/** The shape in as many axes as the output has. */
const aligned = (shape: Shape, out: Shape): Shape => [
  ...Array.from({ length: out.length - shape.length }, () => 1),
  ...shape
]

/** The operand's shape with axes widened from the right until the runs are long. */
const widened = (shape: Shape, out: Shape): Shape => {
  const full = [...aligned(shape, out)]
  let run = 1
  for (let axis = out.length - 1; axis >= 0 && run < WIDE; axis--) {
    full[axis] = out[axis]!
    run *= out[axis]!
  }
  return full
}

/**
 * One number for each row, repeated along it: as a product with a row of ones, which is vectorised and exact (1 x = x, NaN and
 * infinities included).
 */
const repeatAlongRows = (operand: Value, columns: number, { emit, constant }: Rewriter): Value => {
  const ones = constant({ shape: [1, columns], dtype: 'float32', data: new Float32Array(columns).fill(1) })
  const [column] = emit(reshape, [operand], { shape: [sizeOf(operand.shape), 1] })
  const rows = emit(matMul, [column!, ones], { transposeA: false, transposeB: false })
  return emit(reshape, rows, { shape: [...operand.shape.slice(0, -1), columns] })[0]!
}

const widenOperand = (operand: Value, out: Shape, rewriter: Rewriter): Value => {
  const { shape, dtype } = operand
  if (sizeOf(shape) === 1 || sizeOf(shape) === sizeOf(out)) return operand
  const columns = out[out.length - 1]!
  const repeatsNumbers = shape[shape.length - 1] === 1 && columns !== 1
  const run = runLength(shape, out, (n, wide) => (repeatsNumbers ? n === 1 : n === wide))
  if (run >= LONG_RUN || (sizeOf(out) < MIN_OUTPUT && sizeOf(out) < run * MANY_RUNS)) return operand
  if (!repeatsNumbers) return rewriter.emit(broadcastTo, [operand], { shape: widened(shape, out) })[0]!
  return dtype === 'float32' ? widenOperand(repeatAlongRows(operand, columns, rewriter), out, rewriter) : operand
}

/** Integers below this size are floats, and no other integer rounds to one of them. */
const EXACT = 2 ** 24

/**
 * Labels [n, 1] against the constant numbers of classes [k], as floats: what repeats floats along rows is quick (118 to 34 µs
 * for 8192 labels and 10 classes).
 */
const labelsAsFloats: Rule = (node, rewriter) => {
  const [a, b] = node.inputs
  const { shape } = node.outputs[0]!
  if (node.primitive.name !== 'equal' || a!.dtype !== 'int32' || sizeOf(shape) < MIN_OUTPUT) return null
  const isLabels = (x: Value): boolean => x.shape[x.shape.length - 1] === 1 && sizeOf(x.shape) > 1
  const isClasses = (x: Value): boolean =>
    rewriter.constantOf(x)?.data.every((number) => Math.abs(number) < EXACT) === true
  if (!(isLabels(a!) && isClasses(b!)) && !(isLabels(b!) && isClasses(a!))) return null
  const floats = node.inputs.flatMap((x) => rewriter.emit(cast, [x], { dtype: 'float32' }))
  return rewriter.emit(node.primitive, floats, node.attrs)
}

const widenOperands: Rule = (node, rewriter) => {
  const [output] = node.outputs
  if (!BINARY.has(node.primitive.name) || sizeOf(output!.shape) < MANY_RUNS) return null
  const inputs = node.inputs.map((input) => widenOperand(input, output!.shape, rewriter))
  return inputs.every((input, i) => input === node.inputs[i]) ? null : rewriter.emit(node.primitive, inputs, node.attrs)
}

/** Numbers from which on reading them one by one takes longer than a reshape; that of a constant takes no time. */
const WORTH_A_RESHAPE = 32

/**
 * Where the last axis has size 1, an operand of fewer axes is read number by number: it gets leading ones (310 to 8 µs,
 * and 2.8 to 0.4 for [256, 1] and a constant).
 */
const alignRanks: Rule = (node, { emit, constant, constantOf }) => {
  const { shape: out } = node.outputs[0]!
  if (!BINARY.has(node.primitive.name) || out[out.length - 1] !== 1) return null
  const short = node.inputs.filter(({ shape }) => shape.length < out.length)
  const isFree = short.every((input) => constantOf(input) !== undefined)
  if (short.length === 0 || sizeOf(out) < (isFree ? 2 : WORTH_A_RESHAPE)) return null
  const inputs = node.inputs.map((input): Value => {
    const [known, shape] = [constantOf(input), aligned(input.shape, out)]
    return known === undefined ? emit(reshape, [input], { shape })[0]! : constant({ ...known, shape })
  })
  return emit(node.primitive, inputs, node.attrs)
}

export const wideSpans = rewritePass(
  'wideSpans',
  foldConstant,
  dropIdle,
  composeReshape,
  labelsAsFloats,
  widenOperands,
  alignRanks
)
