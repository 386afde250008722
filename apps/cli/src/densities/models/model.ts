/** A density model of the table: how it is fitted, its law, and the way from noise to data for those that have one. */
import type * as tf from '@tensorflow/tfjs-core'
import type { Key, Tree } from '@bdl/core'
import type { Distribution } from '@bdl/distributions'
import { preparedModel } from '../fit.js'
import type { PreparedModel } from '../fit.js'
import type { Effort, Settings } from '../settings.js'

/** Parameters from data at once, or by so many steps on a loss. */
export type Fitting<P extends Tree> =
  | { readonly kind: 'closed'; readonly fit: (data: tf.Tensor) => P }
  | {
      readonly kind: 'trained'
      readonly effort: Effort
      readonly init: (key: Key) => P
      readonly loss: (params: P, batch: tf.Tensor, key: Key) => tf.Tensor
    }

export interface ModelSpec<P extends Tree> {
  readonly fitting: Fitting<P>
  readonly build: (params: P) => Distribution
  /** n draws on the way, [times, n, 2]: from the noise to the data, at `TIMES`. */
  readonly path?: (params: P) => (key: Key, n: number) => tf.Tensor
}

/** Shares of the way at which draws are looked at. */
export const TIMES = Array.from({ length: 17 }, (_, i) => i / 16)

export interface DensityModel {
  /** As on the command line. */
  readonly name: string
  /** As in the table. */
  readonly title: string
  readonly prepare: (settings: Settings) => PreparedModel
}

/** A record of the registry. The type of the parameters stays inside. */
export const densityModel = <P extends Tree>(
  name: string,
  title: string,
  spec: (settings: Settings) => ModelSpec<P>
): DensityModel => ({ name, title, prepare: (settings) => preparedModel(name, spec(settings), settings) })
