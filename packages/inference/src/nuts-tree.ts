/**
 * The trajectory of the No-U-Turn sampler as one flat loop: a turn is a leapfrog step and what follows from it. Doublings are
 * events between turns, not loops of their own, so that chains under `vmap` wait for the longest trajectory alone, and the
 * graph has one copy of the log density's gradient.
 */
import * as tf from '@tensorflow/tfjs-core'
import { bitsToUnit, threefry2x32, whileLoop } from '@bdl/compiler'
import { logaddexp, mapTree, scoped, zipTrees } from '@bdl/core'
import type { Key } from '@bdl/core'
import { leapfrogStep } from './leapfrog.js'
import type { Dynamics, PhasePoint } from './leapfrog.js'
import { blockSizes, checkpointsOf, flipCheckpoints, recordLeaf, turningBlocks } from './u-turn.js'
import type { Checkpoints } from './u-turn.js'

/** An end of the trajectory, z its whitened momentum; [dim] each. */
type End = Readonly<Record<'position' | 'momentum' | 'gradient' | 'z', tf.Tensor>>

/** A leaf that may be the next state: what the state needs, and its energy. */
export type Candidate = Readonly<Record<'position' | 'gradient' | 'logDensity' | 'energy', tf.Tensor>>

type Trajectory = {
  /** The end that grows, and the other one. */
  readonly moving: End
  readonly resting: End
  /** +1 where time runs forward, −1 backward. */
  readonly direction: tf.Tensor
  /** Number of the next leaf; the start is leaf 0. A float32 scalar, as `size` is. */
  readonly number: tf.Tensor
  /** Leaves of the tree that is being doubled. */
  readonly size: tf.Tensor
  /** Σ z over all leaves. */
  readonly sum: tf.Tensor
  readonly checkpoints: Checkpoints
  /** Drawn from the tree, and from the subtree that is being added to it, by weight; and log Σ exp(−(H − H₀)) of both. */
  readonly chosen: Candidate
  readonly candidate: Candidate
  readonly logWeight: tf.Tensor
  readonly candidateLogWeight: tf.Tensor
  /** Σ min(1, exp(−(H − H₀))) over leaves but the start. */
  readonly acceptance: tf.Tensor
  readonly isDivergent: tf.Tensor
  readonly isTurning: tf.Tensor
}

export type TrajectoryOptions = {
  readonly dynamics: Dynamics
  readonly stepSize: tf.Tensor | number
  readonly maxTreeDepth: number
  readonly divergenceThreshold: number
}

/** A draw from a trajectory, and how the trajectory went. */
export type TrajectoryDraw = Pick<Trajectory, 'chosen' | 'isDivergent' | 'isTurning'> &
  Readonly<Record<'acceptProb' | 'steps' | 'treeDepth', tf.Tensor>>

const where = <T extends Readonly<Record<string, tf.Tensor>>>(condition: tf.Tensor, yes: T, no: T): T =>
  zipTrees((a, b) => tf.where(condition, a!, b!))(yes, no)

/** One block of random bits a leaf: two uniforms on [0, 1). Leaf 0 has the directions, later leaves their acceptances. */
const uniformsOf = (key: Key, number: tf.Tensor): readonly [tf.Tensor, tf.Tensor] => {
  const [k0, k1] = tf.unstack(key) as [tf.Tensor, tf.Tensor]
  const [a, b] = threefry2x32(k0, k1, tf.scalar(0, 'int32'), tf.cast(number, 'int32'))
  return [bitsToUnit(a), bitsToUnit(b)]
}

/** ±1 for the doubling of a tree of 2^d leaves: digit d of a uniform number in base two. */
const directionOf = (digits: tf.Tensor, size: tf.Tensor): tf.Tensor =>
  tf.sub(tf.mul(2, tf.mod(tf.floor(tf.mul(digits, tf.mul(2, size))), 2)), 1)

const startOf = (
  { dynamics, maxTreeDepth }: TrajectoryOptions,
  { position, momentum, logDensity, gradient }: PhasePoint,
  energy: tf.Tensor,
  digits: tf.Tensor
): Trajectory => {
  const z = dynamics.metric.whiten(momentum)
  const end = { position, momentum, gradient, z }
  const candidate = { position, gradient, logDensity, energy }
  const [zero, one, no] = [tf.scalar(0), tf.scalar(1), tf.scalar(false, 'bool')]
  return {
    moving: end,
    resting: end,
    direction: directionOf(digits, one),
    number: one,
    size: one,
    sum: z,
    checkpoints: checkpointsOf(z, maxTreeDepth),
    chosen: candidate,
    candidate,
    logWeight: zero,
    candidateLogWeight: tf.scalar(-Infinity),
    acceptance: zero,
    isDivergent: no,
    isTurning: no
  }
}

/** A leaf with what it weighs. NaN counts as divergent: every comparison with it is false. */
const nextLeaf = (
  { dynamics, stepSize, divergenceThreshold }: TrajectoryOptions,
  { moving, direction }: Trajectory,
  startEnergy: tf.Tensor
) => {
  const from = { ...moving, logDensity: startEnergy } // a step does not read it
  const { position, momentum, logDensity, gradient } = leapfrogStep(dynamics, from, tf.mul(direction, stepSize))
  const z = dynamics.metric.whiten(momentum)
  const energy = tf.sub(tf.mul(0.5, tf.sum(tf.square(z))), logDensity)
  const error = tf.sub(energy, startEnergy)
  const isDivergent = tf.logicalNot(tf.lessEqual(error, divergenceThreshold))
  return {
    end: { position, momentum, gradient, z },
    candidate: { position, gradient, logDensity, energy },
    logWeight: tf.neg(error),
    acceptance: tf.where(isDivergent, tf.scalar(0), tf.exp(tf.minimum(tf.neg(error), 0))),
    isDivergent
  }
}

/** exp(log u) < exp(logOdds); u may be 0. */
const accepts = (u: tf.Tensor, logOdds: tf.Tensor): tf.Tensor => tf.less(tf.log(u), logOdds)

/** The draw from the subtree with one leaf more, the n-th taken with probability w_n / (w_1 + ... + w_n). */
const withLeaf = (
  tree: Trajectory,
  leaf: Pick<ReturnType<typeof nextLeaf>, 'candidate' | 'logWeight'>,
  u: tf.Tensor
): Pick<Trajectory, 'candidate' | 'candidateLogWeight'> => {
  const isFirst = tf.equal(tree.number, tree.size)
  const added = logaddexp(tree.candidateLogWeight, leaf.logWeight)
  const isTaken = tf.logicalOr(isFirst, accepts(u, tf.sub(leaf.logWeight, added)))
  return {
    candidate: where(isTaken, leaf.candidate, tree.candidate),
    candidateLogWeight: tf.where(isFirst, leaf.logWeight, added)
  }
}

/** Where the tree grows on: a doubling that is complete is followed by one at an end drawn anew. */
const nextEnds = (tree: Trajectory, end: End, size: tf.Tensor, isComplete: tf.Tensor, digits: tf.Tensor) => {
  const direction = tf.where(isComplete, directionOf(digits, size), tree.direction)
  const isFlipped = tf.notEqual(direction, tree.direction)
  return {
    isFlipped,
    ends: {
      moving: where(isFlipped, tree.resting, end),
      resting: where(isFlipped, end, tree.resting),
      direction,
      size: tf.where(isComplete, size, tree.size)
    }
  }
}

/**
 * One leaf more: progressive sampling within the subtree, and, at its last leaf, between subtree and tree, biased to the
 * subtree; then the direction of the next doubling.
 */
const turn =
  (options: TrajectoryOptions, key: Key, startEnergy: tf.Tensor, digits: tf.Tensor) =>
  (tree: Trajectory): Trajectory => {
    const sizes = blockSizes(options.maxTreeDepth)
    const [leafDraw, treeDraw] = uniformsOf(key, tree.number)
    const leaf = nextLeaf(options, tree, startEnergy)
    const { candidate, candidateLogWeight } = withLeaf(tree, leaf, leafDraw)
    const newest = { number: tree.number, z: leaf.end.z, before: tree.moving.z, sum: tree.sum }
    const recorded = recordLeaf(tree.checkpoints, newest, sizes)
    const turning = turningBlocks(recorded, newest, sizes)
    const [count, size] = [tf.add(tree.number, 1), tf.mul(tree.size, 2)]
    const isComplete = tf.equal(count, size)
    // of the blocks that end here the largest is the whole tree if this leaf completes it: then the subtree is sound
    const isSound = tf.logicalNot(tf.any(tf.logicalAnd(turning, tf.less(tf.slice(sizes, [1]), size))))
    const isAdded = tf.logicalAnd(tf.logicalAnd(isComplete, isSound), tf.logicalNot(leaf.isDivergent))
    const isMoved = tf.logicalAnd(isAdded, accepts(treeDraw, tf.sub(candidateLogWeight, tree.logWeight)))
    const { ends, isFlipped } = nextEnds(tree, leaf.end, size, isComplete, digits)
    return {
      ...ends,
      number: count,
      sum: tf.add(tree.sum, leaf.end.z),
      checkpoints: flipCheckpoints(recorded, size, isFlipped, leaf.end.z, sizes),
      chosen: where(isMoved, candidate, tree.chosen),
      candidate,
      logWeight: tf.where(isAdded, logaddexp(tree.logWeight, candidateLogWeight), tree.logWeight),
      candidateLogWeight,
      acceptance: tf.add(tree.acceptance, leaf.acceptance),
      isDivergent: leaf.isDivergent,
      isTurning: tf.logicalAnd(tf.any(turning), tf.logicalNot(leaf.isDivergent))
    }
  }

/**
 * A state drawn from a trajectory that doubles, in directions drawn at random, until it turns back, diverges, or has
 * 2^maxTreeDepth leaves.
 *
 * @param key used for this trajectory alone
 */
export const drawFromTrajectory = (options: TrajectoryOptions, key: Key, start: PhasePoint): TrajectoryDraw =>
  scoped(() => {
    const { maxTreeDepth, dynamics } = options
    const z = dynamics.metric.whiten(start.momentum)
    const startEnergy = tf.sub(tf.mul(0.5, tf.sum(tf.square(z))), start.logDensity)
    const [digits] = uniformsOf(key, tf.scalar(0))
    const first = startOf(options, start, startEnergy, digits)
    const goesOn = ({ size, isDivergent, isTurning }: Trajectory) =>
      tf.logicalAnd(tf.less(size, 2 ** maxTreeDepth), tf.logicalNot(tf.logicalOr(isDivergent, isTurning)))
    const last = whileLoop(goesOn, turn(options, key, startEnergy, digits), first)
    const steps = tf.sub(last.number, 1)
    const doublings = tf.lessEqual(tf.slice(blockSizes(maxTreeDepth), [0], [maxTreeDepth]), steps)
    return {
      chosen: mapTree((leaf) => tf.clone(leaf))(last.chosen),
      isDivergent: last.isDivergent,
      isTurning: last.isTurning,
      acceptProb: tf.div(last.acceptance, steps),
      steps: tf.cast(steps, 'int32'),
      treeDepth: tf.sum(tf.cast(doublings, 'int32'))
    }
  })
