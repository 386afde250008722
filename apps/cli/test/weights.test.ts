/** Canonical forms, importance weights, repair and scores, on networks whose answers are known. */
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { fromHost, key } from '@bdl/core'
import type { MlpParams } from '@bdl/nn'
import { act, mlpSpec, randomElement } from '@bdl/symmetry'
import { expectMean } from '@bdl/testing'
import { canonicalStage } from '../src/weights/canonical.js'
import type { CanonicalStage } from '../src/weights/canonical.js'
import { convergenceOf, logJoints } from '../src/weights/convergence.js'
import { evaluate } from '../src/weights/evaluate.js'
import { importanceFacts, inRegion, logPermutations, repair, weigh } from '../src/weights/importance.js'
import { sliceOf, thinned, toHostNetworks, toRows } from '../src/weights/networks.js'
import type { HostLayer } from '../src/weights/networks.js'
import { priorConstant } from '../src/weights/problem.js'
import type { Problem } from '../src/weights/problem.js'
import { networksOf, tinyProblem, tinySettings } from './tiny.js'

const problem = tinyProblem()
const spec = mlpSpec([...problem.sizes], 'relu')

const quiet = () => ({ onProgress: () => {}, signal: new AbortController().signal })

/** Without data the posterior is the prior, of which exact draws are at hand. */
const withoutData = (): Problem => ({
  ...problem,
  logJoint: problem.logPrior
})

const PERMUTATIONS = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0]
] as const

/** One network of a stack after each permutation of its hidden units: leaves [6, ...]. */
const copiesOf = (network: MlpParams): MlpParams => {
  const [first, second] = network.map(({ w, b }) => ({ w: tf.squeeze(w, [0]), b: tf.squeeze(b, [0]) }))
  const copies = PERMUTATIONS.map((permutation) => ({
    w1: tf.gather(first!.w, [...permutation], 1),
    b1: tf.gather(first!.b, [...permutation]),
    w2: tf.gather(second!.w, [...permutation])
  }))
  return [
    { w: tf.stack(copies.map(({ w1 }) => w1)), b: tf.stack(copies.map(({ b1 }) => b1)) },
    { w: tf.stack(copies.map(({ w2 }) => w2)), b: tf.stack(copies.map(() => second!.b)) }
  ]
}

describe('the region of the permutation group', () => {
  test('holds exactly one copy of every network', async () => {
    const reference = await toHostNetworks(networksOf(problem, key(1), 1))
    const plain: readonly HostLayer[] = reference.map(({ w, b }) => ({
      w: { shape: w.shape.slice(1), data: w.data },
      b: { shape: b.shape.slice(1), data: b.data }
    }))
    const networks = networksOf(problem, key(2), 12)
    for (let i = 0; i < 12; i++) {
      const inside = inRegion(problem.sizes, await toHostNetworks(copiesOf(sliceOf(networks, i, 1))), plain)
      expect(inside.filter(Boolean)).toHaveLength(1)
    }
    expect(inRegion(problem.sizes, reference, plain)).toEqual([true])
  })

  test('the group has the factorial of the width', () => {
    expect(logPermutations([4, 3, 3])).toBeCloseTo(Math.log(6), 12)
    expect(logPermutations([1, 5, 1])).toBeCloseTo(Math.log(120), 12)
    expect(logPermutations([4, 1, 3])).toBe(0)
  })

  test('exact draws of the target have constant weights, and the evidence of a prior is 1', async () => {
    const target = withoutData()
    const networks = networksOf(problem, key(3), 400, problem.priorScale)
    const reference = await toHostNetworks(sliceOf(networks, 0, 1))
    const plain = reference.map(({ w, b }) => ({
      w: { shape: w.shape.slice(1), data: w.data },
      b: { shape: b.shape.slice(1), data: b.data }
    }))
    const joint = await logJoints(target, networks)
    const logDensity = joint.map((value) => value + priorConstant(target))
    const rows = toRows(networks)
    const facts = await weigh(target, { networks: rows, logDensity, standardError: new Float64Array(400) }, plain)
    expect(facts.logWeight?.mean).toBeCloseTo(Math.log(6), 3)
    expect(facts.logWeight?.sd).toBeLessThan(1e-3)
    expect(facts.ess).toBeCloseTo(400 * facts.inRegion, 2)
    expect(Math.abs(facts.logEvidence!.value)).toBeLessThan(5 * facts.logEvidence!.error)
    expect(facts.inRegion).toBeGreaterThan(1 / 6 - 5 * Math.sqrt(5 / 36 / 400))
    expect(facts.inRegion).toBeLessThan(1 / 6 + 5 * Math.sqrt(5 / 36 / 400))
  })
})

describe('facts of log weights', () => {
  test('equal weights are all effective', () => {
    const facts = importanceFacts(new Float64Array(50).fill(-3), new Float64Array(50).fill(0.2))
    expect(facts).toMatchObject({ networks: 50, inRegion: 1, logWeight: { mean: -3, sd: 0 }, logDensityError: 0.2 })
    expect(facts.ess).toBeCloseTo(50, 9)
    expect(facts.logEvidence?.value).toBeCloseTo(-3, 9)
  })

  test('networks outside the region count with weight zero', () => {
    const facts = importanceFacts(
      Float64Array.from({ length: 40 }, (_, i) => (i % 2 ? 1 : -Infinity)),
      new Float64Array(40)
    )
    expect(facts.inRegion).toBe(0.5)
    expect(facts.ess).toBeCloseTo(20, 9)
    expect(facts.logEvidence?.value).toBeCloseTo(1 + Math.log(0.5), 9)
  })

  test('an empty region has nothing to say', () => {
    const facts = importanceFacts(new Float64Array(10).fill(-Infinity), new Float64Array(10))
    expect(facts).toMatchObject({ inRegion: 0, ess: 0, logWeight: null, paretoK: null, logEvidence: null })
  })
})

describe('repair', () => {
  test('keeps exact draws of the posterior where they are', async () => {
    const target = withoutData()
    const count = 256
    const start = networksOf(problem, key(4), count, problem.priorScale)
    const settings = { ...tinySettings, repair: [1, 4] }
    const rows = await repair(target, settings, start, { ...quiet(), key: key(5), stepSize: 0.2 })
    expect(rows.map(({ transitions }) => transitions)).toEqual([0, 1, 4])
    // −‖w‖²/(2σ²) is half a χ² with d degrees: mean −d/2, variance d/2
    for (const { logJoint } of rows)
      expect(Math.abs(logJoint + problem.dim / 2)).toBeLessThan(5 * Math.sqrt(problem.dim / 2 / count))
  })

  test('brings networks from elsewhere to the level of the posterior', async () => {
    const target = withoutData()
    const start = networksOf(problem, key(4), 64, 3 * problem.priorScale)
    const rows = await repair(target, { ...tinySettings, repair: [1, 12] }, start, {
      ...quiet(),
      key: key(5),
      stepSize: 0.2
    })
    expect(rows[0]!.logJoint).toBeLessThan(-6 * (problem.dim / 2))
    expect(Math.abs(rows[2]!.logJoint + problem.dim / 2)).toBeLessThan(5 * Math.sqrt(problem.dim / 2 / 64))
  })
})

describe('the canonical stage', () => {
  const chains = 6
  const drawsPerChain = 4
  let stage: CanonicalStage
  let positions: MlpParams
  const heard: number[] = []
  beforeAll(async () => {
    // copies of one function: every chain in a copy of its own, its draws a little apart
    const [origin, noise] = [
      networksOf(problem, key(6), 1, 1),
      networksOf(problem, key(7), chains * drawsPerChain, 0.01)
    ]
    const host = await toHostNetworks(origin)
    const one = host.map(({ w, b }) => ({
      w: { shape: w.shape.slice(1), data: w.data },
      b: { shape: b.shape.slice(1), data: b.data }
    }))
    const moved = Array.from({ length: chains }, (_, c) => act(spec, randomElement(spec, key(20 + c), 0.7))(one))
    positions = noise.map((layer, l) => {
      const spread = (leaf: 'w' | 'b'): tf.Tensor =>
        tf.add(
          layer[leaf],
          tf.stack(moved.flatMap((network) => Array.from({ length: drawsPerChain }, () => fromHost(network[l]![leaf]))))
        )
      return { w: spread('w'), b: spread('b') }
    })
    const draws = { positions, chains, drawsPerChain, seconds: 1 }
    stage = await canonicalStage(
      problem,
      { ...tinySettings, barriers: { pairs: 12, points: 5 } },
      draws,
      key(8),
      (done) => heard.push(done)
    )
  })

  test('leaves every logit alone', () => {
    expect(stage.facts.logitChange).toBeLessThan(1e-4)
    expect(stage.facts.largestLogit).toBeGreaterThan(0.1)
    expect(stage.facts.networks).toBe(chains * drawsPerChain)
    expect(heard).toEqual([1, 2, 3, 4, 5])
  })

  test('brings copies of one function together', () => {
    const { raw, balanced, aligned, canonical } = stage.facts.forms
    expect(canonical.variance).toBeLessThan(0.02 * raw.variance)
    expect(canonical.barrier.mean).toBeLessThan(0.05 * raw.barrier.mean)
    expect(balanced.variance).toBeGreaterThan(10 * canonical.variance)
    expect(aligned.variance).toBeGreaterThan(10 * canonical.variance)
  })

  test('measures barriers from the line between the ends', () => {
    expect(stage.facts.lambdas).toEqual([0, 0.25, 0.5, 0.75, 1])
    for (const { curve } of Object.values(stage.facts.forms)) {
      expect(curve[0]).toBeCloseTo(0, 6)
      expect(curve.at(-1)).toBeCloseTo(0, 6)
    }
  })

  test('projects each network once, with the chain that it is from', () => {
    for (const { x, y, chain } of stage.projections) {
      expect([x.length, y.length, chain.length]).toEqual([24, 24, 24])
      expect(Array.from(chain)).toEqual(Array.from({ length: 24 }, (_, i) => Math.floor(i / drawsPerChain)))
    }
  })

  test('R-hat in function space does not see copies', async () => {
    const draws = { positions, chains, drawsPerChain, seconds: 1 }
    const joint = await logJoints(problem, positions)
    const facts = await convergenceOf(problem, draws, joint)
    expect(facts).toMatchObject({ draws: 24, chains: 6 })
    expect(facts.rhat!.median).toBeLessThan(1.6)
    const half = (first: boolean): number => {
      const values = Array.from(joint).filter((_, i) => i % 4 < 2 === first)
      return values.reduce((a, b) => a + b, 0) / values.length
    }
    expect(facts.logJoint.firstHalf).toBeCloseTo(half(true), 6)
    expect(facts.logJoint.secondHalf).toBeCloseTo(half(false), 6)
  })
})

describe('scores', () => {
  /** Networks that predict the same probabilities for every input. */
  const constant = (predictions: readonly (readonly number[])[]): MlpParams => {
    const n = predictions.length
    return [
      { w: tf.zeros([n, 4, 3]), b: tf.zeros([n, 3]) },
      { w: tf.zeros([n, 3, 3]), b: tf.tensor2d(predictions.map((p) => p.map(Math.log))) }
    ]
  }
  const [first, second] = [
    [0.7, 0.2, 0.1],
    [0.1, 0.3, 0.6]
  ] as const
  const average = [0.4, 0.25, 0.35]

  test('of an average are those that a hand computes', async () => {
    const { scores, entropies } = await evaluate(problem, constant([first, second]))
    const meanOf = (f: (label: number) => number): number => (f(0) + f(1) + f(2)) / 3
    const nll = (p: readonly number[]): number => meanOf((label) => -Math.log(p[label]!))
    expect(scores.networks).toBe(2)
    expect(scores.accuracy).toBeCloseTo(1 / 3, 6)
    expect(scores.nll).toBeCloseTo(nll(average), 5)
    expect(scores.brier).toBeCloseTo(
      meanOf((label) => average.reduce((s, p, k) => s + (p - Number(k === label)) ** 2, 0)),
      5
    )
    expect(scores.ece).toBeCloseTo(0.4 - 1 / 3, 5)
    expect(scores.one.accuracy).toBeCloseTo(1 / 3, 6)
    expect(scores.one.nll).toBeCloseTo((nll(first) + nll(second)) / 2, 5)
    const entropy = average.reduce((s, p) => s - p * Math.log(p), 0)
    for (const { values } of entropies) for (const value of values) expect(value).toBeCloseTo(entropy, 5)
    // what does not depend on the input cannot tell inputs apart
    for (const { entropyAuroc, mutualInformationAuroc } of scores.shifted) {
      expect(entropyAuroc).toBeCloseTo(0.5, 6)
      expect(mutualInformationAuroc).toBeCloseTo(0.5, 6)
    }
  })

  test('one network has no mutual information', async () => {
    const { scores } = await evaluate(problem, constant([first]))
    for (const { mutualInformationAuroc } of scores.shifted) expect(mutualInformationAuroc).toBeNull()
    expect(scores.one.nll).toBeCloseTo(scores.nll, 6)
  })

  test('stay finite for a network that is certain and wrong', async () => {
    const { scores } = await evaluate(problem, constant([[1, 1e-300, 1e-300].map((p) => Math.max(p, 1e-300)), first]))
    expect(Number.isFinite(scores.one.nll)).toBe(true)
    expect(Number.isFinite(scores.nll)).toBe(true)
  })
})

test('thinning takes networks spread over the stack', () => {
  const b = tf.reshape(tf.range(0, 10), [10, 1])
  const few = thinned([{ w: tf.zeros([10, 1, 1]), b }], 4)
  expect(Array.from(few[0]!.b.dataSync())).toEqual([0, 2, 5, 7])
})

test('the log joint is the likelihood and the prior, without the constant', async () => {
  const networks = networksOf(problem, key(9), 300, problem.priorScale)
  const prior = await logJoints(withoutData(), networks)
  expectMean(prior, -problem.dim / 2, Math.sqrt(problem.dim / 2))
  const whole = await logJoints(problem, sliceOf(networks, 0, 1))
  const row = sliceOf(networks, 0, 1).map(({ w, b }) => ({ w: tf.squeeze(w, [0]), b: tf.squeeze(b, [0]) }))
  const likelihood = problem.logLikelihood(row, problem.train).dataSync()[0]!
  expect(whole[0]).toBeCloseTo(likelihood + prior[0]!, 3)
})
