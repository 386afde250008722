import * as tf from '@tensorflow/tfjs-core'
import { scan } from '@bdl/compiler'
import type { Tree } from '@bdl/core'
import { eagerAndCompiled, expectClose, expectNoLeak } from '@bdl/testing'
import { describe, expect, test } from 'vitest'
import {
  accumulate,
  adam,
  adamw,
  applyUpdates,
  chainOptimisers,
  clipByGlobalNorm,
  cosineSchedule,
  globalNorm,
  identityOptimiser,
  linearSchedule,
  momentum,
  movingAverage,
  ravelled,
  sgd,
  thenSchedule,
  warmupCosineSchedule,
  type Optimiser
} from '../src/index'

const close = { atol: 1e-6, rtol: 1e-5 }
type Params = { readonly a: tf.Tensor; readonly b: tf.Tensor }
const start = (): Params => ({ a: tf.tensor1d([1, -2]), b: tf.tensor2d([[0.5], [3]]) })
/** Gradient of a quadratic with curvatures 1 (a) and 4 (b). */
const gradient = ({ a, b }: Params): Params => ({ a: tf.clone(a), b: tf.mul(b, 4) })
const flat = ({ a, b }: Params): number[] => [...a.dataSync(), ...b.dataSync()]

const descend = <S extends Tree>(optimiser: Optimiser<S>, steps: number): Params =>
  Array.from({ length: steps }).reduce<{ p: Params; s: S }>(
    ({ p, s }) => {
      const [updates, next] = optimiser.update(gradient(p), s, p)
      return { p: applyUpdates(p, updates), s: next }
    },
    { p: start(), s: optimiser.init(start()) }
  ).p

/** The same descent in float64, one number at a time. */
const reference = (step: (g: number, x: number, memory: Record<string, number>, t: number) => number, steps: number) =>
  [1, -2, 0.5, 3].map((x0, i) => {
    const memory: Record<string, number> = {}
    let x = x0
    for (let t = 1; t <= steps; t++) x += step((i < 2 ? 1 : 4) * x, x, memory, t)
    return x
  })

const adamStep =
  (lr: number, decay = 0) =>
  (g: number, x: number, memory: Record<string, number>, t: number): number => {
    memory['m'] = 0.9 * (memory['m'] ?? 0) + 0.1 * g
    memory['v'] = 0.999 * (memory['v'] ?? 0) + 0.001 * g * g
    const [m, v] = [memory['m'] / (1 - 0.9 ** t), memory['v'] / (1 - 0.999 ** t)]
    return -lr * (m / (Math.sqrt(v) + 1e-8) + decay * x)
  }

describe('against float64 recursions', () => {
  test('sgd', () => {
    expectClose(
      flat(descend(sgd(0.1), 5)),
      reference((g) => -0.1 * g, 5),
      close
    )
  })

  test.each([false, true])('momentum, nesterov %s', (nesterov) => {
    const step = (g: number, _x: number, memory: Record<string, number>): number => {
      const t = 0.8 * (memory['t'] ?? 0) + g
      memory['t'] = t
      return -0.05 * (nesterov ? g + 0.8 * t : t)
    }
    expectClose(flat(descend(momentum({ learningRate: 0.05, decay: 0.8, nesterov }), 7)), reference(step, 7), close)
  })

  test.each([1, 2, 30])('adam after %i steps: bias correction from the first on', (steps) => {
    expectClose(flat(descend(adam({ learningRate: 0.1 }), steps)), reference(adamStep(0.1), steps), {
      atol: 1e-5,
      rtol: 1e-5
    })
  })

  test('adamw: decay is apart from the adaptive scale', () => {
    const optimiser = adamw({ learningRate: 0.1, weightDecay: 0.3 })
    expectClose(flat(descend(optimiser, 20)), reference(adamStep(0.1, 0.3), 20), { atol: 1e-5, rtol: 1e-5 })
  })
})

describe('combinators', () => {
  test('ravelled takes the same steps', () => {
    const optimiser = chainOptimisers(clipByGlobalNorm(1), adam({ learningRate: 0.1 }))
    expectClose(flat(descend(ravelled(optimiser), 10)), flat(descend(optimiser, 10)), close)
  })

  test('chaining is associative and has a unit', () => {
    const [a, b, c] = [clipByGlobalNorm(2), accumulate(0.9), sgd(0.01)] as const
    const once = flat(descend(chainOptimisers(a, b, c), 6))
    expect(flat(descend(chainOptimisers(chainOptimisers(a, b), c), 6))).toEqual(once)
    expect(flat(descend(chainOptimisers(a, chainOptimisers(b, c)), 6))).toEqual(once)
    expect(flat(descend(chainOptimisers(identityOptimiser, a, b, c, identityOptimiser), 6))).toEqual(once)
  })

  test('clipping keeps short gradients and shortens long ones', () => {
    const [kept] = clipByGlobalNorm(100).update(start(), {}, start())
    expectClose(flat(kept), [1, -2, 0.5, 3], close)
    const [cut] = clipByGlobalNorm(0.5).update(start(), {}, start())
    expectClose(globalNorm(cut), 0.5, close)
  })

  test('moving average', () => {
    expectClose(flat(movingAverage(0.9)(start(), gradient(start()))), [1, -2, 0.5 * 1.3, 3 * 1.3], close)
  })

  test('an update returns its tensors and no others', () => {
    const optimiser = adam({ learningRate: 0.1 })
    const state = expectNoLeak(() => optimiser.init(start0))
    expectNoLeak(() => optimiser.update(start0, state, start0))
  })
  const start0 = start()

  test('fifty scanned steps of Adam: compiled = float64', async () => {
    const optimiser = adam({ learningRate: 0.05 })
    const run = (x: tf.Tensor): tf.Tensor => {
      const step = (carry: { x: tf.Tensor; s: ReturnType<typeof optimiser.init> }, _t: tf.Tensor) => {
        const [updates, s] = optimiser.update(carry.x, carry.s, carry.x)
        return [{ x: applyUpdates(carry.x, updates), s }, tf.scalar(0)] as const
      }
      return scan(step, { x, s: optimiser.init(x) }, tf.zeros([50]))[0].x
    }
    const expected = [1, -2].map((x0) => {
      const memory = {}
      let x = x0
      for (let t = 1; t <= 50; t++) x += adamStep(0.05)(x, x, memory, t)
      return x
    })
    for (const end of await eagerAndCompiled(run, [tf.tensor1d([1, -2])]))
      expectClose(end, expected, { atol: 1e-5, rtol: 1e-4 })
  })
})

test('schedules', () => {
  const at = (schedule: (count: tf.Tensor) => tf.Tensor, count: number) =>
    schedule(tf.scalar(count, 'int32')).dataSync()[0]!
  expect(at(linearSchedule(1, 3, 10), 5)).toBeCloseTo(2, 6)
  expect(at(linearSchedule(1, 3, 10), 50)).toBeCloseTo(3, 6)
  expect(at(cosineSchedule(2, 10), 0)).toBeCloseTo(2, 6)
  expect(at(cosineSchedule(2, 10, 1), 5)).toBeCloseTo(1.5, 6)
  expect(at(cosineSchedule(2, 10, 1), 11)).toBeCloseTo(1, 6)
  expect(at(thenSchedule(linearSchedule(0, 1, 4), 4, linearSchedule(1, 0, 4)), 6)).toBeCloseTo(0.5, 6)
  const warm = warmupCosineSchedule(0.1, 10, 30)
  expect([0, 5, 10, 20, 30].map((n) => Number(at(warm, n).toFixed(6)))).toEqual([0, 0.05, 0.1, 0.05, 0])
})
