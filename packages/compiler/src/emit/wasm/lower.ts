/** From a graph to loop nests: runs the rule of every node, and keeps where each value lies. */
import { BdlError } from '../../errors.js'
import { allNodes, sizeOf, type DType, type Graph, type NdArray, type Shape, type Value } from '../../graph/graph.js'
import { addNest, addStep, openBlock, type OpenBlock } from './fuse.js'
import { floatBits } from './bytes.js'
import { inPlace } from './in-place.js'
import { lanes as newLanes, type Expr, type Lanes } from './lanes.js'
import { TINY, type Block, type Buffer, type Operand, type Program, type Statement } from './program.js'
import { monoidOf } from './reduction.js'
import { regroup, separate } from './regroup.js'
import type { WasmScope } from './scope.js'
import { broadcast, isWhole, plainView, reshaped } from './strided.js'

/** The 32 bits that hold a value of a dtype. */
export const bitsOf = (value: number, dtype: DType): number =>
  dtype === 'float32' ? floatBits(value) : dtype === 'int32' ? value | 0 : value === 0 ? 0 : -1

const missing = (name: string): BdlError =>
  new BdlError({
    code: 'UnsupportedOp',
    fn: 'jit',
    argument: `op ${name}`,
    expected: 'ops with a rule for WebAssembly',
    got: name,
    hint: "Use engine 'onnx' or 'auto' for this function"
  })

/** Names of the primitives of a graph, bodies included, that have no rule for this engine. */
export const withoutRule = (graph: Graph): readonly string[] => [
  ...new Set(allNodes(graph).flatMap(({ primitive }) => (primitive.wasm === undefined ? [primitive.name] : [])))
]

/** What is known while a graph is lowered. */
interface State {
  readonly unrolled: number
  readonly constants: { readonly buffer: Buffer; readonly data: ArrayLike<number> }[]
  block: OpenBlock
  buffers: number
  loops: number
  /** Id of the first output of the node whose rule runs. */
  node: number
  /** The innermost loop around what is added now, or -1. */
  loop: number
}

const isUniform = (data: ArrayLike<number>): boolean => {
  for (let i = 1; i < data.length; i++) if (!Object.is(data[i], data[0])) return false
  return data.length > 0
}

const newBuffer = (state: State, size: number, dtype: DType): Buffer => ({
  id: state.buffers++,
  size,
  dtype,
  loop: state.loop
})

const room = (state: State, shape: Shape, dtype: DType): Operand => ({
  shape,
  dtype,
  source: newBuffer(state, sizeOf(shape), dtype),
  view: plainView(shape)
})

const constantOperand = (state: State, shape: Shape, dtype: DType, data: ArrayLike<number>): Operand => {
  if (isUniform(data)) return repeated(shape, dtype, bitsOf(data[0]!, dtype))
  const buffer = { ...newBuffer(state, sizeOf(shape), dtype), loop: -1 }
  state.constants.push({ buffer, data })
  return { shape, dtype, source: buffer, view: plainView(shape) }
}

/** Collects the steps that `add` adds. */
const collect = (l: Lanes, state: State, loop: number, add: () => void): Block => {
  const [outerBlock, outerLoop] = [state.block, state.loop]
  const block = openBlock()
  state.block = block
  state.loop = loop
  add()
  state.block = outerBlock
  state.loop = outerLoop
  return regroup(l, block)
}

const bufferOf = ({ source }: Operand): Buffer => {
  if (typeof source === 'number') throw new Error('a repeated number has no buffer')
  return source
}

/** One number everywhere, given by its bits. */
const repeated = (shape: Shape, dtype: DType, bits: number): Operand => ({
  shape,
  dtype,
  source: bits,
  view: { offset: 0, strides: shape.map(() => 0), cursors: [] }
})

const scopeFor = (state: State): WasmScope => {
  const l = newLanes()
  const exprOf = (x: Operand, shape: Shape): Expr =>
    typeof x.source === 'number' ? l.i(x.source) : l.load(x.source, broadcast(x, shape).view)
  const add = (shape: Shape, reduced: readonly boolean[], statement: Statement): void => {
    if (sizeOf(shape) > 0)
      addNest(l, state.block, {
        kind: 'nest',
        shape,
        reduced,
        isUnrolled: sizeOf(shape) <= state.unrolled,
        statements: [statement]
      })
  }
  const unreduced = (shape: Shape): readonly boolean[] => shape.map(() => false)
  const write: WasmScope['write'] = (target, x) =>
    add(target.shape, unreduced(target.shape), {
      target: bufferOf(target),
      view: target.view,
      value: exprOf(x, target.shape)
    })
  const copy = (x: Operand): Operand => {
    const target = room(state, x.shape, x.dtype)
    write(target, x)
    return target
  }
  const contract: WasmScope['contract'] = (shape, dtype, inputs, f, axes, how) => {
    const reduced = shape.map((_, axis) => axes.includes(axis))
    const kept = shape.filter((_, axis) => !reduced[axis])
    if (sizeOf(shape) === 0) return repeated(kept, dtype, monoidOf(how, { dtype }).identity)
    const target = room(state, kept, dtype)
    const strides = [...target.view.strides]
    const view = { ...target.view, strides: reduced.map((is) => (is ? 0 : strides.shift()!)) }
    const value = f(l, ...inputs.map((x) => exprOf(x, shape)))
    add(shape, reduced, { target: bufferOf(target), view, value, reduce: how })
    return target
  }
  const scope: WasmScope = {
    lanes: l,
    map: (shape, dtypes, inputs, f) =>
      f(l, ...inputs.map((x) => exprOf(x, shape))).map((value, i) => {
        const target = room(state, shape, dtypes[i]!)
        add(shape, unreduced(shape), { target: bufferOf(target), view: target.view, value })
        return target
      }),
    reduce: (x, axes, how) => (axes.length === 0 ? x : contract(x.shape, x.dtype, [x], (_, v) => v!, axes, how)),
    contract,
    reshape: (x, shape) => reshaped(x, shape) ?? reshaped(copy(x), shape)!,
    plain: (x) => (isWhole(x) ? x : copy(x)),
    room: (shape, dtype) => room(state, shape, dtype),
    write,
    fence: () => void state.block.fences.push(state.block.steps.length),
    kernel: (kernel) => addStep(state.block, { kind: 'kernel', node: state.node, ...kernel }),
    constant: (shape, dtype, data) => constantOperand(state, shape, dtype, data),
    inline: (graph, inputs) => inline(scope, state, graph, inputs),
    repeat: (length, body) => addRepeat(scope, state, length, body),
    branch: (predicate, onTrue, onFalse) => {
      const flag = bufferOf(scope.plain(predicate))
      addStep(state.block, {
        kind: 'branch',
        predicate: flag,
        onTrue: collect(scope.lanes, state, state.loop, onTrue),
        onFalse: collect(scope.lanes, state, state.loop, onFalse)
      })
    }
  }
  return Object.freeze(scope)
}

const addRepeat = (
  scope: WasmScope,
  state: State,
  length: number | (() => Operand),
  body: (loop: number) => void
): void => {
  const loop = state.loops++
  let predicate: Buffer | undefined
  const head =
    typeof length === 'number'
      ? undefined
      : collect(scope.lanes, state, loop, () => {
          predicate = bufferOf(scope.plain(length()))
        })
  const steps = collect(scope.lanes, state, loop, () => body(loop))
  const test = head !== undefined && predicate !== undefined ? { block: head, predicate } : undefined
  addStep(state.block, { kind: 'repeat', loop, length: test ?? Number(length), body: steps })
}

const inline = (scope: WasmScope, state: State, graph: Graph, inputs: readonly Operand[]): readonly Operand[] => {
  const env = new Map(graph.inputs.map((value, i) => [value.id, inputs[i]!] as const))
  for (const { primitive, inputs: args, attrs, outputs } of graph.nodes) {
    if (primitive.wasm === undefined) throw missing(primitive.name)
    state.node = outputs[0]!.id
    const results = primitive.wasm(scope, {
      inputs: args.map(({ id }) => env.get(id)!),
      outputAvals: outputs,
      attrs
    })
    outputs.forEach(({ id }, i) => env.set(id, results[i]!))
  }
  return graph.outputs.map(({ id }) => env.get(id)!)
}

/** A program around another one: what comes before it, and after. Values are known by their ids, which all parts share. */
export interface Around {
  /** The inputs of the whole, those that are bound last. */
  readonly inputs: readonly Value[]
  /** Its inputs are some of those; its outputs are what the other parts read. */
  readonly before: Graph
  /** Outputs of `before` that are handed to what stands in the middle. */
  readonly handed: readonly Value[]
  /** What comes back. */
  readonly received: readonly Value[]
  /** Its inputs are inputs of the whole, outputs of `before`, and what comes back. */
  readonly after: Graph
}

const isAround = (whole: Graph | Around): whole is Around => 'before' in whole

export interface LowerOptions {
  /** Up to how many elements a nest is written out; default and most `TINY`. */
  readonly unrolled?: number
  /** Positions of inputs that a call uses up, so that results may take their place. */
  readonly given?: readonly number[]
}

/** @error UnsupportedOp for a primitive without a rule */
export const lower = (
  whole: Graph | Around,
  bound: readonly NdArray[],
  { unrolled = TINY, given = [] }: LowerOptions = {}
): Program => {
  const state: State = { unrolled, constants: [], block: openBlock(), buffers: 0, loops: 0, node: 0, loop: -1 }
  const scope = scopeFor(state)
  const free = whole.inputs.length - bound.length
  const env = new Map<number, Operand>()
  const define = (values: readonly Value[], operands: readonly Operand[]): void =>
    values.forEach(({ id }, i) => env.set(id, operands[i]!))
  const roomFor = ({ shape, dtype }: Value): Operand => room(state, shape, dtype)
  const run = (graph: Graph): readonly Operand[] =>
    inline(
      scope,
      state,
      graph,
      graph.inputs.map(({ id }) => env.get(id)!)
    )
  const buffersOf = (xs: readonly Operand[]): readonly Buffer[] => xs.map((x) => bufferOf(scope.plain(x)))
  const inputs = whole.inputs.slice(0, free).map(roomFor)
  define(whole.inputs, [
    ...inputs,
    ...bound.map(({ shape, dtype, data }) => constantOperand(state, shape, dtype, data))
  ])
  const stages: Block[] = []
  const close = (): void => {
    stages.push(regroup(scope.lanes, state.block))
    state.block = openBlock()
  }
  let [handed, received]: [readonly Buffer[], readonly Operand[]] = [[], []]
  if (isAround(whole)) {
    define(whole.before.outputs, run(whole.before))
    handed = buffersOf(whole.handed.map(({ id }) => env.get(id)!))
    received = whole.received.map(roomFor)
    define(whole.received, received)
    close()
  }
  const outputs = buffersOf(run(isAround(whole) ? whole.after : whole))
  close()
  const kept = new Set([...outputs, ...handed])
  const program: Program = {
    lanes: scope.lanes,
    stages: separate(
      scope.lanes,
      stages,
      (buffer) => kept.has(buffer),
      (size, { dtype, loop }) => ({ id: state.buffers++, size, dtype, loop })
    ),
    inputs: inputs.map(bufferOf),
    outputs,
    handed,
    received: received.map(bufferOf),
    inPlace: [],
    constants: state.constants,
    loops: state.loops,
    buffers: state.buffers
  }
  return inPlace(
    program,
    given.map((i) => program.inputs[i]!)
  )
}
