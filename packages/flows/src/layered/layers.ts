// What flows of many equal layers share: the order of entries is reversed from layer to layer, and a context reaches them all.
import type * as tf from '@tensorflow/tfjs-core'
import { chain, reverse, type Bijector } from '@bdl/bijectors'
import { expectInteger, learnable, type Learnable } from '@bdl/core'
import type { Activation, Initialiser } from '@bdl/nn'

/** A bijector from noise to data, for each context where the flow has one. */
export type Conditioned = (context?: tf.Tensor) => Bijector

export interface LayersOptions {
  /** Of the data. */
  readonly dimension: number
  /** Default 5. */
  readonly layers?: number
  /** Hidden widths of every network; default [64, 64]. */
  readonly hidden?: readonly number[]
  /** Numbers of the context that conditions the flow; default 0, no context. */
  readonly context?: number
  /** Default `tanh`. */
  readonly activation?: Activation
  /** Of the networks' weights. */
  readonly initialiser?: Initialiser
  /** Of the networks' last weights: `zeros` starts at the identity. */
  readonly lastInitialiser?: Initialiser
}

/** Of the networks, without what is not given. */
export const networkOptions = ({ activation, initialiser, lastInitialiser }: LayersOptions) => ({
  ...(activation && { activation }),
  ...(initialiser && { initialiser }),
  ...(lastInitialiser && { lastInitialiser })
})

/** `layers` of them in a chain, with the order of entries reversed between them. */
export const stacked = <P>(fn: string, { layers = 5 }: LayersOptions, layer: Learnable<P, Conditioned>) => {
  expectInteger(fn, { layers }, 1)
  const all: readonly Learnable<P, Conditioned>[] = Array.from({ length: layers }, () => layer)
  const joined =
    (built: readonly Conditioned[]): Conditioned =>
    (context) =>
      chain(...built.flatMap((one, i) => (i === 0 ? [one(context)] : [reverse, one(context)])))
  const sequence: Learnable<readonly P[], readonly Conditioned[]> = learnable.sequence(all)
  return learnable.map(joined)(sequence)
}
