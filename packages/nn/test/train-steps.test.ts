import * as tf from '@tensorflow/tfjs-core'
import { vmap } from '@bdl/compiler'
import { key, splitStack, stackTrees } from '@bdl/core'
import { eagerAndCompiled, expectClose, expectNoLeak } from '@bdl/testing'
import { describe, expect, test } from 'vitest'
import { adam, meanSquaredError, sgd, trainSteps } from '../src/index'

type Line = { readonly slope: tf.Tensor; readonly offset: tf.Tensor }
type Rows = { readonly x: tf.Tensor; readonly y: tf.Tensor }
const rows: Rows = { x: tf.tensor1d([0, 1, 2, 3, 4, 5]), y: tf.tensor1d([1.1, 2.8, 5.3, 6.9, 9.2, 10.7]) }
const line = (): Line => ({ slope: tf.scalar(0), offset: tf.scalar(0) })
const loss = ({ slope, offset }: Line, { x, y }: Rows): tf.Tensor =>
  meanSquaredError(tf.add(tf.mul(x, slope), offset), y)

/** Least squares of the rows above, in closed form. */
const truth = (() => {
  const [x, y] = [[0, 1, 2, 3, 4, 5], [1.1, 2.8, 5.3, 6.9, 9.2, 10.7]] // prettier-ignore
  const mean = (v: number[]) => v.reduce((s, u) => s + u, 0) / v.length
  const slope = x!.reduce((s, u, i) => s + (u - 2.5) * y![i]!, 0) / x!.reduce((s, u) => s + (u - 2.5) ** 2, 0)
  return { slope, offset: mean(y!) - slope * 2.5 }
})()

describe('trainSteps', () => {
  test('full batches reach least squares, eagerly and compiled', async () => {
    const trainer = trainSteps({ loss, optimiser: sgd(0.05), steps: 400 })
    for (const [state, losses] of await eagerAndCompiled(trainer.run, [key(0), trainer.init(line()), rows])) {
      expect(losses.shape).toEqual([400])
      expectClose(state.params.slope, truth.slope, { atol: 1e-3, rtol: 1e-3 })
      expectClose(state.params.offset, truth.offset, { atol: 1e-3, rtol: 1e-3 })
    }
  })

  test('an epoch visits every row once: one epoch of gradient sums is the full gradient', () => {
    // A loss linear in its parameter: its gradient does not depend on where descent is.
    const linear = (w: tf.Tensor, { x }: Rows): tf.Tensor => tf.mul(w, tf.mean(x))
    const trainer = trainSteps({ loss: linear, optimiser: sgd(1), steps: 9, batchSize: 2 })
    const [state] = trainer.run(key(5), trainer.init(tf.scalar(0)), rows)
    expectClose(state.params, -3 * 3 * 2.5, { atol: 1e-4, rtol: 1e-5 }) // 3 epochs of 3 batches with mean 2.5
  })

  test('minibatches compiled = eager; another key draws other batches', async () => {
    const trainer = trainSteps({
      loss,
      optimiser: adam({ learningRate: 0.1 }),
      steps: 20,
      batchSize: 2,
      batches: 'independent'
    })
    const init = trainer.init(line())
    const [eager, compiled] = await eagerAndCompiled(trainer.run, [key(1), init, rows])
    expectClose(compiled[1], Array.from(eager[1].dataSync()), { atol: 1e-4, rtol: 1e-4 })
    const other = trainer.run(key(2), init, rows)
    expect(Array.from(other[1].dataSync())).not.toEqual(Array.from(eager[1].dataSync()))
  })

  test('the average lags behind the parameters', () => {
    const linear = (w: tf.Tensor): tf.Tensor => tf.neg(w)
    const trainer = trainSteps({ loss: linear, optimiser: sgd(1), steps: 3, averageDecay: 0.5 })
    const init = trainer.init(tf.scalar(0))
    const root = key(0)
    const [state] = expectNoLeak(() => trainer.run(root, init, rows))
    expectClose(state.params, 3, { atol: 1e-6, rtol: 0 })
    expectClose(state.average, 0.5 * (0.5 * 0.5 + 0.5 * 2) + 0.5 * 3, { atol: 1e-6, rtol: 0 })
  })

  test('an ensemble is a vmap: each member trains as it would alone', () => {
    const trainer = trainSteps({ loss, optimiser: sgd(0.02), steps: 5, batchSize: 3 })
    const keys = splitStack(key(9), 2)
    const inits = [line(), { slope: tf.scalar(1), offset: tf.scalar(-1) }].map(trainer.init)
    const [together] = vmap(trainer.run, [0, 0, null])(keys, stackTrees(inits), rows)
    const alone = inits.map((init, i) => trainer.run(tf.reshape(tf.slice(keys, [i, 0], [1, 2]), [2]), init, rows)[0])
    expectClose(
      together.params.slope,
      alone.map((s) => s.params.slope.dataSync()[0]!),
      { atol: 1e-5, rtol: 1e-5 }
    )
  })

  test('options and data are checked', () => {
    const run = (options: { steps: number; batchSize?: number }, data: Rows = rows) => {
      const trainer = trainSteps({ loss, optimiser: sgd(1), ...options })
      return () => trainer.run(key(0), trainer.init(line()), data)
    }
    expect(run({ steps: 0 })).toThrow(/steps/)
    expect(run({ steps: 1, batchSize: 7 })).toThrow(/at most the 6 rows/)
    expect(run({ steps: 1 }, { x: tf.zeros([3]), y: tf.zeros([4]) })).toThrow(/leading axis/)
  })
})
