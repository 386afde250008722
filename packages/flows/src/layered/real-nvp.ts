/** RealNVP: affine couplings whose scales and shifts are MLPs, alternating which part of the vector passes. */
import * as tf from '@tensorflow/tfjs-core'
import { affine, bijector, chain, coupling, invert, type Bijector } from '@bdl/bijectors'
import { expectInteger, learnable, type Learnable } from '@bdl/core'
import { transformed, type Distribution } from '@bdl/distributions'
import { mlp, tanh, type Activation, type Initialiser, type MlpParams } from '@bdl/nn'

export interface RealNvpOptions {
  /** Of the data, at least 2. */
  readonly dimension: number
  /** Default 8. */
  readonly couplings?: number
  /** Hidden widths of the conditioners; default [64, 64]. */
  readonly hidden?: readonly number[]
  /** Default `tanh`. */
  readonly activation?: Activation
  /** Of the conditioners' weights. */
  readonly initialiser?: Initialiser
  /** Of the conditioners' last weights: `zeros` starts at the identity. */
  readonly lastInitialiser?: Initialiser
  /** Distribution of vectors that the data are mapped to, event shape [dimension]. */
  readonly base: Distribution
}

const swapParts = (x: tf.Tensor, first: number): readonly [tf.Tensor, tf.Tensor] => {
  const axis = x.rank - 1
  const [a, b] = tf.split(x, [first, x.shape[axis]! - first], axis)
  return [tf.concat([b!, a!], axis), tf.zeros(x.shape.slice(0, -1))]
}

/** [a, b] to [b, a], `first` entries in a: a split and a concat, which the compiler cancels against those of couplings. */
const swap = (dimension: number, first: number): Bijector =>
  bijector({
    name: 'swap',
    eventNdims: 1,
    forwardAndLogDet: (x) => swapParts(x, first),
    inverseAndLogDet: (y) => swapParts(y, dimension - first)
  })

/** One coupling; log-scales are bounded by tanh, so no step scales by more than e. */
const couplingLayer = (options: RealNvpOptions, index: number): Learnable<MlpParams, Bijector> => {
  const { dimension, hidden = [64, 64], activation = tanh, initialiser, lastInitialiser } = options
  const head = Math.floor(dimension / 2)
  const isOdd = index % 2 === 1
  const masked = isOdd ? dimension - head : head
  const changed = dimension - masked
  const net = mlp({
    sizes: [masked, ...hidden, 2 * changed],
    activation,
    ...(initialiser && { initialiser }),
    ...(lastInitialiser && { lastInitialiser })
  })
  return learnable.map((apply: (x: tf.Tensor) => tf.Tensor): Bijector => {
    const layer = coupling({
      numMasked: masked,
      conditioner: (part) => {
        const out = apply(part)
        const [logScale, shift] = tf.split(out, 2, out.rank - 1)
        return affine({ shift: shift!, logScale: tf.tanh(logScale!) })
      }
    })
    return isOdd ? chain(swap(dimension, head), layer, invert(swap(dimension, head))) : layer
  })(net)
}

/**
 * The couplings as one bijector from data to base: evaluating a density runs them forwards.
 * @error InvalidArgument for fewer than two dimensions or one coupling
 */
export const realNvpBijector = (options: RealNvpOptions): Learnable<readonly MlpParams[], Bijector> => {
  const { dimension, couplings = 8 } = options
  expectInteger('realNvp', { dimension }, 2)
  expectInteger('realNvp', { couplings }, 1)
  const layers = Array.from({ length: couplings }, (_, i) => couplingLayer(options, i))
  return learnable.map((all: readonly Bijector[]) => chain(...all))(learnable.sequence(layers))
}

/**
 * A learnable distribution over vectors: density of data by the couplings, samples by their inverses, both exact.
 * @source Dinh, Sohl-Dickstein & Bengio 2016, arXiv:1605.08803
 * @example
 * const flow = realNvp({ dimension: 2, base: standardNormal(2) })
 * const params = flow.init(key(0))
 * flow.build(params).logProb(x) // [n, 2] -> [n], nats
 */
export const realNvp = (options: RealNvpOptions): Learnable<readonly MlpParams[], Distribution> =>
  learnable.map((toBase: Bijector): Distribution => transformed(options.base, invert(toBase)))(realNvpBijector(options))
