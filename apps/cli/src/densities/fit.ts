/** Fits a model and evaluates it, compiled: one compilation serves all data sets. */
import type * as tf from '@tensorflow/tfjs-core'
import { jit } from '@bdl/compiler'
import { cloneTree, disposeTree, foldIn, scoped, type Key, type Tree } from '@bdl/core'
import { adam, chainOptimisers, clipByGlobalNorm, cosineSchedule, trainSteps } from '@bdl/nn'
import { Interrupted } from '../stages.js'
import type { Fitting, ModelSpec } from './models/model.js'
import type { Settings } from './settings.js'

export interface Watch {
  readonly signal: AbortSignal
  /** Share of the work, in [0, 1]. */
  readonly onShare: (share: number) => void
}

/** A model with parameters. */
export interface FittedModel {
  /** Rows of a fixed number, [rows, 2] -> [rows]: another number compiles anew. */
  readonly logProb: (x: tf.Tensor) => Promise<tf.Tensor>
  /** `draws` of them, [draws, 2]. */
  readonly sample: (key: Key) => Promise<tf.Tensor>
  /** [times, draws on the way, 2], where there is a way. */
  readonly path: ((key: Key) => Promise<tf.Tensor>) | undefined
  readonly dispose: () => void
}

export interface PreparedModel {
  readonly fit: (key: Key, data: tf.Tensor, watch: Watch) => Promise<FittedModel>
  readonly dispose: () => Promise<void>
}

/** Steps in one compiled call: often enough for a bar, seldom enough to cost nothing. */
const STEPS_AT_A_TIME = 50
const LARGEST_GRADIENT = 10
/** Draws whose way is followed. */
const ON_THE_WAY = 3000

/** Parameters from data, by a function that can be disposed of. */
interface Fitter<P extends Tree> {
  readonly fit: (key: Key, data: tf.Tensor, watch: Watch) => Promise<P>
  readonly dispose: () => Promise<void>
}

const closedFitter = <P extends Tree>({ fit }: Extract<Fitting<P>, { kind: 'closed' }>): Fitter<P> => {
  const compiled = jit(fit)
  return { fit: (_, data) => compiled(data), dispose: compiled.dispose }
}

const trainedFitter = <P extends Tree>(
  { effort, init, loss }: Extract<Fitting<P>, { kind: 'trained' }>,
  settings: Settings
): Fitter<P> => {
  const calls = Math.ceil(settings.steps[effort] / STEPS_AT_A_TIME)
  const learningRate = cosineSchedule(settings.learningRate[effort], calls * STEPS_AT_A_TIME)
  const trainer = trainSteps({
    loss,
    optimiser: chainOptimisers(clipByGlobalNorm(LARGEST_GRADIENT), adam({ learningRate })),
    steps: STEPS_AT_A_TIME,
    batchSize: settings.batchSize[effort],
    averageDecay: settings.averageDecay
  })
  const [start, run] = [jit((key: Key) => trainer.init(init(key))), jit(trainer.run)]
  const fit = async (key: Key, data: tf.Tensor, { signal, onShare }: Watch): Promise<P> => {
    let state = await start(key)
    for (let call = 0; call < calls; call++) {
      const stepKey = scoped(() => foldIn(key, call + 1))
      const [next, losses] = await run(stepKey, state, data)
      disposeTree([stepKey, state, losses])
      state = next
      onShare((call + 1) / calls)
      if (!signal.aborted) continue
      disposeTree(state)
      throw new Interrupted()
    }
    const average = cloneTree(state.average)
    disposeTree(state)
    return average
  }
  return { fit, dispose: async () => void (await Promise.all([start.dispose(), run.dispose()])) }
}

/** Compiles nothing yet: the first data set does. */
export const preparedModel = <P extends Tree>(
  name: string,
  { fitting, build, path }: ModelSpec<P>,
  settings: Settings
): PreparedModel => {
  const fitter = fitting.kind === 'closed' ? closedFitter(fitting) : trainedFitter(fitting, settings)
  const logProb = jit((params: P, x: tf.Tensor) => build(params).logProb(x), { name })
  const sample = jit((params: P, key: Key) => build(params).sample(key, [settings.draws]), { name })
  const way = path && jit((params: P, key: Key) => path(params)(key, ON_THE_WAY), { name })
  return {
    fit: async (key, data, watch) => {
      const params = await fitter.fit(key, data, watch)
      return {
        logProb: (x) => logProb(params, x),
        sample: (drawKey) => sample(params, drawKey),
        path: way && ((drawKey) => way(params, drawKey)),
        dispose: () => disposeTree(params)
      }
    },
    dispose: async () =>
      void (await Promise.all([fitter.dispose(), logProb.dispose(), sample.dispose(), way?.dispose()]))
  }
}
