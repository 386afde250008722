/**
 * The laws of a bijector, as checks that any test runner can run: what every bijector of this package passes, and what one
 * of your own should. Reads tensors and compiles; not traceable.
 *
 * @example for (const { name, check } of bijectorLaws(mine, normal(key(0), [5, 3]))) test(name, check)
 */
import * as tf from '@tensorflow/tfjs-core'
import { grad, jit, vmap } from '@bdl/compiler'
import { scoped } from '@bdl/core'
import type { Bijector, WithLogDet } from './bijector.js'
import { comparer, expectFinite, expectShapeOf, type Compare, type Tolerances } from './laws/compare.js'
import { inCoordinates, jacobianLogDets, memberLogDets, type Charts } from './laws/jacobian.js'

export { correlationChart, lowerTriangleChart, simplexChart, symmetricChart, type Chart } from './laws/chart.js'

export interface Law {
  readonly name: string
  /** Throws an `Error`, or rejects with one, that says what differs. */
  readonly check: () => void | Promise<void>
}

export interface LawOptions extends Tolerances, Charts {}

type Pair = Bijector['forwardAndLogDet']
type Directions = readonly (readonly [direction: 'forward' | 'inverse', pair: Pair, at: tf.Tensor])[]

/** What is checked: the bijector, its points, and how numbers are held against each other. */
interface Subject {
  readonly b: Bijector
  readonly x: tf.Tensor
  readonly compare: Compare
  readonly charts: Charts
}

const directions = ({ b, x }: Subject): Directions => [
  ['forward', b.forwardAndLogDet, x],
  ['inverse', b.inverseAndLogDet, b.forward(x)]
]

const comparePairs = (compare: Compare, what: string, actual: WithLogDet, expected: WithLogDet): void => {
  compare(`${what}, value`, actual[0], expected[0])
  compare(`${what}, log-det`, actual[1], expected[1])
}

const shapeLaw = ({ b, x }: Subject): void => {
  const rank = x.rank - b.forwardEventNdims
  const [batch, event] = [x.shape.slice(0, rank), x.shape.slice(rank)]
  const image = b.forwardEventShape(event)
  const [y, logDet] = b.forwardAndLogDet(x)
  expectShapeOf('forward, against forwardEventShape', y, [...batch, ...image])
  expectShapeOf('log-det', logDet, batch)
  if (b.inverseEventNdims !== image.length)
    throw new Error(`inverseEventNdims: ${b.inverseEventNdims}, events come out with ${image.length} axes`)
  if (b.inverseEventShape(image).join() !== event.join())
    throw new Error(`inverseEventShape: [${b.inverseEventShape(image).join(', ')}], expected [${event.join(', ')}]`)
  if (y.dtype !== 'float32' || logDet.dtype !== 'float32') throw new Error(`dtype: ${y.dtype} and ${logDet.dtype}`)
}

const memberLaw = (subject: Subject): void => {
  for (const [direction, pair, at] of directions(subject)) {
    const singles = tf.unstack(at).map(pair)
    const stacked = [tf.stack(singles.map(([v]) => v)), tf.stack(singles.map(([, l]) => l))] as const
    comparePairs(subject.compare, direction, stacked, pair(at))
    comparePairs(subject.compare, `${direction} under vmap`, vmap((v: tf.Tensor) => pair(v))(at), pair(at))
  }
}

const emptyLaw = (subject: Subject): void => {
  for (const [direction, pair, at] of directions(subject)) {
    const none = tf.slice(at, at.shape.map(() => 0), [0, ...at.shape.slice(1)]) // prettier-ignore
    const [full, empty] = [pair(at), pair(none)]
    full.forEach((part, i) => expectShapeOf(`${direction} of an empty batch`, empty[i]!, [0, ...part.shape.slice(1)]))
  }
}

const jacobianLaw = ({ b, x, compare, charts }: Subject): void =>
  compare('log-det', b.forwardAndLogDet(x)[1], jacobianLogDets(inCoordinates(b, x, charts)))

const slopeLaw = ({ b, x, compare, charts }: Subject): void => {
  const map = inCoordinates(b, x, charts)
  const stated = (v: tf.Tensor): tf.Tensor => {
    const pointwise = (charts.domain?.point ?? ((c: tf.Tensor) => c))(v)
    return tf.sum(b.forwardAndLogDet(tf.reshape(pointwise, x.shape.slice(1)))[1])
  }
  const slopes = (f: (v: tf.Tensor) => tf.Tensor): tf.Tensor => vmap(grad(f))(map.at)
  compare('derivative of the log-det', slopes(stated), slopes((v) => tf.sum(memberLogDets(map, v)))) // prettier-ignore
}

const derivativesLaw = (subject: Subject): void => {
  for (const [direction, pair, at] of directions(subject)) {
    const loss = (v: tf.Tensor): tf.Tensor => {
      const [y, logDet] = pair(v)
      return tf.add(tf.sum(tf.sin(y)), tf.sum(logDet))
    }
    const slope = grad(loss)
    expectFinite(`${direction}, first derivatives`, slope(at))
    expectFinite(`${direction}, second derivatives`, grad((v: tf.Tensor) => tf.sum(tf.square(slope(v))))(at))
  }
}

const compiledLaw = async ({ b, x, compare }: Subject): Promise<void> => {
  const y = b.forward(x)
  const all = (at: tf.Tensor, image: tf.Tensor) => [b.forwardAndLogDet(at), b.inverseAndLogDet(image)] as const
  const compiled = jit(all)
  const eager = all(x, y)
  const results = await compiled(x, y)
  try {
    comparePairs(compare, 'compiled forward', results[0], eager[0])
    comparePairs(compare, 'compiled inverse', results[1], eager[1])
  } finally {
    compiled.dispose()
    tf.dispose([y, ...results.flat(), ...eager.flat()])
  }
}

const leakLaw = ({ b, x }: Subject): void => {
  const y = b.forward(x)
  const calls: readonly (readonly [string, number, () => unknown])[] = [
    ['forward', 1, () => b.forward(x)],
    ['inverse', 1, () => b.inverse(y)],
    ['forwardAndLogDet', 2, () => b.forwardAndLogDet(x)],
    ['inverseAndLogDet', 2, () => b.inverseAndLogDet(y)]
  ]
  for (const [name, returned, call] of calls) {
    const before = tf.memory().numTensors
    call()
    const grown = tf.memory().numTensors - before
    if (grown !== returned) throw new Error(`${name}: ${returned} tensors returned, live tensors grew by ${grown}`)
  }
}

const aloneLaw = ({ b, x, compare }: Subject): void => {
  const y = b.forward(x)
  compare('forward', y, b.forwardAndLogDet(x)[0])
  compare('inverse', b.inverse(y), b.inverseAndLogDet(y)[0])
}

/**
 * The laws of `b` at the points `x`: round trips, shapes, the log-determinant and its derivative against the Jacobian that
 * differentiation gives, batches (also empty, also by `vmap`), derivatives, compiled against eager, leaks.
 *
 * @param x float32 [batch, ...B, ...E], inside the domain and away from kinks and saturation
 * @param options tolerances; and, where events have fewer degrees of freedom than entries, their coordinates: `image:
 *   simplexChart` for a map onto the simplex, `domain: lowerTriangleChart(n)` for one from triangular matrices
 */
export const bijectorLaws = (b: Bijector, x: tf.Tensor, options: LawOptions = {}): readonly Law[] => {
  const { domain, image } = options
  const subject: Subject = {
    b,
    x,
    compare: comparer(options),
    charts: { ...(domain && { domain }), ...(image && { image }) }
  }
  const { compare } = subject
  const law = (name: string, check: (subject: Subject) => void): Law => ({
    name,
    check: () => scoped(() => check(subject))
  })
  return [
    law('shapes are the stated ones', shapeLaw),
    law('inverse after forward is the identity', () => compare('x', b.inverse(b.forward(x)), x)),
    law('forward after inverse is the identity', () => compare('y', b.forward(b.inverse(b.forward(x))), b.forward(x))),
    law('the log-det is log|det| of the Jacobian', jacobianLaw),
    law("the log-det's derivative is that of log|det| of the Jacobian", slopeLaw),
    law("the inverse's log-det is minus the forward one", () =>
      compare('log-det', b.inverseAndLogDet(b.forward(x))[1], tf.neg(b.forwardAndLogDet(x)[1]))
    ),
    law('a batch is its members', memberLaw),
    law('an empty batch stays one', emptyLaw),
    law('value alone is the value of the pair', aloneLaw),
    law('first and second derivatives are finite', derivativesLaw),
    { name: 'compiled is eager', check: () => compiledLaw(subject) },
    law('nothing leaks', leakLaw)
  ]
}
