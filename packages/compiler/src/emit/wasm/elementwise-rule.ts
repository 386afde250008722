/** Rules of elementwise primitives from expressions on lanes. */
import type { DType, Shape } from '../../graph/graph.js'
import { broadcastShapes } from '../../primitives/broadcasting.js'
import type { BinaryLanes, UnaryLanes } from './math/index.js'
import type { Elementwise, WasmRule } from './scope.js'

type Anything = Readonly<Record<string, unknown>>

/** One output, or several of one shape, elementwise in inputs that broadcast. */
export const elementwiseRule =
  (name: string, f: (dtypes: readonly DType[]) => Elementwise): WasmRule<Anything> =>
  (scope, { inputs, outputAvals }) => {
    const shape: Shape = broadcastShapes(name, ...inputs.map((x) => x.shape))
    return scope.map(
      shape,
      outputAvals.map(({ dtype }) => dtype),
      inputs,
      f(inputs.map(({ dtype }) => dtype))
    )
  }

export const unaryRule = (name: string, f: UnaryLanes): WasmRule<Anything> =>
  elementwiseRule(name, ([dtype]) => (l, x) => [f(l, x!, dtype!)])

export const binaryRule = (name: string, f: BinaryLanes): WasmRule<Anything> =>
  elementwiseRule(name, ([dtype]) => (l, a, b) => [f(l, a!, b!, dtype!)])
