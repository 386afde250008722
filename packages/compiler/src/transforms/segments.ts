/** A scan as a scan of scans, so that reverse mode saves the carry once a segment and not once a turn. */
import * as tf from '@tensorflow/tfjs-core'
import { mapTree, zipTrees } from '../tree.js'
import type { Tree } from '../tree.js'

interface LoopOptions {
  readonly length: number
  readonly reverse: boolean
}

type Body<C, X, Y> = (carry: C, x: X) => readonly [C, Y]

/** A scan over any xs and ys. */
export interface Loop {
  <C extends Tree, X extends Tree, Y extends Tree>(
    f: Body<C, X, Y>,
    init: C,
    xs: X,
    options: LoopOptions
  ): readonly [carry: C, ys: Y]
}

const rows = (begin: number, count: number) =>
  mapTree((x) => tf.slice(x, [begin, ...x.shape.slice(1).map(() => 0)], [count, ...x.shape.slice(1)]))

/** [n, ...] -> [count, n / count, ...]. */
const chunked = (count: number) => mapTree((x) => tf.reshape(x, [count, x.shape[0]! / count, ...x.shape.slice(1)]))

const unchunked = mapTree((x) => tf.reshape(x, [x.shape[0]! * x.shape[1]!, ...x.shape.slice(2)]))

/**
 * `scan(f, init, xs)` in segments of `size` turns; what is left over is a shorter segment, the last to run. The backward
 * loop over segments computes the body of its loop again, which is a scan: its carries live for one segment.
 */
export const scanInSegments = <C extends Tree, X extends Tree, Y extends Tree>(
  scan: Loop,
  f: Body<C, X, Y>,
  init: C,
  xs: X,
  size: number,
  { length, reverse }: LoopOptions
): readonly [carry: C, ys: Y] => {
  const segments = Math.floor(length / size)
  const rest = length - segments * size
  const begin = reverse ? rest : 0
  const whole = rest === 0 ? xs : rows(begin, segments * size)(xs)
  const [carry, chunks] = scan(
    (c: C, own: X) => scan(f, c, own, { length: size, reverse }),
    init,
    chunked(segments)(whole),
    { length: segments, reverse }
  )
  const ys = unchunked(chunks)
  if (rest === 0) return [carry, ys]
  const [last, others] = scan(f, carry, rows(reverse ? 0 : segments * size, rest)(xs), { length: rest, reverse })
  const join = zipTrees((a, b) => tf.concat(reverse ? [b, a] : [a, b], 0))
  return [last, join(ys, others)]
}
