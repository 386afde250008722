/**
 * Multi-scale flows: after each level half of the channels are done and go to the result, the other half goes on, so that
 * later levels are smaller. A split and a concatenation, as one bijector: from an event to the vector of all latents.
 *
 * Glow's learnt prior of the half that leaves, N(mu(h), sigma(h)) given the half h that stays, is an affine coupling of
 * channels at the end of a level.
 */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, learnable, scoped, sizeOfShape, type SequencedParams } from '@bdl/core'
import { bijector, sumLast, type Bijector, type WithLogDet } from '../bijector.js'
import { onEvent } from '../combinators/as-event.js'
import { expectEvent } from '../expect-event.js'
import { sliceLast } from '../numerics/last-axis.js'
import { adapted, type AdaptiveBijector, type AnyLearnableBijector } from '../normalisation/adaptive.js'

export interface MultiScaleOptions {
  /** Of what goes in, [height, width, channels] say; the last axis is halved. */
  readonly eventShape: readonly number[]
  /** In order, at least one; each keeps the number of axes. Channels that are odd in number leave by the smaller half. */
  readonly levels: readonly Bijector[]
}

/** Of one level: what goes in, what comes out, and the sizes of the last axis that go on and leave. */
interface Level {
  readonly bijector: Bijector
  readonly into: readonly number[]
  readonly out: readonly number[]
  readonly stays: number
  readonly leaves: number
}

const withLast = (shape: readonly number[], size: number): readonly number[] => [...shape.slice(0, -1), size]

const mismatch = (argument: string, expected: string, got: string): BdlError =>
  new BdlError({ code: 'ShapeMismatch', fn: 'multiScale', argument, expected, got })

const levelOf = (b: Bijector, into: readonly number[], isLast: boolean): Level => {
  if (b.forwardEventNdims !== b.inverseEventNdims || b.forwardEventNdims > into.length)
    throw mismatch('levels', `bijectors of events of at most ${into.length} axes, which keep their number`, b.name)
  const out = onEvent(b.forwardEventNdims, b.forwardEventShape)(into)
  const channels = out[out.length - 1] ?? 0
  if (!isLast && channels < 2) throw mismatch('levels', 'two channels to split after each level', `[${out.join(', ')}]`)
  const leaves = isLast ? channels : Math.floor(channels / 2)
  return { bijector: b, into, out, stays: channels - leaves, leaves }
}

const levelsOf = ({ eventShape, levels }: MultiScaleOptions): readonly Level[] => {
  if (levels.length === 0 || eventShape.length === 0)
    throw mismatch(
      'levels, eventShape',
      'at least one level, of events with at least one axis',
      `${levels.length} levels`
    )
  return levels.reduce<readonly Level[]>((before, b, i) => {
    const previous = before[i - 1]
    const into = previous === undefined ? eventShape : withLast(previous.out, previous.stays)
    return [...before, levelOf(b, into, i === levels.length - 1)]
  }, [])
}

/** Levels one after another; what leaves each is flattened, in order. */
const forward = (levels: readonly Level[], x: tf.Tensor): WithLogDet => {
  const lead = expectEvent('multiScale', x, levels[0]?.into ?? [])
  const flat = (part: tf.Tensor): tf.Tensor => tf.reshape(part, [...lead, sizeOfShape(part.shape.slice(lead.length))])
  const start = { h: x, done: [] as readonly tf.Tensor[], logDets: [] as readonly tf.Tensor[] }
  const end = levels.reduce(({ h, done, logDets }, { bijector: b, stays, leaves }) => {
    const [y, logDet] = b.forwardAndLogDet(h)
    const parts = stays === 0 ? [y, y] : tf.split(y, [stays, leaves], y.rank - 1)
    const summed = sumLast(logDet, logDet.rank - lead.length)
    return { h: parts[0]!, done: [...done, flat(parts[1]!)], logDets: [...logDets, summed] }
  }, start)
  return [tf.concat([...end.done], lead.length), tf.addN([...end.logDets])]
}

const sizeThatLeaves = ({ out, leaves }: Level): number => sizeOfShape(withLast(out, leaves))

const inverse = (levels: readonly Level[], z: tf.Tensor): WithLogDet => {
  const sizes = levels.map(sizeThatLeaves)
  const lead = expectEvent('multiScale', z, [sizes.reduce((n, size) => n + size, 0)])
  const parts = tf.split(z, sizes, lead.length)
  const start = { h: null as tf.Tensor | null, logDets: [] as readonly tf.Tensor[] }
  const end = levels.reduceRight(({ h, logDets }, level, i) => {
    const left = tf.reshape(parts[i]!, [...lead, ...withLast(level.out, level.leaves)])
    const y = h === null ? left : tf.concat([h, left], left.rank - 1)
    const [x, logDet] = level.bijector.inverseAndLogDet(y)
    return { h: x as tf.Tensor | null, logDets: [...logDets, sumLast(logDet, logDet.rank - lead.length)] }
  }, start)
  return [end.h ?? z, tf.addN([...end.logDets])]
}

/**
 * Levels with a split between them: [...E] -> the vector of all latents, those of the first level first.
 *
 * @error ShapeMismatch if there is no level, a level changes the number of axes, or there is nothing to split after one
 * @source Dinh, Sohl-Dickstein & Bengio (2017), Real NVP, arXiv:1605.08803, section 3.6; Kingma & Dhariwal (2018), Glow,
 *   arXiv:1807.03039
 * @example multiScale({ eventShape: [4, 4, 1], levels: [squeeze(), squeeze()] }).forward(tf.zeros([4, 4, 1])).shape // => [16]
 */
export const multiScale = (options: MultiScaleOptions): Bijector => {
  const levels = levelsOf(options)
  const total = levels.reduce((n, level) => n + sizeThatLeaves(level), 0)
  return bijector({
    name: `multiScale(${options.levels.map(({ name }) => name).join(', ')})`,
    eventNdims: { forward: options.eventShape.length, inverse: 1 },
    forwardEventShape: () => [total],
    inverseEventShape: () => options.eventShape,
    forwardAndLogDet: (x) => forward(levels, x),
    inverseAndLogDet: (z) => inverse(levels, z)
  })
}

export interface LearnableMultiScaleOptions<Ls extends readonly AnyLearnableBijector[]> {
  readonly eventShape: readonly number[]
  readonly levels: Ls
}

/**
 * Levels to learn with a split between them; parameters are the tuple of theirs. `adapt` runs a batch through, as that of
 * `learnableChain` does.
 *
 * @error as of `multiScale`, when it is built
 */
export const learnableMultiScale = <const Ls extends readonly AnyLearnableBijector[]>({
  eventShape,
  levels
}: LearnableMultiScaleOptions<Ls>): AdaptiveBijector<SequencedParams<Ls>> => ({
  ...learnable.map((bs: readonly Bijector[]) => multiScale({ eventShape, levels: bs }))(learnable.sequence(levels)),
  adapt: (params, batch) =>
    scoped(() => {
      const start = { h: batch, done: [] as readonly unknown[] }
      const end = levels.reduce(({ h, done }, level, i) => {
        const [next, built] = adapted(level, params[i], h)
        const y = built.forward(h)
        const channels = y.shape[y.rank - 1] ?? 0
        const isLast = i === levels.length - 1
        return { h: isLast ? y : sliceLast(y, 0, channels - Math.floor(channels / 2)), done: [...done, next] }
      }, start)
      return end.done as unknown as SequencedParams<Ls>
    })
})
