/**
 * The No-U-Turn sampler on eight schools, as in python/peers.py: mu ~ N(0, 5), tau ~ HalfCauchy(5), eta ~ N(0, 1), and school j
 * observed with mu + tau eta_j ± sigma_j; one chain, 1000 transitions of warm-up and 1000 draws a call. Settings are NumPyro's
 * defaults: target acceptance 0.8, at most 10 doublings, a diagonal metric, starts uniform on (-2, 2), log tau for tau.
 */
import * as tf from '@tensorflow/tfjs-core'
import { jit, scan } from '@bdl/compiler'
import { disposeTree, key, mapTree, scoped, softplus, split, splitStack, uniform, type Key } from '@bdl/core'
import { normal } from '@bdl/distributions'
import { adaptive, nuts } from '@bdl/inference'
import type { Workload } from './workload'

const WARM_UP = 1000
const DRAWS = 1000

const effects = [28, 8, -3, 7, -1, 1, 18, 12]
const errors = [15, 10, 16, 11, 9, 11, 10, 18]

export type Schools = Readonly<Record<'mu' | 'logTau' | 'eta', tf.Tensor>>

/** log p(x) + x for tau = exp(x): 2 / (pi s (1 + (tau / s)^2)) and the Jacobian. */
const logHalfCauchyOfLog = (logTau: tf.Tensor, scale: number): tf.Tensor => {
  const tail = softplus(tf.mul(2, tf.sub(logTau, Math.log(scale))))
  return tf.add(tf.sub(logTau, tail), Math.log(2 / (Math.PI * scale)))
}

/** Over (mu, log tau, eta). */
export const logJointOfSchools = ({ mu, logTau, eta }: Schools): tf.Tensor => {
  const theta = tf.add(mu, tf.mul(tf.exp(logTau), eta))
  const logPrior = tf.add(normal(0, 5).logProb(mu), logHalfCauchyOfLog(logTau, 5))
  const logEta = tf.sum(normal(0, 1).logProb(eta))
  const logLikelihood = tf.sum(normal(theta, tf.tensor1d(errors)).logProb(tf.tensor1d(effects)))
  return tf.add(logPrior, tf.add(logEta, logLikelihood))
}

const kernel = adaptive((tuning) => nuts(logJointOfSchools, tuning), { transitions: WARM_UP })

/** Draws and infos after the warm-up: leaves [DRAWS, ...]; and the leapfrog steps of the warm-up. */
export const sampleSchools = (callKey: Key) => {
  const [keyStart, keyRun] = split(callKey)
  const start = uniform(keyStart, [10], { minval: -2, maxval: 2 })
  const [mu, logTau, eta] = tf.split(start, [1, 1, 8]) as [tf.Tensor, tf.Tensor, tf.Tensor]
  const state = kernel.init({ mu: tf.reshape(mu, []), logTau: tf.reshape(logTau, []), eta })
  const [, { positions, infos }] = scan(
    (at: typeof state, own: tf.Tensor) => {
      const [next, info] = kernel.step(own, at)
      return [next, { positions: next.position, infos: info }] as const
    },
    state,
    splitStack(keyRun, WARM_UP + DRAWS)
  )
  const drawn = <T extends typeof positions | typeof infos>(all: T): T =>
    mapTree((leaf) => tf.slice(leaf, [WARM_UP], [DRAWS]))(all)
  const warmUpSteps = tf.sum(tf.slice(infos.steps, [0], [WARM_UP]))
  return { positions: drawn(positions), infos: drawn(infos), warmUpSteps }
}

export const nutsEightSchools: Workload = {
  name: 'nuts_eight_schools',
  repeats: 5,
  start: (options) => {
    const sample = jit(sampleSchools, {
      name: 'nuts_eight_schools',
      ...(options?.engine && { engine: options.engine })
    })
    const keys = split(key(0), 20)
    let calls = 0
    let current: Awaited<ReturnType<typeof sample>> | undefined
    const release = () => current && disposeTree(current)
    return {
      step: async () => {
        const next = await sample(keys[calls++ % keys.length]!)
        release()
        current = next
        return scoped(() => tf.mean(next.positions.mu)).dataSync()[0]!
      },
      position: () => current?.positions ?? [],
      stats: sample.stats,
      dispose: async () => {
        release()
        await sample.dispose()
      }
    }
  }
}
