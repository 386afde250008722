/** A graph that is cut, as two programs: which values each reads, and who gives what to whom. */
import type { Around } from '../emit/wasm/lower.js'
import type { Graph, Value } from '../graph/graph.js'
import type { Cut } from '../passes/cut.js'
import { idsOf } from '../passes/dependence.js'

export interface Plan {
  readonly outer: Around
  /** Of all inputs, those of the outer parts. */
  readonly outerInputs: readonly number[]
  /** The middle: its inputs are the whole graph's that are not bound, those handed over, those that are bound. */
  readonly middle: Graph
  readonly middleInputs: readonly number[]
  readonly boundInMiddle: readonly number[]
  readonly boundInOuter: readonly number[]
  /** Where each result comes from: an output of the middle, or of the last part. */
  readonly results: readonly { readonly from: 'middle' | 'outer'; readonly index: number }[]
}

export const planOf = (graph: Graph, { before, middle, after }: Cut, bound: number): Plan => {
  const free = graph.inputs.length - bound
  const made = new Set(idsOf(middle.outputs))
  const own = after.outputs.filter(({ id }) => !made.has(id))
  const read = new Set([...after.nodes.flatMap(({ inputs }) => idsOf(inputs)), ...idsOf(own)])
  const rest: Graph = { ...after, inputs: after.inputs.filter(({ id }) => read.has(id)), outputs: own }
  const readByMiddle = new Set(idsOf(middle.inputs))
  const positionsIn = (ids: ReadonlySet<number>): readonly number[] =>
    graph.inputs.flatMap(({ id }, i) => (ids.has(id) ? [i] : []))
  const outerInputs = positionsIn(new Set([...idsOf(before.inputs), ...idsOf(rest.inputs)]))
  const middleInputs = positionsIn(readByMiddle)
  const isFree = (i: number): boolean => i < free
  const handed = before.outputs.filter(({ id }) => readByMiddle.has(id))
  const inputsAt = (some: readonly number[]): readonly Value[] => some.map((i) => graph.inputs[i]!)
  const [given, fixed] = [middleInputs.filter(isFree), middleInputs.filter((i) => !isFree(i))]
  return {
    outer: {
      inputs: inputsAt(outerInputs),
      before,
      handed,
      received: middle.outputs.filter(({ id }) => read.has(id)),
      after: rest
    },
    outerInputs: outerInputs.filter(isFree),
    boundInOuter: outerInputs.filter((i) => !isFree(i)).map((i) => i - free),
    middle: { ...middle, inputs: [...inputsAt(given), ...handed, ...inputsAt(fixed)] },
    middleInputs: given,
    boundInMiddle: fixed.map((i) => i - free),
    results: after.outputs.map(({ id }) =>
      made.has(id)
        ? { from: 'middle', index: middle.outputs.findIndex((value) => value.id === id) }
        : { from: 'outer', index: own.findIndex((value) => value.id === id) }
    )
  }
}
