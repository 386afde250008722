/** From a function of trees to a closed graph that an engine can run: what `jit`, `audit` and `explain` begin with. */
import type { Tensor } from '@tensorflow/tfjs-core'
import { BdlError } from '../errors.js'
import { fromTensor } from '../engines/host-data.js'
import { sizeOf, type Aval, type Graph, type NdArray } from '../graph/graph.js'
import { constant } from '../primitives/constant.js'
import { flatten, unflatten, type Tree, type TreeDef } from '../tree.js'
import { isTracing } from './context.js'
import { traceGraph } from './trace-graph.js'

export interface TracedFunction {
  /** As traced: captured tensors are trailing inputs. */
  readonly traced: Graph
  /** With small captures as constants. */
  readonly graph: Graph
  /** Values of the last inputs of `graph`, the same for every run. */
  readonly bound: readonly NdArray[]
  /** How many tensors `f` closes over. */
  readonly captures: number
  readonly resultDef: TreeDef
}

/** Captured tensors up to this size become constants, which passes and engines can fold. */
const INLINE_CAPTURE_SIZE = 256

/** Splits captures into constants of the graph and trailing inputs that are bound to a value for every run. */
const bindCaptures = (
  graph: Graph,
  captured: readonly NdArray[]
): readonly [graph: Graph, bound: readonly NdArray[]] => {
  const free = graph.inputs.length - captured.length
  const isInlined = captured.map(({ shape }) => sizeOf(shape) <= INLINE_CAPTURE_SIZE)
  const constants = captured.flatMap((value, i) =>
    isInlined[i] === true
      ? [{ primitive: constant, inputs: [], attrs: { value }, outputs: [graph.inputs[free + i]!] }]
      : []
  )
  return [
    {
      inputs: graph.inputs.filter((_, i) => i < free || isInlined[i - free] === false),
      nodes: [...constants, ...graph.nodes],
      outputs: graph.outputs
    },
    captured.filter((_, i) => isInlined[i] === false)
  ]
}

/** Traces `f` for arguments of one structure, shapes and dtypes. Captured tensors are read now. */
export const traceClosed = <Args extends readonly Tree[], R extends Tree>(
  f: (...args: Args) => R,
  argsDef: TreeDef,
  inputs: readonly Aval[],
  name: string
): TracedFunction => {
  let resultDef: TreeDef | undefined
  const { graph: traced, captures } = traceGraph(
    (...leaves: Tensor[]) => {
      const [results, def] = flatten(f(...unflatten<Args>(argsDef, leaves)), name)
      resultDef = def
      return results
    },
    inputs,
    name
  )
  const [graph, bound] = bindCaptures(traced, captures.map(fromTensor))
  return { traced, graph, bound, captures: captures.length, resultDef: resultDef! }
}

/** What runs a graph cannot run inside a trace. @error NotTraceable */
export const refuseInsideTrace = (name: string): void => {
  if (isTracing())
    throw new BdlError({
      code: 'NotTraceable',
      fn: name,
      argument: 'context',
      expected: 'a call from outside of jit, grad, vmap and loops',
      got: 'a call inside a trace',
      hint: 'Call the uncompiled function there: the outer jit compiles it along'
    })
}
