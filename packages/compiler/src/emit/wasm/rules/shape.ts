/** Ops that move data: views where strides can show the result, else copies of parts. */
import type {
  ConcatAttrs,
  ReverseAttrs,
  ShapeAttrs,
  SliceAttrs,
  SplitAttrs,
  TransposeAttrs,
  CastAttrs
} from '../../../primitives/shape.js'
import type { ConstantAttrs } from '../../../primitives/constant.js'
import type { PadAttrs } from '../../../primitives/pad.js'
import { convert } from '../math/index.js'
import type { Operand } from '../program.js'
import type { WasmRule, WasmScope } from '../scope.js'
import { broadcast, flip, part, permute } from '../strided.js'

export const constant: WasmRule<ConstantAttrs> = (scope, { attrs: { value } }) => [
  scope.constant(value.shape, value.dtype, value.data)
]

export const reshape: WasmRule<ShapeAttrs> = (scope, { inputs: [x], attrs: { shape } }) => [scope.reshape(x!, shape)]

export const transpose: WasmRule<TransposeAttrs> = (_, { inputs: [x], attrs: { perm } }) => [permute(x!, perm)]

export const broadcastTo: WasmRule<ShapeAttrs> = (_, { inputs: [x], attrs: { shape } }) => [broadcast(x!, shape)]

export const slice: WasmRule<SliceAttrs> = (_, { inputs: [x], attrs: { begin, size } }) => [part(x!, begin, size)]

export const reverse: WasmRule<ReverseAttrs> = (_, { inputs: [x], attrs: { axes } }) => [flip(x!, axes)]

/** The range from `start` of one axis, whole otherwise. */
const range = (x: Operand, axis: number, start: number, size: number): Operand =>
  part(
    x,
    x.shape.map((_, i) => (i === axis ? start : 0)),
    x.shape.map((n, i) => (i === axis ? size : n))
  )

const starts = (sizes: readonly number[]): readonly number[] =>
  sizes.map((_, k) => sizes.slice(0, k).reduce((a, b) => a + b, 0))

export const split: WasmRule<SplitAttrs> = (_, { inputs: [x], attrs: { axis, sizes } }) => {
  const from = starts(sizes)
  return sizes.map((size, k) => range(x!, axis, from[k]!, size))
}

export const concat: WasmRule<ConcatAttrs> = (scope, { inputs, outputAvals: [aval], attrs: { axis } }) => {
  const target = scope.room(aval!.shape, aval!.dtype)
  const sizes = inputs.map((x) => x.shape[axis]!)
  const from = starts(sizes)
  inputs.forEach((x, k) => scope.write(range(target, axis, from[k]!, sizes[k]!), x))
  return [target]
}

/** With margins of one number: the middle is a copy; of each axis what lies before and behind is filled, of later axes the whole. */
export const padded = (scope: WasmScope, x: Operand, paddings: PadAttrs['paddings'], value: number): Operand => {
  const target = scope.room(
    x.shape.map((n, axis) => n + paddings[axis]![0] + paddings[axis]![1]),
    x.dtype
  )
  const fill = scope.constant([], x.dtype, [value])
  let middle = target
  paddings.forEach(([before, after], axis) => {
    const size = x.shape[axis]!
    const margins = [range(middle, axis, 0, before), range(middle, axis, before + size, after)]
    for (const margin of margins) if (!margin.shape.includes(0)) scope.write(margin, broadcast(fill, margin.shape))
    middle = range(middle, axis, before, size)
  })
  scope.write(middle, x)
  return target
}

export const pad: WasmRule<PadAttrs> = (scope, { inputs: [x], attrs: { paddings, value } }) => [
  padded(scope, x!, paddings, value)
]

export const cast: WasmRule<CastAttrs> = (scope, { inputs: [x], attrs: { dtype } }) =>
  x!.dtype === dtype ? [x!] : scope.map(x!.shape, [dtype], [x!], (l, v) => [convert(l, v!, x!.dtype, dtype)])
