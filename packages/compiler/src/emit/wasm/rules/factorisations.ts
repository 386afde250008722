/** Factorisations and systems of small matrices: kernels over the batch. */
import { sizeOf } from '../../../graph/graph.js'
import type { TriangularForm } from '../../../primitives/matrices-host.js'
import { choleskyScratch, emitCholesky } from '../kernels/cholesky.js'
import { emitTriangularSolve, triangularScratch } from '../kernels/triangular-solve.js'
import type { Buffer, Operand } from '../program.js'
import type { WasmRule } from '../scope.js'

const buffersOf = (operands: readonly Operand[]): readonly Buffer[] =>
  operands.flatMap(({ source }) => (typeof source === 'number' ? [] : [source]))

export const cholesky: WasmRule<unknown> = (scope, { inputs: [a] }) => {
  const n = a!.shape[a!.shape.length - 1]!
  const l = scope.room(a!.shape, 'float32')
  if (sizeOf(a!.shape) === 0) return [l]
  const plain = scope.plain(a!)
  const scratch = scope.room([choleskyScratch(n)], 'float32')
  scope.kernel({
    name: 'cholesky',
    reads: buffersOf([plain]),
    writes: buffersOf([l, scratch]),
    emit: (site) => emitCholesky(site, plain, l, scratch, sizeOf(a!.shape) / (n * n), n)
  })
  return [l]
}

export const triangularSolve: WasmRule<TriangularForm> = (scope, { inputs: [a, b], attrs }) => {
  const [n, m] = b!.shape.slice(-2) as [number, number]
  const x = scope.room(b!.shape, 'float32')
  if (sizeOf(b!.shape) === 0) return [x]
  const [matrix, right] = [scope.plain(a!), scope.plain(b!)]
  const scratch = scope.room([triangularScratch(n)], 'float32')
  scope.kernel({
    name: 'triangularSolve',
    reads: buffersOf([matrix, right]),
    writes: buffersOf([x, scratch]),
    emit: (site) =>
      emitTriangularSolve(site, {
        ...{ a: matrix, b: right, x, scratch, n, m },
        count: sizeOf(b!.shape) / (n * m),
        form: attrs
      })
  })
  return [x]
}
