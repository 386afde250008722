/** Training of one network, several times; the parameters of the best validation likelihood are kept. */
import { jit } from '@bdl/compiler'
import { cloneTree, disposeTree, foldIn, split } from '@bdl/core'
import type { Key, Learnable, Tree } from '@bdl/core'
import { adam, cosineSchedule, trainSteps } from '@bdl/nn'
import type { Classify } from './networks.js'
import type { Run, Scores } from './results.js'
import { meanCrossEntropy, readScores, scoresOf } from './rows.js'
import type { PartRows, Rows } from './rows.js'
import type { Settings } from './settings.js'

export interface TrainOptions<P extends Tree> {
  readonly net: Learnable<P, Classify>
  readonly rows: PartRows
  readonly settings: Settings
  readonly key: Key
  readonly signal: AbortSignal
  readonly onShare: (share: number) => void
  /** Called at the start and at every check of the first training, with parameters that it may only borrow. */
  readonly onCheck?: (step: number, params: P) => Promise<void>
}

export interface Trained<P extends Tree> {
  readonly runs: readonly Run[]
  /** Of the first training, at its best; the caller's to release. */
  readonly params: P
}

/** One training and its judge, compiled once for all runs. */
const compiled = <P extends Tree>({ net, rows, settings }: TrainOptions<P>) => {
  const { steps, stepsPerCheck, batchSize, learningRate } = settings
  const trainer = trainSteps({
    loss: (params: P, { x, y }: Rows) => meanCrossEntropy(net.build(params)(x), y),
    optimiser: adam({ learningRate: cosineSchedule(learningRate, steps, learningRate / 20) }),
    steps: stepsPerCheck,
    batchSize: Math.min(batchSize, rows.train.x.shape[0] ?? batchSize)
  })
  const judged = jit((params: P, { x, y }: Rows) => scoresOf(net.build(params)(x), y), { name: 'judge' })
  return {
    init: trainer.init,
    run: jit(trainer.run, { name: 'train' }),
    judge: async (params: P, part: Rows): Promise<Scores> => readScores(await judged(params, part)),
    dispose: () => judged.dispose()
  }
}

const trainOnce = async <P extends Tree>(
  options: TrainOptions<P>,
  { init, run, judge }: ReturnType<typeof compiled<P>>,
  index: number
): Promise<{ readonly run: Run; readonly params: P }> => {
  const { net, rows, settings, key, signal, onShare, onCheck } = options
  const [keyInit, keySteps] = split(foldIn(key, index))
  let state = init(net.init(keyInit))
  const curve: (Scores & { readonly step: number })[] = []
  let best = { step: 0, nll: Infinity, params: cloneTree(state.params) }
  const check = async (step: number): Promise<void> => {
    const scores = await judge(state.params, rows.validation)
    curve.push({ step, ...scores })
    if (index === 0) await onCheck?.(step, state.params)
    if (scores.nll >= best.nll) return
    disposeTree(best.params)
    best = { step, nll: scores.nll, params: cloneTree(state.params) }
  }
  await check(0)
  for (let step = settings.stepsPerCheck; step <= settings.steps && !signal.aborted; step += settings.stepsPerCheck) {
    const stepKey = foldIn(keySteps, step)
    const [next, losses] = await run(stepKey, state, rows.train)
    disposeTree([stepKey, losses, state])
    state = next
    await check(step)
    onShare((index + step / settings.steps) / settings.runs)
  }
  disposeTree([keyInit, keySteps, state])
  return { run: { curve, bestStep: best.step, test: await judge(best.params, rows.test) }, params: best.params }
}

/** `settings.runs` trainings, or those that were finished when the signal fired, one at least. */
export const train = async <P extends Tree>(options: TrainOptions<P>): Promise<Trained<P>> => {
  const program = compiled(options)
  const first = await trainOnce(options, program, 0)
  const runs = [first.run]
  for (let i = 1; i < options.settings.runs && !options.signal.aborted; i++) {
    const { run, params } = await trainOnce(options, program, i)
    disposeTree(params)
    runs.push(run)
  }
  await Promise.all([program.run.dispose(), program.dispose()])
  return { runs, params: first.params }
}
