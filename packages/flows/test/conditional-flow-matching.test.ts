// Two moons, each with its label: the class that is asked for, its density, and all of them without a label.
import * as tf from '@tensorflow/tfjs-core'
import { jit } from '@bdl/compiler'
import { key, normal, type Key } from '@bdl/core'
import { adaptive } from '@bdl/ode'
import { eagerAndCompiled, expectClose } from '@bdl/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  conditionalFlowMatching,
  conditionalVelocityMlp,
  guided,
  optimalPairing,
  standardNormal,
  velocityToDistribution,
  type ConditionalVelocity
} from '../src/index'
import { expectAgreement } from './agreement'
import { centredMoons, regressed } from './trained'

/** n rows, the first half of the lower moon: labels [1, 0], of the upper one [0, 1]. */
const labelled = (seed: number, n: number) => {
  const isLower = tf.less(tf.range(0, n), n / 2)
  const context = tf.cast(tf.stack([isLower, tf.logicalNot(isLower)], 1), 'float32')
  return { x: centredMoons(seed, n), context }
}

const labels = { lower: tf.tensor1d([1, 0]), upper: tf.tensor1d([0, 1]) }

/** 400 points of an arc, evenly by angle: [400, 2]. */
const arc = (isLower: boolean): tf.Tensor =>
  tf.tidy(() => {
    const angles = tf.mul(tf.add(tf.range(0, 400), 0.5), Math.PI / 400)
    const [cos, sin] = [tf.cos(angles), tf.sin(angles)]
    return tf.sub(isLower ? tf.stack([tf.sub(1, cos), tf.sub(0.5, sin)], 1) : tf.stack([cos, sin], 1), [0.5, 0.25])
  })
const arcs = { lower: arc(true), upper: arc(false) }

/** The density of noise of 0.1 about an arc, by the midpoint rule, whose points are a twelfth of that apart. */
const truth = (x: tf.Tensor, along: tf.Tensor): tf.Tensor =>
  tf.tidy(() => {
    const squares = tf.sum(tf.square(tf.sub(tf.expandDims(x, 1), along)), -1)
    return tf.sub(tf.logSumExp(tf.div(squares, -2 * 0.01), 1), Math.log(400 * 2 * Math.PI * 0.01))
  })

const meanOf = (x: tf.Tensor): number => tf.tidy(() => tf.mean(x).dataSync()[0]!)

/** Share of points that are likelier below than above. */
const shareOfLower = (x: tf.Tensor): number =>
  meanOf(tf.cast(tf.greater(truth(x, arcs.lower), truth(x, arcs.upper)), 'float32'))

describe('trained with a fifth of the labels dropped', () => {
  const field = conditionalVelocityMlp({ dimension: 2, context: 2 })
  const learnt: { velocityOf?: ConditionalVelocity } = {}
  const lawOf = (context?: tf.Tensor, scale = 1) => {
    if (learnt.velocityOf === undefined) throw new Error('not trained')
    return velocityToDistribution(guided(learnt.velocityOf, { scale })(context), standardNormal(2), {
      control: adaptive({ rtol: 1e-4, atol: 1e-5 })
    })
  }
  const draw = async (context: tf.Tensor | undefined, scale: number, n: number): Promise<tf.Tensor> => {
    const sample = jit((k: Key) => lawOf(context, scale).sample(k, [n]))
    const drawn = await sample(key(8))
    sample.dispose()
    return drawn
  }
  const logProbOf = async (context: tf.Tensor | undefined, x: tf.Tensor): Promise<number> => {
    const compiled = jit((at: tf.Tensor) => tf.mean(lawOf(context).logProb(at)))
    const value = (await compiled(x)).dataSync()[0]!
    compiled.dispose()
    return value
  }

  beforeAll(async () => {
    const loss = conditionalFlowMatching({ field, drop: 0.2 })
    learnt.velocityOf = await regressed(field, loss, labelled(1, 4096), { steps: 3000 })
  }, 120_000)

  test('samples are of the class that is asked for, with guidance all the more', async () => {
    const n = 2000
    const wrong = {
      lower: 1 - shareOfLower(await draw(labels.lower, 1, n)),
      upper: shareOfLower(await draw(labels.upper, 1, n)),
      guided: 1 - shareOfLower(await draw(labels.lower, 2, n))
    }
    expect(wrong.lower).toBeLessThan(0.03)
    expect(wrong.upper).toBeLessThan(0.03)
    expect(wrong.guided).toBeLessThan(0.003)
  })

  test('without a label both classes come, half each', async () => {
    const n = 2000
    const share = shareOfLower(await draw(undefined, 1, n))
    // Sampling error of five standard errors, and as much again of a network that is nearly trained.
    expect(Math.abs(share - 0.5)).toBeLessThan((2 * 5 * 0.5) / Math.sqrt(n))
  })

  test('densities given the label and without it are near the true ones', async () => {
    const { x } = labelled(2, 1000)
    const [lower, upper] = [tf.slice(x, [0, 0], [500, 2]), tf.slice(x, [500, 0], [500, 2])]
    const both = tf.sub(tf.logSumExp(tf.stack([truth(x, arcs.lower), truth(x, arcs.upper)]), 0), Math.log(2))
    // Estimates of divergences from the truth to what was learnt, in nats.
    const divergences = {
      lower: meanOf(truth(lower, arcs.lower)) - (await logProbOf(labels.lower, lower)),
      upper: meanOf(truth(upper, arcs.upper)) - (await logProbOf(labels.upper, upper)),
      both: meanOf(both) - (await logProbOf(undefined, x))
    }
    expect(divergences.lower).toBeLessThan(0.15)
    expect(divergences.upper).toBeLessThan(0.15)
    expect(divergences.both).toBeLessThan(0.4)
  })

  test('the law with guidance is one: mass, and draws where the density says', async () => {
    // Guidance sharpens: finer cells than those of the data.
    await expectAgreement(lawOf(labels.lower, 2), { key: key(3), half: 2.2, cells: 140 })
  }, 60_000)
})

describe('the loss', () => {
  /** What each row of the data is paired with, seen by a field at t = 0. */
  const sourcesOf = (contextWeight: number) => {
    const seen: { x?: tf.Tensor; context?: tf.Tensor } = {}
    const field = {
      init: () => [],
      build: (): ConditionalVelocity => (context) => (_t, x) => {
        seen.x = tf.keep(tf.clone(x))
        if (context) seen.context = tf.keep(tf.clone(context))
        return tf.zerosLike(x)
      }
    }
    const times = (_k: Key, n: number) => tf.zeros([n])
    const loss = conditionalFlowMatching({ field, drop: 0, times, pair: optimalPairing, contextWeight })
    const n = 48
    const batch = labelled(3, n)
    loss([], { ...batch, x: tf.add(batch.x, tf.mul(batch.context, [10, -10])) }, key(0))
    if (!(seen.x && seen.context)) throw new Error('not seen')
    expectClose(seen.context, batch.context, { atol: 0, rtol: 0 })
    // The second entry of x is lowered by 10 in the second class.
    const mean = (from: number) => tf.mean(tf.slice(seen.x!, [from, 1], [n / 2, 1])).dataSync()[0]!
    return mean(0) - mean(n / 2)
  }

  test('pairs stay within contexts, so that every class has all of the source', () => {
    // Means of halves of N(0, 1) that are split at random differ by 2 / sqrt(48); split at the median, by 1.6.
    expect(Math.abs(sourcesOf(1e4))).toBeLessThan((5 * 2) / Math.sqrt(48))
    expect(sourcesOf(0)).toBeGreaterThan(1)
  })

  test('is the same eagerly and compiled', async () => {
    const field = conditionalVelocityMlp({ dimension: 2, context: 2, hidden: [8] })
    const params = field.init(key(0)).map(({ w, b }) => ({ w: tf.add(w, normal(key(1), w.shape)), b }))
    const loss = conditionalFlowMatching({ field, drop: 0.3, pair: optimalPairing })
    const [eager, compiled] = await eagerAndCompiled(loss, [params, labelled(0, 16), key(2)])
    expectClose(compiled, eager, { atol: 1e-5, rtol: 1e-5 })
    expect(loss(params, labelled(0, 16), key(3)).dataSync()[0]).not.toBe(eager.dataSync()[0])
  })
})
