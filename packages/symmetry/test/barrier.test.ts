import { expectClose } from '@bdl/testing'
import { describe, expect, test } from 'vitest'
import { barrier, interpolate, lambdaGrid, mapHostTree, spread, takeNetworks, type HostTree } from '../src/index'
import { host } from './support/mlp'

const scalarLoss =
  (f: (w: number) => number) =>
  (weights: HostTree): Float64Array => {
    const losses: number[] = []
    mapHostTree((leaf) => {
      losses.push(...leaf.data.map(f))
      return leaf
    })(weights)
    return Float64Array.from(losses)
  }

describe('barrier', () => {
  const from = { w: host([3], (i) => i - 1) } // -1, 0, 1
  const to = { w: host([3], (i) => 1 - i) } // 1, 0, -1

  test('of a double well: the height of the wall; of a convex loss: 0', async () => {
    const well = await barrier(scalarLoss((w) => (w * w - 1) ** 2))(from, to)
    expectClose(well.barriers, [1, 0, 1], { atol: 1e-15, rtol: 0 })
    expect(well.curves.length).toBe(11)
    const bowl = await barrier(scalarLoss((w) => w * w))(from, to)
    expect(Array.from(bowl.barriers)).toEqual([0, 0, 0])
  })

  test('is measured from the chord, not from the lower end', async () => {
    const ramp = await barrier(scalarLoss((w) => 3 * w))(from, to)
    ramp.barriers.forEach((height) => expect(height).toBeCloseTo(0, 14))
  })

  test('a grid that misses an end is refused', async () => {
    await expect(
      barrier(
        scalarLoss((w) => w),
        [0, 0.5]
      )(from, to)
    ).rejects.toThrow(/from 0 to 1/)
    expect(lambdaGrid(3)).toEqual([0, 0.5, 1])
  })

  test('interpolation and selection', () => {
    expect(Array.from(interpolate(0.25)(from, to).w.data)).toEqual([-0.5, 0, 0.5])
    expect(() => interpolate(0.5)(from, { w: host([2], () => 0) })).toThrow(/a leaf of 3 numbers/)
    expect(takeNetworks([2, 0])(from).w).toEqual(host([2], (i) => (i === 0 ? 1 : -1)))
  })

  test('spread is the sum of the population variances', () => {
    expect(spread([host([2, 2], (i) => [1, 5, 3, 5][i]!), host([2], (i) => 4 * i)])).toBeCloseTo(1 + 0 + 4, 14)
  })
})
