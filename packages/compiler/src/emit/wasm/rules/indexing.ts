/** Ops that read or write at places that data name, and walks along an axis. */
import { sizeOf, type Shape } from '../../../graph/graph.js'
import type { AddAlongAttrs } from '../../../primitives/along.js'
import type { GatherAttrs, ScatterAddAttrs } from '../../../primitives/indexing.js'
import type { AxisAttrs, CumsumAttrs } from '../../../primitives/reduce.js'
import type { SortAttrs } from '../../../primitives/sorting.js'
import { emitArgExtremum, emitCumsum, type Walk } from '../kernels/along.js'
import { emitSort, passesOf } from '../kernels/merge-sort.js'
import { emitGather, emitScatterAdd, type Rows } from '../kernels/rows.js'
import type { Expr, Lanes } from '../lanes.js'
import type { Buffer, Operand, Site } from '../program.js'
import type { WasmRule, WasmScope } from '../scope.js'
import { broadcast, part } from '../strided.js'

const around = (shape: Shape, axis: number): Walk => ({
  outer: sizeOf(shape.slice(0, axis)),
  n: shape[axis] ?? 1,
  inner: sizeOf(shape.slice(axis + 1))
})

const buffersOf = (operands: readonly Operand[]): readonly Buffer[] =>
  operands.flatMap(({ source }) => (typeof source === 'number' ? [] : [source]))

/** A kernel from whole buffers to new ones. */
const kernel = (
  scope: WasmScope,
  name: string,
  inputs: readonly Operand[],
  outputs: readonly Operand[],
  emit: (site: Site, ins: readonly Operand[]) => void
): void => {
  const plain = inputs.map((x) => scope.plain(x))
  scope.kernel({
    name,
    reads: buffersOf(plain),
    writes: buffersOf(outputs),
    mayFail: true,
    emit: (site) => emit(site, plain)
  })
}

const gatherRows = (
  scope: WasmScope,
  x: Operand,
  indices: Operand,
  shape: Shape,
  rows: Omit<Rows, 'dtype'>
): Operand => {
  const y = scope.room(shape, x.dtype)
  if (sizeOf(shape) > 0)
    kernel(scope, 'gather', [x, indices], [y], (site, [from, at]) =>
      emitGather(site, { ...rows, dtype: x.dtype }, from!, at!, y)
    )
  return y
}

const scatterRows = (
  scope: WasmScope,
  y: Operand,
  indices: Operand,
  shape: Shape,
  rows: Omit<Rows, 'dtype'>
): Operand => {
  const sums = scope.room(shape, y.dtype)
  scope.write(sums, broadcast(scope.constant([], y.dtype, [0]), shape))
  if (sizeOf(y.shape) > 0)
    kernel(scope, 'scatterAdd', [y, indices], [sums], (site, [from, at]) =>
      emitScatterAdd(site, { ...rows, dtype: y.dtype }, from!, at!, sums)
    )
  return sums
}

export const gather: WasmRule<GatherAttrs> = (
  scope,
  { inputs: [x, indices], outputAvals: [aval], attrs: { axis } }
) => [
  gatherRows(scope, x!, indices!, aval!.shape, {
    ...around(x!.shape, axis),
    count: sizeOf(indices!.shape),
    isShared: true
  })
]

export const scatterAdd: WasmRule<ScatterAddAttrs> = (
  scope,
  { inputs: [y, indices], outputAvals: [aval], attrs: { axis } }
) => [
  scatterRows(scope, y!, indices!, aval!.shape, {
    ...around(aval!.shape, axis),
    count: sizeOf(indices!.shape),
    isShared: true
  })
]

const lastOf = (shape: Shape): number => shape[shape.length - 1]!

/** Entries of the last axis, each row with indices of its own. */
const alongRows = (whole: Shape, indices: Shape): Omit<Rows, 'dtype'> => ({
  outer: sizeOf(indices.slice(0, -1)),
  n: lastOf(whole),
  inner: 1,
  count: lastOf(indices),
  isShared: false
})

export const takeAlong: WasmRule<unknown> = (scope, { inputs: [x, indices], outputAvals: [aval] }) => [
  gatherRows(scope, x!, indices!, aval!.shape, alongRows(x!.shape, indices!.shape))
]

export const addAlong: WasmRule<AddAlongAttrs> = (scope, { inputs: [y, indices], outputAvals: [aval] }) => [
  scatterRows(scope, y!, indices!, aval!.shape, alongRows(aval!.shape, indices!.shape))
]

export const cumsum: WasmRule<CumsumAttrs> = (scope, { inputs: [x], outputAvals: [aval], attrs }) => {
  const y = scope.room(aval!.shape, aval!.dtype)
  if (sizeOf(aval!.shape) > 0)
    kernel(scope, 'cumsum', [x!], [y], (site, [from]) =>
      emitCumsum(site, around(aval!.shape, attrs.axis), from!, y, attrs)
    )
  return [y]
}

export const argExtremum =
  (isLargest: boolean): WasmRule<AxisAttrs> =>
  (scope, { inputs: [x], outputAvals: [aval], attrs: { axis } }) => {
    const places = scope.room(aval!.shape, 'int32')
    const worst = isLargest ? -Infinity : Infinity
    // masks are 0 and -1, the wrong way round; NaN counts as the worst
    const [values] =
      x!.dtype === 'int32'
        ? [x!]
        : scope.map(x!.shape, [x!.dtype === 'bool' ? 'int32' : 'float32'], [x!], (l, v) => [
            x!.dtype === 'bool' ? l.negInt(v!) : l.select(l.eq(v!, v!), v!, l.f(worst))
          ])
    if (sizeOf(aval!.shape) > 0)
      kernel(scope, 'argExtremum', [values!], [places], (site, [from]) =>
        emitArgExtremum(site, around(x!.shape, axis), from!, places, isLargest)
      )
    return [places]
  }

const MOST = 2 ** 31 - 1

/** int32 keys in the order wanted: -0 as 0, NaN last. */
const sortKey = (l: Lanes, x: Expr, dtype: Operand['dtype'], descending: boolean): Expr => {
  const ordered = (key: Expr): Expr => (descending ? l.not(key) : key)
  if (dtype === 'bool') return ordered(l.negInt(x))
  if (dtype === 'int32') return ordered(x)
  const bits = l.add(x, l.f(0))
  const key = l.xor(bits, l.and(l.shr(bits, 31), l.i(MOST)))
  return l.select(l.eq(x, x), ordered(key), l.i(MOST))
}

export const argsort: WasmRule<SortAttrs> = (scope, { inputs: [x], outputAvals: [aval], attrs }) => {
  const n = lastOf(x!.shape)
  const rows = sizeOf(x!.shape.slice(0, -1))
  const [keys] = scope.map(x!.shape, ['int32'], [x!], (l, v) => [sortKey(l, v!, x!.dtype, attrs.descending)])
  const [order, other] = [scope.room(x!.shape, 'int32'), scope.room(x!.shape, 'int32')]
  if (sizeOf(x!.shape) > 0)
    kernel(scope, 'argsort', [keys!], [order, other], (site, [from]) => emitSort(site, rows, n, from!, order, other))
  const sorted = passesOf(n) % 2 === 0 ? order : other
  return [
    part(
      sorted,
      aval!.shape.map(() => 0),
      aval!.shape
    )
  ]
}
