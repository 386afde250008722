/** Stage 2: canonical weights. What leaves the function alone, and what it does to the weights. */
import * as tf from '@tensorflow/tfjs-core'
import { jit, vmap } from '@bdl/compiler'
import { fromHost, randint, scoped, split } from '@bdl/core'
import type { Key } from '@bdl/core'
import type { MlpParams } from '@bdl/nn'
import { principalComponents } from '@bdl/report'
import { alignAll, barrier, canonicaliseAll, lambdaGrid, mlpSpec, spread, takeNetworks } from '@bdl/symmetry'
import type { LossAt } from '@bdl/symmetry'
import { mean, standardDeviation } from './convergence.js'
import { thinned, toHostNetworks, toRows } from './networks.js'
import type { HostLayer } from './networks.js'
import type { Draws } from './posterior.js'
import type { Problem } from './problem.js'
import type { Settings } from './settings.js'

/** The forms of the same networks that are compared. */
export type Form = 'raw' | 'balanced' | 'sorted' | 'aligned' | 'canonical'
export const FORMS: readonly Form[] = ['raw', 'balanced', 'sorted', 'aligned', 'canonical']

export interface FormFacts {
  /** Σ of the variances of all weights. */
  readonly variance: number
  /** Mean and standard error of the loss barrier between networks of different chains, nats. */
  readonly barrier: { readonly mean: number; readonly error: number }
  /** Mean over pairs of the loss above the straight line, at each λ. */
  readonly curve: readonly number[]
}

export interface CanonicalFacts {
  readonly networks: number
  /** Largest change of a logit that canonicalisation made, and the largest logit. */
  readonly logitChange: number
  readonly largestLogit: number
  readonly lambdas: readonly number[]
  readonly forms: Readonly<Record<Form, FormFacts>>
}

export interface Projection {
  readonly name: string
  readonly x: Float64Array
  readonly y: Float64Array
  readonly chain: Float64Array
}

export interface CanonicalStage {
  readonly facts: CanonicalFacts
  /** Balanced and aligned; aligned with its scales kept; both leaves [draws, ...]. */
  readonly canonical: MlpParams
  readonly aligned: MlpParams
  /** What each was aligned to: the networks that stay where they are under that alignment are one copy of the posterior. */
  readonly references: { readonly canonical: readonly HostLayer[]; readonly aligned: readonly HostLayer[] }
  readonly projections: readonly Projection[]
}

const toTensors = (host: readonly HostLayer[]): MlpParams =>
  host.map(({ w, b }) => ({ w: fromHost(w), b: fromHost(b) }))

/** Pairs of draws from different chains. */
const pairsOf = (draws: Draws, count: number, key: Key): readonly (readonly [number, number])[] => {
  const { chains, drawsPerChain } = draws
  const [keyChain, keyOther, keyFrom, keyTo] = split(key, 4) as readonly [Key, Key, Key, Key]
  const numbers = (k: Key, below: number): number[] =>
    Array.from(scoped(() => randint(k, [count], 0, below)).dataSync())
  const [chain, step] = [numbers(keyChain, chains), numbers(keyOther, chains - 1)]
  const [from, to] = [numbers(keyFrom, drawsPerChain), numbers(keyTo, drawsPerChain)]
  return chain.map((c, i) => {
    const other = (c + 1 + step[i]!) % chains
    return [c * drawsPerChain + from[i]!, other * drawsPerChain + to[i]!]
  })
}

/** Mean test NLL of stacked networks, compiled. */
const lossOf = (problem: Problem): { readonly lossAt: LossAt; readonly dispose: () => Promise<void> } => {
  const rows = problem.test.labels.length
  const evaluate = jit(
    vmap((params: MlpParams) =>
      tf.div(tf.neg(problem.logLikelihood(params, { x: problem.test.x, oneHot: problem.test.oneHot })), rows)
    ),
    { name: 'barrier' }
  )
  const lossAt: LossAt = async (weights) => {
    const networks = toTensors(weights as readonly HostLayer[])
    const losses = await evaluate(networks)
    const values = Float64Array.from(await losses.data())
    tf.dispose([losses, ...networks.flatMap(({ w, b }) => [w, b])])
    return values
  }
  return { lossAt, dispose: evaluate.dispose }
}

/** Largest |logit(canonical) − logit(raw)| over test rows and networks, and the largest |logit|. */
const compareLogits = async (
  problem: Problem,
  raw: MlpParams,
  canonical: MlpParams
): Promise<readonly [change: number, largest: number]> => {
  const compare = jit(
    (a: MlpParams, b: MlpParams) => {
      const logits = (params: MlpParams) => vmap(problem.apply, [0, null])(params, problem.test.x)
      const [before, after] = [logits(a), logits(b)]
      return [tf.max(tf.abs(tf.sub(before, after))), tf.max(tf.abs(before))] as const
    },
    { name: 'compareLogits' }
  )
  const few = [thinned(raw, 256), thinned(canonical, 256)] as const
  const [change, largest] = await compare(...few)
  const numbers = [(await change.data())[0]!, (await largest.data())[0]!] as const
  tf.dispose([change, largest, ...few.flatMap((params) => params.flatMap(({ w, b }) => [w, b]))])
  await compare.dispose()
  return numbers
}

const PROJECTED = 768

const projectionsOf = async (
  draws: Draws,
  forms: readonly (readonly [string, MlpParams])[]
): Promise<readonly Projection[]> => {
  const total = draws.chains * draws.drawsPerChain
  const n = Math.min(PROJECTED, total)
  const chain = Float64Array.from({ length: n }, (_, i) =>
    Math.floor(Math.floor((i * total) / n) / draws.drawsPerChain)
  )
  const all: Projection[] = []
  for (const [name, positions] of forms) {
    const few = thinned(positions, n)
    const rows = toRows(few)
    const data = Float64Array.from(await rows.data())
    const { scores } = principalComponents({ shape: [n, rows.shape[1]!], data }, 2)
    const column = (c: number): Float64Array => Float64Array.from({ length: n }, (_, i) => scores.data[i * 2 + c]!)
    all.push({ name, x: column(0), y: column(1), chain })
    tf.dispose([rows, ...few.flatMap(({ w, b }) => [w, b])])
  }
  return all
}

/** Brings all draws to canonical form, and measures each form on the way. */
export const canonicalStage = async (
  problem: Problem,
  settings: Settings,
  draws: Draws,
  key: Key,
  onForm: (done: number) => void
): Promise<CanonicalStage> => {
  const spec = mlpSpec([...problem.sizes], 'relu')
  const raw = await toHostNetworks(draws.positions)
  const aligned = alignAll(spec, { gauge: 'none' })(raw)
  const canonical = alignAll(spec, { gauge: 'balanced' })(raw)
  const hosts: Readonly<Record<Form, readonly HostLayer[]>> = {
    raw,
    balanced: canonicaliseAll(spec, { gauge: 'balanced', order: 'none' })(raw).weights,
    sorted: canonicaliseAll(spec, { gauge: 'none', order: 'sort' })(raw).weights,
    aligned: aligned.weights,
    canonical: canonical.weights
  }
  const pairs = pairsOf(draws, settings.barriers.pairs, key)
  const lambdas = lambdaGrid(settings.barriers.points)
  const { lossAt, dispose } = lossOf(problem)
  const measured: (readonly [Form, FormFacts])[] = []
  for (const [i, form] of FORMS.entries()) {
    const ends = [0, 1].map((end) => takeNetworks(pairs.map((pair) => pair[end]!))(hosts[form])) as [
      readonly HostLayer[],
      readonly HostLayer[]
    ]
    const { barriers, curves } = await barrier(lossAt, lambdas)(...ends)
    const [first, last] = [curves[0]!, curves.at(-1)!]
    const above = curves.map((curve, l) =>
      mean(Array.from(curve, (v, p) => v - (1 - lambdas[l]!) * first[p]! - lambdas[l]! * last[p]!))
    )
    measured.push([
      form,
      {
        variance: spread(hosts[form]),
        barrier: { mean: mean(barriers), error: standardDeviation(barriers) / Math.sqrt(barriers.length) },
        curve: above
      }
    ])
    onForm(i + 1)
  }
  await dispose()
  const networks = toTensors(canonical.weights)
  const [logitChange, largestLogit] = await compareLogits(problem, draws.positions, networks)
  const keptScales = toTensors(aligned.weights)
  return {
    facts: {
      networks: draws.chains * draws.drawsPerChain,
      logitChange,
      largestLogit,
      lambdas,
      forms: Object.fromEntries(measured) as Record<Form, FormFacts>
    },
    canonical: networks,
    aligned: keptScales,
    references: { canonical: canonical.reference, aligned: aligned.reference },
    projections: await projectionsOf(draws, [
      ['raw weights', draws.positions],
      ['canonical weights', networks]
    ])
  }
}
