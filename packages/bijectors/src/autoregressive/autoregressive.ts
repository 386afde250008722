/**
 * Autoregressive maps: entry i is transformed by an elementwise bijector that entries 1, ..., i - 1 decide, so the Jacobian is
 * triangular and its log-det a sum. One direction takes one evaluation of the conditioner, the other as many as there are
 * entries, in a loop of the graph.
 *
 * Which entries a conditioner may look at is its own business: a network under `madeMasks`, say. A conditioner that looks
 * further makes a map that is none; `bijectorLaws` finds out.
 */
import * as tf from '@tensorflow/tfjs-core'
import { foriLoop } from '@bdl/compiler'
import { BdlError } from '@bdl/core'
import { bijector, sumLast, type Bijector, type WithLogDet } from '../bijector.js'
import { invert } from '../combinators/invert.js'
import { isEntry, lastSize } from '../numerics/last-axis.js'

export interface AutoregressiveOptions {
  /**
   * From [..., n] an elementwise bijector of [..., n] whose parameters for entry i depend on entries 1, ..., i - 1 alone.
   * May close over a context. `choosing(transformer, network)` makes one of a network.
   */
  readonly conditioner: (x: tf.Tensor) => Bijector
}

const elementwise =
  (fn: string, conditioner: AutoregressiveOptions['conditioner']) =>
  (x: tf.Tensor): Bijector => {
    const b = conditioner(x)
    if (b.forwardEventNdims + b.inverseEventNdims !== 0)
      throw new BdlError({
        code: 'InvalidArgument',
        fn,
        argument: 'conditioner',
        expected: 'an elementwise bijector',
        got: `${b.name}, with events of rank ${b.forwardEventNdims}`
      })
    return b
  }

/** Log-dets may have the shape of parameters that broadcast: they are spread over the vector before they are summed. */
const summed = ([value, logDet]: WithLogDet): WithLogDet => [value, sumLast(tf.add(logDet, tf.zerosLike(value)), 1)]

/**
 * x from y, entry after entry: when entries 1, ..., i - 1 are known, so is the map of entry i. Entries that are not known
 * yet stay 0, so that nothing wild reaches the conditioner. The last entry's turn gives all log-dets too.
 */
const solveInOrder = (conditioner: AutoregressiveOptions['conditioner'], y: tf.Tensor): WithLogDet => {
  const n = lastSize(y)
  const known = foriLoop(
    0,
    Math.max(n - 1, 0),
    (i, x) => tf.where(isEntry(i, n), conditioner(x).inverse(y), x),
    tf.zerosLike(y)
  )
  return conditioner(known).inverseAndLogDet(y)
}

/** From an elementwise y_i = t_i(x_i), t = conditioner(x). */
const parallel = (name: string, conditioner: AutoregressiveOptions['conditioner']): Bijector => {
  const checked = elementwise(name, conditioner)
  return bijector({
    name,
    eventNdims: 1,
    forwardAndLogDet: (x) => summed(checked(x).forwardAndLogDet(x)),
    inverseAndLogDet: (y) => summed(solveInOrder(checked, y))
  })
}

/**
 * y_i = t_i(x_i), t = conditioner(x): forward is parallel, the inverse takes n turns. As a flow from noise to data it samples
 * fast and evaluates densities of data slowly; variational posteriors need no more.
 *
 * @error InvalidArgument if the conditioner's bijector is not elementwise
 * @precision of the inverse: errors of an entry go on to later ones, as far as the conditioner amplifies them
 * @source Kingma, Salimans, Jozefowicz, Chen, Sutskever & Welling (2016), Inverse Autoregressive Flow, arXiv:1606.04934
 * @example inverseAutoregressive({ conditioner: choosing(affineTransformer(), network) })
 */
export const inverseAutoregressive = ({ conditioner }: AutoregressiveOptions): Bijector =>
  parallel('inverseAutoregressive', conditioner)

/**
 * y_i = t_i(x_i), t = conditioner(y): the inverse is parallel, forward takes n turns. As a flow from noise to data it
 * evaluates densities fast, which is what training on data needs, and samples slowly.
 *
 * @error InvalidArgument if the conditioner's bijector is not elementwise
 * @precision of forward: errors of an entry go on to later ones, as far as the conditioner amplifies them
 * @source Papamakarios, Pavlakou & Murray (2017), Masked Autoregressive Flow, arXiv:1705.07057
 * @example maskedAutoregressive({ conditioner: choosing(splineTransformer({ bins: 8, low: -3, high: 3 }), network) })
 */
export const maskedAutoregressive = ({ conditioner }: AutoregressiveOptions): Bijector => {
  const back = parallel('maskedAutoregressive', (y) => invert(conditioner(y)))
  return Object.freeze<Bijector>({ ...invert(back), name: 'maskedAutoregressive' })
}
