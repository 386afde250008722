/** Random bits: the rounds of threefry on vectors of counters. */
import type { Expr, Lanes } from '../lanes.js'
import type { Elementwise } from '../scope.js'
import type { UnaryLanes } from '../math/index.js'

const ROTATIONS = [
  [13, 15, 26, 6],
  [17, 29, 16, 24]
] as const
const PARITY = 0x1bd11bda

const rotate = (l: Lanes, x: Expr, r: number): Expr => l.or(l.shl(x, r), l.shrUnsigned(x, 32 - r))

/** Twenty rounds of threefry2x32: two words for each pair of counters. */
export const threefry: Elementwise = (l, k0, k1, c0, c1) => {
  const keys = [k0!, k1!, l.xor(l.xor(k0!, k1!), l.i(PARITY))]
  let x0 = l.addInt(c0!, k0!)
  let x1 = l.addInt(c1!, k1!)
  for (let round = 0; round < 5; round++) {
    for (const r of ROTATIONS[(round % 2) as 0 | 1]) {
      x0 = l.addInt(x0, x1)
      x1 = l.xor(rotate(l, x1, r), x0)
    }
    x0 = l.addInt(x0, keys[(round + 1) % 3]!)
    x1 = l.addInt(x1, l.addInt(keys[(round + 2) % 3]!, l.i(round + 1)))
  }
  return [x0, x1]
}

/** The 23 high bits, as a multiple of 2^-23. */
export const bitsToUnit: UnaryLanes = (l, bits) => l.mul(l.toFloat(l.shrUnsigned(bits, 9)), l.f(2 ** -23))
