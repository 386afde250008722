// What pairing by optimal transport is for: trained on the same data, flows are straighter, and few steps go as far as many.
import * as tf from '@tensorflow/tfjs-core'
import { jit } from '@bdl/compiler'
import { key } from '@bdl/core'
import { euler, fixedSteps } from '@bdl/ode'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  bridgePath,
  flowBijector,
  flowMatching,
  linearPath,
  optimalPairing,
  sinkhornPairing,
  standardNormal,
  transportCosts,
  velocityMlp,
  velocityToDistribution,
  type MatchingOptions,
  type Velocity
} from '../src/index'
import { centredMoons, regressed } from './trained'

const learn = (options: MatchingOptions): Promise<Velocity> => {
  const field = velocityMlp({ dimension: 2 })
  return regressed(field, flowMatching({ field, ...options }), centredMoons(1, 4096), { steps: 1000, batchSize: 96 })
}

const meanOf = async (f: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor): Promise<number> => {
  const compiled = jit((at: tf.Tensor) => tf.mean(f(at)))
  const value = (await compiled(x)).dataSync()[0]!
  compiled.dispose()
  return value
}

const measure = async (velocity: Velocity) => {
  const held = centredMoons(2, 500)
  const start = standardNormal(2).sample(key(9), [500])
  const exact = flowBijector(velocity)
  const eulerError = (n: number) => {
    const few = flowBijector(velocity, { solver: euler, control: fixedSteps(n) })
    return meanOf((z) => tf.norm(tf.sub(few.forward(z), exact.forward(z)), 'euclidean', -1), start)
  }
  return {
    kinetic: await meanOf((x) => transportCosts(velocity)(x).kinetic, held),
    displacement: await meanOf((z) => tf.sum(tf.square(tf.sub(exact.forward(z), z)), -1), start),
    logProb: await meanOf(velocityToDistribution(velocity, standardNormal(2)).logProb, held),
    errors: { two: await eulerError(2), four: await eulerError(4), sixteen: await eulerError(16) }
  }
}

describe('two moons from N(0, I)', () => {
  type Measured = Awaited<ReturnType<typeof measure>>
  const found: Record<string, Measured> = {}
  const of = (name: string): Measured => found[name]!
  beforeAll(async () => {
    found['independent'] = await measure(await learn({ path: linearPath() }))
    found['optimal'] = await measure(await learn({ path: linearPath(), pair: optimalPairing }))
    found['bridge'] = await measure(
      await learn({ path: bridgePath({ sigma: 0.3 }), pair: sinkhornPairing({ epsilon: 0.18 }) })
    )
  }, 120_000)

  test.each(['optimal', 'bridge'])(
    '%s: less than half of the kinetic energy, which is nearly that of straight lines',
    (name) => {
      expect(of(name).kinetic).toBeLessThan(0.5 * of('independent').kinetic)
      expect(of(name).kinetic).toBeLessThan(1.1 * of('independent').displacement)
    }
  )

  test.each(['optimal', 'bridge'])('%s: two Euler steps err less than sixteen along independent pairs', (name) => {
    expect(of(name).errors.two).toBeLessThan(of('independent').errors.sixteen)
    expect(of(name).errors.four).toBeLessThan(0.2 * of('independent').errors.four)
  })

  test.each(['optimal', 'bridge'])('%s: the data are no less likely', (name) => {
    expect(of(name).logProb).toBeGreaterThan(of('independent').logProb)
  })
})
