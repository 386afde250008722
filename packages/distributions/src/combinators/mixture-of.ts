// Mixtures of distributions that need not be of one family.
import * as tf from '@tensorflow/tfjs-core'
import { stopGradient } from '@bdl/compiler'
import { BdlError, categorical as drawIndex, logsumexp, split } from '@bdl/core'
import { constraint, type Constraint } from '../constraint.js'
import { expectWeights, logProbsOf, probsOf, type ClassWeights } from '../discrete/weights.js'
import { distribution, type Distribution } from '../distribution.js'
import { following } from './newton.js'

export interface MixtureOf extends Distribution {
  readonly weights: ClassWeights
  readonly parts: readonly Distribution[]
}

const sameShapes = (fn: string, parts: readonly Distribution[], batchShape: readonly number[]): void => {
  const [first] = parts
  const odd = parts.findIndex(
    (d) => d.batchShape.join() !== batchShape.join() || d.eventShape.join() !== first?.eventShape.join()
  )
  if (odd >= 0)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn,
      argument: `parts[${odd}]`,
      expected: `batch [${batchShape.join(', ')}] (that of the weights) and event [${first?.eventShape.join(', ') ?? ''}]`,
      got: `batch [${parts[odd]!.batchShape.join(', ')}] and event [${parts[odd]!.eventShape.join(', ')}]`
    })
}

const expectAsMany = (fn: string, n: number, k: number): void => {
  if (n !== k)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn,
      argument: 'parts',
      expected: `${k} distributions, one for each weight`,
      got: String(n)
    })
}

/** [...B] of a constraint's answer, whatever rank it says that members have. */
const whole = (set: Constraint, x: tf.Tensor, eventNdims: number): tf.Tensor => {
  const inside = set.contains(x)
  const extra = inside.rank - (x.rank - eventNdims)
  return extra === 0
    ? inside
    : tf.all(
        inside,
        [...Array(extra).keys()].map((i) => inside.rank - 1 - i)
      )
}

const anyOf = (parts: readonly Distribution[], eventNdims: number): Constraint =>
  constraint({
    name: `anyOf(${parts.map((d) => d.support.name).join(', ')})`,
    eventNdims,
    isDiscrete: parts.some((d) => d.support.isDiscrete === true),
    contains: (x) =>
      tf.any(
        tf.stack(
          parts.map((d) => whole(d.support, x, eventNdims)),
          -1
        ),
        -1
      ),
    ...(parts.every((d) => d.support === parts[0]!.support) &&
      parts[0]!.support.fromReals && { fromReals: parts[0]!.support.fromReals })
  })

/** A weight [...B, k] as k weights, each with n axes for the event. */
const weightsFor = (weights: ClassWeights, n: number): readonly tf.Tensor[] => {
  const probs = probsOf(weights)
  return tf.unstack(probs, probs.rank - 1).map((w) => tf.reshape(w, [...w.shape, ...Array<number>(n).fill(1)]))
}

/** sum_i w_i f_i, without 0 * inf. */
const average = (weights: readonly tf.Tensor[], fs: readonly tf.Tensor[]): tf.Tensor =>
  tf.addN(
    fs.map((f, i) => {
      const w = tf.add(weights[i]!, tf.zerosLike(f))
      return tf.where(tf.greater(w, 0), tf.mul(w, f), 0)
    })
  )

type Methods = Partial<Pick<Distribution, 'mean' | 'variance' | 'cdf'>>

/** By the laws of total expectation and variance, where every part has what it takes. */
const combined = (weights: ClassWeights, parts: readonly Distribution[], n: number): Methods => {
  const [means, variances, cdfs] = [
    parts.flatMap((d) => d.mean ?? []),
    parts.flatMap((d) => d.variance ?? []),
    parts.flatMap((d) => d.cdf ?? [])
  ]
  const meansOf = (): readonly tf.Tensor[] => means.map((mean) => tf.cast(mean(), 'float32'))
  const hasMeans = means.length === parts.length
  return {
    ...(hasMeans && { mean: () => average(weightsFor(weights, n), meansOf()) }),
    ...(hasMeans &&
      variances.length === parts.length && {
        variance: () => {
          const [ws, each] = [weightsFor(weights, n), meansOf()]
          const mean = average(ws, each)
          const spread = each.map((m, i) => tf.add(variances[i]!(), tf.square(tf.sub(m, mean))))
          return average(ws, spread)
        }
      }),
    ...(cdfs.length === parts.length && {
      cdf: (x: tf.Tensor) =>
        average(
          weightsFor(weights, 0),
          cdfs.map((cdf) => cdf(x))
        )
    })
  }
}

/**
 * p(x) = sum_i w_i p_i(x), of any distributions with one event shape: a spike and a slab, say.
 *
 * Draws are reparameterised, implicitly, where events are scalars and every part is reparameterised and has `cdf`. A mixture
 * of densities and atoms has no density: mix the ones or the others.
 *
 * @param weights `{ logits }` [...B, k], unnormalised, or `{ probs }` [...B, k], rows sum to one
 * @param parts k distributions of batch shape [...B]; for many of one family `mixture` is quicker
 * @error ShapeMismatch if there are not as many parts as weights, or their shapes differ
 * @example mixtureOf({ probs: tf.tensor1d([0.5, 0.5]) }, [normal(0, 0.01), laplace(0, 1)])
 */
export const mixtureOf = (weights: ClassWeights, parts: readonly Distribution[]): MixtureOf => {
  const { shape } = expectWeights('mixtureOf', weights)
  const batchShape = shape.slice(0, -1)
  const k = shape.at(-1)!
  expectAsMany('mixtureOf', parts.length, k)
  sameShapes('mixtureOf', parts, batchShape)
  const { eventShape } = parts[0]!
  const n = eventShape.length
  const logProb = (x: tf.Tensor): tf.Tensor =>
    logsumexp(
      tf.add(
        logProbsOf(weights),
        tf.stack(
          parts.map((d) => d.logProb(x)),
          -1
        )
      ),
      -1
    )
  const methods = combined(weights, parts, n)
  const { cdf } = methods
  const isReparameterised = n === 0 && cdf !== undefined && parts.every((d) => d.isReparameterised)
  return distribution<tf.Tensor, Pick<MixtureOf, 'weights' | 'parts'>>({
    name: `mixtureOf(${parts.map((d) => d.name).join(', ')})`,
    weights,
    parts,
    batchShape,
    eventShape,
    isReparameterised,
    support: anyOf(parts, n),
    logProb,
    sampleAndLogProb: (key, sampleShape) => {
      const [keyIndex, ...keys] = split(key, k + 1)
      const index = drawIndex(keyIndex!, logProbsOf(weights), [...sampleShape, ...batchShape])
      const at = tf.reshape(index, [...index.shape, ...Array<number>(n).fill(1)])
      const drawn = parts
        .map((d, i) => d.sample(keys[i]!, sampleShape))
        .reduce((x, y, i) => tf.where(tf.logicalAnd(tf.equal(at, i), tf.onesLike(tf.cast(y, 'bool'))), y, x))
      const x = isReparameterised ? following(drawn, cdf, logProb) : stopGradient(drawn)
      return [x, logProb(x)]
    },
    ...methods
  })
}
