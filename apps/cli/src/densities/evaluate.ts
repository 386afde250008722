/** Scores and pictures of a law, learnt or true, on one data set. */
import * as tf from '@tensorflow/tfjs-core'
import { jit } from '@bdl/compiler'
import { foldIn, scoped, type Key } from '@bdl/core'
import type { ToyDataset } from '@bdl/flows/toy'
import { agreement } from './agreement.js'
import type { FittedModel } from './fit.js'
import { gridOf, histogram, integrate, pooled } from './grid.js'
import { TIMES } from './models/model.js'
import type { Evaluation, Picture, Score } from './results.js'
import type { Settings } from './settings.js'

/** Rows of one compiled call; what is left over is filled up. */
const ROWS = 2500
/** Sides of pictures of draws, and of the cells in which draws and density are compared, in cells of the grid. */
const PICTURE = 50
const COMPARED = 5
/** Draws on the way are fewer, and pictures of them coarser. */
const WAY_PICTURE = 40
const SHOWN_TIMES = [0, 4, 8, 12, 16]
const TRAJECTORIES = 40
/** Points of a way: every other time is enough for a line. */
const WAY_STEP = 2

/** A data set with what every model is judged by. */
export interface Problem {
  readonly set: ToyDataset
  readonly train: tf.Tensor
  readonly test: Float32Array
}

const logProbOf = async (law: Pick<FittedModel, 'logProb'>, points: Float32Array): Promise<Float32Array> => {
  const rows = points.length / 2
  const all = new Float32Array(Math.ceil(rows / ROWS) * ROWS)
  for (let from = 0; from < rows; from += ROWS) {
    const part = new Float32Array(2 * ROWS)
    part.set(points.subarray(2 * from, 2 * (from + ROWS)))
    const x = tf.tensor2d(part, [ROWS, 2])
    const y = await law.logProb(x)
    all.set(await y.data<'float32'>(), from)
    tf.dispose([x, y])
  }
  return all.subarray(0, rows)
}

const scoreOf = (values: Float32Array): Score => {
  const n = values.length
  const mean = values.reduce((sum, v) => sum + v, 0) / n
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (n - 1)
  return { mean, error: Math.sqrt(variance / n) }
}

/** Shares of all points (x, y) in cells of the window. */
const pictureOf = (points: Float32Array, window: number, n: number): Picture => ({
  n,
  values: histogram(points, window, n).map((count) => (2 * count) / points.length)
})

/** Histograms and single ways of draws [times, n, 2]. */
const wayOf = async (path: tf.Tensor, window: number): Promise<Pick<Evaluation, 'way' | 'trajectories'>> => {
  const data = await path.data<'float32'>()
  const size = data.length / TIMES.length
  const at = (time: number): Float32Array => data.subarray(time * size, (time + 1) * size)
  const way = SHOWN_TIMES.map((time) => pictureOf(at(time), window, WAY_PICTURE))
  const rounded = (v: number | undefined): number => Number((v ?? NaN).toFixed(2))
  const trajectories = Array.from({ length: TRAJECTORIES }, (_, i) =>
    TIMES.flatMap((__, time) =>
      time % WAY_STEP === 0 ? [[rounded(at(time)[2 * i]), rounded(at(time)[2 * i + 1])] as const] : []
    )
  )
  return { way, trajectories }
}

/** All that the report says of a law. */
export const evaluate = async (
  key: Key,
  law: Omit<FittedModel, 'dispose'>,
  { set: { window }, test }: Problem,
  settings: Settings
): Promise<Evaluation> => {
  const grid = gridOf(window, settings.cells)
  const { inside, total } = integrate(grid, await logProbOf(law, grid.points))
  const score = scoreOf(await logProbOf(law, test))
  const draws = await law.sample(key)
  const points = await draws.data<'float32'>()
  const path = await law.path?.(key)
  const compared = settings.cells / COMPARED
  const evaluation = {
    score,
    mass: total,
    agreement: agreement(histogram(points, window, compared), pooled(inside, settings.cells, COMPARED), settings.draws),
    density: { n: settings.cells, values: inside },
    draws: pictureOf(points, window, PICTURE),
    ...(path ? await wayOf(path, window) : { way: [], trajectories: [] })
  }
  tf.dispose([draws, ...(path ? [path] : [])])
  return evaluation
}

/** The data set itself as a law to evaluate. */
export const truth = async (key: Key, problem: Problem, settings: Settings): Promise<Evaluation> => {
  const { sample, logProb } = problem.set.distribution
  const [density, draw] = [jit(logProb), jit((k: Key) => sample(k, [settings.draws]))]
  const evaluation = await evaluate(key, { logProb: density, sample: draw, path: undefined }, problem, settings)
  await Promise.all([density.dispose(), draw.dispose()])
  return evaluation
}

/** Points to learn from and to judge by. */
export const problemOf = async (key: Key, set: ToyDataset, settings: Settings): Promise<Problem> => {
  const draw = jit(
    (k: Key) => [set.sample(foldIn(k, 0), settings.train), set.sample(foldIn(k, 1), settings.test)] as const
  )
  const [train, test] = await draw(key)
  await draw.dispose()
  const points = Float32Array.from(await test.data<'float32'>())
  test.dispose()
  return { set, train, test: points }
}

/** A key of its own for every use: the children of children. */
export const childKey = (root: Key, ...path: readonly number[]): Key =>
  scoped(() => path.reduce((key, index) => foldIn(key, index), tf.clone(root)))
