// Losses and parameters of python/peers.py itself, from numbers and keys that both sides draw alike: python/record.py.
import { readFileSync } from 'node:fs'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { jit } from '@bdl/compiler'
import { hostArray, isTensor, key, normal, scoped, split, type Tree } from '@bdl/core'
import { effectiveSampleSize } from '@bdl/inference'
import { hmcBnnOf } from '../src/workloads/hmc-bnn'
import { workloads } from '../src/workloads/index'
import { logJointOfSchools, sampleSchools } from '../src/workloads/nuts-eight-schools'

/** Norm and projections of an array, as python/record.py keeps them. */
interface Fingerprint {
  readonly size: number
  readonly norm: number
  readonly projections: readonly number[]
}

interface Training {
  readonly losses: readonly number[]
  readonly torchLosses?: readonly number[]
  readonly position: Fingerprint
}

interface Chain {
  readonly transitions: number
  readonly logDensities: readonly [first: number, last: number]
  readonly position: Fingerprint
}

/** Mean and standard deviation over independent runs. */
interface Figure {
  readonly mean: number
  readonly sd: number
}

interface Sampler {
  readonly points: readonly (readonly number[])[]
  readonly logJoint: readonly number[]
  readonly runs: number
  readonly figures: Readonly<
    Record<
      'warmUpSteps' | 'steps' | 'acceptance' | 'divergences' | 'stepSize' | 'mu' | 'logTau' | 'essMu' | 'essLogTau',
      Figure
    >
  >
}

type Recorded = Readonly<Record<'realnvp_step' | 'bbb_step' | 'ensemble_step' | 'ffjord_step', Training>> & {
  readonly hmc_bnn: Chain
  readonly nuts_eight_schools: Sampler
}

const recorded: Recorded = JSON.parse(readFileSync(new URL('fixtures/steps.json', import.meta.url), 'utf8'))

const workload = (name: string) => {
  const found = workloads.find((candidate) => candidate.name === name)
  if (found === undefined) throw new Error(`no workload ${name}`)
  return found
}

/** Leaves in the order of peers.py: weights before biases. */
const leavesInOrder = (tree: Tree): readonly tf.Tensor[] => {
  if (isTensor(tree)) return [tree]
  if (Array.isArray(tree)) return tree.flatMap(leavesInOrder)
  return Object.entries(tree)
    .sort(([a], [b]) => (a === 'w' && b === 'b' ? -1 : a === 'b' && b === 'w' ? 1 : a < b ? -1 : 1))
    .flatMap(([, child]) => leavesInOrder(child))
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}

const fingerprint = (tree: Tree): Fingerprint => {
  const vector = leavesInOrder(tree).flatMap((leaf) => [...leaf.dataSync()])
  const projections = Array.from({ length: 4 }, (_, i) =>
    dot(vector, scoped(() => normal(key(1000 + i), [vector.length])).dataSync())
  )
  return { size: vector.length, norm: Math.sqrt(dot(vector, vector)), projections }
}

/** A projection onto normals is of the size of the norm, so errors are relative to that. */
const expectClose = (ours: Fingerprint, theirs: Fingerprint, tolerance: number): void => {
  expect(ours.size).toBe(theirs.size)
  expect(Math.abs(ours.norm - theirs.norm) / theirs.norm).toBeLessThan(tolerance)
  ours.projections.forEach((value, i) =>
    expect(Math.abs(value - theirs.projections[i]!) / theirs.norm).toBeLessThan(tolerance)
  )
}

const relative = (ours: number, theirs: number): number => Math.abs(ours - theirs) / Math.abs(theirs)

const engines = { default: 'auto', WebAssembly: 'wasm' } as const

describe.each(Object.entries(engines))('on the %s engine', (_, engine) => {
  test.each(['realnvp_step', 'bbb_step', 'ensemble_step', 'ffjord_step'] as const)(
    '%s trains as in JAX',
    async (name) => {
      const { losses, torchLosses = [], position } = recorded[name]
      const run = workload(name).start({ engine })
      const ours: number[] = []
      for (let step = 0; step < losses.length; step++) ours.push(await run.step())
      const reached = fingerprint(run.position())
      await run.dispose()
      losses.forEach((loss, step) => expect(relative(ours[step]!, loss)).toBeLessThan(4e-6))
      torchLosses.forEach((loss, step) => expect(relative(ours[step]!, loss)).toBeLessThan(4e-6))
      expectClose(reached, position, 1e-6)
      expect(losses.at(-1)).toBeLessThan(losses[0]!)
    }
  )

  test('hmc_bnn draws as BlackJAX does', async () => {
    const { transitions, logDensities, position } = recorded.hmc_bnn
    const run = hmcBnnOf(transitions).start({ engine })
    const logDensity = await run.step()
    const reached = fingerprint(run.position())
    await run.dispose()
    expect(relative(logDensity, logDensities[1])).toBeLessThan(1e-6)
    expect(relative(logDensity, logDensities[0])).toBeGreaterThan(1e-3)
    expectClose(reached, position, 1e-6)
  })
})

describe('nuts_eight_schools', () => {
  const { points, logJoint, runs, figures } = recorded.nuts_eight_schools

  test("the log joint is NumPyro's", () => {
    for (const [i, x] of points.entries()) {
      const schools = { mu: tf.scalar(x[0]!), logTau: tf.scalar(x[1]!), eta: tf.tensor1d(x.slice(2)) }
      expect(relative(logJointOfSchools(schools).dataSync()[0]!, logJoint[i]!)).toBeLessThan(1e-6)
    }
  })

  const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0) / values.length

  const figuresOf = ({ positions, infos, warmUpSteps }: ReturnType<typeof sampleSchools>) => {
    const [mu, logTau] = [positions.mu, positions.logTau].map((leaf) => hostArray([1, leaf.size], leaf.dataSync()))
    return {
      warmUpSteps: warmUpSteps.dataSync()[0]!,
      steps: infos.steps.size * mean(infos.steps.dataSync()),
      acceptance: mean(infos.acceptProb.dataSync()),
      divergences: infos.steps.size * mean(infos.isDivergent.dataSync()),
      stepSize: infos.stepSize.dataSync()[0]!,
      mu: mean(mu!.data),
      logTau: mean(logTau!.data),
      essMu: effectiveSampleSize(mu!, 'mean'),
      essLogTau: effectiveSampleSize(logTau!, 'mean')
    }
  }

  test("takes NumPyro's steps, accepts as often, and its draws are worth as much", async () => {
    const sample = jit(sampleSchools)
    const found: ReturnType<typeof figuresOf>[] = []
    for (const own of split(key(0), runs)) found.push(figuresOf(await sample(own)))
    await sample.dispose()
    for (const name of Object.keys(figures) as (keyof typeof figures)[]) {
      const ours = found.map((run) => run[name])
      const centre = mean(ours)
      const variance = mean(ours.map((x) => (x - centre) ** 2)) * (runs / (runs - 1))
      const error = Math.sqrt((variance + figures[name].sd ** 2) / runs)
      expect(Math.abs(centre - figures[name].mean), name).toBeLessThan(5 * error)
    }
  })
})

describe.each(['ode_solve', 'ode_solve_one'])('%s', (name) => {
  const { ends }: { readonly ends: readonly (readonly number[])[] } = JSON.parse(
    readFileSync(new URL('fixtures/ode-solve.json', import.meta.url), 'utf8')
  )

  test.each(Object.entries(engines))("ends where SciPy's float64 does, on the %s engine", async (_, engine) => {
    const run = workload(name).start(engine && { engine })
    await run.step()
    const found = leavesInOrder(run.position()).flatMap((leaf) => [...leaf.dataSync()])
    // rtol = atol = 1e-6 of each of some hundred steps, over a cycle that stretches errors
    const expected = ends.flat().slice(0, found.length)
    expected.forEach((value, i) => expect(Math.abs(found[i]! / value - 1)).toBeLessThan(2e-4))
    await run.dispose()
  })
})
