/** A part of a nest along the first axis of its space: how views move to it, and statements with them. */
import type { Space } from './collapse.js'
import type { Lanes } from './lanes.js'
import type { Nest, Statement, View } from './program.js'

export interface Part {
  readonly from: number
  readonly size: number
  /** The loop whose turn says which of several parts of this size it is. */
  readonly loop?: number
}

const moved = (space: Space, { from, size, loop }: Part, view: View): View => {
  const strides = space.stridesOf(view)
  const step = strides[0]!
  const cursor = loop === undefined || step === 0 ? [] : [{ loop, stride: size * step }]
  return { offset: view.offset + from * step, strides, cursors: [...view.cursors, ...cursor] }
}

/** @param sumOf the statement of a part in the place of one that sums along the axis, given what it sums there */
export const partOf = (
  l: Lanes,
  space: Space,
  { statements }: Pick<Nest, 'statements'>,
  part: Part,
  sumOf: (statement: Statement) => Statement = (statement) => statement
): Nest => {
  const [first, ...others] = space.axes
  const own = (statement: Statement): Statement => {
    const value = l.mapLoads(statement.value, ({ buffer, view }) => l.load(buffer, moved(space, part, view)))
    return statement.reduce !== undefined && first!.isReduced
      ? sumOf({ ...statement, value })
      : { ...statement, value, view: moved(space, part, statement.view) }
  }
  return {
    kind: 'nest',
    shape: [part.size, ...others.map((axis) => axis.size)],
    reduced: space.axes.map(({ isReduced }) => isReduced),
    isUnrolled: false,
    statements: statements.map(own)
  }
}
