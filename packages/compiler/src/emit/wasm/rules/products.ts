/** Products of matrices: large ones by a kernel of their own, others as sums over a nest. */
import type { GemmAttrs } from '../../../primitives/gemm.js'
import type { MatMulAttrs } from '../../../primitives/linalg.js'
import { sizeOf, type DType, type Shape } from '../../../graph/graph.js'
import { COLUMNS, PANEL_SIZE, emitProduct } from '../kernels/gemm.js'
import type { Buffer, Operand } from '../program.js'
import type { WasmRule, WasmScope } from '../scope.js'
import { broadcast, part, permute } from '../strided.js'

const swapLast = (x: Operand): Operand => {
  const axes = x.shape.map((_, i) => i)
  return permute(x, [...axes.slice(0, -2), axes.length - 1, axes.length - 2])
}

/** A view along one of whose last two axes elements are neighbours. */
const isStreamed = ({ view, source }: Operand): boolean => {
  const [row, column] = view.strides.slice(-2) as [number, number]
  return typeof source !== 'number' && (column === 1 || row === 1) && row >= 0 && column >= 0
}

/** Sizes, and multiply-adds, from which on packing and tiles pay: even two columns of eight, since sums do not wait for each other. */
const LEAST_ROWS = 6
const LEAST_COLUMNS = 2
const LEAST_WORK = 2048

/** Σ_k a[m, k] b[k, n] as a nest over [..., m, k, n], or [..., m, n, k] where that is how b lies. */
const asNest = (scope: WasmScope, a: Operand, b: Operand, batch: Shape, dtype: DType): Operand => {
  const [m, k] = a.shape.slice(-2) as [number, number]
  const n = b.shape[b.shape.length - 1]!
  const isAlongColumns = b.view.strides[b.shape.length - 1] === 1 && n > 1
  const at = batch.length
  const wide = (x: Operand, axis: number, shape: Shape): Operand => {
    const strides = [...x.view.strides]
    strides.splice(axis, 0, 0)
    const own = [...x.shape]
    own.splice(axis, 0, 1)
    return broadcast({ ...x, shape: own, view: { ...x.view, strides } }, shape)
  }
  const shape = isAlongColumns ? [...batch, m, k, n] : [...batch, m, n, k]
  const left = wide(a, isAlongColumns ? at + 2 : at + 1, shape)
  const right = isAlongColumns ? wide(b, at, shape) : wide(swapLast(b), at, shape)
  const axis = isAlongColumns ? at + 1 : at + 2
  const multiplied = dtype === 'int32' ? 'mulInt' : 'mul'
  return scope.contract(shape, dtype, [left, right], (l, x, y) => l[multiplied](x!, y!), [axis], 'sum')
}

const asKernel = (scope: WasmScope, a: Operand, b: Operand, batch: Shape): Operand => {
  const [left, right] = [a, b].map((x) => (isStreamed(x) ? x : scope.plain(x)))
  const [m, k] = a.shape.slice(-2) as [number, number]
  const n = b.shape[b.shape.length - 1]!
  // the last tile of a row may reach beyond the row: whole panels need room
  const width = Math.ceil(n / COLUMNS) * COLUMNS
  const c = scope.room([...batch, m, width], 'float32')
  const panel = scope.room([PANEL_SIZE], 'float32').source as Buffer
  scope.kernel({
    name: 'matMul',
    reads: [left!, right!].map(({ source }) => source as Buffer),
    writes: [c.source as Buffer, panel],
    emit: (site) => emitProduct(site, { a: left!, b: right!, c, m, k, n, panel })
  })
  return part(
    c,
    c.shape.map(() => 0),
    [...batch, m, n]
  )
}

/** Operands of one rank, their leading axes broadcast. */
export const multiply = (scope: WasmScope, a: Operand, b: Operand, attrs: MatMulAttrs, shape: Shape): Operand => {
  const { dtype } = a
  const batch = shape.slice(0, -2)
  const wide = (x: Operand, isTransposed: boolean): Operand => {
    const own = isTransposed ? swapLast(x) : x
    return broadcast(own, [...batch, ...own.shape.slice(-2)])
  }
  const [left, right] = [wide(a, attrs.transposeA), wide(b, attrs.transposeB)]
  const [m, k] = left.shape.slice(-2) as [number, number]
  const n = right.shape[right.shape.length - 1]!
  const isLarge = m >= LEAST_ROWS && n >= LEAST_COLUMNS && m * n * k >= LEAST_WORK
  if (sizeOf(shape) > 0 && k > 0 && isLarge && dtype === 'float32') return asKernel(scope, left, right, batch)
  return asNest(scope, left, right, batch, dtype)
}

export const matMul: WasmRule<MatMulAttrs> = (scope, { inputs: [a, b], outputAvals: [aval], attrs }) => [
  multiply(scope, a!, b!, attrs, aval!.shape)
]

export const gemm: WasmRule<GemmAttrs> = (scope, { inputs: [a, b, c], outputAvals: [aval], attrs }) => {
  const product = multiply(scope, a!, b!, attrs, aval!.shape)
  const isFloat = aval!.dtype === 'float32'
  return scope.map(aval!.shape, [aval!.dtype], [product, c!], (l, x, y) => [isFloat ? l.add(x!, y!) : l.addInt(x!, y!)])
}
