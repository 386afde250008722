/** Every number that the comparison depends on. Steps are counted, never timed: the same seed gives the same report. */

export interface Settings {
  readonly seed: number
  /** Numbers of the state that the equation moves. */
  readonly width: number
  /** Hidden width of the equation's field. */
  readonly hidden: number
  /** Of the residual network; their hidden width is the one that gives it as many weights. */
  readonly blocks: number
  /** Trainings of each network, with keys of their own. */
  readonly runs: number
  readonly steps: number
  readonly stepsPerCheck: number
  readonly batchSize: number
  readonly learningRate: number
  /** Absolute and relative, of the solver while training. */
  readonly tolerance: number
  /** At which evaluations are counted while it trains: tight enough that they tell fields apart. */
  readonly watchTolerance: number
  /** What a trained network is solved with. */
  readonly tolerances: readonly number[]
  readonly eulerSteps: readonly number[]
}

export const fullSettings: Omit<Settings, 'seed'> = {
  width: 24,
  hidden: 32,
  blocks: 2,
  runs: 8,
  steps: 400,
  stepsPerCheck: 20,
  batchSize: 100,
  learningRate: 5e-3,
  tolerance: 1e-3,
  watchTolerance: 1e-5,
  tolerances: [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6],
  eulerSteps: [1, 2, 4, 8, 16]
}

/** The same, briefly. */
export const quickSettings: Omit<Settings, 'seed'> = {
  ...fullSettings,
  runs: 2,
  steps: 120,
  tolerances: [1e-1, 1e-3, 1e-5],
  eulerSteps: [1, 4]
}
