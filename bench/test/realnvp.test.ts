import { readFileSync } from 'node:fs'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { realNvpTraining } from '../src/workloads/realnvp-step'

interface Recorded {
  readonly rows: number
  readonly losses: readonly number[]
}

const recorded: Recorded = JSON.parse(readFileSync(new URL('fixtures/realnvp-losses.json', import.meta.url), 'utf8'))

const SIZES = [1, 64, 64, 2]

test('realnvp_step trains as float64 JAX does from the same parameters (python/record_realnvp.py)', async () => {
  const { rows, losses } = recorded
  let blocks = 0
  const block = (shape: readonly number[], scale: number): tf.Tensor => {
    const offset = 1 + 37 * blocks++
    const size = shape.reduce((n, d) => n * d, 1)
    return tf.tensor(
      Float32Array.from({ length: size }, (_, i) => scale * Math.sin(offset + i)),
      [...shape]
    )
  }
  const params = Array.from({ length: 8 }, () =>
    SIZES.slice(1).map((outputs, l) => ({
      w: block([SIZES[l]!, outputs], 1 / Math.sqrt(SIZES[l]!)),
      b: block([outputs], 0.1)
    }))
  )
  const run = realNvpTraining(params, block([rows, 2], 2))
  const ours: number[] = []
  for (let step = 0; step < losses.length; step++) ours.push(await run.step())
  await run.dispose()
  // float32 against float64: 25 Adam steps, which amplify rounding where a gradient is near zero
  losses.forEach((loss, step) => expect(Math.abs(ours[step]! - loss) / (1 + Math.abs(loss))).toBeLessThan(2e-5))
  expect(losses.at(-1)).toBeLessThan(losses[0]!)
})
