/**
 * The driver of every kernel: chains are batched with `vmap`, transitions repeated with `scan`, and both run in one compiled
 * graph, a chunk at a time, so that progress can be told and a run stopped between chunks.
 */
import * as tf from '@tensorflow/tfjs-core'
import { jit, scan, vmap } from '@bdl/compiler'
import { BdlError, disposeTree, expectInteger, foldIn, leaves, mapTree, scoped, splitStack, zipTrees } from '@bdl/core'
import type { Key, Tree } from '@bdl/core'
import { chunkSizes } from './chunks.js'
import type { Kernel } from './kernel.js'

/** Transitions done of all that a call will do, warm-up included. */
export type Progress = { readonly done: number; readonly total: number }

export type RunControl = {
  /** Called after each chunk. */
  readonly onProgress?: (progress: Progress) => void
  /** Looked at between chunks; what was drawn until then is returned. */
  readonly signal?: AbortSignal
}

export type RunChainsOptions<P extends Tree, S extends Tree & { readonly position: P }, I extends Tree> = RunControl & {
  readonly kernel: Kernel<P, S, I>
  /** Used for these chains alone. */
  readonly key: Key
  /** Starting points: every leaf is [chains, ...]. */
  readonly positions: NoInfer<P>
  /** Transitions after warm-up. */
  readonly steps: number
  /** Every `thin`-th position is kept; 1. */
  readonly thin?: number
  /** Transitions before the first that counts; nothing of them is kept; 0. */
  readonly warmup?: number
  /** Transitions per chunk, at most; a twenty-fifth of the run. The result does not depend on it. */
  readonly chunk?: number
}

export type ChainsResult<P extends Tree, S extends Tree, I extends Tree> = {
  /** Kept positions: every leaf is [chains, draws, ...]. */
  readonly positions: P
  /** Infos of all transitions after warm-up: every leaf is [chains, transitions, ...]. */
  readonly infos: I
  /** Last state of each chain: every leaf is [chains, ...]. */
  readonly state: S
  /** For each draw, how many transitions after warm-up had been made: thin, 2 thin, ... */
  readonly drawnAt: readonly number[]
  /** False if the run was stopped by its signal. */
  readonly isComplete: boolean
}

const countChains = (positions: Tree): number => {
  const counts = leaves(positions).map((leaf) => leaf.shape[0] ?? 0)
  const chains = counts[0] ?? 0
  if (chains === 0 || counts.some((n) => n !== chains))
    throw new BdlError({
      code: 'ShapeMismatch',
      fn: 'runChains',
      argument: 'positions',
      expected: 'leaves [chains, ...] with the same number of chains > 0',
      got:
        leaves(positions)
          .map((leaf) => `[${leaf.shape.join(', ')}]`)
          .join(' ') || 'no leaves'
    })
  return chains
}

/** Exchanges the two leading axes: [time, chains, ...] <-> [chains, time, ...]. */
const swapLeading = (leaf: tf.Tensor): tf.Tensor =>
  tf.transpose(leaf, [1, 0, ...Array.from({ length: leaf.rank - 2 }, (_, i) => i + 2)])

/** [draws, thin, ...] -> [draws · thin, ...]. */
const joinLeading = (leaf: tf.Tensor): tf.Tensor => {
  const [draws = 0, thin = 0, ...rest] = leaf.shape
  return tf.reshape(leaf, [draws * thin, ...rest])
}

/**
 * One chunk for all chains: the transitions with the numbers in `times`, [draws, thin], the position kept after each row.
 * A transition's key is a function of the chain and its number alone, so that chunks of any size give the same draws.
 */
const chunkOf =
  <P extends Tree, S extends Tree & { readonly position: P }, I extends Tree>(kernel: Kernel<P, S, I>) =>
  (keys: tf.Tensor, state: S, times: tf.Tensor): { readonly state: S; readonly positions: P; readonly infos: I } => {
    // the keys of a whole chunk at once: one by one, drawing them costs as much as a small network's gradient
    const keysAt = vmap((own: Key, time: tf.Tensor) => foldIn(own, time), [0, null])
    const keysOver = vmap((time: tf.Tensor) => keysAt(keys, time))
    const [draws = 0, thin = 0] = times.shape
    const chunkKeys = tf.reshape(keysOver(tf.reshape(times, [-1])), [draws, thin, ...keys.shape])
    const step = vmap(kernel.step)
    const row = (current: S, rowKeys: tf.Tensor): readonly [S, { position: P; infos: I }] => {
      const [next, infos] = scan((state: S, own: tf.Tensor) => step(own, state), current, rowKeys)
      return [next, { position: mapTree((leaf) => tf.clone(leaf))(next.position), infos }]
    }
    const [last, kept] = scan(row, state, chunkKeys)
    return {
      state: last,
      positions: mapTree(swapLeading)(kept.position),
      infos: mapTree((leaf) => swapLeading(joinLeading(leaf)))(kept.infos)
    }
  }

/** One chunk of a run: `draws` rows of `thin` transitions; its last row is kept, all are, or none is. */
type Chunk = { readonly draws: number; readonly thin: number; readonly keeps: boolean; readonly hasInfos: boolean }

/** Rows that fit a chunk are joined, rows too long for one are cut. */
const plan = (steps: number, thin: number, warmup: number, limit: number): readonly Chunk[] => {
  const warm = chunkSizes(warmup, limit).map((n) => ({ draws: 1, thin: n, keeps: false, hasInfos: false }))
  const draws = Math.floor(steps / thin)
  if (thin <= limit)
    return [
      ...warm,
      ...chunkSizes(draws, Math.floor(limit / thin)).map((n) => ({ draws: n, thin, keeps: true, hasInfos: true }))
    ]
  const cuts = chunkSizes(thin, limit)
  const row = cuts.map((n, i) => ({ draws: 1, thin: n, keeps: i === cuts.length - 1, hasInfos: true }))
  return [...warm, ...Array.from({ length: draws }, () => row).flat()]
}

const timesOf = (first: number, { draws, thin }: Chunk): tf.Tensor =>
  tf.tensor2d(
    Int32Array.from({ length: draws * thin }, (_, i) => first + i),
    [draws, thin],
    'int32'
  )

/** Chunks joined along time; where there are none, an empty time axis after the leading axis of `like`. */
const joinChunks = <T extends Tree>(parts: readonly T[], like: () => T): T => {
  const [first, ...rest] = parts
  if (first === undefined) return like()
  const joined = rest.length === 0 ? first : zipTrees((...all) => tf.concat(all, 1))(first, ...rest)
  if (rest.length > 0) parts.forEach(disposeTree)
  return joined
}

const expectOptions = (steps: number, thin: number, warmup: number, chunk: number) => {
  expectInteger('runChains', { warmup }, 0)
  expectInteger('runChains', { steps, thin, chunk }, 1)
  if (thin > steps)
    throw new BdlError({
      code: 'InvalidArgument',
      fn: 'runChains',
      argument: 'thin',
      expected: `at most steps = ${steps}`,
      got: String(thin)
    })
}

/** The same structure with a time axis of length 0 after the chains. */
const emptyLike = <T extends Tree>(sample: T): T =>
  mapTree((leaf) => tf.zeros([leaf.shape[0] ?? 0, 0, ...leaf.shape.slice(1)], leaf.dtype))(sample)

/** What a run owns while it runs. */
type Running<P extends Tree, S extends Tree, I extends Tree> = {
  readonly kept: P[]
  readonly infos: I[]
  state: S | undefined
  done: number
  drawn: number
}

/** One chunk: the old state dies, what is wanted of the new tensors is kept. */
const advanceBy = async <P extends Tree, S extends Tree & { readonly position: P }, I extends Tree>(
  chunk: Chunk,
  advance: (keys: tf.Tensor, state: S, times: tf.Tensor) => Promise<{ state: S; positions: P; infos: I }>,
  keys: tf.Tensor,
  run: Running<P, S, I>
): Promise<void> => {
  const times = timesOf(run.done, chunk)
  try {
    const before = run.state!
    const next = await advance(keys, before, times)
    disposeTree(before)
    run.state = next.state
    if (chunk.keeps) run.kept.push(next.positions)
    else disposeTree(next.positions)
    if (chunk.hasInfos) run.infos.push(next.infos)
    else disposeTree(next.infos)
    run.done += chunk.draws * chunk.thin
    if (chunk.keeps) run.drawn += chunk.draws
  } finally {
    times.dispose()
  }
}

/** All chunks joined. A run without any infers the form of its infos from one step, whose values are dropped. */
const collect = <P extends Tree, S extends Tree & { readonly position: P }, I extends Tree>(
  run: Running<P, S, I>,
  state: S,
  infoOnce: () => I
) => ({
  positions: joinChunks(run.kept, () => emptyLike(state.position)),
  infos: joinChunks(run.infos, () => scoped(() => emptyLike(infoOnce()))),
  state
})

/**
 * Runs many chains of a kernel at once.
 *
 * `vmap` over chains inside `scan` over transitions, compiled. Chain c uses the c-th child of the key and makes transition t
 * with child t of that, so that the draws do not depend on the chunk size.
 *
 * @returns draws [chains, draws, ...], infos [chains, transitions, ...] and the last states, all owned by the caller. If the
 *   signal stopped the run: what there was until then, with `isComplete` false
 * @error InvalidArgument if a count is out of range; ShapeMismatch if leaves disagree on the number of chains
 * @example
 * const { positions } = await runChains({ kernel, key: key(0), positions: tf.zeros([32, 2]), steps: 1000, thin: 2 })
 * positions.shape // => [32, 500, 2]
 */
export const runChains = async <P extends Tree, S extends Tree & { readonly position: P }, I extends Tree>(
  options: RunChainsOptions<P, S, I>
): Promise<ChainsResult<P, S, I>> => {
  const { kernel, key, positions, steps, thin = 1, warmup = 0 } = options
  const limit = options.chunk ?? Math.max(1, Math.ceil((steps + warmup) / 25))
  expectOptions(steps, thin, warmup, limit)
  const chains = countChains(positions)
  const init = jit(vmap(kernel.init), { name: 'runChains.init' })
  const advance = jit(chunkOf(kernel), { name: 'runChains' })
  const keys = scoped(() => splitStack(key, chains))
  const run: Running<P, S, I> = { kept: [], infos: [], done: 0, drawn: 0, state: undefined }
  const total = warmup + Math.floor(steps / thin) * thin
  try {
    run.state = await init(positions)
    for (const chunk of plan(steps, thin, warmup, limit)) {
      if (options.signal?.aborted === true) break
      await advanceBy(chunk, advance, keys, run)
      options.onProgress?.({ done: run.done, total })
    }
    return {
      ...collect(run, run.state, () => scoped(() => vmap(kernel.step)(keys, run.state!)[1])),
      drawnAt: Array.from({ length: run.drawn }, (_, i) => (i + 1) * thin),
      isComplete: run.done === total
    }
  } catch (error) {
    disposeTree([...run.kept, ...run.infos, ...(run.state === undefined ? [] : [run.state])])
    throw error
  } finally {
    tf.dispose(keys)
    await Promise.all([init.dispose(), advance.dispose()])
  }
}
