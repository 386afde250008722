/**
 * docs/ops.md, from the code: every TensorFlow.js kernel and every primitive, with the rules that there are. What a
 * composition has follows from a trace of a call: it has a derivative if one flows through its graph, and so on.
 */
import type * as tf from '@tensorflow/tfjs-core'
import { unsupportedByWasm } from '../../src/engines/wasm'
import { emitOnnx } from '../../src/emit/onnx-model'
import { evaluateReference } from '../../src/graph/evaluate'
import type { Graph, Value } from '../../src/graph/graph'
import type { Primitive } from '../../src/primitives/primitive'
import { allKernelNames, traceKernels } from '../../src/trace/kernels'
import { refusals } from '../../src/trace/refusals'
import { vmap } from '../../src/index'
import { graphFor, hostOf, type Argument, type Row } from './laws'
import { callKernel, samples } from './op-samples'

const YES = 'yes'
const NO = '–'

const isFloat = ({ dtype }: Value): boolean => dtype === 'float32'

const hasVjp = (primitive: Primitive): boolean => primitive.vjp !== undefined

const hasJvp = (primitive: Primitive): boolean => primitive.jvp !== undefined

/** Whether a derivative of one kind flows from the float32 inputs of a graph to its float32 outputs. */
const flows = ({ inputs, nodes, outputs }: Graph, hasRule: (primitive: Primitive) => boolean): boolean => {
  const reached = new Set(inputs.filter(isFloat).map(({ id }) => id))
  for (const { primitive, inputs: own, outputs: made } of nodes)
    if (hasRule(primitive) && own.some(({ id }) => reached.has(id)))
      made.filter(isFloat).forEach(({ id }) => reached.add(id))
  return outputs.some(({ id }) => reached.has(id))
}

const isSmooth = ({ inputs, outputs }: Graph): boolean => inputs.some(isFloat) && outputs.some(isFloat)

/** 'yes', '0' where float32 goes in and out but nothing flows, or nothing to say. */
const derivative = (graph: Graph, hasRule: (primitive: Primitive) => boolean): string =>
  isSmooth(graph) ? (flows(graph, hasRule) ? YES : '0') : NO

const succeeds = (body: () => unknown): string => {
  body()
  return YES
}

type Call = (...xs: tf.Tensor[]) => readonly tf.Tensor[]

/** The columns that a graph decides. Each of them is tried, and throws where it is not so. */
const columns = (call: Call, args: readonly Argument[]): readonly string[] => {
  const graph = graphFor(call, args)
  const batched = (): unknown =>
    graphFor(
      vmap((...xs: tf.Tensor[]) => call(...xs)),
      args.map(stacked)
    )
  return [
    derivative(graph, hasVjp),
    derivative(graph, hasJvp),
    args.length === 0 ? NO : succeeds(batched),
    succeeds(() => emitOnnx(graph)),
    succeeds(() =>
      evaluateReference(
        graph,
        args.map((arg) => hostOf(arg))
      )
    ),
    unsupportedByWasm(graph).length === 0 ? YES : NO
  ]
}

const stacked = ({ shape, dtype, values }: Argument): Argument => ({
  shape: [2, ...shape],
  dtype,
  values: (phase) => [...values(phase), ...values(phase + 1)]
})

/** What moves numbers, or is written down: left out where something computes. */
const MOVES = ['broadcastTo', 'cast', 'constant', 'reshape', 'transpose']

/** Names of the primitives that a call records, each once, in order. */
const recorded = (call: Call, args: readonly Argument[]): readonly string[] => {
  const names = [...new Set(graphFor(call, args).nodes.map(({ primitive }) => primitive.name))]
  const computing = names.filter((name) => !MOVES.includes(name))
  return computing.length > 0 ? computing : names
}

const code = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ')

const kernelRow = (kernel: string): readonly string[] => {
  const own = samples[kernel]
  if (own === undefined) throw new Error(`test/support/op-samples.ts has no call of ${kernel}`)
  const args = Object.values(own.inputs)
  const call = callKernel(kernel, own)
  return [`\`${kernel}\``, code(recorded(call, args)) || 'its input', ...columns(call, args)]
}

const primitiveRow = (row: Row): readonly string[] => {
  const { nodes } = graphFor((...xs) => [row.f(...xs)], row.args)
  const node = nodes.find(({ primitive }) => primitive.name === row.primitive)
  if (node === undefined) throw new Error(`the row of ${row.primitive} does not record it`)
  const { primitive } = node
  const has = (rule: unknown): string => (rule === undefined ? NO : YES)
  return [`\`${primitive.name}\``, has(primitive.vjp), has(primitive.jvp), YES, YES, YES, has(primitive.wasm)]
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const widths = head.map((title, k) => Math.max(3, title.length, ...rows.map((row) => row[k]!.length)))
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, k) => cell.padEnd(widths[k]!)).join(' | ')} |`
  return [line(head), line(widths.map((n) => '-'.repeat(n))), ...rows.map(line)].join('\n')
}

const TITLES = ['vjp', 'jvp', 'vmap', 'ONNX', 'reference', 'wasm']

const byName = (a: string, b: string): number => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)

/** @param rows the law table: one row or more for each primitive */
export const opsPage = (rows: readonly Row[]): string => {
  const kernels = Object.keys(traceKernels).sort(byName)
  const refused = allKernelNames()
    .filter((kernel) => !(kernel in traceKernels))
    .sort(byName)
  const first = new Map(rows.map((row): [string, Row] => [row.primitive, row]).reverse())
  const primitives = [...first.keys()].sort(byName)
  return `# Every op

Made from the code by \`npm run docs:ops\`; a test holds it to the code. What a column says of a kernel was tried on a call
of it: what the trace records, whether a derivative flows through that (0: it is zero, as of \`floor\`; ${NO}: no float32 goes
in or comes out), whether the call is batched by \`vmap\`, emitted as ONNX, computed in float64 by the reference engine, and
whether the engine that writes WebAssembly has rules for it.

All functions of \`tf\` (\`tf.norm\`, \`tf.losses\`, \`tf.linalg.qr\`, ...) call these kernels. What cannot be traced is one error
that names the op and the line: [What cannot be traced](compiler.md#what-cannot-be-traced).

## Kernels of TensorFlow.js

${kernels.length} of ${kernels.length + refused.length} are traced. Constants, reshapes, broadcasts, transposes and casts are left out of the second
column where there is more.

${table(['kernel', 'recorded as', ...TITLES], kernels.map(kernelRow))}

## Kernels that are refused

${table(
  ['kernel', 'why', 'what to do'],
  refused.map((kernel) => [`\`${kernel}\``, refusals[kernel]!.got, refusals[kernel]!.hint])
)}

## Primitives

${primitives.length}; each is held to the laws of \`test/primitive-laws.test.ts\`.

${table(
  ['primitive', ...TITLES],
  primitives.map((name) => primitiveRow(first.get(name)!))
)}
`
}
