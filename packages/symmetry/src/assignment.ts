/** The linear sum assignment problem, by shortest augmenting paths. */
import { linearSumAssignment } from 'linear-sum-assignment'
import { BdlError, type HostArray } from '@bdl/core'

export interface Assignment {
  /** The assigned rows, ascending; all of them unless there are more rows than columns. */
  readonly rows: Int32Array
  /** The column of each assigned row. */
  readonly columns: Int32Array
  /** Σ of the chosen entries. */
  readonly value: number
}

/** The column of every row of a square matrix, largest sum. Deterministic: one path search, lowest index at a tie. */
export const bestColumns = (gain: readonly Float64Array[]): Int32Array =>
  Int32Array.from(linearSumAssignment([...gain], { maximaze: true }).rowAssignments)

/**
 * Pairs rows with columns, each at most once, min(rows, columns) pairs, so that the sum of the chosen entries is least
 * (or largest).
 *
 * O(n³), float64. Where optima tie, the choice is deterministic but unspecified.
 * @param cost [rows, columns]
 * @error ShapeMismatch if `cost` is not a matrix; InvalidArgument if an entry is not finite
 * @source Crouse (2016), IEEE TAES 52(4), 1679-1696, doi:10.1109/TAES.2016.140952
 * @example assignment({ shape: [2, 2], data: Float64Array.of(1, 2, 2, 4) }).value // => 4
 */
export const assignment = (cost: HostArray, options: { readonly maximise?: boolean } = {}): Assignment => {
  const [rows, columns] = cost.shape
  if (cost.shape.length !== 2 || rows === undefined || columns === undefined || rows === 0 || columns === 0)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn: 'assignment',
      argument: 'cost',
      expected: 'shape [rows, columns]',
      got: `[${cost.shape.join(', ')}]`
    })
  const bad = cost.data.find((value) => !Number.isFinite(value))
  if (bad !== undefined)
    throw new BdlError({
      code: 'InvalidArgument',
      fn: 'assignment',
      argument: 'cost',
      expected: 'finite numbers',
      got: String(bad)
    })
  const matrix = Array.from({ length: rows }, (_, i) => cost.data.slice(i * columns, (i + 1) * columns))
  const { rowAssignments } = linearSumAssignment(matrix, { maximaze: options.maximise ?? false })
  const assigned = Array.from(rowAssignments.keys()).filter((i) => rowAssignments[i]! >= 0)
  const chosen = assigned.map((i) => rowAssignments[i]!)
  return {
    rows: Int32Array.from(assigned),
    columns: Int32Array.from(chosen),
    value: assigned.reduce((sum, i, k) => sum + matrix[i]![chosen[k]!]!, 0)
  }
}
