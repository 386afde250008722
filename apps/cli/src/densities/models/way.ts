/** The way of draws through a velocity field, for models that are continuous flows. */
import type * as tf from '@tensorflow/tfjs-core'
import { adaptive, dopri5, solve } from '@bdl/ode'
import type { Key } from '@bdl/core'
import type { Distribution } from '@bdl/distributions'
import type { Velocity } from '@bdl/flows'
import type { Settings } from '../settings.js'
import { TIMES } from './model.js'

export interface Way {
  readonly source: Distribution
  readonly t0: number
  readonly t1: number
}

/** How flows are solved for their densities and draws: what steps leave is far below what training leaves. */
export const evaluation = ({ tolerance }: Settings) => ({
  solver: dopri5,
  control: adaptive({ rtol: tolerance, atol: tolerance })
})

/** Draws at `TIMES` of the way, [times, n, 2]. */
export const wayOf =
  (velocity: Velocity, { source, t0, t1 }: Way, settings: Settings) =>
  (key: Key, n: number): tf.Tensor =>
    solve({
      field: velocity,
      y0: source.sample(key, [n]),
      t0,
      t1,
      saveAt: TIMES.map((share) => t0 + share * (t1 - t0)),
      ...evaluation(settings)
    }).ys
